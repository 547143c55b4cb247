"""The live assistant: what it learns from, that it forgets nothing and remembers nothing, what it refuses."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, add_scene, lake_like_image, paint, write_scene

from groundset.chips.chip import Chip
from groundset.core import InputError, MissingError, Origin
from groundset.imagery import open_source
from groundset.lake import Lake, init
from groundset.segment import FeatureSpec, segment
from groundset.segment.linear import Linear
from groundset.segment.live import Assistant, NotEnoughError
from groundset.segment.live import rows as rows_module
from groundset.segment.live.bent import Bent
from groundset.segment.live.judge import crossed, places_of
from groundset.segment.live.learner import learner, prior_of
from groundset.segment.live.sparse import ENOUGH, GROUND, MOST, STROKES
from groundset.taxonomy import WATER

Made = tuple[Lake, list[Chip], np.ndarray]
LAND, WET = 0, 1


def stroke(truth: np.ndarray, chip: Chip, code: int, size: int = 40) -> np.ndarray:
    """Some pixels of one class of a chip, together as a brush leaves them; 255 elsewhere."""
    part = truth[chip.window.slices]
    out = np.full(part.shape, 255, np.uint8)
    there = np.flatnonzero(part == code)
    out.ravel()[there[:size]] = code
    return out


def test_classes_painted_on_different_chips_are_found_on_a_third(made: Made) -> None:
    lake, chips, truth = made
    one, two, three = chips[5], chips[6], chips[10]
    paint(lake, one, stroke(truth, one, LAND))
    with_one = Assistant(lake)
    with pytest.raises(NotEnoughError, match=r"not enough.*Non-water: 40 pixels.*another class"):
        with_one.propose("pixels", str(three.id))
    paint(lake, two, stroke(truth, two, WET))
    found = with_one.propose("pixels", str(three.id))
    part = truth[three.window.slices]
    assert set(np.unique(found.classes)) == {LAND, WET}
    assert (found.classes == part).mean() > 0.97
    assert found.confidence.min() >= 50
    assert found.head == lake.journal.head()
    with Lake.open(lake.root) as again:  # a server that starts anew
        other = Assistant(again).propose("pixels", str(three.id))
    np.testing.assert_array_equal(other.stack(), found.stack())


def test_what_was_learned_hangs_on_the_labels_alone(made: Made) -> None:
    """Strokes and undone strokes one after the other come to what a fresh assistant says, to the last bit."""
    lake, chips, truth = made
    assistant = Assistant(lake)
    paint(lake, chips[5], stroke(truth, chips[5], LAND))
    wrong = paint(lake, chips[6], stroke(truth, chips[6], LAND, 9), actor="ben")
    paint(lake, chips[6], stroke(truth, chips[6], WET))
    before = assistant.propose("pixels", str(chips[10].id), smoothing="majority")
    mistaken = paint(lake, chips[9], np.where(truth[chips[9].window.slices] == 1, 0, 1))
    assert (assistant.propose("pixels", str(chips[10].id)).classes != before.classes).mean() > 0.2
    lake.journal.undo(mistaken, actor="anna")
    after = assistant.propose("pixels", str(chips[10].id), smoothing="majority")
    np.testing.assert_array_equal(after.stack(), before.stack())
    lake.journal.undo(wrong, actor="ben")
    for model in ("linear", "forest", "boost", "committee"):
        ours = assistant.propose("pixels", str(chips[10].id), model=model)
        fresh = Assistant(lake).propose("pixels", str(chips[10].id), model=model)
        np.testing.assert_array_equal(ours.stack(), fresh.stack())


def test_only_chips_that_changed_are_read_again(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, chips, truth = made
    assistant = Assistant(lake)
    for chip in chips[4:12]:
        paint(lake, chip, stroke(truth, chip, LAND, 10))
        paint(lake, chip, stroke(truth, chip, WET, 10), actor="ben")
    looked: list[str] = []
    original = rows_module.trained_pixels

    def counted(labels: object, chip: Chip) -> object:
        looked.append(str(chip.id))
        return original(labels, chip)  # type: ignore[arg-type]

    monkeypatch.setattr(rows_module, "trained_pixels", counted)
    assistant.propose("pixels", str(chips[10].id))
    assert sorted(looked) == sorted(str(c.id) for c in chips[4:12])
    looked.clear()
    assistant.propose("pixels", str(chips[11].id))
    assert looked == []
    paint(lake, chips[7], stroke(truth, chips[7], WET, 30), actor="ben")
    lake.journal.append([], actor="anna")
    assistant.propose("pixels", str(chips[11].id))
    assert looked == [str(chips[7].id)]


def test_regions_and_imports_train_models_do_not(made: Made) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND), origin=Origin.IMPORT)
    paint(lake, chips[6], truth[chips[6].window.slices], origin=Origin.MODEL, actor="model:x")
    assistant = Assistant(lake)
    with pytest.raises(NotEnoughError, match="Non-water: 40 pixels"):
        assistant.propose(None, str(chips[10].id))
    paint(lake, chips[6], stroke(truth, chips[6], WET), origin=Origin.REGION)
    assert assistant.propose(None, str(chips[10].id)).classes.any()


def test_a_window_is_a_part_of_the_whole(made: Made) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND))
    paint(lake, chips[6], stroke(truth, chips[6], WET))
    assistant = Assistant(lake)
    chip = str(chips[0].id)  # five rows of it have no data
    for model, smoothing in [("linear", "none"), ("linear", "majority"), ("linear", "regions"), ("forest", "none")]:
        whole = assistant.propose("pixels", chip, model=model, smoothing=smoothing)
        part = assistant.propose("pixels", chip, model=model, smoothing=smoothing, window=(4, 2, 20, 9))
        np.testing.assert_array_equal(part.stack(), whole.stack()[:, 2:11, 4:24])
        assert (whole.classes[:5] == 255).all()
        assert (whole.confidence[:5] == 255).all()
        assert (whole.classes[5:] != 255).all()
    for window in ((0, 0, 33, 1), (-1, 0, 2, 2), (0, 0, 0, 1)):
        with pytest.raises(InputError, match=r"window must lie in the chip.*32 x 32"):
            assistant.propose("pixels", chip, window=window)
    with pytest.raises(InputError, match=r"no such smoothing.*gauss.*none, regions, majority"):
        assistant.propose("pixels", chip, smoothing="gauss")


def test_smoothing_takes_specks_away(made: Made) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND, 4))
    paint(lake, chips[6], stroke(truth, chips[6], WET, 4))
    assistant = Assistant(lake)

    def edges(smoothing: str) -> int:
        codes = assistant.propose("pixels", str(chips[9].id), smoothing=smoothing).classes.astype(int)
        return int((np.diff(codes, axis=0) != 0).sum() + (np.diff(codes, axis=1) != 0).sum())

    assert edges("majority") <= edges("none")
    assert edges("regions") <= edges("none")


def test_models_that_lie_in_the_workspace(made: Made, tmp_path: Path) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND))
    paint(lake, chips[6], stroke(truth, chips[6], WET))
    segment(lake, model="linear")
    assistant = Assistant(lake)
    kept = assistant.propose("pixels", str(chips[10].id), model="pixels-linear")
    made_by = lake.journal.current("pixels", kind="mask", actor="model:pixels-linear", chip_ids=[str(chips[10].id)])
    np.testing.assert_array_equal(kept.classes, lake.masks.get(made_by[0].payload["sha256"]).classes)
    assert kept.head == 0
    assert {"linear", "forest", "boost", "committee", "pixels-linear"} == {m.name for m in assistant.state().models}
    assert assistant.state(model="pixels-linear").ready
    for name in ("pixels-lineal", "../x", "", "a/b"):
        with pytest.raises(MissingError, match=r"no such model.*pixels-linear"):
            assistant.propose("pixels", str(chips[10].id), model=name)


def test_what_it_knows_is_told_in_sentences(made: Made) -> None:
    lake, chips, truth = made
    assistant = Assistant(lake)
    empty = assistant.state()
    assert not empty.ready
    assert "nothing painted" in empty.says
    for chip in (chips[5], chips[10], chips[15]):
        codes = stroke(truth, chip, LAND)
        wet = stroke(truth, chip, WET)
        paint(lake, chip, np.where(wet != 255, wet, codes))
    state = assistant.state()
    assert state.ready
    assert state.head == lake.journal.head()
    assert [(c.code, c.chips) for c in state.classes] == [(LAND, 3), (WET, 3)]
    assert sum(i.value for i in state.importance) == pytest.approx(1, abs=1e-3)
    assert state.importance[0].name in ("nir", "NDWI", "NDVI")
    assert state.importance[0].says.startswith(state.importance[0].name)
    assert state.confusion is not None
    assert state.confusion.codes == (LAND, WET)
    assert np.sum(state.confusion.matrix) == sum(c.pixels for c in state.classes)
    assert state.confusion.accuracy > 0.95
    assert state.confusion.blocks >= 4
    assert "has not seen" in state.confusion.says
    assert [r.partition(":")[0] for r in state.confusion.rows] == ["Non-water", "Water"]
    for model in ("forest", "boost", "committee"):
        other = assistant.state(model=model)
        assert other.importance
        assert other.confusion is not None  # the same pixels of the same places, whatever a model learns from
        assert other.confusion.blocks == state.confusion.blocks
        assert np.sum(other.confusion.matrix) == np.sum(state.confusion.matrix)


def test_one_place_alone_cannot_be_judged(made: Made) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND, 6))
    paint(lake, chips[6], stroke(truth, chips[6], WET, 6))
    state = Assistant(lake).state()
    assert state.ready
    assert state.confusion is None
    assert "second place" in state.unjudged


def test_few_pixels_of_a_stroke_are_one_place_still(made: Made) -> None:
    """The committee learns from a few pixels of a stroke; those that lie apart are no places that it has not seen."""
    lake, chips, truth = made
    for chip, code in ((chips[5], LAND), (chips[6], WET)):
        paint(lake, chip, stroke(truth, chip, code, 4_000))
    rows = Assistant(lake).rows("pixels").learn()[0]
    lone = np.zeros(len(rows.codes), bool)
    for code in (LAND, WET):  # the first and the last pixel of each
        lone[np.flatnonzero(rows.codes == code)[[0, -1]]] = True
    assert len(np.unique(places_of(rows.places, rows.codes))) == 2
    found, why = crossed(rows, lake.scheme("pixels"), lambda: learner("committee", rows.spec), lone)
    assert found is None
    assert "second place" in why


def test_segments_speak_before_strokes(made: Made) -> None:
    """The committee hears a stroke near a segment of its class no more; one elsewhere a little."""
    lake, chips, truth = made
    lands = [chip for chip in chips[4:] if (truth[chip.window.slices] == LAND).sum() >= ENOUGH + MOST]
    wet = chips[6]
    for chip in lands:
        paint(lake, chip, stroke(truth, chip, LAND, MOST))
    paint(lake, wet, stroke(truth, wet, WET), actor="ben")

    def heard() -> tuple[set[tuple[int, int]], list[tuple[int, int]]]:
        rows = Assistant(lake).rows("pixels").learn()[0]
        land = rows.codes == LAND
        grounds = np.stack([rows.places.y // GROUND, rows.places.x // GROUND], axis=1)
        segments, strokes = (
            map(tuple, grounds[of].tolist()) for of in (~rows.strokes, rows.sparse() & rows.strokes & land)
        )
        return set(segments), list(strokes)

    segments, before = heard()
    assert not segments
    assert len(before) > STROKES * len(lands)
    paint(lake, lands[0], stroke(truth, lands[0], LAND, MOST + ENOUGH), actor="cleo", origin=Origin.REGION)
    segments, after = heard()
    assert segments
    assert not segments & set(after)
    assert 0 < len(after) < STROKES * len(lands)
    kept = int(Assistant(lake).rows("pixels").learn()[0].sparse().sum())
    assert f"it goes by {kept:,} of them" in Assistant(lake).state(model="committee").says


def test_it_says_where_to_paint_next(made: Made) -> None:
    lake, chips, truth = made
    assistant = Assistant(lake)
    first = assistant.next(n=3)
    assert len({p.chip_id for p in first}) == 3
    assert all("Nothing is learned yet" in p.says for p in first)
    paint(lake, chips[5], stroke(truth, chips[5], LAND, 6))
    paint(lake, chips[6], stroke(truth, chips[6], WET, 6))
    places = assistant.next(n=5, near=str(chips[5].id))
    assert len(places) == 5
    assert str(chips[5].id) not in {p.chip_id for p in places}
    for place in places:
        assert 0 <= place.x < place.x + place.width <= 32
        assert 0 <= place.y < place.y + place.height <= 32
        assert 0 <= place.doubt <= 1
        assert "Water" in place.says
    top = places[0].chip_id
    chip = next(c for c in chips if str(c.id) == top)
    paint(lake, chip, truth[chip.window.slices])  # all of it: nothing is left to ask there
    assert top not in {p.chip_id for p in assistant.next(n=16)}


def test_many_at_once_get_the_same(made: Made) -> None:
    lake, chips, truth = made
    paint(lake, chips[5], stroke(truth, chips[5], LAND))
    paint(lake, chips[6], stroke(truth, chips[6], WET))
    assistant, ready = Assistant(lake, most_bytes=200_000), threading.Barrier(6)

    def ask(i: int) -> bytes:
        ready.wait(20)
        return b"".join(assistant.propose("pixels", str(chips[(i + k) % 6].id)).stack().tobytes() for k in range(6))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    alone = [Assistant(lake).propose("pixels", str(chips[k].id)).stack().tobytes() for k in range(6)]
    assert found == [b"".join(alone[(i + k) % 6] for k in range(6)) for i in range(6)]


def test_too_many_pixels_are_thinned_alike_whatever_came_first(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST_PER_CLASS", 300)
    lake, chips, truth = made
    assistant = Assistant(lake)
    ids = []
    for chip in chips[4:9]:
        ids.append(paint(lake, chip, truth[chip.window.slices]))
        assistant.rows("pixels").learn()
    learned, _ = assistant.rows("pixels").learn()
    assert max(np.bincount(learned.codes)) < 400
    assert sum(learned.painted.values()) == 5 * 32 * 32
    fresh, _ = Assistant(lake).rows("pixels").learn()
    np.testing.assert_array_equal(fresh.features, learned.features)
    for event in ids[1:]:  # what was left out comes back where less is painted
        lake.journal.undo(event, actor="anna")
    again, _ = assistant.rows("pixels").learn()
    np.testing.assert_array_equal(again.features, Assistant(lake).rows("pixels").learn()[0].features)
    assert len(again.codes) > 400


def test_refusals(tmp_path: Path) -> None:
    image, truth = lake_like_image()
    image[:, :32, :32] = 0
    path = write_scene(tmp_path / "a.tif", image)
    with init(tmp_path / "lake", scheme=WATER) as lake:
        (scene,) = open_source(str(path), time=TIME, bands=["blue", "green", "red", "nir"], scene_id="a")
        chips = add_scene(lake, scene, 32)
        paint(lake, chips[5], stroke(truth, chips[5], LAND))
        paint(lake, chips[6], stroke(truth, chips[6], WET))
        assistant = Assistant(lake)
        with pytest.raises(InputError, match="no data"):
            assistant.propose("pixels", str(chips[0].id))
        with pytest.raises(MissingError, match="no such chip"):
            assistant.propose("pixels", "a_0_9_9")
        with pytest.raises(InputError):
            assistant.propose("chips", str(chips[5].id))
        segment(lake, model="linear")
        other = write_scene(tmp_path / "b.tif", image[:2])
        (second,) = open_source(str(other), time=TIME, bands=["vv:dB", "vh:dB"], scene_id="b")
        add_scene(lake, second, 32)
        with pytest.raises(InputError, match=r"no band in common.*vv"):
            assistant.propose("pixels", str(chips[5].id))
        with pytest.raises(InputError, match=r"lacks bands.*blue"):
            assistant.propose("pixels", "b_0_1_1", model="pixels-linear")


def test_many_classes_share_what_trains(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST", 300)
    lake, chips, truth = made
    codes = truth[chips[5].window.slices].copy()
    codes[:8] = 2
    paint(lake, chips[5], codes)
    assistant = Assistant(lake)
    learned, _ = assistant.rows("pixels").learn()
    assert len(learned.codes) < 400
    assert set(np.unique(learned.codes)) == {0, 1, 2}
    found = assistant.propose("pixels", str(chips[10].id))
    assert set(np.unique(found.classes)) <= {0, 1, 2}
    state = assistant.state("pixels")
    assert [c.code for c in state.classes] == [0, 1, 2]


def test_bands_are_held_more_than_indices_where_there_are_enough() -> None:
    rich = FeatureSpec(("green", "nir", "swir16"), ("NDVI", "NDWI", "MNDWI"), (0.0, 1.0), shape=("nir", "swir16"))
    prior = prior_of(rich)
    assert prior is not None
    assert prior.tolist() == [30, 30, 30, 1, 1, 1] * 2 + [3, 3]
    assert prior_of(FeatureSpec(("red", "green"), ("NGRDI",), (0.0,))) is None
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    x[:, 3] = x[:, 0]  # an index that says what a band says
    codes = (x[:, 0] > 0).astype(np.uint8)
    weights = learner("linear", FeatureSpec(rich.bands, rich.indices, (0.0,))).fit(x, codes)
    assert isinstance(weights, Linear)
    assert weights.coefficients[1, 3] > 10 * weights.coefficients[1, 0] > 0


def test_weights_of_indices_bend_where_much_is_painted() -> None:
    spec = FeatureSpec(("green", "nir"), ("NDVI", "NDWI", "MNDWI"), (0.0,), shape=("green", "nir"))
    x = np.random.default_rng(0).normal(size=(4_000, len(spec.names))).astype(np.float32)
    codes = (np.abs(x[:, 2]) < 0.7).astype(np.uint8)  # no weight that stays the same can tell that

    def right(painted: int) -> float:
        model = learner("linear", spec).fit(x[:painted], codes[:painted])
        return float((model.predict_proba(x).argmax(axis=1) == codes).mean())

    assert right(2_900) < 0.65
    assert right(4_000) > 0.8
    model = learner("linear", spec).fit(x, codes)
    assert isinstance(model, Bent)
    assert model.coefficients.shape == (2, len(spec.names))
    assert model.coefficients[1].argmax() == 2
    knots = np.quantile(x[:, 2:5], (0.25, 0.5, 0.75), axis=0)
    wide = np.concatenate([x, *(np.maximum(x[:, 2:5], k) for k in knots)], axis=1)
    np.testing.assert_allclose(model.predict_proba(x), model.estimator.predict_proba(wide), atol=1e-5)
