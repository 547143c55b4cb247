"""Likeness to examples: three ways, from one example on."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.core import InputError
from groundset.learn.linear import Linear, fit_linear, lengths_of
from groundset.learn.similarity import (
    METHODS,
    MOST,
    Background,
    Whitening,
    as_read,
    direction_of,
    fit_shrunk,
    likeness,
    prior_of,
)


def kinds(n: int = 900, dim: int = 96, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three kinds of rows that differ in a few directions, under a strong variation that all share."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    centres = np.random.default_rng(99).standard_normal((3, dim)) * 0.5
    shared = rng.standard_normal((n, 3)) @ np.random.default_rng(98).standard_normal((3, dim)) * 1.5
    return (centres[codes] + shared + rng.standard_normal((n, dim)) * 0.6).astype(np.float32), codes


def examples(codes: np.ndarray, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return tuple(rng.choice(np.flatnonzero(m), k, replace=False) for m in (codes == 0, codes != 0))  # type: ignore[return-value]


def precision(scores: np.ndarray, codes: np.ndarray, top: int = 100) -> float:
    return float((codes[np.argsort(-scores)[:top]] == 0).mean())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("negatives", [0, 1, 20])
def test_every_way_decides_and_scores(method: str, negatives: int):
    Z, codes = kinds()
    p, n = examples(codes, 20)
    known = {"background": Background.fit(Z), "whitening": Whitening.fit(Z)}
    made = likeness(Z[p], Z[n][:negatives], method, **known)
    decisions = made.decide(Z, lengths_of(Z))
    scores = made.scores(decisions)
    assert decisions.dtype == scores.dtype == np.float32
    assert decisions.shape == (len(Z),)
    assert np.isfinite(decisions).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
    order = np.argsort(decisions)
    assert (np.diff(scores[order]) >= 0).all()
    assert made.meaning == ("score" if method == "logistic" and negatives else "similarity")
    if method != "mean":
        assert isinstance(made.model, Linear)
        assert made.model.unit
    if method == "logistic":
        assert precision(decisions, codes) > 0.5


def test_positives_only_are_ranked_and_never_called_confidence():
    Z, codes = kinds()
    p, _ = examples(codes, 3)
    made = likeness(Z[p])
    assert made.meaning == "similarity"
    assert made.scores(made.decide(Z[p])).min() > 0.5
    one = likeness(Z[p[0]])
    assert np.argmax(one.decide(Z)) == p[0]
    assert one.scores(one.decide(Z[p[:1]]))[0] == pytest.approx(1, abs=1e-5)


def test_rocchio_is_twice_the_positives_less_the_negatives():
    Z, codes = kinds()
    p, n = examples(codes, 5)
    unit = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    direction = 2 * unit[p].mean(axis=0) - unit[n].mean(axis=0)
    expected = unit @ direction / np.linalg.norm(direction)
    np.testing.assert_allclose(likeness(Z[p], Z[n], "rocchio").decide(Z), expected, atol=1e-5)


def test_mean_is_distil_s_formula():
    Z, codes = kinds()
    p, n = examples(codes, 5)
    whitening = Whitening.fit(Z)
    white = (Z - whitening.middle) @ whitening.matrix
    cov = white.T @ white / len(Z)
    assert np.abs(cov - np.eye(len(cov))).max() < 0.2
    pooled = [((white @ white[rows].T) ** 4).mean(axis=1) ** 0.25 for rows in (p, n)]
    made = likeness(Z[p], Z[n], "mean", whitening=whitening)
    np.testing.assert_allclose(made.decide(Z), np.log(pooled[0] / pooled[1]), atol=2e-3)
    np.testing.assert_allclose(made.scores(made.decide(Z)), pooled[0] / (pooled[0] + pooled[1]), atol=2e-3)


def test_mean_looks_at_so_many_examples_at_most():
    Z, _ = kinds()
    made = likeness(Z[:300], Z[300:600], "mean")
    assert made.model.positive.shape[1] == MOST  # type: ignore[union-attr]


def test_the_direction_leads_at_first_and_labels_take_over():
    Z, codes = kinds(4_000)

    def cosines(k: int) -> tuple[float, float]:
        p, n = examples(codes, k)
        rows = np.concatenate([Z[p], Z[n]])
        answers = np.arange(2 * k) < k
        ours = fit_shrunk(rows, answers).weights
        read = as_read(rows, None)
        direction = direction_of(read, answers)
        free = fit_linear(read, answers).weights
        return tuple(float(ours @ v / np.linalg.norm(ours) / np.linalg.norm(v)) for v in (direction, free))  # type: ignore[return-value]

    few, many = cosines(2), cosines(800)
    assert few[0] > 0.95
    assert many[0] < few[0]
    assert many[1] > 0.9


def test_knowing_what_chips_are_like_helps():
    gains = []
    for seed in range(5):
        Z, codes = kinds(seed=seed)
        p, n = examples(codes, 5, seed)
        known = likeness(Z[p], Z[n], background=Background.fit(Z)).decide(Z)
        gains.append(precision(known, codes) - precision(likeness(Z[p], Z[n]).decide(Z), codes))
    assert np.mean(gains) > 0.05


def test_background_models_are_models_of_plain_rows():
    Z, codes = kinds()
    background = Background.fit(Z)
    rows = np.concatenate(examples(codes, 30))
    positive = codes[rows] == 0
    model = fit_shrunk(Z[rows], positive, background=background)
    turned = background.turned(Z)
    prior, strength = prior_of(turned[rows], positive, background)
    direct = fit_linear(turned[rows], positive, prior=prior, strength=strength)
    np.testing.assert_allclose(model.decide(Z), direct.decide(turned), atol=1e-2)
    assert np.abs(np.cov(turned.T)).max() < np.abs(np.cov((Z / lengths_of(Z)[:, None]).T)).max()


def test_background_of_rows_that_are_all_alike_or_broken():
    same = np.tile(np.arange(1, 5, dtype=np.float32), (10, 1))
    same[3] = np.nan
    background = Background.fit(same)
    assert len(background.rows) == 9
    made = likeness(same[:1], same[1:2], background=background)
    assert np.isfinite(made.decide(same[:1])).all()


@pytest.mark.parametrize("method", METHODS)
def test_contradictory_labels(method: str):
    row = np.arange(1, 9, dtype=np.float32)
    made = likeness(row, row, method)
    assert np.isfinite(made.decide(np.eye(8, dtype=np.float32))).all()
    if method == "logistic":
        assert made.scores(made.decide(row[None]))[0] == pytest.approx(0.5, abs=1e-3)


def test_chips_without_data():
    zeros = np.zeros((1, 6), np.float32)
    for method in METHODS:
        made = likeness(zeros, zeros, method)
        assert np.isfinite(made.scores(made.decide(zeros))).all()


def test_refusals():
    with pytest.raises(InputError, match=r"cosine.*logistic, rocchio, mean"):
        likeness(np.ones((1, 3)), None, "cosine")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="positive example"):
        likeness(np.empty((0, 3)), np.ones((2, 3)))
    for method in METHODS:
        with pytest.raises(InputError, match=r"NaN.*1 of 3 rows"):
            likeness(np.array([[1.0, np.nan]]), np.ones((2, 2)), method)
