"""The space: wide features untouched, few features lifted, bad rows kept apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import InputError
from groundset.learn.classifier import fit_classifier
from groundset.learn.space import LANDMARKS, Space, usable


def circles(n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """One class inside the other: no line parts them."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 2, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(codes == 0, 1.0, 2.5) + rng.normal(0, 0.2, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32), codes


def test_wide_features_are_not_even_copied():
    X = np.random.default_rng(0).standard_normal((50, 64)).astype(np.float32)
    space = Space.fit(X)
    assert space.identity
    assert space.dim == 64
    assert np.shares_memory(space.transform(X), X)


def test_few_features_are_lifted_so_that_a_line_parts_circles():
    X, codes = circles()
    space = Space.fit(X[:400])
    Z = space.transform(X)
    assert Z.dtype == np.float32
    assert Z.shape == (600, space.dim)
    straight = fit_classifier(X[:400], codes[:400]).predict(X[400:])
    lifted = fit_classifier(Z[:400], codes[:400]).predict(Z[400:])
    assert (straight == codes[400:]).mean() < 0.75
    assert (lifted == codes[400:]).mean() > 0.97


def test_both_blocks_have_unit_length():
    X, _ = circles()
    Z = Space.fit(X).transform(X)
    assert (Z[:, :2] ** 2).sum(axis=1).mean() == pytest.approx(1, abs=0.01)
    assert (Z[:, 2:] ** 2).sum(axis=1).mean() == pytest.approx(1, abs=0.05)


def test_the_lifted_products_are_the_kernel():
    X, _ = circles(300)
    Z = Space.fit(X).transform(X)[:, 2:]
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    kernel = np.exp(-((standard[:, None] - standard[None]) ** 2).sum(axis=2) / 2)
    assert np.abs(Z @ Z.T - kernel).max() < 0.02


def test_scale_and_origin_of_a_feature_do_not_matter():
    X, _ = circles()
    moved = X * np.float32([1000, 0.01]) + np.float32([5, -3])
    assert np.allclose(
        Space.fit(X).transform(X) @ np.ones(514), Space.fit(moved).transform(moved) @ np.ones(514), atol=1
    )


def test_the_same_seed_gives_the_same_space():
    X, _ = circles()
    assert np.array_equal(Space.fit(X, seed=3).transform(X), Space.fit(X, seed=3).transform(X))


@settings(deadline=None, max_examples=25)
@given(bad=st.sets(st.integers(0, 39), max_size=10), value=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_bad_row_stays_bad_and_no_other_becomes_so(bad, value):
    X, _ = circles(40)
    clean = X.copy()
    rows = sorted(bad)
    X[rows, 0] = value
    assert np.flatnonzero(~usable(X)).tolist() == rows
    space = Space.fit(X)
    Z = space.transform(X)
    assert np.flatnonzero(np.isnan(Z).any(axis=1)).tolist() == rows
    good = np.setdiff1d(np.arange(40), rows)
    assert np.allclose(Z[good], space.transform(clean)[good], atol=1e-5)


def test_rows_of_huge_numbers_are_usable():
    X = np.full((3, 4), 3e38, np.float32)
    X[1, 2] = np.inf
    assert usable(X).tolist() == [True, False, True]


def test_a_steady_feature_and_few_rows_do_no_harm():
    X = np.float32([[1, 7], [2, 7], [3, 7]])
    Z = Space.fit(X).transform(X)
    assert np.isfinite(Z).all()
    assert np.isfinite(Space.fit(X[:1]).transform(X)).all()


def test_an_outlier_is_held():
    X, _ = circles()
    space = Space.fit(X)
    assert np.abs(space.transform(np.float32([[1e30, -1e30]]))).max() < 10


@pytest.mark.parametrize("d", [2, 70])
def test_round_trip(tmp_path: Path, d):
    X = np.random.default_rng(0).standard_normal((700, d)).astype(np.float32)
    space = Space.fit(X)
    space.save(tmp_path / "space.npy")
    again = Space.load(tmp_path / "space.npy")
    assert again.dim == space.dim == (d if d >= 64 else d + LANDMARKS)
    assert np.array_equal(again.transform(X), space.transform(X))


def test_a_file_that_is_no_space_is_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.ones(7, np.float32))
    (tmp_path / "b.npy").write_bytes(b"no numbers")
    for name in ("a.npy", "b.npy"):
        with pytest.raises(InputError, match="not a space"):
            Space.load(tmp_path / name)


def test_what_is_no_table_is_refused():
    with pytest.raises(InputError, match="table"):
        Space.fit(np.zeros(5, np.float32))
    with pytest.raises(InputError, match="NaN"):
        Space.fit(np.full((3, 2), np.nan, np.float32))
    with pytest.raises(InputError, match="another length"):
        Space.fit(np.zeros((3, 2), np.float32)).transform(np.zeros((3, 4), np.float32))
