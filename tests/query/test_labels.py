"""The table of labels says what the journal's own labels say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from madelake import TIME, add_scene, lake_like_image, paint, write_scene

from groundset._additions import add_class
from groundset.chips import Chip
from groundset.core import Origin
from groundset.imagery import open_source
from groundset.journal import NewEvent, answer, answers, attribute, methods_of, new_id
from groundset.lake import Lake, init
from groundset.query import Index
from groundset.query.task import AT_ONCE
from groundset.taxonomy import WATER

TOML = """
[tasks.several]
kind = "classify"
multi = true

[tasks.boxes]
kind = "outline"
"""


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """16 chips of 32 pixels; tasks of every kind."""
    with init(tmp_path / "lake", scheme=WATER) as made, made.layout.config.open("a") as file:
        file.write(TOML)
    with Lake.open(tmp_path / "lake") as opened:
        path = write_scene(tmp_path / "s.tif", lake_like_image()[0])
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        add_scene(opened, scene, 32)
        yield opened


@pytest.fixture
def index(lake: Lake) -> Iterator[Index]:
    made = Index(lake)
    yield made
    made.close()


@pytest.fixture
def chips(lake: Lake) -> list[Chip]:
    return list(lake.chips.chips())


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),  # chip
        st.sampled_from(["anna", "bela", "model:x"]),
        st.sampled_from(["positive", "negative", "unsure", "not-applicable", "unlabelled", "training", "all", "undo"]),
        st.integers(0, 2),  # class
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, task=st.sampled_from(["chips", "several"]))
def test_answers(index: Index, lake: Lake, acts: list[tuple[int, str, str, int]], task: str) -> None:
    for event in lake.journal.current(task):  # begin anew
        lake.journal.undo(event.id, actor="test")
    ids = [new_id() for _ in acts]
    for own, (chip, actor, what, code) in zip(ids, acts, strict=True):
        origin = Origin.MODEL if actor.startswith("model") else Origin.HUMAN
        if what == "undo":
            lake.journal.append([NewEvent("undo", undoes=ids[0], id=own)], actor=actor)
            continue
        kind = "training" if what == "training" else "answer"
        payload = answers([code], origin=origin) if what == "all" else answer(code, what, origin=origin)
        payload = {"use": bool(code)} if what == "training" else payload
        lake.journal.append([NewEvent(kind, task, f"s_0_0_{chip}", payload, id=own)], actor=actor)
        _same_as_the_journal(index, lake, task)
    _statements_are_those_of_a_fresh_table(index, lake, task)


def _statements_are_those_of_a_fresh_table(index: Index, lake: Lake, task: str) -> None:
    """Patched or read anew; as the journal's own labels have them."""
    table, fresh, told = index.labels(task), Index(lake), lake.labels(task)
    removed = {e.chip_id: not e.payload["use"] for e in lake.journal.current(task, kind="training")}
    for code in range(3):
        wanted = []
        for hit in fresh.find(task=task, limit=20).hits:
            found = None if removed.get(hit.id) else told.answer(hit.id)
            there, not_there = ((), ()) if found is None else (found.teaches, found.teaches_not)
            implied = bool(there) and task == "chips"
            wanted.append(1 if code in there else -1 if code in not_there or implied else 0)
            assert hit.training == (not removed.get(hit.id, False))
        assert table.statement(code).tolist() == wanted
        assert fresh.labels(task).statement(code).tolist() == wanted
        assert table.statement(code) is table.statement(code)
    fresh.close()


def _same_as_the_journal(index: Index, lake: Lake, task: str) -> None:
    told, other = lake.labels(task), WATER.not_applicable
    for hit in index.find(task=task, limit=20).hits:
        wanted = told.answer(hit.id)
        if wanted is None:
            assert hit.label is None
            continue
        assert hit.label is not None
        assert other is not None
        assert hit.label.classes == ((other.code,) if wanted.not_applicable else wanted.classes)
        assert (hit.label.value in ("unsure", "not-applicable")) == wanted.not_applicable
        assert hit.label.actors == told.actors(hit.id)
        last = [e for e in told.events(hit.id) if e.payload.get("value") != "unlabelled"][-1]
        assert (hit.label.answered_at, hit.label.actor) == (last.as_json()["at"], last.actor)
        assert (hit.label.negative, hit.label.unsure) == (wanted.negative, wanted.unsure)
        assert (hit.label.reason, hit.label.confidence) == (wanted.reason, wanted.confidence)
        assert hit.label.methods == (("automated",) if wanted.origin == Origin.MODEL else ("manual",))
        none = index.find(f"chip_id = '{hit.id}' AND label IS NULL", task=task).total == 1
        assert none == (not hit.label.classes)


