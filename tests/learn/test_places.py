"""A chip classifier of a task about change reads both dates, and answers each place once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from madelake import write_scene

import groundset as gs

BANDS = ["blue", "green", "red", "nir"]
DRY, WET = np.array([900, 1000, 1100, 2600]), np.array([800, 900, 600, 300])


@pytest.fixture
def made(tmp_path: Path) -> tuple[gs.Workspace, dict[str, bool]]:
    """Two dates of 144 chips, and the chips of the first one where water rose."""
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
    return gs.open(tmp_path / "lake"), risen


def test_change_is_predicted_from_both_dates(made: tuple[gs.Workspace, dict[str, bool]]) -> None:
    ws, risen = made
    with ws:
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


def test_change_is_ranked_by_both_dates(made: tuple[gs.Workspace, dict[str, bool]]) -> None:
    ws, risen = made
    with ws:
        asked = ws.ranker.suggest(task="risen", n=144)
        assert {chip.partition("_")[0] for chip in asked.ids} == {"early"}
        known = [i for n, i in enumerate(sorted(risen)) if n % 2]
        for value, name in ((True, "water"), (False, "non-water")):
            ws.annotate([i for i in known if risen[i] is value], name, task="risen", actor="anna")
        found = ws.search(task="risen", class_="water", limit=None)
        open_ = [chip for chip in found.ids if chip not in known]
        rose = sum(risen[chip] for chip in open_)
        assert len(open_) == 72
        assert sum(risen[chip] for chip in open_[:rose]) > 0.9 * rose  # by one date a third of them would be
        assert ws.ranker.state("risen").missing(1) == 0
        alike = ws.search(task="risen", like=open_[0])
        assert alike.ids[0] == open_[0]
        again = {c.partition("_")[0] for c in ws.ranker.suggest("water", task="risen", n=20).ids}
        assert again == {"early"}
