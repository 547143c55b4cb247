"""Annotations made in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from groundset.chips import cut, scene_windows
from groundset.core import UNLABELLED, Grid, InputError, LabelMask, MissingError, Origin
from groundset.imagery import open_source
from groundset.ingest.annotate_direct import annotate_chips, annotate_mask, annotate_masks
from groundset.lake import Lake, init
from groundset.taxonomy import WATER


@pytest.fixture
def lake(tmp_path: Path, data_dir: Path) -> Iterator[Lake]:
    scene = open_source(
        str(data_dir / "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"),
        sensor="sentinel-2-l1c",
        time="2019-09-17T10:50:00Z",
        scene_id="spain",
    )[0]
    with init(tmp_path / "lake", scheme=WATER) as lake:
        lake.set_grid(Grid(256))
        lake.scenes.put(scene)
        lake.chips.write_part("spain_0", [cut(scene, 0, r, c, w) for r, c, w in scene_windows(scene, Grid(256))])
        yield lake


def drawn(code: int, *part: slice) -> np.ndarray:
    out = np.full((256, 256), UNLABELLED, np.uint8)
    out[part] = code
    return out


def test_chips_are_one_act(lake: Lake) -> None:
    ids = ["spain_0_0_0", "spain_0_0_1", "spain_0_0_0"]
    report = annotate_chips(lake, ids, "water", actor="e")
    assert (report.created, report.task, report.counts) == (2, "chips", {"water": 2})
    labels = lake.labels("chips")
    assert {c: a.code for c in labels.chip_ids if (a := labels.answer(c))} == {"spain_0_0_0": 1, "spain_0_0_1": 1}
    assert report.bulk is not None
    lake.journal.undo(report.bulk, actor="e")
    assert lake.labels("chips").chip_ids == ()


def test_negative_is_said(lake: Lake) -> None:
    annotate_chips(lake, ["spain_0_0_0"], 1, actor="e", value="negative")
    answer = lake.labels("chips").answer("spain_0_0_0")
    assert answer is not None
    assert answer.negative == (1,)


def test_masks_say_only_their_own_pixels(lake: Lake) -> None:
    chip = lake.chips.get("spain_0_0_0")
    annotate_mask(lake, str(chip.id), drawn(1, slice(0, 10)), actor="e", strokes=3, seconds=2.5)
    annotate_mask(lake, str(chip.id), drawn(0, slice(5, 15)), actor="e")
    assert lake.labels("pixels").mask(chip, flags=False).count() == {0: 2560, 1: 5 * 256}
    first, second = lake.journal.current("pixels")
    assert first.payload["layer"] != second.payload["layer"]
    assert (first.payload["strokes"], first.payload["seconds"]) == (3, 2.5)
    assert lake.masks.get(second.payload["sha256"]).count() == {0: 2560}


def test_undo_of_an_earlier_mask_takes_back_its_pixels(lake: Lake) -> None:
    chip = lake.chips.get("spain_0_0_0")
    parts = [drawn(1, slice(0, 10)), drawn(0, slice(5, 15)), drawn(1, slice(12, 20))]
    acts = [annotate_mask(lake, str(chip.id), part, actor="e").bulk for part in parts]
    undo = lake.journal.undo(str(acts[1]), actor="e")
    assert rows_of(lake) == {1: [*range(10), *range(12, 20)]}
    lake.journal.undo(str(acts[0]), actor="e")
    assert rows_of(lake) == {1: [*range(12, 20)]}
    lake.journal.undo(undo.id, actor="e")
    assert rows_of(lake) == {0: [*range(5, 12)], 1: [*range(12, 20)]}
    lake.journal.undo(str(acts[2]), actor="e")
    assert rows_of(lake) == {0: [*range(5, 15)]}
    assert lake.labels("pixels", as_of=6).mask(chip, flags=False).count() == {0: 7 * 256, 1: 13 * 256}


def test_the_latest_answer_is_that_of_each_pixel(lake: Lake) -> None:
    """A says water, B says no, A draws elsewhere: B's word stands."""
    annotate_mask(lake, "spain_0_0_0", drawn(1, slice(0, 10)), actor="a")
    annotate_mask(lake, "spain_0_0_0", drawn(0, slice(0, 5)), actor="b")
    annotate_masks(lake, {"spain_0_0_0": drawn(1, slice(20, 30))}, actor="a")
    assert rows_of(lake) == {0: [*range(5)], 1: [*range(5, 10), *range(20, 30)]}


