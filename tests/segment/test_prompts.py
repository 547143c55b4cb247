"""Promptable models with the published names: clicks and boxes in, outlines out; broken ones told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tinysams

from groundset.chips.chip import Chip
from groundset.core import InputError, MissingError
from groundset.lake import Lake
from groundset.segment.live import Assistant
from groundset.segment.prompts import Point, Prompters, read_card
from groundset.segment.prompts.kinds import MobileSam, Prompt
from groundset.segment.prompts.prompters import kind_of

Made = tuple[Lake, list[Chip], np.ndarray]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def wet_pixel(truth: np.ndarray, chip: Chip) -> tuple[int, int]:
    """Column and row of a pixel well within water."""
    part = truth[chip.window.slices] == 1
    for y in range(4, 28):
        for x in range(4, 28):
            if part[y - 3 : y + 4, x - 3 : x + 4].all():
                return x, y
    raise AssertionError("no water")


def test_every_published_kind_outlines_what_is_clicked(made: Made) -> None:
    lake, chips, truth = made
    names = tinysams.put_all(lake.layout.models)
    prompters = Prompters(lake)
    assert prompters.names() == names
    x, y = wet_pixel(truth, chips[10])
    water = truth[chips[10].window.slices] == 1
    for name in names:
        found = prompters.ask(name, str(chips[10].id), [Point(x, y)])
        assert [round(f.score, 1) for f in found] == [0.9, 0.7, 0.5], name
        assert found[0].mask.shape == (32, 32)
        assert found[0].mask[y, x]
        assert overlap(found[0].mask, water) > 0.75, name
        boxed = prompters.ask(name, str(chips[10].id), [Point(x, y), Point(0, 0, positive=False)], (1, 1, 30, 31))
        assert boxed
    kinds = {m.name: m.kind for m in Assistant(lake).state().models}
    assert {kinds[n] for n in names} == {"prompt"}
    with pytest.raises(InputError, match="answers clicks and boxes"):
        Assistant(lake).propose("pixels", str(chips[10].id), model="sam2")


def test_a_picture_that_is_no_square_keeps_its_proportions(tmp_path: Path) -> None:
    pair = {"e.onnx": tinysams.MOBILE_ENCODER, "d.onnx": tinysams.MOBILE_DECODER}
    kind = kind_of(read_card(tinysams.put(tmp_path, "mobile", "mobile-sam", pair)))
    assert isinstance(kind, MobileSam)
    assert kind.side == 64
    image = np.zeros((20, 32, 3), np.uint8)
    image[:, 20:] = 200
    logits, quality = kind.decode(kind.encode(image), Prompt(np.array([[28, 15]], np.float32), np.ones(1, np.float32)))
    assert logits.shape == (3, 20, 32)
    np.testing.assert_array_equal(logits[1] > 0, image[..., 0] > 0)
    np.testing.assert_allclose(quality, [0.5, 0.9, 0.7])


def test_pictures_are_encoded_once(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, chips, _ = made
    tinysams.put_all(lake.layout.models)
    prompters, calls = Prompters(lake), []
    original = MobileSam.encode
    monkeypatch.setattr(MobileSam, "encode", lambda self, image: calls.append(1) or original(self, image))
    for x in (3, 9, 20):
        prompters.ask("mobile", str(chips[10].id), [Point(x, 9)])
    prompters.ask("mobile", str(chips[11].id), [Point(3, 9)])
    assert len(calls) == 2


def test_what_is_wrong_is_told(made: Made) -> None:
    lake, chips, _ = made
    models, chip = lake.layout.models, str(chips[10].id)
    tinysams.put_all(models)
    prompters, here = Prompters(lake), [Point(3, 3)]
    with pytest.raises(MissingError, match=r"no such promptable model.*sam3.*efficient, efficient-whole, mobile, sam2"):
        prompters.ask("sam3", chip, here)
    with pytest.raises(InputError, match="cannot be the name"):
        prompters.ask("../sam2", chip, here)
    with pytest.raises(InputError, match="nothing is pointed at"):
        prompters.ask("sam2", chip, [])
    for point in (Point(33, 3), Point(3, -2)):
        with pytest.raises(InputError, match=r"outside of the chip.*32 x 32"):
            prompters.ask("sam2", chip, [point])
    with pytest.raises(InputError, match="left, top, right, bottom"):
        prompters.ask("sam2", chip, [], (9, 9, 3, 3))
    file = models / "sam2" / "sam2.decoder.onnx"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"not a whole ONNX model.*sam2.decoder.onnx.*\d+ bytes"):
        prompters.ask("sam2", chip, here)
    file.write_bytes(whole)
    assert prompters.ask("sam2", chip, here)
    file.unlink()
    with pytest.raises(MissingError, match=r"no file of this model takes points.*sam2.encoder.onnx: image"):
        prompters.ask("sam2", chip, here)
    (models / "mobile" / "mobile_sam.encoder.onnx").unlink()
    with pytest.raises(MissingError, match="image encoder is missing"):
        prompters.ask("mobile", chip, here)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ('kind = "sam"', r"whose exports.*kind = 'sam'.*mobile-sam, efficient-sam, sam2"),
        ("kind = ", r"card cannot be read"),
        ('kind = "sam2"', r"not those of its kind.*sam2.*image_embeddings.*it looks like mobile-sam"),
        ('kind = "mobile-sam"\nbands = ["a"]', r"unknown key.*bands"),
        ('kind = "mobile-sam"\nrgb = ["red"]', r"rgb names three bands"),
        ('kind = "mobile-sam"\nrgb = ["swir16", "red", "blue"]', r"lacks a band.*swir16.*prompt.toml"),
        ('kind = "mobile-sam"\nencoder = "../e.onnx"', r"encoder is a file beside the card"),
        ('kind = "mobile-sam"\nencoder = "x.onnx"', r"no such model file.*mobile_sam.onnx"),
    ],
)
def test_a_wrong_card(made: Made, card: str, message: str) -> None:
    lake, chips, _ = made
    pair = {"mobile_sam.encoder.onnx": tinysams.MOBILE_ENCODER, "mobile_sam.onnx": tinysams.MOBILE_DECODER}
    folder = tinysams.put(lake.layout.models, "mobile", "mobile-sam", pair)
    (folder / "prompt.toml").write_text(card)
    with pytest.raises(InputError, match=f"(?s){message}"):
        Prompters(lake).ask("mobile", str(chips[10].id), [Point(3, 3)])


def test_a_quality_that_is_no_number_is_none(made: Made) -> None:
    lake, chips, _ = made
    broken = tinysams.MOBILE_DECODER.replace(
        "iou_predictions = Identity (sure)", "less = Neg (sure)\n    iou_predictions = Log (less)"
    )
    pair = {"mobile_sam.encoder.onnx": tinysams.MOBILE_ENCODER, "mobile_sam.onnx": broken}
    tinysams.put(lake.layout.models, "mobile", "mobile-sam", pair)
    found = Prompters(lake).ask("mobile", str(chips[10].id), [Point(3, 3)])
    assert {one.score for one in found} == {0.0}
