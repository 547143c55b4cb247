from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from groundset.core import InputError, MissingError
from groundset.segment import Segmenter, entropy, get_segmenter, segmenter_names
from groundset.segment.forest import Forest
from groundset.segment.linear import Linear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3000, 6)).astype(np.float32)
Y3 = np.digitize(X[:, 0] + 0.5 * X[:, 1], [-0.5, 0.7]).astype(np.uint8) * 3
Y2 = (X[:, 2] > 0.3).astype(np.uint8)


@pytest.mark.parametrize("name", ["forest", "boost", "linear"])
@pytest.mark.parametrize("codes", [Y2, Y3])
def test_learns_and_repeats(name: str, codes: np.ndarray) -> None:
    model = get_segmenter(name, 3)
    assert isinstance(model, Segmenter)
    p = model.fit(X[:1500], codes[:1500]).predict_proba(X[1500:])
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (model.classes[p.argmax(axis=1)] == codes[1500:]).mean() > 0.9
    again = get_segmenter(name, 3).fit(X[:1500], codes[:1500]).predict_proba(X[1500:])
    np.testing.assert_array_equal(p, again)


@pytest.mark.parametrize("codes", [Y2, Y3])
def test_the_forests_own_traversal_is_scikit_learns(codes: np.ndarray) -> None:
    forest = Forest(0, trees=7, leaves=None, threads=2).fit(X, codes)
    many = np.tile(X, (12, 1))  # several chunks, and columns in another memory order
    np.testing.assert_allclose(
        forest.predict_proba(np.asfortranarray(many)), forest.estimator.predict_proba(many), atol=1e-5
    )


def test_rare_classes_are_heard() -> None:
    codes = np.zeros(3000, np.uint8)
    codes[(X[:, 0] > 1.8)] = 1  # 4 % of the pixels, and half of them noise
    noisy = codes ^ ((X[:, 0] > 1.2) & (RNG.random(3000) < 0.3)).astype(np.uint8)
    model = Forest(0, leaves=8).fit(X, noisy)
    found = model.predict_proba(X)[:, 1] > 0.5
    assert found[codes == 1].mean() > 0.9


def test_many_classes_get_leaves_enough() -> None:
    codes = np.digitize(X[:, 0], np.linspace(-2, 2, 19)).astype(np.uint8)
    forest = Forest(0).fit(X, codes)
    assert forest.estimator.max_leaf_nodes == 4 * len(np.unique(codes))


def test_registered_and_unknown_names() -> None:
    assert {"forest", "boost", "linear"} <= set(segmenter_names())
    with pytest.raises(MissingError, match=r"forrest.*did you mean forest"):
        get_segmenter("forrest")


def test_entropy() -> None:
    np.testing.assert_allclose(entropy(np.array([[0.5, 0.5], [1, 0]], np.float32)), [1, 0], atol=1e-6)
    np.testing.assert_allclose(entropy(np.full((2, 3, 4), 0.25, np.float32)), np.full((2, 3), 2), atol=1e-6)


@pytest.mark.parametrize("codes", [Y2, Y3])
def test_linear_is_scikit_learns_optimum_and_pipeline(codes: np.ndarray) -> None:
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    ours = Linear(strength=1e-2, threads=2).fit(X, codes)
    theirs = LogisticRegression(C=1 / (len(X) * 1e-2), class_weight="balanced", tol=1e-8, max_iter=2000)
    weights = theirs.fit(scaled, codes).coef_
    found = ours.estimator[-1].coef_
    np.testing.assert_allclose(found, weights, atol=0.02 * abs(weights).max())
    many = np.tile(X, (12, 1))
    p = ours.predict_proba(np.asfortranarray(many))
    np.testing.assert_allclose(p, ours.estimator.predict_proba(many), atol=1e-5)
    np.testing.assert_array_equal(ours.predict_planes(np.ascontiguousarray(many.T)), p.T)


def test_linear_stands_features_that_never_change_or_are_there_twice() -> None:
    doubled = np.concatenate([X, X[:, :1], np.full((len(X), 1), 7, np.float32)], axis=1)
    model = Linear().fit(doubled, Y2)
    assert (model.classes[model.predict_proba(doubled).argmax(axis=1)] == Y2).mean() > 0.97
    assert np.isfinite(model.coefficients).all()
    with pytest.raises(InputError, match="two classes at least"):
        Linear().fit(X, np.zeros(len(X), np.uint8))
