"""What a workspace's ranker says as labels come, and what it says of chips that it knows nothing of: nothing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from chiplake import BANDS, add_chips, chip_lake, say, some

from groundset import _additions
from groundset.core import ConflictError, InputError, MissingError, Origin
from groundset.features import FeatureStore
from groundset.journal import NewEvent, answer, training
from groundset.lake import Lake
from groundset.learn.ranker import Ranker
from groundset.learn.standing import standing
from groundset.query import Index
from groundset.query.learned import Want

WATER = 1


@dataclass
class Desk:
    """A workspace with its index and ranker, and the truth."""

    lake: Lake
    index: Index
    ranker: Ranker
    truth: dict[str, bool]

    def scores(self, **want: object) -> dict[str, float]:
        """Score by chip id, highest first, of a class or likeness; chips without one left out."""
        found = self.index.find(**{"sort": "similar:water", "limit": 1_000} | want)
        return {hit.id: hit.score for hit in found.hits if hit.score is not None}

    def meaning(self) -> str:
        return self.index.find(sort="similar:water", limit=0).meaning

    def problems(self) -> str:
        return "\n".join(standing(self.ranker.state()).problems)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bool]]:
    folder = tmp_path_factory.mktemp("ranker")
    with chip_lake(folder / "lake") as lake:
        return folder / "lake", add_chips(lake, folder, "a")


@pytest.fixture
def desk(made: tuple[Path, dict[str, bool]], tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(made[0], tmp_path / "lake")
    with Lake.open(tmp_path / "lake") as lake:
        index = Index(lake)
        ranker = Ranker(lake, index)
        yield Desk(lake, index, ranker, dict(made[1]))
        ranker.close()
        index.close()


def wet(desk: Desk, count: int, *, is_wet: bool = True) -> dict[str, int]:
    ids = sorted(c for c, w in desk.truth.items() if w == is_wet)
    return dict.fromkeys(ids[:: max(1, len(ids) // count)][:count], int(is_wet))


def test_what_a_number_is_grows_with_the_labels(desk: Desk) -> None:
    assert desk.meaning() == "none"
    assert desk.scores() == {}
    assert desk.index.find(sort="similar:water", limit=1_000).ids == desk.index.find(limit=1_000).ids
    say(desk.lake, wet(desk, 3))
    assert desk.meaning() == "similarity"
    assert "Only water is labelled" in desk.problems()
    say(desk.lake, wet(desk, 3, is_wet=False))
    assert desk.meaning() == "score"
    assert "water: 6 labels; from 20 on" in desk.problems()
    say(desk.lake, some(desk.truth, 30))
    assert desk.meaning() == "confidence"
    told = desk.scores()
    values = list(told.values())
    assert len(told) == len(desk.truth)
    assert values == sorted(values, reverse=True)
    assert 0 <= min(values) < 0.4
    assert 0.6 < max(values) <= 1
    first = [desk.truth[c] for c in list(told)[:40]]
    assert sum(first) > 36
    (_, water) = standing(desk.ranker.state()).classes
    assert water.calibration is not None
    assert water.calibration.folds == "blocked"


def test_one_positive_and_one_negative(desk: Desk) -> None:
    say(desk.lake, wet(desk, 1) | wet(desk, 1, is_wet=False))
    assert desk.meaning() == "score"
    assert len(desk.scores()) == len(desk.truth)
    assert desk.index.find(sort="uncertain:water").total == len(desk.truth)


def test_of_two_classes_a_negative_of_one_is_an_example_of_the_other(desk: Desk) -> None:
    ids = list(wet(desk, 3, is_wet=False))
    say(desk.lake, [(c, WATER) for c in ids], "negative")
    assert desk.meaning() == "none"
    assert "Only non-water is labelled" in desk.problems()
    counts = {c.name: (c.positive, c.negative) for c in standing(desk.ranker.state()).classes}
    assert counts == {"non-water": (3, 0), "water": (0, 3)}


def test_unsure_removed_and_machine_answers_do_not_train(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 12))
    before = desk.scores()
    left = [c for c in desk.truth if c not in some(desk.truth, 12)]
    say(desk.lake, dict.fromkeys(left[:3], WATER), "unsure")
    say(desk.lake, dict.fromkeys(left[3:20], WATER), actor="model:x", origin=Origin.MODEL)
    assert desk.scores() == before
    known = next(iter(some(desk.truth, 12)))
    desk.lake.annotate([NewEvent("training", "chips", known, training(use=False))], actor="anna")
    assert desk.scores() != before
    water = standing(desk.ranker.state()).classes[1]
    assert (water.positive + water.negative, water.removed) == (23, 1)
    desk.lake.annotate([NewEvent("training", "chips", known, training(use=True))], actor="anna")
    assert desk.scores() == before


def test_new_parts_are_added_and_old_ones_not_read_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(desk.lake, some(desk.truth, 12))
    desk.scores()
    read: list[str] = []
    real = FeatureStore.read_part
    monkeypatch.setattr(FeatureStore, "read_part", lambda self, part: read.append(part) or real(self, part))
    version = desk.index.version()
    more = add_chips(desk.lake, tmp_path, "b", 4, 4, seed=3)
    told = desk.scores()
    assert desk.index.version() != version
    assert set(told) == set(desk.truth) | set(more)
    assert read == ["b_0"]


def test_chips_without_features_have_no_score_until_they_come(desk: Desk, tmp_path: Path) -> None:
    say(desk.lake, some(desk.truth, 12))
    more = add_chips(desk.lake, tmp_path, "b", 4, 4, seed=3)
    path = desk.lake.features().path("b_0")
    path.rename(tmp_path / "away.npy")
    assert set(desk.scores()) == set(desk.truth)
    assert desk.index.find(sort="similar:water", limit=1_000).ids[-16:] == sorted(more)
    assert desk.ranker.histogram(class_="water").missing == 16
    assert "16 chips of 208 without features" in desk.problems()
    assert desk.problems().endswith("groundset encode DIR --encoder default")
    version = desk.index.version()
    (tmp_path / "away.npy").rename(path)
    assert desk.index.version() != version
    assert set(desk.scores()) == set(desk.truth) | set(more)
    assert desk.problems() == ""


def test_features_that_are_no_numbers_stay_alone(desk: Desk) -> None:
    path = desk.lake.features().path("a_0")
    X = np.load(path)
    X[5], X[7, 3] = np.nan, np.inf
    path.unlink()
    np.save(path, X)
    ids = desk.index.find(limit=1_000).ids
    say(desk.lake, some({c: w for c, w in desk.truth.items() if c != ids[5]}, 12) | {ids[5]: 1})
    assert set(desk.scores()) == set(ids) - {ids[5], ids[7]}
    assert "2 chips with features that are not numbers" in desk.problems()
    assert "1 chip labelled but without features" in desk.problems()
    assert ids[5] not in desk.ranker.suggest("water", n=190).ids


def test_a_chip_without_data_is_like_none(desk: Desk) -> None:
    path = desk.lake.features().path("a_0")
    X = np.load(path)
    X[5] = 0
    path.unlink()
    np.save(path, X)
    empty = desk.index.find(limit=1_000).ids[5]
    with pytest.raises(InputError, match="say nothing"):
        desk.scores(sort="similar", like=[empty])
    assert "without features" not in desk.problems()


def test_a_class_added_while_people_work_is_ranked_at_once(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 12))
    desk.scores()
    new = _additions.add_class(desk.lake, "reed", actor="anna")
    ids = sorted(wet(desk, 3))
    desk.lake.annotate([NewEvent("answer", "chips", c, answer(new.code)) for c in ids], actor="anna")
    found = desk.index.find(sort="similar:reed", class_="reed", limit=len(desk.truth))
    assert found.meaning in ("score", "confidence")
    assert set(found.ids[:3]) == set(ids)
    assert desk.index.find("score_reed >= 0").total == len(desk.truth)
    assert [c.name for c in standing(desk.ranker.state()).classes if c.positive] == ["non-water", "water", "reed"]
    assert set(ids).isdisjoint(desk.ranker.suggest("reed", n=20, doubted=0).ids)


def test_features_of_another_encoder_are_told(desk: Desk) -> None:
    path = desk.lake.features().path("a_0")
    path.unlink()
    np.save(path, np.zeros((192, 100), np.float32))
    say(desk.lake, some(desk.truth, 3))
    assert desk.scores() == {}
    assert "192 chips with features that the encoder default did not write as it is now" in desk.problems()


def test_an_encoder_that_was_fitted_anew_under_old_features_is_told(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 12))
    assert desk.scores()
    (spec,) = desk.lake.features().folder.glob("bands-*/spec.json")
    spec.write_text(spec.read_text().replace('"seed": 0', '"seed": 1'))
    assert "did not write as it is now" in desk.problems()
    assert desk.scores() == {}
    index = Index(desk.lake)
    ranker = Ranker(desk.lake, index)
    assert "did not write as it is now" in "\n".join(standing(ranker.state()).problems), "after a restart too"
    ranker.close()
    index.close()


def test_each_set_of_bands_has_a_model_of_its_own(desk: Desk, tmp_path: Path) -> None:
    from chiplake import TIME, chip_image, write_scene

    from groundset.imagery import open_source
    from groundset.ingest import ingest

    image, _ = chip_image(6, 8, 5)
    path = write_scene(tmp_path / "c.tif", image[:3])
    ingest(desk.lake, open_source(str(path), bands=BANDS[:3], time=TIME), grid=None)
    say(desk.lake, some(desk.truth, 12))
    assert set(desk.scores()) == set(desk.truth)
    assert "48 chips with other bands" in desk.problems()
    assert len(desk.scores(like=["c_0_0_0"], sort="similar")) == 48


def test_contradictory_answers_are_counted(desk: Desk) -> None:
    path = desk.lake.features().path("a_0")
    X = np.load(path)
    X[1] = X[0]
    path.unlink()
    np.save(path, X)
    say(desk.lake, {"a_0_0_0": 1, "a_0_0_1": 0})
    assert "water: 2 chips with the same features and contradictory answers" in desk.problems()
    say(desk.lake, {"a_0_0_0": 0}, actor="bela")
    assert "1 chip is answered differently by different people" in desk.problems()


def test_a_rectangle_of_a_chip_is_like_the_chip(desk: Desk) -> None:
    by_chip = desk.scores(sort="similar", like=["a_0_1_2"])
    by_pixels = desk.scores(sort="similar", like=["a@32,16,16,16"])
    assert next(iter(by_chip)) == next(iter(by_pixels)) == "a_0_1_2"
    assert by_pixels == pytest.approx(by_chip, abs=1e-3)
    assert desk.scores(sort="similar", like=["a@5,3,40,20"])
    assert desk.index.find(sort="similar", like=["a_0_1_2"], limit=0).meaning == "similarity"
    for method in ("rocchio", "mean"):
        assert next(iter(desk.scores(sort="similar", like=["a_0_1_2"], method=method))) == "a_0_1_2"


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"like": ["b_0_0_0"], "sort": "similar"}, MissingError, "no such chip"),
        ({"like": ["b@0,0,9,9"], "sort": "similar"}, MissingError, "no such scene"),
        ({"like": ["a@900,0,9,9"], "sort": "similar"}, InputError, "no pixel"),
        ({"like": ["a@0,0,0,9"], "sort": "similar"}, InputError, "no pixel"),
        ({"sort": "similar"}, InputError, "similar to what"),
        ({"sort": "similar:watr"}, MissingError, "did you mean water"),
        ({"sort": "similr"}, InputError, "did you mean similar"),
        ({"class_": "wter"}, MissingError, "did you mean water"),
        ({"method": "guess"}, InputError, "logistic, rocchio, mean"),
        ({"encoder": "nope"}, MissingError, "no features of this encoder"),
        ({"keep": "x"}, InputError, "PIN:COUNT"),
        ({"pin": "gone"}, ConflictError, "no longer remembered"),
        ({"filter": "score_wter > 0.5"}, InputError, "column 1.*did you mean score_water"),
        ({"filter": "row > 1 AND score_water > 'x'"}, InputError, "column 13"),
    ],
)
def test_what_is_wrong_is_told(desk: Desk, asked: dict[str, object], error: type[InputError], says: str) -> None:
    say(desk.lake, some(desk.truth, 3))
    with pytest.raises(error, match=says):
        desk.index.find(**asked)


def test_filters_by_score(desk: Desk) -> None:
    assert desk.index.find("score_water IS NULL").total == len(desk.truth)
    say(desk.lake, some(desk.truth, 30))
    told = desk.scores()
    high = {c for c, v in told.items() if v > 0.7}
    assert set(desk.index.find("score_water > 0.7", limit=1_000).ids) <= high | {c for c, v in told.items() if v > 0.69}
    both = desk.index.find('"score_non-water" < 0.5 AND score_non_water >= 0', limit=1_000).total
    assert 0 < both < len(desk.truth)
    kept = desk.index.find("score_water > 0.7 AND label IS NULL", sort="similar:water", limit=1_000).ids
    assert kept == [c for c in told if c in high and c not in some(desk.truth, 30)]


def test_a_pinned_list_stays_while_one_labels(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 12))
    asked = {"filter": "label IS NULL", "sort": "similar:water"}
    first = desk.index.find(**asked, limit=10)
    everything = desk.index.find(**asked, limit=1_000).ids
    say(desk.lake, dict.fromkeys(first.ids[:4], 1))
    again = desk.index.find(pin=first.pin, class_="water", limit=1_000)
    assert again.ids == everything
    assert [hit.label.classes for hit in again.hits[:4]] == [(1,)] * 4
    fresh = desk.index.find(**asked, limit=1_000)
    assert fresh.pin != first.pin
    assert not set(first.ids[:4]) & set(fresh.ids)
    kept = desk.index.find(**asked, keep=f"{first.pin}:4", limit=1_000)
    assert kept.ids == first.ids[:4] + fresh.ids
    assert len(kept.ids) == len(set(kept.ids))
    assert kept.all_ids() == kept.ids


def test_pins_hold_though_chips_come_and_are_forgotten_in_turn(desk: Desk, tmp_path: Path) -> None:
    pinned = desk.index.find(sort="random:3", limit=1_000)
    add_chips(desk.lake, tmp_path, "b", 4, 4)
    assert desk.index.find(pin=pinned.pin, limit=1_000).ids == pinned.ids
    version = desk.index.version()
    for seed in range(70):
        desk.index.find(sort=f"random:{seed + 100}", limit=0)
    assert desk.index.version() != version, "who has an answer with a forgotten list's name asks again"
    with pytest.raises(ConflictError):
        desk.index.find(pin=pinned.pin)


def test_undecided_chips_first(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 30))
    by_class = desk.index.find(sort="uncertain:water", class_="water", limit=1_000).hits
    away = [abs(hit.score - 0.5) for hit in by_class]
    assert away == pytest.approx(sorted(away), abs=1e-3)
    assert desk.index.find(sort="uncertain", limit=1_000).total == len(desk.truth)


def test_typical_chips_first_of_each_kind(desk: Desk) -> None:
    first = desk.index.find(sort="typical", limit=30).ids
    assert 5 < sum(desk.truth[c] for c in first) < 25


def test_guesses(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 30))
    hits = desk.index.find(class_="water", limit=1_000).hits
    assert np.mean([hit.guess == desk.truth[hit.id] for hit in hits]) > 0.9
    for hit in hits:
        assert hit.guess_score == pytest.approx(max(hit.score, 1 - hit.score), abs=1e-3)
        assert hit.guess == int(hit.score >= 0.5)


def test_suggestions(desk: Desk) -> None:
    cold = desk.ranker.suggest("water", n=20)
    assert (cold.strategy, set(cold.reasons), len(set(cold.ids))) == ("typical", {"typical"}, 20)
    say(desk.lake, some(desk.truth, 20))
    say(desk.lake, {"a_0_0_3": 1}, "unsure")
    wrong = next(c for c, code in some(desk.truth, 20).items() if code == 1)
    say(desk.lake, {wrong: 0}, actor="zoe")
    found = desk.ranker.suggest("water", n=30, doubted=0.2)
    assert found.strategy == "margin"
    labelled = set(some(desk.truth, 20)) | {"a_0_0_3"}
    for chip_id, reason in zip(found.ids, found.reasons, strict=True):
        assert (chip_id in labelled) == (reason == "doubted")
    assert wrong in found.ids
    assert all(hit.grid_row > 5 for hit in desk.ranker.suggest("water", n=30, filter="row > 5").hits)
    assert desk.ranker.suggest("water", n=30, seed=1).ids == desk.ranker.suggest("water", n=30, seed=1).ids
    assert desk.ranker.suggest(n=10).code is None


def test_histograms_count_every_chip_once(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 30))
    told = desk.ranker.histogram(class_="water", bins=7)
    assert (sum(told.positive), sum(told.negative), sum(told.unlabelled)) == (30, 30, 132)
    assert len(told.edges) == 8
    assert sum(desk.ranker.histogram("label IS NULL", class_="water").unlabelled) == 132
    like = desk.ranker.histogram(like=["a_0_0_0"])
    assert (sum(like.unlabelled), like.meaning) == (192, "similarity")
    with pytest.raises(InputError, match="scores of what"):
        desk.ranker.histogram()


@pytest.mark.parametrize("kept", [None, "row < 5"])
def test_histograms_bin_by_bin(desk: Desk, kept: str | None) -> None:
    labels = some(desk.truth, 30)
    say(desk.lake, labels)
    desk.lake.annotate([NewEvent("training", "chips", next(iter(labels)), training(use=False))], actor="anna")
    told = desk.ranker.histogram(kept, class_="water", bins=7)
    scores = desk.scores(filter=kept, class_="water")
    for counts, of in ((told.positive, True), (told.negative, False), (told.unlabelled, None)):
        values = np.array([score for chip_id, score in scores.items() if labels.get(chip_id) == of])
        assert np.cumsum(counts) == pytest.approx([(values < edge).sum() for edge in told.edges[1:]], abs=1)


def test_curves_are_worked_out_behind(desk: Desk) -> None:
    told: list[str] = []
    heard = threading.Event()
    ranker = Ranker(desk.lake, desk.index, lambda task: (told.append(task), heard.set()))
    say(desk.lake, some(desk.truth, 40))
    assert ranker.curve(ranker.state(), WATER).state == "computing"
    assert heard.wait(60)
    made = ranker.curve(ranker.state(), WATER)
    assert (made.state, told) == ("ready", ["chips"])
    assert made.result is not None
    assert made.says == made.result.says
    say(desk.lake, {"a_0_0_0": 1, "a_0_0_1": 1})
    later = ranker.curve(ranker.state(), WATER)
    assert later.state == "computing"
    assert later.result is made.result, "the one before is shown meanwhile"
    ranker.close()


def test_threads_may_ask_while_others_answer(desk: Desk) -> None:
    errors: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(15):
                found = desk.index.find(sort="similar:water", class_="water", limit=50)
                told = [hit.score for hit in found.hits if hit.score is not None]
                assert told == sorted(told, reverse=True)
                desk.ranker.histogram(class_="water")
        except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for chip_id, code in some(desk.truth, 10).items():
        say(desk.lake, {chip_id: code})
    for thread in threads:
        thread.join()
    assert errors == []


def test_several_classes_a_chip(made: tuple[Path, dict[str, bool]], tmp_path: Path) -> None:
    shutil.copytree(made[0], tmp_path / "lake")
    config = tmp_path / "lake" / "groundset.toml"
    config.write_text(config.read_text().replace('kind = "classify"', 'kind = "classify"\nmulti = true'))
    with Lake.open(tmp_path / "lake") as lake:
        index = Index(lake)
        Ranker(lake, index)
        for chip_id, code in some(made[1], 15).items():
            events = [NewEvent("answer", "chips", chip_id, answer(WATER, "positive" if code else "negative"))]
            lake.annotate(events, actor="anna")
        found = index.find(sort="similar:water", class_="water", limit=20)
        assert found.meaning == "confidence"
        assert sum(made[1][c] for c in found.ids) > 16
        assert index.find(sort="uncertain", limit=5).total == 192
        assert {hit.guess for hit in found.hits} == {WATER}
        index.close()


def test_snapshots_are_worked_out_once(desk: Desk) -> None:
    say(desk.lake, some(desk.truth, 12))
    state = desk.ranker.state()
    assert state is desk.ranker.state()
    assert state.scores(Want(WATER)) is state.scores(Want(WATER))
    say(desk.lake, {"a_0_0_0": 1})
    assert desk.ranker.state() is not state
