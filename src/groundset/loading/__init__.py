"""Releases into training: ``groundset.load``."""

from groundset.loading.dataset import Dataset, load
from groundset.loading.index import Statistics

__all__ = ["Dataset", "Statistics", "load"]
