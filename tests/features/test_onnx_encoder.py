"""Somebody's ONNX model as an encoder: what it is given, and what is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxencoders import CARD, weights_of, write_encoder

from groundset.core import Band, BandSet, ConflictError, InputError, MissingError
from groundset.features import Encoder, encoder_name, get_encoder, kept_encoders
from groundset.features.card import read_card
from groundset.features.onnx_encoder import OnnxKind
from groundset.features.resize import filled, resized

BANDS = BandSet(tuple(Band(n.upper(), n) for n in ("blue", "green", "red", "nir")))


def chips(n: int = 6, size: int = 24, high: float = 3000) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (rng.uniform(0.1, 1, (n, 4, 1, 1)) * high + np.zeros((1, 1, size, size))).astype(np.float32)


def test_it_is_an_encoder_of_the_bands_that_its_card_names(tmp_path: Path) -> None:
    kind = get_encoder(f"onnx:{write_encoder(tmp_path / 'tiny model.onnx')}")
    assert kind.name == encoder_name("onnx:some/tiny model.onnx") == "onnx-tiny-model"
    some = chips()
    encoder = kind.fit(list(some), BANDS)
    assert isinstance(encoder, Encoder)
    assert encoder.dim == 6
    found = encoder.encode(some, BANDS)
    assert found.dtype == np.float32
    assert np.allclose(found, some[:, [2, 3]].mean(axis=(2, 3)) @ weights_of(), rtol=1e-4)
    assert np.array_equal(pickle.loads(pickle.dumps(encoder)).encode(some, BANDS), found)


@pytest.mark.parametrize(
    "options",
    [
        {"layout": "NHWC"},
        {"inside": True},
        {"maps": True},
        {"side": "s"},
        {"batch": 1},
        {"batch": 3},
        {"card": {k: v for k, v in CARD.items() if k not in ("size", "dim")}, "side": "s"},
    ],
)
def test_forms_of_models(tmp_path: Path, options: dict[str, Any]) -> None:
    card = options.pop("card", CARD) | ({"layout": "NHWC"} if options.get("layout") == "NHWC" else {})
    some = chips()
    encoder = get_encoder(f"onnx:{write_encoder(tmp_path / 'a.onnx', card, **options)}").fit(list(some), BANDS)
    wanted = some[:, [2, 3]].mean(axis=(2, 3)) @ weights_of()
    assert np.allclose(encoder.encode(some, BANDS), wanted, rtol=1e-3)


def test_scale_mean_and_std_come_before_the_model_and_nodata_stands_at_the_mean(tmp_path: Path) -> None:
    card = CARD | {"scale": 10_000, "mean": [1000, 2000], "std": [500, 250]}
    some = chips(high=0.3)
    encoder = get_encoder(f"onnx:{write_encoder(tmp_path / 'a.onnx', card)}").fit(list(some), BANDS)
    means = (some[:, [2, 3]].mean(axis=(2, 3)) * 10_000 - [1000, 2000]) / [500, 250]
    assert np.allclose(encoder.encode(some, BANDS), means @ weights_of(), rtol=1e-3)
    holed = some.copy()
    holed[:, :, :5] = np.nan
    assert np.allclose(encoder.encode(holed, BANDS), encoder.encode(some, BANDS), rtol=1e-3)
    holed[0, 2] = np.nan  # a whole band: the mean of the card
    assert np.allclose(encoder.encode(holed, BANDS)[0], [0, means[0, 1]] @ weights_of(), rtol=1e-3)
    holed[1] = np.nan
    assert not encoder.encode(holed, BANDS)[1].any()


BAD_CARDS: list[tuple[dict[str, Any], str]] = [
    ({"bands": ["red", "swir16"]}, "(?s)lack a band.*swir16.*NIR"),
    ({"range": [0, 1]}, "another scale.*between 0 and 1.*found"),
    ({"range": [0, 10_000_000]}, "another scale"),
    ({"size": 32}, "another size.*32"),
    ({"dim": 7}, "another length.*dim 7.*6 values"),
    ({"bands": ["red", "nir", "blue"]}, "another number of bands"),
    ({"layout": "NHWC"}, "another number of bands"),
    ({"layout": "CHW"}, "wrong at layout"),
    ({"output": "z"}, "no such output.*z.*y"),
    ({"mean": [1, 2]}, "wrong at std"),
    ({"mean": [1, 2, 3], "std": 1}, "wrong at mean"),
    ({"std": 0, "mean": 1}, "wrong at std"),
    ({"range": [1, 0]}, "wrong at range"),
    ({"bands": []}, "wrong at bands"),
    ({"sizes": 3}, "(?s)unknown key.*did you mean size"),
    ({"scale": "much"}, "wrong at scale"),
    ({"size": 0}, "wrong at size"),
]


@pytest.mark.parametrize(("change", "told"), BAD_CARDS)
def test_a_card_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    path = write_encoder(tmp_path / "a.onnx", CARD | change)
    with pytest.raises(InputError, match=told):
        get_encoder(f"onnx:{path}").fit(list(chips()), BANDS)


def test_another_unit_is_refused(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "a.onnx", CARD | {"unit": "dB"})
    bands = BandSet(tuple(Band(n, n, unit="1") for n in ("red", "nir")))
    with pytest.raises(InputError, match=r"another unit. asked: red in dB. found: red in 1"):
        get_encoder(f"onnx:{path}").fit([], bands)
    assert get_encoder(f"onnx:{path}").fit(list(chips()), BANDS).dim == 6  # bands that state none


def test_files_that_are_no_encoder_are_refused(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "a.onnx")
    with pytest.raises(MissingError, match="no such encoder file"):
        get_encoder(f"onnx:{tmp_path / 'b.onnx'}")
    bare = write_encoder(tmp_path / "bare.onnx", None)
    with pytest.raises(MissingError, match=r"no card.*bare.json"):
        get_encoder(f"onnx:{bare}")
    bare.with_suffix(".json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        get_encoder(f"onnx:{bare}")
    bare.with_suffix(".json").write_text("[]")
    with pytest.raises(InputError, match="JSON object"):
        get_encoder(f"onnx:{bare}")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="not a whole ONNX model"):
        get_encoder(f"onnx:{path}")
    with pytest.raises(MissingError, match=r"no such encoder.*efficientnet-lite0"):
        get_encoder("clip")


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "a.onnx", CARD | {"mean": 1, "std": 1e-38, "range": [0, 10_000]})
    with pytest.raises(InputError, match="not finite"), np.errstate(over="ignore"):
        get_encoder(f"onnx:{path}").fit(list(chips()), BANDS).encode(chips(), BANDS)


def test_a_file_that_changed_is_told(tmp_path: Path) -> None:
    path, folder = write_encoder(tmp_path / "a.onnx"), tmp_path / "features" / "onnx-a"
    kind = get_encoder(f"onnx:{path}")
    assert isinstance(kind, OnnxKind)
    kept = kind.keep(folder)
    encoder = kept.fit(list(chips()), BANDS)
    (folder / "bands").mkdir()
    encoder.save(folder / "bands")
    assert json.loads((folder / "bands" / "spec.json").read_text())["sha256"] == kind.sha256
    again = get_encoder("onnx-a", folder).load(folder / "bands")
    assert np.array_equal(again.encode(chips(), BANDS), encoder.encode(chips(), BANDS))
    assert kept_encoders(folder.parent) == []
    np.save(folder / "s_0.npy", np.zeros((1, 6), np.float32))
    assert kept_encoders(folder.parent) == ["onnx-a"]
    other = get_encoder(f"onnx:{write_encoder(path, seed=1)}")
    assert isinstance(other, OnnxKind)
    with pytest.raises(ConflictError, match=r"onnx-a changed since.*another name"):
        other.keep(folder)
    write_encoder(folder / "model.onnx", None, seed=2)
    with pytest.raises(ConflictError, match="changed since"):
        get_encoder("onnx-a", folder).load(folder / "bands")


def test_resizing_keeps_levels_and_does_not_alias() -> None:
    rng = np.random.default_rng(0)
    level = np.full((2, 50, 50), 7.5, np.float32)
    assert np.allclose(resized(level, 13), 7.5, atol=1e-5)
    noise = rng.normal(size=(1, 128, 128)).astype(np.float32)
    small = resized(noise, 16)
    assert small.std() < 0.2  # 64 pixels are averaged into one
    assert resized(noise, None) is not None
    ramp = np.tile(np.arange(32, dtype=np.float32), (1, 32, 1))
    assert np.abs(np.diff(resized(ramp, 64)[0, 30, 8:56]) - 0.5).max() < 0.01
    holed = np.array([[[1, np.nan], [3, np.nan]], [[np.nan] * 2] * 2], np.float32)
    assert filled(holed, np.array([0, 9], np.float32)).tolist() == [[[1, 2], [3, 2]], [[9, 9], [9, 9]]]


def test_a_card_for_people_may_say_more() -> None:
    card = read_card(CARD | {"title": "Tiny", "license": "MIT", "unit": "1"}, "here")
    assert (card.bands, card.unit, card.scale) == (("red", "nir"), "1", 1.0)
