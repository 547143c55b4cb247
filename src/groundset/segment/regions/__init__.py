"""Regions: what a click can take whole, at every scale, and smoothing by them."""

from groundset.segment.regions.candidates import Candidates, candidates
from groundset.segment.regions.extras import Extra, pieces
from groundset.segment.regions.hierarchy import Hierarchy, hierarchy
from groundset.segment.regions.smoothing import majority, vote
from groundset.segment.regions.store import RegionStore

__all__ = ["Candidates", "Extra", "Hierarchy", "RegionStore", "candidates", "hierarchy", "majority", "pieces", "vote"]
