"""A chip classifier of a task about change reads both dates, and answers each place once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from madelake import write_scene

import groundset as gs

BANDS = ["blue", "green", "red", "nir"]
DRY, WET = np.array([900, 1000, 1100, 2600]), np.array([800, 900, 600, 300])


def test_change_is_predicted_from_both_dates(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    early, late = rng.integers(0, 2, (2, 12, 12)).astype(bool)
    with gs.create(tmp_path / "lake", scheme="water") as ws:
        for i, (name, wet) in enumerate((("early", early), ("late", late))):
            whole = np.kron(wet, np.ones((16, 16), bool))
            image = np.where(whole, WET[:, None, None], DRY[:, None, None]) + rng.normal(0, 100, (4, 192, 192))
            file = write_scene(tmp_path / f"{name}.tif", np.clip(image, 1, 9999).astype(np.uint16))
            ws.ingest(file, bands=BANDS, time=f"2020-0{i + 1}-05T10:00:00Z", chip_size=16, scene_id=name)
        ws.add_series("pond", ("early", "late"))
        ws.add_task("risen", about="change")
        risen = {f"early_0_{r}_{c}": bool(late[r, c] and not early[r, c]) for r, c in np.ndindex(12, 12)}
        known = [i for n, i in enumerate(sorted(risen)) if n % 5 < 3]
        for value, name in ((True, "water"), (False, "non-water")):
            ws.annotate([i for i in known if risen[i] is value], name, task="risen", actor="anna")
        report = ws.predict(task="risen", threshold=0.0)
        said = [e for e in ws.lake.journal.current("risen", kind="answer") if e.actor.startswith("model:")]
        assert {str(e.chip_id) for e in said} == set(risen) - set(known)  # of the first date alone
        assert said[0].payload["dates"] == ["early", "late"]
        right = [(e.payload["class"] == 1) is risen[str(e.chip_id)] for e in said]
        assert np.mean(right) > 0.9  # from one date alone it would be three of four at best
        assert report.without_features == 0
        assert ws.predict(task="risen", threshold=0.0).unchanged
