"""Labels of several scenes of one place brought together on one grid of chips, by a stated rule."""

from groundset.fusion.fuse import RULES, fuse_labels
from groundset.fusion.report import Disagreement, FuseReport
from groundset.fusion.voices import Rule

__all__ = ["RULES", "Disagreement", "FuseReport", "Rule", "fuse_labels"]
