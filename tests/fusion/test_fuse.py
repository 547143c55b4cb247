"""Labels of two scenes of one place meet on the chips of one: the rules, other grids and CRS, again and undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from madelake import TIME, add_scene, paint
from rasterio.transform import from_origin
from rasterio.warp import transform as warp

from groundset.core import InputError, MissingError, Origin
from groundset.fusion import RULES, fuse_labels
from groundset.fusion.fuse import ACTOR
from groundset.fusion.places import pixels_in
from groundset.fusion.voices import meet
from groundset.imagery import Scene, open_source
from groundset.journal import NewEvent, answer
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

LAND, WET, OTHER = (WATER.find(name).code for name in ("non-water", "water", "not-applicable"))
LEFT, TOP = 500_000, 5_000_000


def scene_at(
    folder: Path, name: str, *, size: int = 64, pixel: float = 10, left: float = LEFT, top: float = TOP,
    crs: str = "EPSG:32632", band: str = "b1",
) -> Scene:  # fmt: skip
    path = folder / f"{name}.tif"
    profile = {"width": size, "height": size, "count": 1, "dtype": "uint8", "crs": crs}
    with rasterio.open(path, "w", driver="GTiff", **profile, transform=from_origin(left, top, pixel, pixel)) as file:
        file.write(np.ones((1, size, size), np.uint8))
    return open_source(str(path), bands=[band], time=TIME, scene_id=name)[0]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """Scene ``a``: 64 pixels of 10 m in chips of 16; scene ``b``: the same place, 32 pixels of 20 m in chips of 16."""
    with init(tmp_path / "lake", scheme=WATER) as made:
        add_scene(made, scene_at(tmp_path, "a"), 16)
        add_scene(made, scene_at(tmp_path, "b", size=32, pixel=20), 16)
        yield made


def say(lake: Lake, said: dict[str, int], *, actor: str = "anna", value: str = "positive", **more: object) -> None:
    events = [NewEvent("answer", "chips", c, answer(k, value, **more)) for c, k in said.items()]  # type: ignore[arg-type]
    lake.journal.append(events, actor=actor)


def by_fusion(lake: Lake, scene: str = "a") -> dict[str, list[tuple[int, str]]]:
    out: dict[str, list[tuple[int, str]]] = {}
    for event in lake.journal.current("chips", kind="answer", actor=ACTOR):
        if str(event.chip_id).startswith(f"{scene}_") and event.payload["value"] != "unlabelled":
            out.setdefault(str(event.chip_id), []).append((event.payload["class"], event.payload["value"]))
    return out


def test_agree_writes_what_both_say(lake: Lake) -> None:
    say(lake, {"a_0_0_0": WET, "a_0_0_1": LAND, "a_0_3_3": WET, "b_0_0_0": WET, "b_0_1_0": LAND})
    report = fuse_labels(lake, ["a", "b"], task="chips", rule="agree", actor="anna")
    assert by_fusion(lake) == {"a_0_0_0": [(WET, "positive")]}
    assert [(d.chip_id, d.said) for d in report.disagreements] == [("a_0_0_1", ("non-water", "water"))]
    assert (report.agreed, report.created, report.known) == (1, 1, 0)
    event = lake.journal.current("chips", actor=ACTOR)[0]
    assert event.payload["origin"] == Origin.CONSENSUS
    assert lake.labels("chips").answer("a_0_0_0").origin is Origin.HUMAN  # type: ignore[union-attr]


def test_first_and_both(lake: Lake) -> None:
    say(lake, {"a_0_0_0": WET, "b_0_0_0": LAND, "b_0_1_1": WET})
    fuse_labels(lake, ["a", "b"], task="chips", rule="first", actor="anna")
    said = by_fusion(lake)
    assert said["a_0_0_0"] == [(WET, "positive")]
    assert said["a_0_0_1"] == [(LAND, "positive")]
    assert said["a_0_3_3"] == [(WET, "positive")]
    labels = lake.labels("chips")
    assert labels.answer("a_0_3_3").origin is Origin.IMPORT  # type: ignore[union-attr]
    fuse_labels(lake, ["b", "a"], task="chips", rule="both", onto="a", actor="anna")
    assert sorted(by_fusion(lake)["a_0_0_0"]) == [(LAND, "positive"), (WET, "positive")]
    lake.journal.undo(lake.journal.current("chips", actor="anna", chip_ids=["a_0_0_0"])[0].id, actor="anna")
    assert lake.labels("chips").answer("a_0_0_0").code == LAND  # type: ignore[union-attr]  # b was named first


def test_again_nothing_changes_and_what_no_longer_holds_goes(lake: Lake) -> None:
    say(lake, {"a_0_0_0": WET, "a_0_0_1": WET, "b_0_0_0": WET})
    first = fuse_labels(lake, ["a", "b"], task="chips", actor="anna")
    head = lake.journal.head()
    again = fuse_labels(lake, ["a", "b"], task="chips", actor="anna")
    assert (again.created, again.known, again.bulk, lake.journal.head()) == (0, 2, None, head)
    say(lake, {"a_0_0_1": LAND})
    third = fuse_labels(lake, ["a", "b"], task="chips", actor="anna")
    assert (third.known, third.removed) == (1, 1)
    assert set(by_fusion(lake)) == {"a_0_0_0"}
    lake.journal.undo(str(third.bulk), actor="anna")
    assert set(by_fusion(lake)) == {"a_0_0_0", "a_0_0_1"}
    lake.journal.undo(str(first.bulk), actor="anna")
    assert by_fusion(lake) == {}


def test_what_models_and_clouds_say_does_not_count(lake: Lake) -> None:
    say(lake, {"a_0_0_0": WET, "a_0_0_1": WET, "b_0_1_1": WET})
    say(lake, {"b_0_0_0": LAND}, actor="model:m", origin=Origin.MODEL)
    say(lake, {"a_0_2_2": OTHER}, value="not-applicable")
    report = fuse_labels(lake, ["a", "b"], task="chips", rule="first", actor="anna")
    assert not report.disagreements
    assert by_fusion(lake)["a_0_2_2"] == [(WET, "positive")]  # the radar sees what clouds hide from the other
    assert report.alone == 6


def test_masks_meet_pixel_by_pixel(lake: Lake) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.choice([LAND, WET, OTHER, 255], (n, n)).astype(np.uint8) for n in (64, 32))
    for chip in lake.chips.chips():
        codes = (a if chip.id.scene == "a" else b)[chip.window.slices]
        paint(lake, chip, codes, actor="anna" if chip.id.scene == "a" else "bob")
    known_a, known_b = (np.where(m == OTHER, 255, m) for m in (a, b.repeat(2, 0).repeat(2, 1)))
    wanted = {
        "agree": np.where(known_a == known_b, known_a, 255),
        "first": np.where(known_a == 255, known_b, known_a),
        "both": np.where(known_a == 255, known_b, known_a),
    }
    for rule, codes in wanted.items():
        report = fuse_labels(lake, ["a", "b"], task="pixels", rule=rule, actor="anna")
        again = fuse_labels(lake, ["a", "b"], task="pixels", rule=rule, actor="anna")
        assert (again.created, again.removed, again.bulk) == (0, 0, None)
        labels = lake.labels("pixels")
        found = np.full((64, 64), 255, np.uint8)
        for chip in lake.chips.chips("a_0"):
            found[chip.window.slices] = labels.mask(chip, only=lambda e: e.actor == ACTOR).classes
        np.testing.assert_array_equal(found, codes, err_msg=rule)
        differ = int(((known_a != 255) & (known_b != 255) & (known_a != known_b)).sum())
        assert sum(d.pixels or 0 for d in report.disagreements) == differ
    assert report.unit == "pixels"


def test_it_says_that_scenes_of_other_bands_cannot_be_released_together(lake: Lake, tmp_path: Path) -> None:
    say(lake, {"a_0_0_0": WET, "b_0_0_0": WET})
    assert fuse_labels(lake, ["a", "b"], task="chips", actor="anna").notes == ()
    add_scene(lake, scene_at(tmp_path, "radar", band="b2"), 16)
    say(lake, {"radar_0_0_0": WET})
    (note,) = fuse_labels(lake, ["a", "radar"], task="chips", actor="anna").notes
    assert "a: b1; radar: b2" in note
    assert "groundset release DIR NAME --scenes a" in note


def test_another_crs(tmp_path: Path) -> None:
    (x,), (y,) = warp("EPSG:32632", "EPSG:32633", [LEFT], [TOP])
    with init(tmp_path / "lake", scheme=WATER) as lake:
        add_scene(lake, scene_at(tmp_path, "a"), 16)
        turned = scene_at(tmp_path, "c", size=120, left=x - 300, top=y + 300, crs="EPSG:32633")
        add_scene(lake, turned, 40)
        say(lake, {str(c.id): WET for c in lake.chips.chips("c_0")})
        say(lake, {str(c.id): WET for c in lake.chips.chips("a_0")})
        report = fuse_labels(lake, ["a", "c"], task="chips", actor="anna")
        assert report.agreed == report.created == 16
        window = next(iter(lake.chips.chips("a_0"))).window
        rows, cols = pixels_in(turned.geobox, lake.scenes.get("a").geobox, window)
    east, north = turned.geobox.affine * (cols[5, 7] + 0.5, rows[5, 7] + 0.5)
    (back,), (up,) = warp("EPSG:32633", "EPSG:32632", [east], [north])
    assert abs(back - (LEFT + 75)) < 8
    assert abs(up - (TOP - 55)) < 8


def test_scenes_that_only_touch_are_told(lake: Lake, tmp_path: Path) -> None:
    add_scene(lake, scene_at(tmp_path, "beside", left=LEFT + 640), 16)
    add_scene(lake, scene_at(tmp_path, "far", left=LEFT + 64_000), 16)
    add_scene(lake, scene_at(tmp_path, "corner", left=LEFT + 600, top=TOP - 600), 16)
    say(lake, {"a_0_0_0": WET, "beside_0_0_0": WET, "corner_0_3_3": WET, "far_0_0_0": WET})
    for other, words in (("beside", "only touch|do not overlap"), ("far", "do not overlap")):
        with pytest.raises(InputError, match=words):
            fuse_labels(lake, ["a", other], task="chips", actor="anna")
    with pytest.raises(InputError, match="covered by half") as told:
        fuse_labels(lake, ["a", "corner"], task="chips", actor="anna")
    assert "overlaps 4 x 4 pixels of a" in str(told.value.found)
    assert not lake.journal.current("chips", actor=ACTOR)


def test_bad_input(lake: Lake) -> None:
    say(lake, {"a_0_0_0": WET})
    for scenes, more, error, words in (
        (["a"], {}, InputError, "at least two"),
        (["a", "lost"], {}, MissingError, "no such scene"),
        (["a", "b"], {"rule": "vote"}, InputError, "no such rule"),
        (["a", "b"], {"onto": "lost"}, MissingError, "no such scene"),
        (["a", "b"], {"level": 3}, MissingError, "no chips of this level"),
        (["a", "b"], {"task": "lost"}, InputError, "task"),
        (["a", "b"], {}, InputError, "nothing of this scene"),
        (["a", "b"], {"task": "pixels"}, InputError, "nothing of this scene"),
    ):
        with pytest.raises(error, match=words):
            fuse_labels(lake, scenes, **{"task": "chips", "actor": "anna", **more})  # type: ignore[arg-type]


Voices = st.lists(st.dictionaries(st.integers(0, 3), st.sampled_from(["positive", "negative"]), max_size=3), min_size=2)


@given(Voices, st.booleans())
def test_rules_say_nothing_that_nobody_said(said: list[dict[int, str]], multi: bool) -> None:
    for rule in RULES:
        met = meet(said, rule, multi=multi)
        for code, value in met.said.items():
            assert any(v.get(code) == value for v in said)
        if rule == "agree":
            assert all(v.get(code) == value for v in said for code, value in met.said.items())
    assert not (meet(said, "agree", multi=multi).differ and all(v == said[0] for v in said) and multi)
