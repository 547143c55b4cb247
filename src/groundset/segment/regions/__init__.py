"""Regions: what a click can take whole, at every scale, and smoothing by them."""

from groundset.segment.regions.candidates import Candidates, Extra, candidates
from groundset.segment.regions.hierarchy import Hierarchy, hierarchy
from groundset.segment.regions.smoothing import majority, vote

__all__ = ["Candidates", "Extra", "Hierarchy", "candidates", "hierarchy", "majority", "vote"]
