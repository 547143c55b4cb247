"""The classifier: balanced, scale-free, the same from any start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from groundset.core import InputError
from groundset.learn.classifier import STRENGTH, Classifier, fit_classifier, softmax


def blobs(counts: list[int], *, d: int = 8, spread: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(counts), d)) * 2
    codes = np.repeat(np.arange(len(counts)) * 3 + 1, counts)
    Z = means[np.repeat(np.arange(len(counts)), counts)] + rng.standard_normal((len(codes), d)) * spread
    return Z.astype(np.float32), codes


def test_it_is_the_balanced_logistic_regression():
    Z, codes = blobs([60, 20, 40], spread=2.0)
    ours = fit_classifier(Z, codes)
    each = len(codes) / (3 * np.unique(codes, return_counts=True)[1][(codes - 1) // 3])
    centred = Z - np.average(Z, axis=0, weights=each)
    size = np.average((centred**2).sum(axis=1), weights=each)
    theirs = LogisticRegression(C=1 / (STRENGTH * size), class_weight="balanced", tol=1e-8, max_iter=5000)
    theirs.fit(Z.astype(np.float64), codes)
    assert ours.classes.tolist() == [1, 4, 7]
    assert np.abs(ours.proba(Z) - theirs.predict_proba(Z)).max() < 0.02


def test_every_row_of_probabilities_adds_up_to_one_whatever_the_decisions():
    p = softmax(np.float32([[1000, -1000, 0], [0, 0, 0]]))
    assert p.sum(axis=1).tolist() == [1, 1]
    assert np.isfinite(p).all()


def test_a_class_of_few_labels_is_not_drowned():
    Z, codes = blobs([300, 6], d=2, spread=1.0, seed=4)
    model = fit_classifier(Z, codes)
    rare = codes == model.classes[1]
    assert (model.predict(Z)[rare] == codes[rare]).mean() >= 0.8


def test_the_scale_of_features_does_not_matter():
    Z, codes = blobs([30, 30, 30])
    a, b = fit_classifier(Z, codes), fit_classifier(Z * 1000 + 50, codes)
    assert np.abs(a.proba(Z) - b.proba(Z * 1000 + 50)).max() < 0.01


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_start_does_not_matter(seed):
    Z, codes = blobs([20, 25, 30], spread=2.5, seed=seed)
    cold = fit_classifier(Z, codes)
    warm = fit_classifier(Z, codes, start=fit_classifier(Z[::2], codes[::2]))
    assert np.abs(cold.proba(Z) - warm.proba(Z)).max() < 0.02
    more = fit_classifier(Z, codes, start=Classifier(np.array([1, 99]), cold.weights[:2], cold.bias[:2]))
    assert np.abs(cold.proba(Z) - more.proba(Z)).max() < 0.02


def test_one_and_one_label():
    model = fit_classifier(np.float32([[0, 0], [2, 2]]), np.array([5, 9]))
    assert model.predict(np.float32([[-1, 0], [3, 2], [0.9, 0.9]])).tolist() == [5, 9, 5]


def test_contradictory_labels_leave_it_undecided():
    Z = np.zeros((4, 3), np.float32)
    assert fit_classifier(Z, np.array([0, 1, 0, 1])).proba(Z) == pytest.approx(0.5)


def test_one_class_is_refused():
    for codes in ([2, 2, 2], []):
        with pytest.raises(InputError, match="two classes"):
            fit_classifier(np.zeros((len(codes), 3), np.float32), np.array(codes, np.int64))


def test_nan_is_refused():
    with pytest.raises(InputError, match="1 of 2 rows"):
        fit_classifier(np.float32([[0, 1], [np.nan, 1]]), np.array([0, 1]))