def test_of_several_classes_each_counts(index: Index, lake: Lake) -> None:
    lake.annotate([NewEvent("answer", "several", "s_0_0_0", answers([0, 1]))], actor="anna")
    lake.annotate([NewEvent("answer", "several", "s_0_0_1", answers([0]))], actor="anna")
    both = ["s_0_0_0", "s_0_0_1"]
    assert index.find("label = 'water'", task="several").ids == both[:1]
    assert index.find("'non-water' = label", task="several").ids == both
    assert index.find("label IN ('water', 'not-applicable')", task="several").ids == both[:1]
    assert index.find("label <> 'water'", task="several").ids == both[1:]
    assert index.find("label LIKE 'wat%'", task="several").ids == both[:1]
    assert index.find("CASEI(label) = 'water'", task="several").ids == both[:1]
    assert index.find("label IS NULL", task="several").total == 14
    assert index.find("label > 'nz'", task="several").ids == both[:1]
    assert index.find("'nz' < label", task="several").ids == both[:1]


def test_unsure_without_a_class_for_it(tmp_path: Path) -> None:
    from dataclasses import replace

    scheme = replace(WATER, classes=tuple(c for c in WATER.classes if not c.not_applicable))
    with init(tmp_path / "lake", scheme=scheme) as lake:
        path = write_scene(tmp_path / "s.tif", lake_like_image()[0])
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        add_scene(lake, scene, 64)
        index = Index(lake)
        lake.annotate([NewEvent("answer", "chips", "s_0_0_0", answer(1, "unsure", reason="haze"))], actor="anna")
        (hit,) = index.find("label = 'not-applicable'").hits
        assert hit.label is not None
        assert (hit.label.classes, hit.label.value) == ((), "unsure")
        assert index.find("value = 'unsure'").ids == ["s_0_0_0"]


def test_masks_are_counted_as_they_merge(index: Index, lake: Lake, chips: list[Chip]) -> None:
    rng = np.random.default_rng(0)
    for chip in chips[:3]:
        half = np.where(rng.random((32, 32)) < 0.5, 1, 255)
        paint(lake, chip, half)
        paint(lake, chip, np.zeros((32, 32)), actor="model:x", origin=Origin.MODEL)
    told = lake.labels("pixels")
    for chip, hit in zip(chips[:3], index.find("label IS NOT NULL", task="pixels").hits, strict=True):
        mask = told.mask(chip, flags=False)
        assert hit.label is not None
        assert hit.label.pixels == mask.count()
        assert hit.label.methods == methods_of(mask) == ("manual", "automated")
        assert hit.label.classes == tuple(sorted(mask.count(), key=lambda code: -mask.count()[code]))
        assert sum(hit.label.shares or ()) == pytest.approx(1)
    table = index.labels("pixels")
    assert (table.labelled, table.pending) == (3, 0)
    assert sum(table.pixels.values()) == 3 * 1024
    paint(lake, chips[0], np.full((32, 32), 1))
    assert index.find(task="pixels").hits[0].label.pixels == {1: 1024}  # type: ignore[union-attr]
    after = index.labels("pixels")
    assert sum(after.pixels.values()) == 3 * 1024
    assert table.pixels != after.pixels
    assert index.find("label = 'water'", task="pixels").ids[0] == str(chips[0].id)


def test_many_masks_are_counted_behind_and_kept(lake: Lake, chips: list[Chip]) -> None:
    assert len(chips) > AT_ONCE
    for chip in chips:
        paint(lake, chip, np.ones((32, 32)))
    told: list[str] = []
    index = Index(lake, lambda _task, ids: told.extend(ids))
    table = index.labels("pixels")
    assert table.labelled == 16
    index._tasks["pixels"]._counter.join()  # type: ignore[union-attr]
    table = index.labels("pixels")
    assert (table.pending, table.pixels) == (0, {1: 16 * 1024})
    assert sorted(told) == sorted(str(chip.id) for chip in chips)
    index.close()

    cache = lake.layout.cache / "label-counts.jsonl"
    with cache.open("a") as file:
        file.write('["cut short')
    lake.masks.path(lake.journal.current("pixels")[3].payload["sha256"]).unlink()
    again = Index(lake)
    assert again.labels("pixels").pixels == {1: 16 * 1024}  # nothing is read again
    again.close()

    cache.unlink()
    again = Index(lake)
    again.warm()
    again._warmer.join()  # type: ignore[union-attr]
    if (counter := again._tasks["pixels"]._counter) is not None:
        counter.join()
    assert again.labels("pixels").pending == 0  # the chip whose mask is gone has a label without a class
    assert again.find("label IS NULL", task="pixels").ids == [str(chips[3].id)]
    again.close()


