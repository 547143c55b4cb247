"""Confidence holds what it says, for the chips that there are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import InputError
from groundset.learn.calibration import (
    FEWEST,
    Calibration,
    blocks_of,
    calibrate,
    error_of,
    folds,
    out_of_fold,
    platt,
    population_share,
    reliability,
)
from groundset.learn.similarity import Background, fit_shrunk, likeness


def world(n: int = 6_000, share: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A rare class that overlaps with the rest."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    Z = rng.standard_normal((n, 24))
    Z[truth, :4] += 1.1
    return Z.astype(np.float32), truth


def by_class(truth: np.ndarray, k: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.choice(np.flatnonzero(m), k, replace=False) for m in (truth, ~truth)])


def by_margin(Z: np.ndarray, truth: np.ndarray, background: Background, total: int, seed: int) -> np.ndarray:
    """Labels as suggestions ask for them: the most doubtful."""
    rng = np.random.default_rng(seed)
    rows = [*by_class(truth, 5, seed), *rng.choice(len(truth), 10, replace=False)]
    while len(rows) < total:
        doubt = np.abs(fit_shrunk(Z[rows], truth[rows], background=background).decide(Z))
        doubt[rows] = np.inf
        rows += rng.choice(np.argsort(doubt)[:60], 20, replace=False).tolist()
    return np.array(rows)


def error_on_the_rest(Z: np.ndarray, truth: np.ndarray, rows: np.ndarray, background: Background) -> float:
    made = calibrate(Z[rows], truth[rows], background=background)
    assert made is not None
    rest = np.setdiff1d(np.arange(len(truth)), rows)
    model = likeness(Z[rows[truth[rows]]], Z[rows[~truth[rows]]], background=background)
    return error_of(reliability(made.apply(model.decide(Z[rest])), truth[rest]))


def test_honest_for_all_chips_however_labels_came_up():
    Z, truth = world()
    background = Background.fit(Z[:2_000])
    drawn = [error_on_the_rest(Z, truth, by_class(truth, 100, s), background) for s in range(4)]
    asked = [error_on_the_rest(Z, truth, by_margin(Z, truth, background, 200, s), background) for s in range(2)]
    assert np.mean(drawn) < 0.05
    assert np.mean(asked) < 0.05


def test_half_and_half_without_a_background():
    Z, truth = world()
    errors = []
    for seed in range(4):
        rows = by_class(truth, 100, seed)
        made = calibrate(Z[rows], truth[rows], seed=seed)
        assert made is not None
        assert made.share == pytest.approx(0.5)
        held = np.setdiff1d(by_class(truth, 300, seed + 50), rows)
        held = np.concatenate([held[truth[held]], held[~truth[held]][: truth[held].sum()]])
        confidence = made.apply(fit_shrunk(Z[rows], truth[rows]).decide(Z[held]))
        errors.append(error_of(reliability(confidence, truth[held])))
    assert np.mean(errors) < 0.06


def test_labels_drawn_by_class_are_moved_to_the_share_of_all():
    Z, truth = world()
    rows = by_class(truth, 100, 1)
    made = calibrate(Z[rows], truth[rows], background=Background.fit(Z[:3_000]))
    assert made is not None
    assert made.share == pytest.approx(0.1, abs=0.06)
    assert made.apply(np.zeros(1))[0] < 0.4


def test_labels_chosen_by_looks_keep_their_share():
    Z, truth = world()
    background = Background.fit(Z[:3_000])
    rows = by_margin(Z, truth, background, 200, 0)
    made = calibrate(Z[rows], truth[rows], background=background)
    assert made is not None
    assert made.share == pytest.approx(truth[rows].mean())


def test_the_share_of_all_labels_can_be_told():
    Z, truth = world()
    rows = by_class(truth, 60, 2)
    plain, told = calibrate(Z[rows], truth[rows]), calibrate(Z[rows], truth[rows], share=0.2)
    assert plain is not None
    assert told is not None
    assert told.offset - plain.offset == pytest.approx(np.log(0.2 / 0.8))


@pytest.mark.parametrize("positives", [0, 5, FEWEST])
def test_nothing_is_said_of_too_few_labels_or_of_one_kind(positives: int):
    n = FEWEST - 1 if positives == 5 else FEWEST
    Z = np.random.default_rng(0).standard_normal((n, 6))
    assert calibrate(Z, np.arange(n) < positives) is None


def test_nothing_is_said_where_one_block_has_all_of_a_kind():
    Z, truth = world(200, 0.5)
    groups = np.where(truth, 0, np.arange(200) % 7 + 1)
    assert calibrate(Z, truth, groups) is None


def test_blocked_folds_see_through_copies_of_neighbours():
    rng = np.random.default_rng(0)
    spots = rng.standard_normal((12, 40))
    answers = np.arange(12) % 2 == 0
    groups = np.repeat(np.arange(12), 10)
    Z = np.repeat(spots, 10, axis=0) + rng.standard_normal((120, 40)) * 0.05
    blocked, mixed = calibrate(Z, answers[groups], groups), calibrate(Z, answers[groups])
    assert blocked is not None
    assert mixed is not None
    assert (blocked.folds, mixed.folds) == ("blocked", "stratified")
    assert mixed.accuracy > 0.95
    assert blocked.accuracy < 0.8


def test_out_of_fold_is_the_model_without_the_fold():
    Z, truth = world(120, 0.4)
    fold = folds(truth, None, 0)
    background = Background.fit(Z)
    for known in (None, background):
        held = out_of_fold(Z, truth, fold, background=known)
        train, test = fold != 2, fold == 2
        direct = fit_shrunk(Z[train], truth[train], background=known).decide(Z[test])
        np.testing.assert_allclose(held[test], direct, atol=0.05)


def test_same_labels_same_answer():
    Z, truth = world(150, 0.5)
    a, b = (calibrate(Z, truth, seed=3) for _ in range(2))
    assert a is not None
    assert b is not None
    for field in dataclasses.fields(Calibration):
        if field.name != "held":
            assert getattr(a, field.name) == getattr(b, field.name)


@given(st.integers(20, 200), st.floats(0.1, 0.9), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_stratified_folds_spread_each_class(n: int, share: float, seed: int):
    codes = np.arange(n) < max(1, int(share * n))
    fold = folds(codes, None, seed)
    assert set(fold) <= set(range(5))
    for kind in (codes, ~codes):
        counts = np.bincount(fold[kind], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_groups_stay_whole():
    groups = np.random.default_rng(0).integers(0, 25, 300) * 7
    fold = folds(np.arange(300) % 3, groups, 0)
    assert all(len(np.unique(fold[groups == g])) == 1 for g in np.unique(groups))
    assert len(np.unique(fold)) == 5


def test_platt_finds_the_curve():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(20_000) * 3
    slope, offset = platt(x, rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * x - 1))))
    assert slope == pytest.approx(0.7, abs=0.03)
    assert offset == pytest.approx(-1, abs=0.06)


def test_platt_stays_finite_and_never_turns_the_order():
    slope, _ = platt(np.array([-1.0, -2, 1, 2]), np.array([False, False, True, True]))
    assert 0 < slope < 20
    turned, offset = platt(np.array([2.0, 1, -1, -2, 0]), np.array([False, False, True, True, True]))
    assert turned == 0
    assert 0.5 < 1 / (1 + np.exp(-offset)) < 0.65
    assert np.isfinite(platt(np.zeros(6), np.arange(6) < 3)).all()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
def test_the_share_of_a_population(share: float):
    rng = np.random.default_rng(0)
    truth = rng.random(40_000) < share
    x = rng.standard_normal(40_000) + np.where(truth, 1.0, -1.0)
    assert population_share(1 / (1 + np.exp(-2 * x)), 0.5) == pytest.approx(share, abs=0.02)


def test_reliability_bins():
    rng = np.random.default_rng(0)
    confidence = rng.random(5_000)
    truth = rng.random(5_000) < confidence
    mass, width = reliability(confidence, truth), reliability(confidence, truth, width=True)
    assert [b.count for b in mass] == [500] * 10
    assert [b.low for b in width] == pytest.approx(np.arange(10) / 10)
    assert sum(b.count for b in width) == 5_000
    assert error_of(mass) < 0.03
    assert error_of(width) < 0.03
    assert error_of(reliability(np.full(100, 0.9), np.arange(100) < 50)) == pytest.approx(0.4)
    assert len(reliability(confidence[:60], truth[:60])) == 3
    assert error_of(()) == 0


def test_blocks_are_the_largest_that_give_ten():
    y, x = (v.ravel() * 30.0 for v in np.mgrid[0:64, 0:64])
    labels = np.arange(64 * 64) % 2
    blocks = blocks_of(x, y, np.zeros(4096, int), labels, size=30)
    assert blocks is not None
    assert len(np.unique(blocks)) == 16
    assert np.bincount(blocks).tolist() == [256] * 16


def test_every_class_lies_in_two_blocks():
    x = np.arange(40) * 10.0
    labels = (x >= 380).astype(int)
    blocks = blocks_of(x, np.zeros(40), np.zeros(40, int), labels, size=10)
    assert blocks is not None
    assert len(np.unique(blocks[labels == 1])) == 2


def test_blocks_keep_grounds_apart_and_dates_together():
    x = np.tile(np.arange(20) * 300.0, 2)
    ground = np.repeat([0, 1], 20)
    blocks = blocks_of(x, np.zeros(40), ground, np.arange(40) % 2, size=30)
    assert blocks is not None
    assert not set(blocks[:20]) & set(blocks[20:])
    same = blocks_of(x, np.zeros(40), np.zeros(40, int), np.arange(40) % 2, size=30)
    assert same is not None
    assert same[:20].tolist() == same[20:].tolist()


def test_no_blocks_without_places_or_where_a_class_has_one_only():
    x = np.arange(30.0)
    ground = np.zeros(30, int)
    assert blocks_of(np.where(x == 4, np.nan, x), x, ground, x > 9, size=1) is None
    assert blocks_of(x, x, ground, x > 28, size=1) is None
    assert blocks_of(x[:0], x[:0], ground[:0], x[:0], size=1) is None
    assert blocks_of(x, x, ground, x > 9, size=0) is None


def test_features_with_nan_are_refused():
    Z, truth = world(60, 0.5)
    Z[7, 3] = np.nan
    with pytest.raises(InputError, match="1 of 60 rows"):
        calibrate(Z, truth)
