"""Chips: the chip table (GeoParquet parts) and packed quicklooks."""

from groundset.chips.chip import Chip, chip_geobox, cut, footprints, scene_windows
from groundset.chips.commons import Common, CommonStore, kind_of
from groundset.chips.expression import ExpressionError
from groundset.chips.layers import Edges, SceneLayer, SpectralIndex, indices_of, layers_of
from groundset.chips.looks import OwnView, View, own_view, view_of
from groundset.chips.quicklooks import QuicklookStore, encode_image, pack_page, unpack_page
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
from groundset.chips.table import ChipStore, check_part, part_name

__all__ = [
    "COLUMNS",
    "LAYERS",
    "Chip",
    "ChipStore",
    "Common",
    "CommonStore",
    "Edges",
    "ExpressionError",
    "OwnView",
    "QuicklookStore",
    "SceneLayer",
    "SpectralIndex",
    "Stretch",
    "View",
    "check_part",
    "chip_geobox",
    "cut",
    "encode_image",
    "footprints",
    "indices_of",
    "kind_of",
    "layer_bands",
    "layers_of",
    "own_view",
    "pack_page",
    "paint",
    "part_name",
    "planes",
    "render",
    "render_rgba",
    "scene_windows",
    "stretch_from",
    "stretch_of",
    "unpack_page",
    "view_of",
]