def test_the_pixels_of_two_layers_train(lake: Lake) -> None:
    chip = lake.chips.get("spain_0_0_0")
    annotate_mask(lake, str(chip.id), drawn(1, slice(0, 10)), actor="e")
    annotate_mask(lake, str(chip.id), drawn(0, slice(10, 20)), actor="e")
    labels = lake.labels("pixels")
    assert labels.training_mask(chip).count() == {0: 2560, 1: 2560}
    assert (labels.actors(chip.id), labels.methods(chip)) == (("e",), ("manual",))


def rows_of(lake: Lake, chip_id: str = "spain_0_0_0") -> dict[int, list[int]]:
    """Rows by class, of labels that are whole rows."""
    mask = lake.labels("pixels").mask(lake.chips.get(chip_id), flags=False)
    return {code: np.flatnonzero((mask.classes == code).all(axis=1)).tolist() for code in mask.count()}


def test_padding_stays_unlabelled(lake: Lake, tmp_path: Path) -> None:
    scene = lake.scenes.get("spain")
    with init(tmp_path / "padded", scheme=WATER) as padded:
        padded.scenes.put(scene)
        padded.chips.write_part("spain_0", [cut(scene, 0, r, c, w) for r, c, w in scene_windows(scene, Grid(400))])
        report = annotate_mask(padded, "spain_0_1_1", np.ones((400, 400), np.uint8), actor="e")
        assert report.counts == {"water": 112 * 112}
        mask = padded.labels("pixels").mask(padded.chips.get("spain_0_1_1"))
        assert (mask.origin[:112, :112] == Origin.HUMAN).all()
        assert (mask.origin == Origin.HUMAN).sum() == 112 * 112


def test_actors_do_not_merge(lake: Lake) -> None:
    annotate_mask(lake, "spain_0_0_0", drawn(1, slice(0, 10)), actor="a")
    annotate_mask(lake, "spain_0_0_0", drawn(0, slice(20, 30)), actor="b")
    counts = [lake.masks.get(e.payload["sha256"]).count() for e in lake.journal.current("pixels")]
    assert counts == [{1: 2560}, {0: 2560}]


def test_a_person_clears_pixels(lake: Lake) -> None:
    chip = lake.chips.get("spain_0_0_0")
    annotate_mask(lake, str(chip.id), drawn(1, slice(0, 10)), actor="model", origin=Origin.MODEL)
    clear = np.zeros((256, 256), bool)
    clear[:4] = True
    annotate_mask(lake, str(chip.id), drawn(0, slice(4, 6)), actor="e", clear=clear)
    mask = lake.labels("pixels").mask(chip, flags=False)
    assert mask.count() == {0: 512, 1: 4 * 256}
    assert (mask.origin[:4] == Origin.HUMAN).all()
    assert lake.labels("pixels").training_mask(chip).count() == {0: 512}


def test_many_masks_are_one_act(lake: Lake) -> None:
    whole = LabelMask.of(drawn(1, slice(0, 4)), Origin.CONSENSUS)
    report = annotate_masks(lake, {"spain_0_0_0": drawn(0, slice(0, 2)), "spain_0_1_1": whole}, actor="e")
    assert (report.created, report.counts) == (2, {"non-water": 512, "water": 1024})
    kinds = [e.kind for e in lake.journal.events()]
    assert kinds == ["bulk", "mask", "mask"]


@pytest.mark.parametrize(
    ("classes", "match"),
    [
        (np.zeros((3, 3), np.uint8), r"another size.*asked: \(3, 3\).*found: \(256, 256\)"),
        (np.full((256, 256), 7, np.uint8), r"codes that the scheme lacks.*asked: 7"),
        (np.zeros((256, 256)), r"whole numbers.*float64"),
        (np.full((256, 256), -1), r"0 to 254"),
        (np.zeros(5, np.uint8), r"\(rows, columns\)"),
    ],
)
def test_wrong_masks(lake: Lake, classes: np.ndarray, match: str) -> None:
    with pytest.raises(InputError, match=match):
        annotate_mask(lake, "spain_0_0_0", classes, actor="e")
    assert lake.journal.head() == 0


def test_wrong_calls(lake: Lake) -> None:
    with pytest.raises(MissingError, match=r"no such chip.*nowhere_0_0_0.*4 chips"):
        annotate_chips(lake, ["nowhere_0_0_0"], "water", actor="e")
    with pytest.raises(MissingError, match=r"did you mean water"):
        annotate_chips(lake, ["spain_0_0_0"], "watr", actor="e")
    with pytest.raises(InputError, match=r"not an answer.*positive, negative"):
        annotate_chips(lake, ["spain_0_0_0"], "water", actor="e", value="yes")
    with pytest.raises(InputError, match=r"no chips were named"):
        annotate_chips(lake, [], "water", actor="e")
    with pytest.raises(InputError, match=r"an actor is a name"):
        annotate_chips(lake, ["spain_0_0_0"], "water", actor="")
