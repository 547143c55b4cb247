"""Regions of the Sen1Floods11 chip, 512 x 512 x 13: what a new chip costs, and what a click on it costs."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

import groundset as gs
from _bench import test_data
from groundset.core.rle import Rle
from groundset.segment.regions import Candidates, RegionStore, candidates
from groundset.workspace import Workspace

CLICKS = 200
_SEED = 0


def measure(rounds: int = 5) -> dict[str, float]:
    """Milliseconds: ``regions_ms`` of a chip never seen before, ``step_ms`` of a click; medians.

    A new chip: its pixels are read from the file, the tree is made and kept on disk, candidates and the best that do
    not overlap are chosen; nothing of it is in memory or on disk before. A click, with a model's probabilities: the
    candidates under it, the first three looked at as the wheel goes, the third taken: its class shortlist, its pixels
    as planes of class, origin and confidence, and its run lengths. ``rescore_ms``: all candidates again after a stroke,
    from new probabilities.
    """
    with tempfile.TemporaryDirectory() as folder, _workspace(Path(folder)) as ws:
        chip = next(iter(ws.lake.chips.chips()))
        cache = ws.lake.layout.cache / "regions"
        cold = []
        for _ in range(rounds + 1):
            shutil.rmtree(cache, ignore_errors=True)
            ws.lake.close()
            start = time.perf_counter()
            tree = RegionStore(ws.lake).of(chip)
            _ = candidates(tree, codes=[0, 1]).best
            cold.append(_ms(start))
        said = _probabilities(ws)
        again = []
        for _ in range(rounds):
            start = time.perf_counter()
            found = candidates(tree, said, [0, 1])
            _ = found.best
            again.append(_ms(start))
    steps = _steps(found)
    return {
        "regions_ms": statistics.median(cold[1:]),  # the first one also imports
        "step_ms": statistics.median(steps),
        "step_ms_worst": max(steps),
        "rescore_ms": statistics.median(again),
        "region_leaves": tree.leaf_count,
        "region_candidates": int(found.there.sum()) + len(found.extras),
    }


def _workspace(folder: Path) -> Workspace:
    image = folder / "spain.tif"
    shutil.copy(test_data("sen1floods11_sample", "sample", "S2", "Spain_7370579_S2Hand.tif"), image)
    ws = gs.create(folder / "lake", scheme="water")
    ws.ingest(image, sensor="sentinel-2-l1c", time="2019-09-16T10:00:00Z", chip_size=512, scene_id="spain")
    return ws


def _probabilities(ws: Workspace) -> np.ndarray:
    """Water by a threshold on an index, as sure as it is far from it: (classes, rows, columns)."""
    chip = next(iter(ws.lake.chips.chips()))
    pixels = ws.lake.reader(chip.id.scene).read(chip.window)
    green, nir = pixels.physical()[2], pixels.physical()[7]
    water = 1 / (1 + np.exp(-10 * (green - nir) / (green + nir)))
    return np.stack([1 - water, water]).astype(np.float32)


def _steps(found: Candidates) -> list[float]:
    rng = np.random.default_rng(_SEED)
    rows, cols = found.tree.leaves.shape
    out = []
    for row, col in zip(rng.integers(rows, size=CLICKS), rng.integers(cols, size=CLICKS), strict=True):
        start = time.perf_counter()
        for node in found.at(int(row), int(col))[:3]:
            mask = found.tree.mask(node)
        code = found.shortlist(node)[0]
        x, y, width, height = found.tree.bbox[node].tolist()
        planes = np.zeros((4, height, width), np.uint8)
        planes[0], planes[1][mask], planes[2][mask], planes[3] = mask, code, 3, 255
        Rle.within(mask, (x, y), (rows, cols))
        out.append(_ms(start))
    return out


def _ms(start: float) -> float:
    return (time.perf_counter() - start) * 1e3


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:.1f}")
