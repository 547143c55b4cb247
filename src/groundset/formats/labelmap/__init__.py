"""Label maps: what people and models said of a whole scene, as one map of class codes on the scene's own pixels."""

from groundset.formats.labelmap.files import STYLES, Style, write_maps
from groundset.formats.labelmap.format import LabelMaps
from groundset.formats.labelmap.map import LabelMap, label_map, labelled_task

__all__ = ["STYLES", "LabelMap", "LabelMaps", "Style", "label_map", "labelled_task", "write_maps"]
