"""The two real dates of Boadella, released and loaded as (time, bands, rows, columns)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

import groundset as gs

FIRST, SECOND = "boadella_2020-01-13", "boadella_2020-01-28"


def test_both_dates_of_a_place_are_loaded_together(ws: gs.Workspace) -> None:
    ws.add_series("boadella", [FIRST, SECOND])
    ids = sorted(str(c.id) for c in ws.lake.chips.chips() if c.valid_fraction == 1)
    here = [i for i in ids if i.startswith(FIRST) and i.replace(FIRST, SECOND) in ids][:24]
    alone = here.pop()  # labelled at one of its dates only
    for i, chip_id in enumerate(here):
        dates = [chip_id, chip_id.replace(FIRST, SECOND)]
        ws.annotate(dates, "water" if i % 2 else "non-water", task="chips", actor="anna")
    ws.annotate([alone], "water", task="chips", actor="anna")
    made = ws.release("v1", task="chips", license="CC-BY-4.0", buffer="0km")

    data = gs.load(made.path, series=True)
    samples = {one["ids"][0]: one for one in data}
    assert sorted(samples) == sorted([*here, alone])
    folder = Path(os.environ["GROUNDSET_TEST_DATA"]) / "boadella"
    for chip_id in here[:3]:
        one = samples[chip_id]
        assert one["ids"] == (chip_id, chip_id.replace(FIRST, SECOND))
        assert one["present"].all()
        assert [str(np.datetime64(int(t), "s"))[:10] for t in one["times"]] == ["2020-01-13", "2020-01-28"]
        chip = ws.lake.chips.get(chip_id)
        window = Window(chip.window.x_off, chip.window.y_off, chip.window.width, chip.window.height)
        for at, day in enumerate(("2020-01-13", "2020-01-28")):
            with rasterio.open(folder / f"Boadella_{day}.tif") as source:
                stored = source.read(window=window)
            scale = np.array([b.scale for b in ws.lake.scenes.get(FIRST).bands], np.float32)[:, None, None]
            offset = np.array([b.offset for b in ws.lake.scenes.get(FIRST).bands], np.float32)[:, None, None]
            np.testing.assert_allclose(one["image"][at], stored * scale + offset, rtol=1e-5, atol=1e-6)
    assert one["image"].shape == (2, len(scale), 128, 128)
    assert np.abs(one["image"][1] - one["image"][0]).max() > 0  # two dates, not one of them twice
    assert samples[alone]["present"].tolist() == [True, False]
    assert np.isnan(samples[alone]["image"][1]).all()
