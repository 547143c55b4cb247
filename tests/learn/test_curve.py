"""The learning curve: measured on what was held out, forecast with an interval that holds."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.learn.curve import FEWEST, MOST, learning_curve
from groundset.learn.similarity import fit_shrunk


def world(n: int, seed: int = 0, apart: float = 0.6, kinds: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, kinds, n)
    centres = np.random.default_rng(7).standard_normal((kinds, 30)) * apart
    return (centres[codes] + rng.standard_normal((n, 30))).astype(np.float32), codes


def test_a_curve_that_rises():
    Z, codes = world(240, apart=0.35)
    result = learning_curve(Z, codes)
    labels = [p.labels for p in result.points]
    assert labels == sorted(set(labels))
    assert labels[0] == 10
    assert labels[-1] == 192
    assert result.points[-1].mean > result.points[0].mean + 0.05
    assert [p.labels for p in result.forecast] == [240, 480, 960]
    means = [p.mean for p in result.forecast]
    assert means == sorted(means)
    assert all(p.low <= p.mean <= p.high for p in result.points + result.forecast)
    assert result.folds == "stratified"
    assert result.enough is False
    assert result.says.startswith("100 more labels would add about ")


def test_the_forecast_holds():
    """The accuracy that came with two and four times as many labels lies in the 90 % interval, nearly always."""
    Z, codes = world(8_000, apart=0.35)
    held = []
    for seed in range(8):
        rows = np.random.default_rng(seed).permutation(8_000)
        result = learning_curve(Z[rows[:120]], codes[rows[:120]], seed=seed)
        for point in result.forecast[1:]:
            train, test = rows[: point.labels], rows[2_000:]
            said = fit_shrunk(Z[train], codes[train] == 1).decide(Z[test]) > 0
            came = np.mean([(said[codes[test] == c] == c).mean() for c in (0, 1)])
            held.append(point.low <= came <= point.high)
    assert np.mean(held) >= 0.75


def test_enough_labels_are_enough():
    Z, codes = world(600, apart=2.0)
    result = learning_curve(Z, codes)
    assert result.enough is True
    assert result.says.endswith("More labels will hardly help.")
    few = learning_curve(Z[:60], codes[:60])
    assert few.enough is None
    assert "hardly" not in few.says


def test_several_classes_and_codes_as_they_come():
    Z, codes = world(150, kinds=4, apart=0.8)
    result = learning_curve(Z, codes * 10 + 3)
    assert result.points[0].labels == 10
    assert result.points[-1].mean > 0.6


def test_blocks_are_held_out_whole():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(16), 10)
    spots = rng.standard_normal((16, 30))
    Z = (spots[groups] + rng.standard_normal((160, 30)) * 0.05).astype(np.float32)
    codes = (np.arange(16) % 2)[groups]
    blocked, mixed = learning_curve(Z, codes, groups), learning_curve(Z, codes)
    assert (blocked.folds, mixed.folds) == ("blocked", "stratified")
    assert mixed.points[-1].mean > 0.95
    assert blocked.points[-1].mean < 0.8
    assert blocked.points[-1].high - blocked.points[-1].low > 0.1


def test_same_labels_same_curve():
    Z, codes = world(80)
    assert learning_curve(Z, codes, seed=1) == learning_curve(Z, codes, seed=1)


@pytest.mark.parametrize(("n", "kinds", "words"), [(FEWEST - 1, 2, f"{FEWEST} labels"), (60, 1, "two kinds")])
def test_what_it_needs(n: int, kinds: int, words: str):
    Z, codes = world(n, kinds=kinds)
    result = learning_curve(Z, codes)
    assert words in result.says
    assert result.points == result.forecast == ()
    assert result.enough is None


def test_a_class_with_one_label_and_contradictions():
    Z, codes = world(60)
    codes[0] = 5
    assert learning_curve(Z, codes).points
    same = learning_curve(np.ones((60, 4), np.float32), np.arange(60) % 2)
    assert same.points[-1].mean == pytest.approx(0.5, abs=0.2)


def test_very_many_labels_are_thinned():
    Z, codes = world(MOST + 500, apart=0.5)
    result = learning_curve(Z, codes, np.arange(MOST + 500) // 20)
    assert result.points[-1].labels < MOST
    assert result.forecast[0].labels == MOST + 500
