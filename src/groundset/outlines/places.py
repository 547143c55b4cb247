"""Where scenes and chips lie, as shapes need to know it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from groundset.core import ChipId, MissingError

if TYPE_CHECKING:
    from affine import Affine
    from odc.geo.geobox import GeoBox

    from groundset.lake import Lake

LEVEL = 0
"""Shapes belong to chips of the coarsest level."""

Floats = npt.NDArray[np.float64]


class Places:
    """Scenes and chips of a workspace. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.corner = lru_cache(maxsize=1 << 16)(self._corner)
        """(column, row) of the upper left pixel of a chip."""
        self.geobox = lru_cache(maxsize=1 << 12)(self._geobox)
        """Grid of a scene, which never changes."""

    def affine(self, scene_id: str) -> Affine:
        """From pixels of a scene to its CRS."""
        affine: Affine = self.geobox(scene_id).affine
        return affine

    def coordinates(self, scene_id: str) -> Literal["map", "pixel"]:
        """What shapes of a scene are written in: its CRS, or pixels of the chip where it has none."""
        return "pixel" if self.geobox(scene_id).crs is None else "map"

    def written(self, geometry: npt.NDArray[np.object_], scene_id: str, chip_ids: Sequence[str]) -> list[str]:
        """Geometries in pixels of a scene as GeoJSON text in the coordinates that events about these chips have."""
        import shapely

        if self.coordinates(scene_id) == "map":
            moved = self.on_map(geometry, scene_id)
        else:
            points, index = shapely.get_coordinates(geometry, return_index=True)
            corners = np.array([self.corner(chip) for chip in chip_ids], float)
            moved = shapely.set_coordinates(geometry.copy(), points - corners[index])
        out: list[str] = shapely.to_geojson(moved).tolist()
        return out

    def on_map(self, geometry: npt.NDArray[np.object_], scene_id: str) -> npt.NDArray[np.object_]:
        """Geometries in pixels of a scene in its CRS."""
        return _moved(geometry, self.affine(scene_id))

    def in_pixels(self, geometry: npt.NDArray[np.object_], scene_id: str) -> npt.NDArray[np.object_]:
        """Geometries in the CRS of a scene in its pixels, to a millionth of one."""
        import shapely

        return np.asarray(shapely.transform(_moved(geometry, ~self.affine(scene_id)), lambda p: np.round(p, 6)))

    def homes(self, geometry: npt.NDArray[np.object_], scene_id: str) -> list[str]:
        """The chip of each geometry (in pixels of the scene): the one of level 0 that holds its representative point.

        Where no chip does, the nearest one.

        Raises:
            MissingError: The scene has no chips.
        """
        points = representative(geometry)
        grid = self.lake.config.grid.grid()
        height, width = (int(n) for n in self.geobox(scene_id).shape)
        if grid is None or width < grid.chip_size or height < grid.chip_size:
            return self._nearest(points, scene_id)
        step = grid.step(LEVEL)
        rows, cols = grid.counts(width, height)
        row = np.clip(points[:, 1] // step, 0, rows - 1).astype(int)
        col = np.clip(points[:, 0] // step, 0, cols - 1).astype(int)
        ids = [str(ChipId(scene_id, LEVEL, r, c)) for r, c in zip(row.tolist(), col.tolist(), strict=True)]
        there = {i: i in self.lake.chips for i in set(ids)}
        if all(there.values()):
            return ids
        near = iter(self._nearest(points[[not there[i] for i in ids]], scene_id))
        return [i if there[i] else next(near) for i in ids]

    def chips(self, scene_id: str) -> list[str]:
        """Parts of the chip table that hold the chips of level 0 of a scene."""
        return [p for p in self.lake.chips.parts() if p.partition("~")[0] == f"{scene_id}_{LEVEL}"]

    def _nearest(self, points: Floats, scene_id: str) -> list[str]:
        import shapely

        chips = [chip for part in self.chips(scene_id) for chip in self.lake.chips.chips(part)]
        if not chips:
            raise MissingError("this scene has no chips", asked=scene_id, hint="run groundset ingest first")
        windows = np.array([(c.window.x_off, c.window.y_off, c.window.right, c.window.bottom) for c in chips], float)
        near = shapely.STRtree(shapely.box(*windows.T)).nearest(shapely.points(points))
        return [str(chips[i].id) for i in near.tolist()]

    def _geobox(self, scene_id: str) -> GeoBox:
        return self.lake.scenes.get(scene_id).geobox

    def _corner(self, chip_id: str) -> tuple[int, int]:
        window = self.lake.chips.get(chip_id).window
        return window.x_off, window.y_off


def representative(geometry: npt.NDArray[np.object_]) -> Floats:
    """A point on each geometry, (n, 2); of one that crosses itself its first vertex."""
    import shapely

    out = np.zeros((len(geometry), 2))
    good = shapely.is_valid(geometry)
    if good.any():
        out[good] = shapely.get_coordinates(shapely.point_on_surface(geometry[good]))
    for i in np.flatnonzero(~good):
        out[i] = shapely.get_coordinates(geometry[i])[0]
    return out


def _moved(geometry: npt.NDArray[np.object_], by: Affine) -> npt.NDArray[np.object_]:
    import shapely

    a, b, c, d, e, f = by[:6]
    turn, shift = np.array([[a, d], [b, e]]), np.array([c, f])
    return np.asarray(shapely.transform(geometry, lambda points: points @ turn + shift))
