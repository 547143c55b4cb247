"""The Sen1Floods11 chip: ingested, a few pixels labelled, masks proposed, scored where nothing was labelled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from madelake import paint, sparse

from groundset.core import Grid
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.lake import init
from groundset.segment import score, segment
from groundset.taxonomy import WATER

TAKEN = datetime(2019, 9, 17, 11, tzinfo=UTC)


def test_water_from_a_few_hundred_pixels(tmp_path: Path, data_dir: Path) -> None:
    folder = data_dir / "sen1floods11_sample" / "sample"
    label = rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif").read(1)
    truth = np.where(label < 0, 255, label).astype(np.uint8)
    scenes = open_source(str(folder / "S2" / "Spain_7370579_S2Hand.tif"), sensor="sentinel-2-l1c", time=TAKEN)
    with init(tmp_path / "lake", scheme=WATER) as lake:
        ingest(lake, scenes, grid=Grid(128))
        chips = sorted(lake.chips.chips(), key=lambda c: c.id)
        painted = [c for c in chips if c.id.col < 2]
        for i, chip in enumerate(painted):
            paint(lake, chip, sparse(truth, chip, 0.003, i))
        report = segment(lake)
        assert report.score is not None
        assert report.score.balanced_accuracy.value > 0.7
        labels = lake.labels("pixels")
        rest = [c for c in chips if c.id.col >= 2]
        said = np.stack([labels.mask(c).classes for c in rest])
        there = np.stack([truth[c.window.slices] for c in rest])
        found = score(said, there, WATER, np.arange(len(rest))[:, None, None] * np.ones(there.shape, int))
        assert found.iou["water"].value > 0.7
        assert found.iou["water"].low is not None
