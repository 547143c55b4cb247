"""On the Sen1Floods11 chip: 13 bands of Sentinel-2 over a flood, with the water that people drew."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from groundset.segment.regions import candidates, hierarchy, vote

WINDOW = Window(240, 0, 256, 256)


@pytest.fixture(scope="module")
def flood(data_dir):
    folder = data_dir / "sen1floods11_sample" / "sample"
    with rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif") as source:
        physical = source.read(window=WINDOW).astype(np.float32) * np.float32(1e-4)
    with rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif") as source:
        truth = source.read(1, window=WINDOW)
    return physical, truth, hierarchy(physical, np.zeros(truth.shape, bool))


def iou(water, truth):
    known = truth >= 0
    return (water & (truth == 1)).sum() / ((water | (truth == 1)) & known).sum()


def test_leaves_follow_the_water(flood):
    """Every leaf as most of its pixels are: what regions can reach at best; pieces at random places reach less."""
    _, truth, tree = flood
    drawn = np.where(truth < 0, 255, truth).astype(np.uint8)
    ours = iou(vote(drawn, tree.leaves) == 1, truth)
    rows, cols = np.indices(truth.shape)
    side = round((truth.size / tree.leaf_count) ** 0.5)
    squares = (rows // side * 1000 + cols // side).astype(np.int32)
    assert ours > iou(vote(drawn, np.unique(squares, return_inverse=True)[1].astype(np.int32)) == 1, truth) + 0.05


def test_some_thousand_candidates_with_class_and_a_start_that_covers(flood):
    physical, truth, tree = flood
    wet = 1 / (1 + np.exp(-30 * (physical[2] - physical[7]) / (physical[2] + physical[7])))
    found = candidates(tree, np.stack([1 - wet, wet]), [0, 1])
    assert 500 < found.there.sum() <= 1000
    covered = sum(int(tree.size[n]) for n in found.best)
    assert covered > 0.95 * truth.size
    sizes = tree.size[found.there]
    assert sizes.min() >= 8
    assert sizes.max() > 1000 * sizes.min()  # of several scales
