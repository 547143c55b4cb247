"""A model of a task about change sees both dates: what is new at the later one cannot be told from the first alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from madelake import lake_like_image, write_scene

import groundset as gs
from groundset.core import BandSet, InputError, LabelMask, Origin
from groundset.ingest import annotate_masks
from groundset.segment.live import Assistant
from groundset.segment.regions import RegionStore
from groundset.segment.store import load_model

BANDS = ["blue", "green", "red", "nir"]
SIZE = 128


@pytest.fixture
def made(tmp_path: Path) -> tuple[gs.Workspace, np.ndarray]:
    """Two dates with water at other places, and where there is more of it at the later one."""
    with gs.create(tmp_path / "lake", scheme="water") as ws:
        wet = []
        for i, name in enumerate(("early", "late")):
            image, water = lake_like_image(SIZE, SIZE, i)
            if i:
                image, water = np.roll(image, 9, axis=2), np.roll(water, 9, axis=1)
            wet.append(water)
            file = write_scene(tmp_path / f"{name}.tif", image)
            ws.ingest(file, bands=BANDS, time=f"2020-0{i + 1}-05T10:00:00Z", chip_size=32, scene_id=name)
        ws.add_series("pond", ("early", "late"))
        ws.add_task("risen", kind="segment", about="change")
    return gs.open(tmp_path / "lake"), (wet[1] > wet[0]).astype(np.uint8)


def test_what_changed_is_learned_from_both_dates(made: tuple[gs.Workspace, np.ndarray]) -> None:
    ws, risen = made
    with ws:
        lake = ws.lake
        chips = sorted(lake.chips.chips("early_0"), key=lambda c: c.id)
        for chip in chips[::2]:
            mask = LabelMask.of(risen[chip.window.slices], Origin.HUMAN)
            annotate_masks(lake, {str(chip.id): mask}, actor="anna", task="risen")
        report = ws.segment(task="risen")
        assert report.chips == len(chips)
        said = [e for e in lake.journal.current("risen", kind="mask") if e.actor == "model:risen-forest"]
        assert {str(e.chip_id) for e in said} == {str(c.id) for c in chips}  # kept with the first date alone
        assert said[0].payload["dates"] == ["early", "late"]
        model = load_model(report.model)
        assert model.spec.dates == 2
        assert "change(NDWI)" in model.spec.names
        item = json.loads((report.model / "item.json").read_text())
        assert [b["name"] for b in item["properties"]["bands"]] == [*BANDS, *(f"{b}~later" for b in BANDS)]
        by_chip = {str(e.chip_id): e.payload["sha256"] for e in said}
        unseen = chips[1::2]
        right = [(lake.masks.get(by_chip[str(c.id)]).classes == risen[c.window.slices]).mean() for c in unseen]
        assert np.mean(right) > 0.97
        assert ws.segment(task="risen").unchanged
        file = write_scene(ws.root.parent / "again.tif", lake_like_image(SIZE, SIZE, 3)[0])
        ws.ingest(file, bands=BANDS, time="2020-03-05T10:00:00Z", chip_size=32, scene_id="again")
        ws.remove_series("pond")
        ws.add_series("pond", ("early", "again"))
        assert not ws.segment(task="risen").unchanged  # the last date is another one, of the same bands


def test_no_place_has_two_dates(made: tuple[gs.Workspace, np.ndarray]) -> None:
    with made[0] as ws:
        chip = str(next(iter(ws.lake.chips.chips("early_0"))).id)
        half = np.indices((32, 32))[0] > 15
        mask = LabelMask.of(half.astype(np.uint8), Origin.HUMAN)
        annotate_masks(ws.lake, {chip: mask}, actor="anna", task="risen")
        ws.lake.chips.path("late_0").unlink()
        with pytest.raises(InputError, match="no place has chips on two dates"):
            ws.segment(task="risen")


def test_the_next_place_to_paint_is_one_where_it_can_be_painted(made: tuple[gs.Workspace, np.ndarray]) -> None:
    ws, risen = made
    with ws:
        lake = ws.lake
        assistant = Assistant(lake)
        assert {p.chip_id.partition("_")[0] for p in assistant.next("risen", 40)} == {"early"}
        chip = max(lake.chips.chips("early_0"), key=lambda c: int(risen[c.window.slices].sum()))
        mask = LabelMask.of(risen[chip.window.slices], Origin.HUMAN)
        annotate_masks(lake, {str(chip.id): mask}, actor="anna", task="risen")
        assert {p.chip_id.partition("_")[0] for p in assistant.next("risen", 40)} == {"early"}


def test_the_assistant_sees_both_dates(made: tuple[gs.Workspace, np.ndarray]) -> None:
    ws, risen = made
    with ws:
        lake, assistant = ws.lake, Assistant(ws.lake)
        chips = sorted(lake.chips.chips("early_0"), key=lambda c: c.id)
        for chip in chips[::2]:
            mask = LabelMask.of(risen[chip.window.slices], Origin.HUMAN)
            annotate_masks(lake, {str(chip.id): mask}, actor="anna", task="risen")
        unseen = chips[1::2]

        def right(model: str = "linear") -> float:
            said = [assistant.propose("risen", str(c.id), model=model).classes for c in unseen]
            return float(np.mean([codes == risen[c.window.slices] for codes, c in zip(said, unseen, strict=True)]))

        assert right() > 0.97
        assert "change(NDWI)" in assistant.rows("risen").spec().names
        before = assistant.prepare("risen", str(unseen[0].id))[0]
        assert Assistant(lake).prepare("risen", str(unseen[0].id))[0] == before  # ... and after a restart
        regions, task = RegionStore(lake), lake.config.task("risen", "segment")
        both, first = regions.of(unseen[0], task), regions.of(unseen[0])
        assert regions.mark(unseen[0], task) != regions.mark(unseen[0])
        assert both.leaves.shape == first.leaves.shape
        assert not np.array_equal(both.leaves, first.leaves)  # what changed has borders of its own
        assert "risen-forest" not in [c.name for c in assistant.state("risen").models]
        ws.segment(task="risen")
        assert "risen-forest" in [c.name for c in assistant.state("risen").models]
        assert right("risen-forest") > 0.97
        assert assistant.prepare("risen", str(unseen[0].id).replace("early", "late"))[0] == before  # one place
        file = write_scene(ws.root.parent / "again.tif", lake_like_image(SIZE, SIZE, 3)[0])
        ws.ingest(file, bands=BANDS, time="2020-03-05T10:00:00Z", chip_size=32, scene_id="again")
        ws.remove_series("pond")
        with pytest.raises(InputError, match="in none of it"):
            assistant.propose("risen", str(unseen[0].id))
        ws.add_series("pond", ("early", "again"))
        assert assistant.prepare("risen", str(unseen[0].id))[0] != before  # the last date is another one


def test_dates_that_are_measured_otherwise_are_told_of(made: tuple[gs.Workspace, np.ndarray]) -> None:
    ws, risen = made
    with ws:
        late = ws.lake.scenes.get("late")
        bands = BandSet(tuple(replace(band, scale=1e-4) for band in late.bands))
        ws.lake.scenes.put(replace(late, bands=bands))
        for chip in sorted(ws.lake.chips.chips("early_0"), key=lambda c: c.id)[::2]:
            mask = LabelMask.of(risen[chip.window.slices], Origin.HUMAN)
            annotate_masks(ws.lake, {str(chip.id): mask}, actor="anna", task="risen")
        assert "but uint16 x 0.0001 in scene late" in (ws.segment(task="risen").note or "")
