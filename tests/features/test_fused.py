"""Features of fused scenes: a block a sensor, each normalised by itself, weighed as the settings say."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from chiplake import chip_lake
from madelake import TIME

from groundset.core import Band, BandSet, Grid, InputError
from groundset.features import DefaultEncoder, Encoder, default_encoder
from groundset.features.fused import RADAR_WEIGHT, FusedEncoder, block_weights, weights_of
from groundset.imagery import fuse, open_source
from groundset.ingest import ingest
from groundset.lake import Lake
from groundset.learn.ranker import Ranker
from groundset.learn.space import Space
from groundset.query import Index

OPTICAL = tuple(Band(n, n, sensor="sentinel-2-l2a") for n in ("blue", "green", "red", "nir"))
RADAR = tuple(Band(n, n, unit="dB", sensor="sentinel-1-grd") for n in ("vv", "vh"))
BOTH = BandSet((*OPTICAL, *RADAR))


def chips(n: int = 24, size: int = 16, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    optical = rng.uniform(0.02, 0.4, (n, 4, 1, 1)) + rng.normal(0, 0.02, (n, 4, size, size))
    radar = rng.uniform(-22, -6, (n, 2, 1, 1)) + rng.normal(0, 2, (n, 2, size, size))
    return np.concatenate([optical, radar], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> FusedEncoder:
    made = default_encoder(list(chips()), BOTH)
    assert isinstance(made, FusedEncoder)
    return made


def lengths(X: np.ndarray, encoder: FusedEncoder) -> list[float]:
    spans = encoder.spec()["sensors"].values()
    return [float(np.sqrt((X[:, a:b] ** 2).sum(axis=1).mean())) for a, b in spans]


def test_a_block_a_sensor(encoder: FusedEncoder) -> None:
    assert isinstance(encoder, Encoder)
    assert isinstance(default_encoder(list(chips()[:, :4]), BandSet(OPTICAL)), DefaultEncoder)
    X = encoder.encode(chips(), BOTH)
    assert X.shape == (24, encoder.dim)
    optical, radar = lengths(X, encoder)
    assert radar / optical == pytest.approx(RADAR_WEIGHT, rel=0.05)
    alone = encoder.parts["sentinel-1-grd"].encode(chips()[:, 4:], BandSet(RADAR))
    first, last = encoder.spec()["sensors"]["sentinel-1-grd"]
    scale = X[0, first:last][alone[0] != 0] / alone[0][alone[0] != 0]
    assert np.allclose(scale, scale[0], rtol=1e-5)


def test_a_sensor_without_data_says_nothing(encoder: FusedEncoder) -> None:
    some = chips(3)
    some[1, :4] = np.nan
    some[2] = np.nan
    X = encoder.encode(some, BOTH)
    first, last = encoder.spec()["sensors"]["sentinel-2-l2a"]
    assert not X[1, first:last].any()
    assert X[1].any()
    assert not X[2].any()


def test_kept_and_taken_up_again(encoder: FusedEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    wanted = encoder.encode(chips(4), BOTH)
    for same in (DefaultEncoder.load(tmp_path), pickle.loads(pickle.dumps(encoder))):
        np.testing.assert_array_equal(same.encode(chips(4), BOTH), wanted)
        assert same.spec() == encoder.spec()
    with pytest.raises(InputError, match="fitted to other bands"):
        encoder.encode(chips(1)[:, :4], BandSet(OPTICAL))


def test_weights_change_blocks_when_they_are_read(encoder: FusedEncoder, tmp_path: Path) -> None:
    spec = encoder.spec()
    assert block_weights(spec, {}) is None
    assert block_weights(spec, {"sentinel-2-l2a": 2, "sentinel-1-grd": 2 * RADAR_WEIGHT}) is None
    alike = block_weights(spec, {"sentinel-1-grd": 1})
    assert alike is not None
    X = encoder.encode(chips(), BOTH) * alike
    optical, radar = lengths(X, encoder)
    assert radar / optical == pytest.approx(1, rel=0.05)
    assert (X**2).sum(axis=1).mean() == pytest.approx((encoder.encode(chips(), BOTH) ** 2).sum(axis=1).mean(), rel=0.1)
    with pytest.raises(InputError, match="all sensors have the weight 0"):
        block_weights(spec, {"sentinel-2-l2a": 0, "sentinel-1-grd": 0})
    assert weights_of(tmp_path, BOTH.names, {"sentinel-1-grd": 1}) is None  # nothing is kept there
    space = Space(encoder.dim, weights=alike)
    space.save(tmp_path / "space.npy")
    np.testing.assert_array_equal(Space.load(tmp_path / "space.npy").transform(X), X * alike)


def test_ranking_reads_them_and_follows_the_settings(data_dir: Path, tmp_path: Path) -> None:
    sample, name = data_dir / "sen1floods11_sample" / "sample", "Spain_7370579"
    time = TIME.replace(year=2019)
    s2 = open_source(str(sample / "S2" / f"{name}_S2Hand.tif"), sensor="sentinel-2-l1c", time=time)[0]
    s1 = open_source(str(sample / "S1" / f"{name}_S1Hand.tif"), sensor="sentinel-1-grd", time=time)[0]
    lake = chip_lake(tmp_path / "lake")
    ingest(lake, [fuse([s2, s1], scene_id="both")], grid=Grid(128))
    spec = json.loads(next((lake.layout.features / "default").glob("bands-*/spec.json")).read_text())
    assert list(spec["sensors"]) == ["sentinel-2-l1c", "sentinel-1-grd"]
    lake.close()

    def near(weights: str) -> list[str]:
        text = lake.layout.config.read_text().split("\n[features.weights]")[0]
        lake.layout.config.write_text(text + weights)
        with Lake.open(lake.root) as opened:
            index = Index(opened)
            ranker = Ranker(opened, index)
            try:
                return [h.id for h in index.find(None, sort="similar", like=("both_0_0_3",), limit=16).hits]
            finally:
                ranker.close()
                index.close()

    plain = near("")
    assert near("\n[features.weights]\nsentinel-2-l1c = 2\nsentinel-1-grd = 1\n") == plain
    assert near("\n[features.weights]\nsentinel-2-l1c = 0\n") != plain
    with pytest.raises(InputError, match="line"):
        near("\n[features.weights]\nsentinel-2-l1c = -1\n")
