"""Class-balanced logistic regression: the optimum, in the span and in the features, and labels that say little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from groundset.core import InputError
from groundset.learn.linear import BIAS, STRENGTH, Linear, balance, fit_gram, fit_linear, lengths_of


def labelled(n: int, dim: int, seed: int = 0, share: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = np.arange(n) < max(1, round(share * n))
    Z = rng.standard_normal((n, dim)) + 0.5 * positive[:, None]
    return Z.astype(np.float32), positive


def loss(flat: np.ndarray, Z: np.ndarray, positive: np.ndarray, prior: np.ndarray) -> float:
    """The objective of the module's text, written down plainly."""
    weight = balance(positive)
    middle = (Z[positive].mean(axis=0) + Z[~positive].mean(axis=0)) / 2
    scale = ((Z - middle) ** 2).sum() / len(Z)
    f = (Z - middle) @ flat[:-1] + flat[-1]
    fit = weight @ np.logaddexp(0, np.where(positive, -f, f))
    return float(fit + STRENGTH / 2 * (scale * ((flat[:-1] - prior) ** 2).sum() + flat[-1] ** 2 / BIAS))


@pytest.mark.parametrize(("n", "dim"), [(24, 40), (120, 10)], ids=["in the span", "in the features"])
@pytest.mark.parametrize("pulled", [False, True])
def test_finds_the_optimum(n: int, dim: int, pulled: bool):
    Z, positive = labelled(n, dim)
    prior = np.random.default_rng(1).standard_normal(dim) * 0.2 if pulled else np.zeros(dim)
    model = fit_linear(Z, positive, prior=prior if pulled else None)
    wide = Z.astype(np.float64)
    best = minimize(loss, np.zeros(dim + 1), (wide, positive, prior), method="BFGS", options={"gtol": 1e-8})
    middle = (wide[positive].mean(axis=0) + wide[~positive].mean(axis=0)) / 2
    found = np.append(model.weights, model.bias + middle @ model.weights)
    assert loss(found, wide, positive, prior) == pytest.approx(best.fun, abs=1e-3)
    assert model.weights.dtype == np.float32
    decided = model.decide(Z)
    assert decided.dtype == np.float32
    np.testing.assert_allclose(decided, wide @ best.x[:-1] + best.x[-1] - middle @ best.x[:-1], atol=0.05)


def test_both_ways_agree():
    Z, positive = labelled(40, 40)
    span = fit_linear(Z, positive)
    features = fit_linear(np.concatenate([Z, Z]), np.concatenate([positive, positive]), strength=2 * STRENGTH)
    np.testing.assert_allclose(features.decide(Z), span.decide(Z), atol=0.05)


@pytest.mark.parametrize("pulled", [False, True])
def test_where_a_fit_starts_does_not_show(pulled: bool):
    Z, positive = labelled(200, 20)
    prior = np.random.default_rng(1).standard_normal(20) * 0.2 if pulled else None
    other = positive.copy()
    other[:20] = ~other[:20]
    begun = fit_linear(Z[:150], other[:150], prior=prior)
    cold, warm = fit_linear(Z, positive, prior=prior), fit_linear(Z, positive, prior=prior, start=begun)
    assert np.abs(begun.decide(Z) - cold.decide(Z)).max() > 0.5
    np.testing.assert_allclose(warm.decide(Z), cold.decide(Z), atol=0.05)


def test_like_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    Z, positive = labelled(300, 12)
    middle = (Z[positive].mean(axis=0) + Z[~positive].mean(axis=0)) / 2
    scale = ((Z - middle) ** 2).sum() / len(Z)
    peer = LogisticRegression(C=1 / (STRENGTH * scale), class_weight="balanced", tol=1e-8).fit(Z, positive)
    np.testing.assert_allclose(fit_linear(Z, positive).decide(Z), peer.decision_function(Z), atol=0.05)


