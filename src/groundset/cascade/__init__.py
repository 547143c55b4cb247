"""Cascade labelling: one class looked for in large scenes, coarse to fine; finer chips are made where it may be."""

from groundset.cascade.annotation import Kept, annotation
from groundset.cascade.cascades import Cascades
from groundset.cascade.handle import Cascade
from groundset.cascade.state import State
from groundset.cascade.steps import RECALL, Record

__all__ = ["RECALL", "Cascade", "Cascades", "Kept", "Record", "State", "annotation"]
