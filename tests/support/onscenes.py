"""Small workspaces over real scenes, without features and quicklooks, for tests of annotations."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from groundset.chips import cut, scene_windows
from groundset.core import UNLABELLED, Grid
from groundset.imagery import Scene
from groundset.lake import Lake

GRID = Grid(256)
Labels = dict[str, np.ndarray[Any, np.dtype[np.uint8]]]


def fill(lake: Lake, scenes: list[Scene], grid: Grid = GRID) -> None:
    lake.set_grid(grid)
    for scene in scenes:
        lake.scenes.put(scene)
        chips = [cut(scene, 0, r, c, w) for r, c, w in scene_windows(scene, grid)]
        lake.chips.write_part(f"{scene.id}_0", chips)


def masks(lake: Lake, task: str = "pixels") -> Labels:
    labels = lake.labels(task)
    return {str(c.id): labels.mask(c, flags=False).classes for c in lake.chips.chips() if str(c.id) in labels.chip_ids}


def mosaic(lake: Lake, scene: Scene) -> np.ndarray[Any, np.dtype[np.uint8]]:
    out = np.full((scene.height, scene.width), UNLABELLED, np.uint8)
    for chip in lake.chips.chips(f"{scene.id}_0"):
        label = masks(lake).get(str(chip.id))
        if label is not None:
            rows, cols = min(chip.window.bottom, scene.height), min(chip.window.right, scene.width)
            out[chip.window.y_off : rows, chip.window.x_off : cols] = label[
                : rows - chip.window.y_off, : cols - chip.window.x_off
            ]
    return out


def box(scene: Scene, x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in pixels of the scene as one in its CRS."""
    t = scene.geobox.transform
    return shapely.box(t.c + t.a * x0, t.f + t.e * y1, t.c + t.a * x1, t.f + t.e * y0)
