"""Chips: the chip table (GeoParquet parts) and packed quicklooks."""

from groundset.chips.chip import Chip, chip_geobox, cut, footprints, scene_windows
from groundset.chips.quicklooks import QuicklookStore, encode_image, unpack_page
from groundset.chips.render import (
    LAYERS,
    Stretch,
    layer_bands,
    paint,
    planes,
    render,
    render_rgba,
    stretch_from,
    stretch_of,
)
from groundset.chips.schema import COLUMNS
from groundset.chips.table import ChipStore, part_name

__all__ = [
    "COLUMNS",
    "LAYERS",
    "Chip",
    "ChipStore",
    "QuicklookStore",
    "Stretch",
    "chip_geobox",
    "cut",
    "encode_image",
    "footprints",
    "layer_bands",
    "paint",
    "part_name",
    "planes",
    "render",
    "render_rgba",
    "scene_windows",
    "stretch_from",
    "stretch_of",
    "unpack_page",
]