def test_shapes(index: Index, lake: Lake) -> None:
    ring = [[0, 0], [4, 0], [4, 4], [0, 0]]
    features = [
        {"type": "Feature", "properties": {"class": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code in (1, 0, 1)
    ]
    payload = {"type": "FeatureCollection", "coordinates": "pixel", "features": features}
    lake.annotate([NewEvent("shapes", "boxes", "s_0_0_0", payload)], actor="anna")
    lake.annotate([NewEvent("shapes", "boxes", "s_0_0_1", {**payload, "features": []})], actor="anna")
    first, second, *_ = index.find(task="boxes").hits
    assert first.label is not None
    assert second.label is not None
    assert (first.label.classes, first.label.value) == ((0, 1), "positive")
    assert (second.label.classes, second.label.value) == ((), "negative")
    assert index.find("label = 'water'", task="boxes").ids == ["s_0_0_0"]


def test_shapes_may_have_any_attribute(index: Index, lake: Lake) -> None:
    """One that reads like an answer taken back is none."""
    own = {"class": 1, "attributes": {"value": "unlabelled"}}
    feature = {"type": "Feature", "properties": own, "geometry": {"type": "Point", "coordinates": [1, 1]}}
    payload = {"type": "FeatureCollection", "coordinates": "pixel", "features": [feature]}
    events = [NewEvent("shapes", "boxes", "s_0_0_0", {**payload, "layer": layer}) for layer in ("a", "b")]
    lake.annotate(events, actor="anna")
    (first, *_) = index.find(task="boxes").hits
    assert first.label is not None
    assert first.label.actors == ("anna",)
    assert lake.journal.count("boxes") == 1


def test_how_sure_a_model_is(index: Index, lake: Lake) -> None:
    """Answers that differ in nothing else are read once, and keep their own confidence."""
    events = [
        NewEvent("answer", "chips", f"s_0_0_{i}", answer(1, origin=Origin.MODEL, confidence=c))
        for i, c in enumerate((0.9, 0.8, 1e-7))
    ]
    lake.annotate(events, actor="model:m")
    odd = answer(1, origin=Origin.MODEL, reason='"confidence":3', confidence=0.5)
    lake.annotate([NewEvent("answer", "chips", "s_0_0_3", odd)], actor="model:m")
    hits = index.find(limit=4).hits
    assert [hit.label and hit.label.confidence for hit in hits] == [0.9, 0.8, 1e-7, 0.5]
    assert hits[3].label is not None
    assert hits[3].label.reason == '"confidence":3'
    assert not index.labels("chips").statement(1).any(), "what a model says trains nobody"


def test_attributes_follow_the_journal(tmp_path: Path, lake: Lake) -> None:
    with lake.layout.config.open("a") as file:
        file.write('\n[attributes.cloudy]\nkind = "flag"\n[attributes.haze]\nkind = "number"\nmaximum = 1\n')
    index = Index(lake)
    say = lambda chip, name, value: NewEvent("attribute", None, f"s_0_0_{chip}", attribute(name, value))  # noqa: E731
    lake.annotate([say(0, "cloudy", True), say(1, "haze", 0.5), say(2, "haze", 0)], actor="anna")
    hits = index.find(limit=4).hits
    assert [dict(hit.attributes) for hit in hits] == [{"cloudy": True}, {"haze": 0.5}, {"haze": 0}, {}]
    assert index.find("cloudy = true").ids == ["s_0_0_0"]
    assert index.find("haze >= 0.5").ids == ["s_0_0_1"]
    (refused,) = lake.annotate([say(3, "haze", 2)], actor="anna")
    assert "at most 1" in str(refused.error)
    lake.annotate([say(0, "cloudy", None), say(1, "haze", 0.1)], actor="bela")
    assert [dict(hit.attributes) for hit in index.find(limit=3).hits] == [{}, {"haze": 0.1}, {"haze": 0}]
    assert index.find("cloudy = true").total == 0
    index.close()


def test_a_class_that_was_added_is_known_at_once(lake: Lake, index: Index) -> None:
    lake.annotate([NewEvent("answer", "chips", "s_0_0_0", answer(1))], actor="anna")
    assert index.labels("chips").statement(1)[0] == 1
    with Lake.open(lake.root) as other:
        added = add_class(other, "ice", actor="bela")
    lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(added.code))], actor="anna")
    assert index.find("label = 'ice'").ids == ["s_0_0_1"]
    assert index.labels("chips").statement(added.code)[:3].tolist() == [-1, 1, 0]
