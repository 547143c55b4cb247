"""Map tiles of a scene: Web Mercator, any layer, stretched by the scene's own statistics."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from PIL import Image

from groundset.chips import View
from groundset.core import InputError, MissingError
from groundset.imagery.scene import Scene
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake
from groundset.views._kept import Kept
from groundset.views.draw import LOOK, RGBA, draw
from groundset.views.looks import Looks

MERCATOR = "EPSG:3857"
HALF = math.pi * 6378137
"""Half the width of the Web Mercator square, metres."""
MAX_ZOOM = 24
SIZES = (256, 512)
_MEMORY = 32 << 20


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the usual scheme, row 0 in the north.

    Raises:
        InputError: There is no such tile.
    """

    z: int
    x: int
    y: int
    size: int = 256

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise InputError("unknown tile size", asked=self.size, hint=f"take {' or '.join(map(str, SIZES))}")
        if not 0 <= self.z <= MAX_ZOOM:
            raise InputError("no such zoom", asked=f"z = {self.z}", found=f"0 to {MAX_ZOOM}")
        last = (1 << self.z) - 1
        if not (0 <= self.x <= last and 0 <= self.y <= last):
            raise InputError("no such tile", asked=f"x = {self.x}, y = {self.y}", found=f"0 to {last} at zoom {self.z}")

    @property
    def geobox(self) -> GeoBox:
        """Its pixels."""
        step = 2 * HALF / ((1 << self.z) * self.size)
        left, top = self.x * self.size * step - HALF, HALF - self.y * self.size * step
        return GeoBox((self.size, self.size), Affine(step, 0, left, 0, -step, top), MERCATOR)


class Tiles:
    """Map tiles of a workspace's scenes. Safe to share between threads."""

    def __init__(self, lake: Lake, looks: Looks) -> None:
        self._lake = lake
        self._looks = looks
        self._kept = Kept(_MEMORY)

    def mark(self, scene_id: str, tile: Tile, layer: str) -> str:
        """Changes when the picture does.

        Raises:
            MissingError: No such scene, or it has no place on the map.
            MovedError: A file of the scene is not there.
            InputError: No such layer.
        """
        scene = self._scene(scene_id)
        shown = self._looks.mark(scene, layer)
        return hashlib.sha256(f"{LOOK} {stamp(scene)} {tile} {shown}".encode()).hexdigest()[:32]

    def draw(self, scene_id: str, tile: Tile, layer: str) -> bytes:
        """WebP (PNG where nothing of the scene is in the tile), transparent where there is no data.

        Raises:
            InputError, ServiceError: A file cannot be read; never a half picture.
        """
        scene = self._scene(scene_id)
        if not touches(scene, tile):
            return EMPTY
        key = (self.mark(scene_id, tile, layer), tile, layer)
        return self._kept.get(key, lambda: self._made(scene, tile, self._view(scene, layer)))

    def _made(self, scene: Scene, tile: Tile, view: View) -> bytes:
        target = tile.geobox
        finer = target.resolution.x < mercator_resolution(scene.geobox)
        pixels = self._lake.reader(scene.id).read_warped(target, view.bands, smooth="nearest" if finer else "bilinear")
        picture = draw(pixels, view, self._looks.ranges(scene, view))
        return encode(picture) if picture[..., 3].any() else EMPTY

    def _view(self, scene: Scene, layer: str) -> View:
        """Tiles are stretched by the scene, whatever was asked: beside each other they must fit."""
        return replace(self._looks.view(scene, layer), stretch="scene")

    def _scene(self, scene_id: str) -> Scene:
        scene = self._lake.scenes.get(scene_id)
        if scene.geobox.crs is None:
            raise MissingError(
                "this scene has no place on the map",
                asked=scene_id,
                found="an image without a CRS",
                hint="look at its preview or its chips",
            )
        check_there(scene)
        return scene


def encode(picture: RGBA) -> bytes:
    """A tile as WebP; made for speed, since a map asks for many."""
    out = io.BytesIO()
    shown = picture[..., :3] if picture[..., 3].min() == 255 else picture
    Image.fromarray(np.ascontiguousarray(shown)).save(out, "WEBP", quality=80, method=0)
    return out.getvalue()


def zooms(scene: Scene) -> tuple[int, int] | tuple[None, None]:
    """(smallest, largest) useful zoom: where the scene is a few pixels, and where a tile has its own resolution."""
    if scene.geobox.crs is None:
        return None, None
    resolution = mercator_resolution(scene.geobox)
    own = math.ceil(math.log2(2 * HALF / 256 / resolution) - 0.25)
    small = own - math.floor(math.log2(max(scene.width, scene.height, 32) / 32))
    return max(0, min(small, MAX_ZOOM)), max(0, min(own, MAX_ZOOM))


def touches(scene: Scene, tile: Tile) -> bool:
    """Whether any of the scene may lie in the tile."""
    box = _bounds(scene.geobox)
    if box is None:
        return True
    there = tile.geobox.boundingbox
    return bool(box[0] < there.right and box[2] > there.left and box[1] < there.top and box[3] > there.bottom)


@lru_cache(maxsize=1024)
def mercator_resolution(box: GeoBox) -> float:
    """Size of a pixel at the centre of a grid, in Web Mercator metres."""
    from pyproj import Transformer

    rows, cols = box.shape
    x, y = zip(*(box.affine * (cols / 2 + dx, rows / 2 + dy) for dx, dy in ((0, 0), (1, 0), (0, 1))), strict=True)
    px, py = Transformer.from_crs(str(box.crs), MERCATOR, always_xy=True).transform(x, y)
    steps = math.hypot(px[1] - px[0], py[1] - py[0]), math.hypot(px[2] - px[0], py[2] - py[0])
    size = min(s for s in steps if math.isfinite(s)) if all(map(math.isfinite, steps)) else 2 * HALF / 256
    return float(size)


@lru_cache(maxsize=1024)
def _bounds(box: GeoBox) -> tuple[float, float, float, float] | None:
    """Bounds in Web Mercator; None where they say nothing (across the antimeridian, at a pole)."""
    extent: Any = box.extent.to_crs(MERCATOR, resolution=max(box.shape) * abs(box.resolution.x) / 64).boundingbox
    found = (extent.left, extent.bottom, extent.right, extent.top)
    if not all(map(math.isfinite, found)) or extent.right - extent.left > HALF:
        return None
    return found


@cache
def _empty() -> bytes:
    out = io.BytesIO()
    Image.new("LA", (1, 1), (0, 0)).save(out, "PNG", optimize=True)
    return out.getvalue()


EMPTY = _empty()
"""One transparent pixel, PNG: what a map shows where the scene is not."""
