"""A chip classifier that answers for all chips: its answers, its confidence, what it leaves to people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from chiplake import add_chips, add_photos, chip_lake, say, some
from onnxencoders import write_encoder

from groundset.core import ConflictError, InputError, MissingError, Step
from groundset.ingest import encode
from groundset.journal import NewEvent, answer
from groundset.lake import Lake
from groundset.learn.chip_store import load_chip_model
from groundset.learn.predict import predict

Made = tuple[Lake, dict[str, bool]]
MODEL = "model:chips-chips"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bool]]:
    folder = tmp_path_factory.mktemp("predict")
    with chip_lake(folder / "lake") as lake:
        truth = add_chips(lake, folder, "a")
    return folder / "lake", truth


@pytest.fixture
def made(template: tuple[Path, dict[str, bool]], tmp_path: Path) -> Iterator[Made]:
    import shutil

    shutil.copytree(template[0], tmp_path / "lake")
    with Lake.open(tmp_path / "lake") as lake:
        yield lake, template[1]


def answers(lake: Lake, actor: str = MODEL) -> dict[str, dict[str, object]]:
    found = lake.journal.current("chips", kind="answer", actor=actor)
    return {str(e.chip_id): e.payload for e in found if e.payload["value"] != "unlabelled"}


def share_right(lake: Lake, truth: Mapping[str, bool]) -> float:
    said = answers(lake)
    return float(np.mean([truth[c] == (p["class"] == 1 and p["value"] == "positive") for c, p in said.items()]))


def test_it_answers_for_all_chips_but_those_of_people(made: Made) -> None:
    lake, truth = made
    labels = some(truth, 20)
    say(lake, labels)
    steps: list[Step] = []
    report = predict(lake, threshold=0, progress=steps.append)
    said = answers(lake)
    assert said.keys() == truth.keys() - labels.keys()
    assert report.chips == len(said) == sum(report.counts.values())
    assert (report.people, report.labels, report.unsure, report.without_features) == (40, 40, 0, 0)
    assert share_right(lake, truth) > 0.85
    assert all(p["origin"] == 2 and 0.3 <= float(str(p["confidence"])) <= 1 for p in said.values())
    assert report.score is not None
    assert report.score.folds == "blocked"
    assert report.score.low <= report.score.accuracy <= report.score.high
    assert abs(report.score.accuracy - share_right(lake, truth)) < 0.12
    for word in ("Learned from 40", "in spatial blocks", "water", "95 % interval"):
        assert word in report.summary()
    assert {s.what for s in steps} >= {"predicting", "writing answers"}
    labels_now = lake.labels("chips")
    chip = next(iter(labels))
    answered = labels_now.answer(chip)
    assert answered is not None
    assert answered.actor == "anna"


def test_confidence_holds_what_it_says(made: Made, tmp_path: Path) -> None:
    lake, truth = made
    truth = truth | add_chips(lake, tmp_path, "b", 24, 24, seed=5)
    say(lake, some(truth, 100))
    predict(lake)
    said = answers(lake)
    sure = np.array([float(str(p["confidence"])) for p in said.values()])
    right = np.array([truth[c] == (p["class"] == 1) for c, p in said.items()])
    assert abs(sure.mean() - right.mean()) < 0.05
    assert right[sure > 0.9].mean() > 0.85


def test_one_act_that_one_undo_takes_back_and_a_rerun_supersedes(made: Made) -> None:
    lake, truth = made
    say(lake, some(truth, 15))
    first = predict(lake, threshold=0)
    before = answers(lake)
    again = predict(lake, threshold=0)
    assert again.unchanged
    assert again.summary().startswith("Nothing has changed")
    assert answers(lake) == before
    bulk = [e for e in lake.journal.events(kind="bulk") if e.actor == MODEL]
    assert len(bulk) == 1
    assert bulk[0].payload["model"] == "chips-chips"
    more = {c: k for c, k in some(truth, 30, seed=1).items() if c in before}
    say(lake, more)
    second = predict(lake, threshold=0)
    assert not second.unchanged
    assert answers(lake).keys() == before.keys() - more.keys()
    assert second.labels == first.labels + len(more)
    last = [e for e in lake.journal.events(kind="bulk") if e.actor == MODEL][-1]
    lake.journal.undo(last.id, actor=MODEL)
    assert answers(lake) == before
    assert not predict(lake, threshold=0).unchanged
    assert answers(lake).keys() == before.keys() - more.keys()


def test_a_threshold_leaves_the_doubtful_ones_out(made: Made) -> None:
    lake, truth = made
    say(lake, some(truth, 30))
    predict(lake)
    everything = answers(lake)
    report = predict(lake, threshold=0.9)
    said = answers(lake)
    assert 0 < len(said) < len(everything)
    assert said.keys() == {c for c, p in everything.items() if float(str(p["confidence"])) >= 0.9}
    assert report.unsure == len(everything) - len(said)
    assert "below the threshold" in report.summary()
    with pytest.raises(InputError, match=r"threshold = 1\.5"):
        predict(lake, threshold=1.5)


def test_a_kept_model_answers_for_scenes_that_came_later(made: Made, tmp_path: Path) -> None:
    lake, truth = made
    say(lake, some(truth, 25))
    predict(lake, threshold=0)
    before = answers(lake)
    folder = lake.layout.models / "chips-chips"
    kept = (folder / "model.skops").read_bytes()
    new = add_chips(lake, tmp_path, "b", 8, 8, seed=7)
    report = predict(lake, model="chips-chips", threshold=0)
    said = answers(lake)
    assert said.keys() == before.keys() | new.keys()
    assert {c: said[c] for c in before} == before
    assert report.chips == len(said)
    assert (folder / "model.skops").read_bytes() == kept
    assert np.mean([new[c] == (said[c]["class"] == 1) for c in new]) > 0.8
    assert predict(lake, model="chips-chips", threshold=0).unchanged
    assert not predict(lake, threshold=0).unchanged  # training anew is another thing
    with pytest.raises(MissingError, match="no such chip classifier"):
        predict(lake, model="other")


def test_the_model_is_kept_without_pickle_and_described(made: Made, stac_schemas: Path) -> None:
    import pystac
    from itemschemas import errors_of

    lake, truth = made
    say(lake, some(truth, 20))
    report = predict(lake)
    assert {p.name for p in report.model.iterdir()} == {
        "model.skops", "encoder.json", "scheme.csv", "item.json", "run.json",
    }  # fmt: skip
    item = json.loads((report.model / "item.json").read_text())
    assert errors_of(item, stac_schemas) == []
    pystac.Item.from_dict(item, preserve_dict=True)
    properties = item["properties"]
    assert properties["mlm:tasks"] == ["scene-classification"]
    assert properties["groundset:training"]["trained"] == {"non-water": 20, "water": 20}
    assert [c["name"] for c in properties["mlm:output"][0]["classification:classes"]] == ["non-water", "water"]
    assert item["geometry"]["type"] == "Polygon"
    model, encoder, facts = load_chip_model(report.model)
    assert (encoder["name"], facts["task"]) == ("default", "chips")
    assert model.scores[-1].accuracy == pytest.approx(report.score.accuracy, abs=1e-4)  # type: ignore[union-attr]
    X = lake.features().read_part("a_0")
    at = next(iter(answers(lake)))
    decided = model.confidence(model.decide(np.array(X[[lake.chips.row(at)[1]]])))[0]
    assert float(str(answers(lake)[at]["confidence"])) == pytest.approx(float(decided.max()), abs=1e-4)


def test_people_always_win_whatever_they_say(made: Made) -> None:
    lake, truth = made
    labels = some(truth, 20)
    say(lake, labels)
    predict(lake)
    free = sorted(answers(lake))[:4]
    say(lake, [(free[0], 0)], "unsure")
    say(lake, [(free[1], 0)], "negative")
    say(lake, [(free[2], 1 - int(truth[free[2]]))])
    lake.annotate([NewEvent("answer", "chips", free[3], answer(1))], actor="bert")
    now = lake.labels("chips")
    assert now.answer(free[0]).not_applicable  # type: ignore[union-attr]
    assert now.answer(free[2]).classes == (1 - int(truth[free[2]]),)  # type: ignore[union-attr]
    assert now.answer(free[3]).actor == "bert"  # type: ignore[union-attr]
    predict(lake)
    assert not answers(lake).keys() & set(free)
    lake.annotate([NewEvent("answer", "chips", free[3], {"class": 1, "value": "unlabelled"})], actor="bert")
    predict(lake, threshold=0)
    assert free[3] in answers(lake)


def test_several_classes_a_chip(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake", multi=True) as lake:
        truth = add_chips(lake, tmp_path, "a")
        wet = [c for c, k in some(truth, 25).items() if k == 1]
        dry = [c for c, k in some(truth, 25).items() if k == 0]
        say(lake, [(c, 1) for c in wet])
        say(lake, [(c, 1) for c in dry], "negative")
        report = predict(lake)
        said = answers(lake)
        assert said.keys() <= truth.keys() - {*wet, *dry}
        assert report.chips + report.unsure == len(truth) - 50
        assert {p["class"] for p in said.values()} == {1}
        assert share_right(lake, truth) > 0.8
        assert report.counts["water"] > 20
        assert report.absent["water"] > 20
        assert "not water" in report.summary()
        say(lake, [(c, 0) for c in dry])
        say(lake, [(c, 0) for c in wet], "negative")
        predict(lake)
        both = lake.journal.current("chips", kind="answer", actor=MODEL)
        assert {(e.payload["class"], e.payload["value"]) for e in both} == {
            (0, "positive"), (0, "negative"), (1, "positive"), (1, "negative"),
        }  # fmt: skip


def test_one_class_with_and_without_it(made: Made) -> None:
    lake, truth = made
    labels = some(truth, 15)
    say(lake, [(c, 1) for c, k in labels.items() if k == 1])
    say(lake, [(c, 1) for c, k in labels.items() if k == 0], "negative")
    report = predict(lake)
    assert report.chips + report.unsure == len(truth) - 30
    assert share_right(lake, truth) > 0.8


def test_too_few_labels_give_answers_without_confidence(made: Made) -> None:
    lake, truth = made
    say(lake, some(truth, 4))
    report = predict(lake, threshold=0.99)
    assert report.chips == len(truth) - 8
    assert all("confidence" not in p for p in answers(lake).values())
    assert (report.score, report.calibrated) == (None, False)
    assert "Fewer than 20 labels" in report.summary()
    assert "too few to say how good" in report.summary()


def test_chips_without_a_place_have_stratified_folds(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake") as lake:
        truth = add_photos(lake, tmp_path)
        say(lake, some(truth, 20))
        report = predict(lake)
        assert report.score is not None
        assert report.score.folds == "stratified"
        assert json.loads((report.model / "item.json").read_text())["geometry"] is None


def test_what_cannot_be_learned_is_told(made: Made, tmp_path: Path) -> None:
    lake, truth = made
    with pytest.raises(InputError, match="no labelled chip"):
        predict(lake)
    labels = some(truth, 10)
    one = [c for c, k in labels.items() if k == 1]
    say(lake, [(c, 1) for c in one])
    with pytest.raises(InputError, match="two classes at least") as told:
        predict(lake)
    assert told.value.hint is not None
    say(lake, [(c, 1) for c in one], "unsure")
    with pytest.raises(InputError, match="two classes at least"):
        predict(lake)
    with pytest.raises(InputError, match="no single classify task"):
        predict(lake, task="pixels")
    with pytest.raises(MissingError, match=r"no features of this encoder.*onnx-tiny"):
        predict(lake, encoder="onnx-tiny")
    with chip_lake(tmp_path / "empty") as empty, pytest.raises(InputError, match="no chips"):
        predict(empty)


def test_another_encoder_and_one_that_changed(made: Made, tmp_path: Path) -> None:
    lake, truth = made
    say(lake, some(truth, 20))
    encode(lake, f"onnx:{write_encoder(tmp_path / 'tiny.onnx')}")
    report = predict(lake, encoder="onnx-tiny")
    assert report.encoder == "onnx-tiny"
    assert share_right(lake, truth) > 0.8
    item = json.loads((report.model / "item.json").read_text())
    assert item["properties"]["mlm:input"][0]["pre_processing_function"]["expression"]["name"] == "onnx-tiny"
    with pytest.raises(ConflictError, match="another encoder"):
        predict(lake, model="chips-chips", encoder="default")
    spec = next(lake.features("onnx-tiny").folder.glob("bands-*/spec.json"))
    spec.write_text(spec.read_text().replace('"dim": 6', '"dim":  6'))
    with pytest.raises(ConflictError, match="encoder changed since"):
        predict(lake, model="chips-chips")


def test_broken_features_take_no_part(made: Made, tmp_path: Path) -> None:
    lake, truth = made
    labels = some(truth, 20)
    say(lake, labels)
    path = lake.features().path("a_0")
    X = np.load(path)
    rows = sorted(truth)
    holed = [lake.chips.row(c)[1] for c in [*list(labels)[:2], *[c for c in rows if c not in labels][:3]]]
    X[holed] = np.nan
    np.save(path, X)
    report = predict(lake)
    assert report.labels == 38
    assert report.without_features == 5
    assert report.chips + report.unsure == len(truth) - 40 - 3
    assert "2 labelled chips have no such features" in report.summary()
    add_chips(lake, tmp_path, "b", 4, 4)
    lake.features().path("b_0").unlink()
    assert predict(lake).without_features == 5 + 16


def test_removed_from_training_keeps_its_label(made: Made) -> None:
    lake, truth = made
    labels = some(truth, 20)
    say(lake, labels)
    gone = next(iter(labels))
    lake.annotate([NewEvent("training", "chips", gone, {"use": False})], actor="anna")
    report = predict(lake)
    assert report.labels == 39
    assert gone not in answers(lake)