@given(st.floats(0.01, 100), st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_does_not_depend_on_the_unit_nor_on_where_zero_is(unit: float, seed: int):
    Z, positive = labelled(30, 8, seed)
    plain = fit_linear(Z, positive).decide(Z)
    moved = (Z * unit + 3 * unit).astype(np.float32)
    np.testing.assert_allclose(fit_linear(moved, positive).decide(moved), plain, atol=0.05)


def test_a_gram_matrix_is_all_that_the_span_needs():
    Z, positive = labelled(30, 50)
    rows = Z.astype(np.float64)
    fit = fit_gram(rows @ rows.T, positive)
    np.testing.assert_allclose(
        rows @ (rows.T @ fit.coefficients) + fit.bias, fit_linear(Z, positive).decide(Z), atol=1e-3
    )
    again = fit_gram(rows @ rows.T, positive, start=fit.alpha)
    np.testing.assert_allclose(again.coefficients, fit.coefficients, atol=1e-3)


def test_a_rare_class_weighs_as_much():
    Z, positive = labelled(400, 5, share=0.05)
    assert balance(positive)[positive].sum() == pytest.approx(200)
    said = fit_linear(Z, positive).decide(Z) > 0
    assert said[positive].mean() == pytest.approx((~said[~positive]).mean(), abs=0.15)


@pytest.mark.parametrize("n", [1, 40])
def test_labels_that_contradict_each_other_decide_nothing(n: int):
    row = np.random.default_rng(0).standard_normal(16)
    Z = np.tile(row, (2 * n, 1))
    positive = np.arange(2 * n) % 2 == 0
    model = fit_linear(Z, positive)
    np.testing.assert_allclose(model.weights, 0, atol=1e-6)
    assert model.bias == pytest.approx(0, abs=1e-6)
    prior = np.eye(16)[0]
    pulled = fit_linear(Z, positive, prior=prior)
    np.testing.assert_allclose(pulled.weights, prior, atol=1e-5)
    assert pulled.decide(Z) == pytest.approx(np.zeros(2 * n), abs=1e-4)


def test_one_positive_and_one_negative():
    Z = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    decided = fit_linear(Z, np.array([True, False])).decide(np.array([*Z, [0.0, 0.0, 1.0]]))
    assert decided[0] > 0.5
    assert decided[1] == pytest.approx(-decided[0], abs=1e-4)
    assert decided[2] == pytest.approx(0, abs=1e-4)


def test_rows_of_unit_length():
    Z, positive = labelled(30, 8)
    stretched = Z * np.random.default_rng(0).uniform(0.1, 9, (30, 1)).astype(np.float32)
    plain, other = fit_linear(Z, positive, unit=True), fit_linear(stretched, positive, unit=True)
    np.testing.assert_allclose(other.decide(stretched), plain.decide(Z), atol=1e-3)
    np.testing.assert_allclose(plain.decide(Z, lengths_of(Z)), plain.decide(Z))
    zeros = np.zeros((2, 8), np.float32)
    assert lengths_of(zeros).tolist() == [1, 1]
    assert plain.decide(zeros) == pytest.approx([plain.bias] * 2)


def test_decisions_are_float32():
    assert Linear(np.ones(3, np.float32), 0.5).decide(np.ones((2, 3))).dtype == np.float32


@pytest.mark.parametrize(
    ("rows", "answers", "words"),
    [
        (2, [True, True], "positive only"),
        (2, [False, False], "negative only"),
        (0, [], "none"),
        (3, [True, False], "one answer"),
    ],
)
def test_refusals(rows: int, answers: list[bool], words: str):
    with pytest.raises(InputError, match=words):
        fit_linear(np.ones((rows, 4)), np.array(answers, bool))


def test_features_with_nan_are_refused():
    with pytest.raises(InputError, match="1 of 2 rows"):
        fit_linear(np.array([[1.0, np.inf], [0.0, 1.0]]), np.array([True, False]))
