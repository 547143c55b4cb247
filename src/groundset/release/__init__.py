"""Splits, masks out, STAC, croissant, dataset card, quality levels."""

from groundset.release import kept
from groundset.release._check_types import LEVELS, CheckReport, Finding, Level
from groundset.release.bands import by_bands, check_bands
from groundset.release.bands import told as told_bands
from groundset.release.blocks import Place
from groundset.release.build import build, rebuild
from groundset.release.check import check
from groundset.release.facts import SplitReport
from groundset.release.plan import plan_splits
from groundset.release.release import Release
from groundset.release.request import check_request, percentages
from groundset.release.splits import Splits, assign_splits, told_splits

__all__ = [
    "LEVELS",
    "CheckReport",
    "Finding",
    "Level",
    "Place",
    "Release",
    "SplitReport",
    "Splits",
    "assign_splits",
    "build",
    "by_bands",
    "check",
    "check_bands",
    "check_request",
    "kept",
    "percentages",
    "plan_splits",
    "rebuild",
    "told_bands",
    "told_splits",
]
