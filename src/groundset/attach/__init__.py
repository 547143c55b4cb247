"""Outside knowledge: any vector file or CSV joined to chips, as columns that every query may ask for."""

from groundset.attach.columns import refuse_attached
from groundset.attach.label import condition, label
from groundset.attach.layer import (
    JOINS,
    TAKES,
    Asked,
    AttachReport,
    Column,
    Join,
    Layer,
    LayerState,
    Take,
)
from groundset.attach.run import attach, lacking, refresh, remove, states
from groundset.attach.store import AttachedStore

__all__ = [
    "JOINS",
    "TAKES",
    "Asked",
    "AttachReport",
    "AttachedStore",
    "Column",
    "Join",
    "Layer",
    "LayerState",
    "Take",
    "attach",
    "condition",
    "label",
    "lacking",
    "refresh",
    "refuse_attached",
    "remove",
    "states",
]
