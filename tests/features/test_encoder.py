"""The default encoder: honest numbers, the same every time, NaN or not."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from groundset.core import Band, BandSet, InputError, MissingError
from groundset.features import DefaultEncoder, Encoder, FeatureStore, band_key, default_encoder, get_encoder
from groundset.features.statistics import INDICES, index_planes, indices_for, statistics

BANDS = BandSet(tuple(Band(n, n) for n in ("blue", "green", "red", "nir")))


def chips(n: int = 20, size: int = 32, seed: int = 0, bands: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.uniform(100, 3000, (n, bands, 1, 1))
    return (level + rng.normal(0, 50, (n, bands, size, size))).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> DefaultEncoder:
    return default_encoder(list(chips()), BANDS)


def test_it_is_an_encoder(encoder: DefaultEncoder) -> None:
    assert isinstance(encoder, Encoder)
    assert get_encoder("default") is DefaultEncoder
    assert encoder.indices == ("NDVI", "NDWI", "NDGlaI", "BNDVI")
    assert encoder.dim == 4 * (4 + 4) + 512 == encoder.spec()["dim"]
    with pytest.raises(MissingError, match="default"):
        get_encoder("clip")


def test_a_chip_does_not_depend_on_its_neighbours(encoder: DefaultEncoder) -> None:
    some = chips(8, 40, seed=3)
    together = encoder.encode(some, BANDS)
    alone = np.concatenate([encoder.encode(c[None], BANDS) for c in some[::-1]])[::-1]
    assert together.dtype == np.float32
    assert np.array_equal(together, alone)


def test_same_samples_same_encoder(encoder: DefaultEncoder, tmp_path: Path) -> None:
    again = default_encoder(list(chips()), BANDS)
    other = default_encoder(list(chips()), BANDS, seed=1)
    encoder.save(tmp_path)
    some = chips(4, seed=9)
    wanted = encoder.encode(some, BANDS)
    for same in (again, DefaultEncoder.load(tmp_path), pickle.loads(pickle.dumps(encoder))):
        assert np.array_equal(same.encode(some, BANDS), wanted)
    assert not np.array_equal(other.encode(some, BANDS), wanted)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["filters.npy", "scaling.npy", "spec.json"]


def test_blocks_weigh_alike(encoder: DefaultEncoder) -> None:
    features = encoder.encode(chips(), BANDS)
    spread = {k: float((features[:, a:b] ** 2).sum(axis=1).mean()) for k, (a, b) in encoder.spec()["blocks"].items()}
    assert max(spread.values()) < 1.5 * min(spread.values())


def test_nodata(encoder: DefaultEncoder) -> None:
    some = chips(3)
    some[0, :, :16] = np.nan
    some[1] = np.nan
    some[2, 3] = np.nan
    features = encoder.encode(some, BANDS)
    assert np.isfinite(features).all()
    assert not features[1].any()
    whole = encoder.encode(chips(3)[:1], BANDS)
    cosine = float(features[0] @ whole[0] / np.linalg.norm(features[0]) / np.linalg.norm(whole[0]))
    assert cosine > 0.9
    assert np.isfinite(default_encoder([some[1]], BANDS).encode(some, BANDS)).all()


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (700, 90)])
def test_any_size(encoder: DefaultEncoder, shape: tuple[int, int]) -> None:
    assert np.isfinite(encoder.encode(np.full((1, 4, *shape), 500, np.float32), BANDS)).all()


def test_other_bands_are_refused(encoder: DefaultEncoder) -> None:
    other = BANDS.select(["red", "green", "blue", "nir"])
    with pytest.raises(InputError, match="other bands"):
        encoder.encode(chips(1), other)
    assert band_key(other) != band_key(BANDS)
    with pytest.raises(InputError, match="sample chips"):
        default_encoder([], BANDS)


def test_statistics_against_numpy() -> None:
    planes = chips(1)[0]
    wanted = np.concatenate([f(planes, axis=(1, 2)) for f in (np.mean, np.std, np.min, np.max)])
    assert statistics(planes) == pytest.approx(wanted, rel=1e-4)
    planes[0, 0, :9] = np.nan
    holed = np.concatenate([f(planes, axis=(1, 2)) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)])
    assert statistics(planes) == pytest.approx(holed, rel=1e-4)
    assert not statistics(np.empty((0, 4, 4), np.float32)).size


def test_indices_are_spyndex_s() -> None:
    import spyndex

    letters = {"blue": "B", "green": "G", "red": "R", "nir": "N", "swir16": "S1", "swir22": "S2"}
    bands = BandSet(tuple(Band(n, n) for n in letters))
    physical = np.random.default_rng(0).uniform(0.01, 0.6, (6, 5, 5)).astype(np.float32)
    names = indices_for(bands)
    assert names == tuple(INDICES)
    values = {letters[b.name]: physical[i] for i, b in enumerate(bands)}
    for name, plane in zip(names, index_planes(physical, bands, names), strict=True):
        assert plane == pytest.approx(spyndex.computeIndex(name, values), abs=1e-5)


def test_eurosat_beats_band_statistics(data_dir: Path) -> None:
    """100 EuroSAT chips, 10 classes: leave-one-out nearest neighbour, beside per-band statistics alone."""
    import rasterio

    files = sorted((data_dir / "eurosat_ms100_stac").rglob("*.tif"))
    classes = np.array([f.parent.name for f in files])
    stack = np.stack([_read(rasterio, f) for f in files])
    bands = BandSet(tuple(Band(f"b{i}") for i in range(stack.shape[1])))
    ours = _nearest(default_encoder(list(stack), bands).encode(stack, bands), classes)
    stats = np.stack([statistics(c) for c in stack])
    plain = _nearest((stats - stats.mean(0)) / stats.std(0), classes)
    print(f"EuroSAT 100, leave-one-out 1-NN: {ours:.2f}, per-band statistics alone {plain:.2f}")
    assert ours >= plain + 0.03


def _read(rasterio: object, path: Path) -> np.ndarray:
    with rasterio.open(path) as file:  # type: ignore[attr-defined]
        return file.read().astype(np.float32)


def _nearest(features: np.ndarray, classes: np.ndarray) -> float:
    apart = ((features[:, None] - features[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    return float((classes[apart.argmin(1)] == classes).mean())


def test_store(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "default")
    store.write_part("a_0", np.arange(12).reshape(3, 4))
    store.write_part("b_0", np.ones((2, 4)))
    assert np.load(tmp_path / "default" / "a_0.npy").dtype == np.float32
    assert store.all().shape == (5, 4)
    assert store.all(["b_0"]).shape == (2, 4)
    assert store.parts() == ["a_0", "b_0"]
    store.write_part("c_0", np.ones((2, 3)))
    with pytest.raises(InputError, match="lengths 3, 4"):
        store.all()
    with pytest.raises(MissingError, match="c_1"):
        store.read_part("c_1")
    with pytest.raises(InputError, match="finite"):
        store.write_part("d_0", np.full((1, 2), np.nan))
    assert not store.path("d_0").exists()
