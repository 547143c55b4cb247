"""Splits, masks out, STAC, croissant, dataset card, quality levels."""

from groundset.release.blocks import Place
from groundset.release.facts import SplitReport
from groundset.release.splits import Splits, assign_splits, told_splits

__all__ = ["Place", "SplitReport", "Splits", "assign_splits", "told_splits"]
