"""Outlines: the shapes of a task, drawn into masks and traced from them, brought from files, moved and repaired."""

from groundset.outlines.bring import How, bring, bring_file
from groundset.outlines.change import Changed, repair, shift
from groundset.outlines.draw import Rule, rasterise
from groundset.outlines.geojson import feature_collection
from groundset.outlines.masks import Converted, Trace, to_masks, to_shapes
from groundset.outlines.shape import Shape
from groundset.outlines.shapes import Shapes
from groundset.outlines.source import read_bytes, read_file
from groundset.outlines.trace import Traced, vectorise

__all__ = [
    "Changed",
    "Converted",
    "How",
    "Rule",
    "Shape",
    "Shapes",
    "Trace",
    "Traced",
    "bring",
    "bring_file",
    "feature_collection",
    "rasterise",
    "read_bytes",
    "read_file",
    "repair",
    "shift",
    "to_masks",
    "to_shapes",
    "vectorise",
]
