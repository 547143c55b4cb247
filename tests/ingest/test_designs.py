"""Designs of samples: sizes, distances, and totals that are right on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from groundset.core import InputError
from groundset.ingest.designs import allocate, least_distance, spaced, stratified

GEOD = Geod(ellps="WGS84")


def town(n: int = 18, lon: float = 3.0, lat: float = 45.0, step: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """A grid of n x n middles, about a kilometre apart."""
    x, y = np.meshgrid(lon + np.arange(n) * step / np.cos(np.radians(lat)), lat + np.arange(n) * step)
    return (x.ravel() + 180) % 360 - 180, y.ravel()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.data())
@settings(max_examples=60)
def test_an_allocation_sums_up_and_leaves_no_stratum_out(sizes: list[int], data: st.DataObject):
    size = data.draw(st.integers(len(sizes), sum(sizes)))
    for how in ("proportional", "equal"):
        counts = allocate(sizes, size, how)
        assert sum(counts) == size
        assert all(1 <= n <= there for n, there in zip(counts, sizes, strict=True))


def test_allocations_are_what_they_say():
    assert allocate([600, 300, 100], 100, "proportional") == [60, 30, 10]
    assert allocate([600, 300, 100], 99, "equal") == [33, 33, 33]
    assert allocate([600, 300, 5], 99, "equal") == [47, 47, 5]
    with pytest.raises(InputError, match="at most all of them"):
        allocate([5, 5], 11, "equal")
    with pytest.raises(InputError, match="each stratum"):
        allocate([5, 5, 5], 2, "proportional")


@given(st.integers(0, 2**31), st.integers(3, 40))
@settings(max_examples=40)
def test_probabilities_of_a_stratified_sample_sum_to_its_size(seed: int, size: int):
    strata = np.repeat([0, 1, 2], [70, 25, 5])
    counts = allocate([70, 25, 5], size, "proportional")
    got = stratified(strata, counts, np.random.default_rng(seed))
    assert len(np.unique(got.at)) == len(got.at) == size
    of_stratum = {int(strata[i]): p for i, p in zip(got.at, got.inclusion, strict=True)}
    assert sum(of_stratum[int(s)] for s in strata) == pytest.approx(size)
    assert (1 / got.inclusion).sum() == pytest.approx(100)  # it knows how many there are


@given(st.integers(0, 2**31), st.sampled_from([(3.0, 45.0), (179.95, -10.0), (-60.0, 0.0), (20.0, 78.0)]))
@settings(max_examples=40)
def test_a_least_distance_holds_on_the_ellipsoid(seed: int, corner: tuple[float, float]):
    lon, lat = town(14, *corner)
    share = np.full(len(lon), 9 / len(lon))
    got = spaced(lon, lat, share, 9, 1_500.0, np.random.default_rng(seed))
    assert 5 <= len(got.at) <= 9
    assert ((got.inclusion > 0) & (got.inclusion <= 1)).all()
    for i, a in enumerate(got.at):
        for b in got.at[i + 1 :]:
            assert GEOD.inv(lon[a], lat[a], lon[b], lat[b])[2] >= 1_500.0


def test_totals_are_unbiased_over_seeds():
    """Horvitz and Thompson's estimator: a rare thing in one corner, and strata of different shares."""
    lon, lat = town()
    y = np.exp(-((lon - 3.03) ** 2 + (lat - 45.15) ** 2) / 0.002) * 10
    strata = (lon > 3.09).astype(int)
    sizes = np.bincount(strata).tolist()
    counts = allocate(sizes, 16, "equal")
    share = np.array([n / size for n, size in zip(counts, sizes, strict=True)])[strata]
    seeds = 400
    for draw in (
        lambda rng: stratified(strata, counts, rng),
        lambda rng: spaced(lon, lat, share, 16, 2_000.0, rng),
    ):
        totals, ones = [], []
        for seed in range(seeds):
            got = draw(np.random.default_rng(seed))
            totals.append((y[got.at] / got.inclusion).sum())
            ones.append((1 / got.inclusion).sum())
        for told, truth in ((totals, y.sum()), (ones, len(y))):
            error = np.std(told) / np.sqrt(seeds)
            assert abs(np.mean(told) - truth) <= 3.5 * error + 1e-9


def test_too_many_so_far_apart_say_how_many_fit():
    lon, lat = town()
    with pytest.raises(InputError, match=r"do not fit.*about \d+ fit"):
        spaced(lon, lat, np.full(len(lon), 0.5), 160, 2_000.0, np.random.default_rng(0))


def test_the_least_distance_of_middles():
    lon, lat = town(3)
    true = GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert 0.98 * true < least_distance(lon, lat) <= true * 1.000001
    assert least_distance(lon[:1], lat[:1]) == float("inf")
