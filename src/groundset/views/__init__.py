"""What people see of scenes and chips: layers drawn on demand, map tiles, previews, labels in colour."""

from groundset.views.masks import ChipMask, MaskDesk, PutMask, Which
from groundset.views.overlays import Overlays
from groundset.views.pages import Pages, parse_places
from groundset.views.room import Views
from groundset.views.scenes import SceneViews
from groundset.views.strokes import Stroke, StrokeDesk
from groundset.views.tiles import Tile, Tiles

__all__ = [
    "ChipMask",
    "MaskDesk",
    "Overlays",
    "Pages",
    "PutMask",
    "SceneViews",
    "Stroke",
    "StrokeDesk",
    "Tile",
    "Tiles",
    "Views",
    "Which",
    "parse_places",
]
