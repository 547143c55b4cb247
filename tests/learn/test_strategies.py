"""Which chips are asked about: typical, uncertain, doubted; never one that is taken, bad or the double of another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.learn._gain import greedy
from groundset.learn._kmeans import kmeans
from groundset.learn.classifier import fit_classifier
from groundset.learn.strategies import apart, balance, doubted, doubts, fold_of, out_of_fold, typical, uncertain


def blobs(sizes=(200, 200, 200), *, d=6, spread=0.6, seed=0):
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(sizes), d)) * 3
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return (means[codes] + rng.standard_normal((len(codes), d)) * spread).astype(np.float32), codes


def test_typical_finds_every_cluster():
    Z, codes = blobs((300, 30, 100, 60), d=8)
    rows, scores = typical(Z, 8)
    assert set(codes[rows].tolist()) == {0, 1, 2, 3}
    assert scores.max() == 1
    assert (scores > 0).all()


def test_typical_is_the_dense_middle_not_the_rim():
    Z, _ = blobs((400,), d=4)
    rows, _ = typical(Z, 1)
    away = np.linalg.norm(Z - Z.mean(axis=0), axis=1)
    assert away[rows[0]] < np.quantile(away, 0.25)


def test_typical_goes_where_no_label_is():
    Z, codes = blobs((200, 200, 200))
    rows, _ = typical(Z, 1, taken=np.flatnonzero(codes != 2)[::20])
    assert codes[rows].tolist() == [2]


@pytest.mark.parametrize("n", [0, 1, 7, 60])
def test_typical_is_repeatable_and_unique(n):
    Z, _ = blobs((20, 20))
    rows, scores = typical(Z, n, taken=[0, 1], seed=5)
    assert np.array_equal(rows, typical(Z, n, taken=[0, 1], seed=5)[0])
    assert len(set(rows.tolist())) == len(rows) == len(scores) <= min(n, 38)
    assert not {0, 1} & set(rows.tolist())


def test_typical_leaves_out_what_it_may_not_ask_and_what_is_not_finite():
    Z, _ = blobs((30, 30))
    Z[::3] = np.nan
    among = np.arange(60) < 40
    rows, _ = typical(Z, 50, among=among)
    assert len(rows) > 10
    assert (rows % 3 != 0).all()
    assert (rows < 40).all()
    assert not len(typical(np.full((5, 3), np.nan, np.float32), 3)[0])


def test_typical_of_doubles_is_one():
    Z = np.repeat(np.float32([[0, 0], [5, 5]]), 30, axis=0)
    assert len(typical(Z, 10)[0]) == 2


def asked(Z, codes, known, n=10, **options):
    model = fit_classifier(Z[known], codes[known])
    return uncertain(Z, model.decide(Z), n, taken=known, **options), model


def test_uncertain_lies_between_classes():
    rng = np.random.default_rng(0)
    Z = rng.uniform(-3, 3, (2000, 2)).astype(np.float32)
    codes = (Z[:, 0] > 0).astype(np.int64)
    known = rng.choice(2000, 40, replace=False)
    (rows, scores), model = asked(Z, codes, known)
    assert len(rows) == 10
    assert not set(rows.tolist()) & set(known.tolist())
    p = model.proba(Z)
    assert np.abs(p[rows, 0] - 0.5).mean() < np.abs(p[:, 0] - 0.5).mean() / 2
    assert ((scores > 0) & (scores <= 1)).all()


def test_uncertain_spreads_over_the_border():
    rng = np.random.default_rng(1)
    Z = rng.uniform(-3, 3, (3000, 2)).astype(np.float32)
    codes = (Z[:, 0] > 0).astype(np.int64)
    (rows, _), _ = asked(Z, codes, rng.choice(3000, 30, replace=False), n=8)
    assert Z[rows, 1].max() - Z[rows, 1].min() > 2


def test_uncertain_never_asks_about_doubles():
    rng = np.random.default_rng(2)
    Z = np.repeat(rng.uniform(-2, 2, (60, 3)), 10, axis=0).astype(np.float32)
    codes = (Z.sum(axis=1) > 0).astype(np.int64)
    (rows, _), _ = asked(Z, codes, np.arange(0, 600, 25), n=30)
    assert len(np.unique(Z[rows], axis=0)) == len(rows) > 15


def test_uncertain_heeds_bad_rows_and_the_filter():
    Z, codes = blobs(spread=3)
    known = np.arange(0, 600, 20)
    decisions = fit_classifier(Z[known], codes[known]).decide(Z)
    decisions[1::2] = np.nan
    among = np.arange(600) < 300
    rows, _ = uncertain(Z, decisions, 20, taken=known, among=among)
    assert len(rows) > 5
    assert (rows % 2 == 0).all()
    assert (rows < 300).all()
    assert not len(uncertain(Z, decisions, 5, taken=known, among=np.zeros(600, bool))[0])


def test_uncertain_prefers_the_class_with_fewer_labels():
    rng = np.random.default_rng(3)
    Z = rng.uniform(-3, 3, (4000, 2)).astype(np.float32)
    codes = (Z[:, 0] > 0).astype(np.int64) + (Z[:, 0] > 1.5)
    known = rng.choice(4000, 60, replace=False)
    (plain, _), model = asked(Z, codes, known, n=40)
    (fair, _), _ = asked(Z, codes, known, n=40, counts=np.array([100, 100, 1]))
    assert (model.predict(Z[fair]) == 2).sum() > (model.predict(Z[plain]) == 2).sum()


def test_doubted_are_the_wrong_labels():
    Z, codes = blobs((60, 60, 60))
    said = codes.copy()
    wrong = [3, 70, 150]
    said[wrong] = (said[wrong] + 1) % 3
    rows, doubt = doubted(Z, said, 10)
    assert sorted(rows.tolist()) == wrong
    assert (doubt > 0.5).all()
    assert not len(doubted(Z, codes, 10)[0])
    assert len(doubted(Z, said, 2)[0]) == 2


def test_doubted_with_too_few_labels_doubts_nothing():
    Z, _ = blobs((1, 1))
    assert not len(doubted(Z, np.array([0, 1]), 5)[0])
    assert not len(doubted(Z[:0], np.array([], np.int64), 5)[0])


def test_out_of_fold_keeps_groups_together():
    codes = np.arange(60) % 2
    groups = np.arange(60) // 6
    part = fold_of(codes, groups, 5, 0)
    assert all(len(set(part[groups == g])) == 1 for g in range(10))
    own, other = out_of_fold(np.zeros((60, 2), np.float32), codes, groups=groups)
    assert own == pytest.approx(0.5)
    assert other == pytest.approx(0.5)


@settings(deadline=None)
@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_folds_spread_classes_evenly(counts):
    codes = np.repeat(np.arange(len(counts)), counts)
    part = fold_of(codes, None, 5, 0)
    for code in range(len(counts)):
        sizes = np.bincount(part[codes == code], minlength=5)
        assert sizes.max() - sizes.min() <= 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), K=st.integers(2, 6))
def test_doubt_is_one_less_the_margin(seed, K):
    rng = np.random.default_rng(seed)
    decisions = (rng.standard_normal((30, K)) * 4).astype(np.float32)
    p = np.exp(decisions.astype(float))
    p = np.sort(p / p.sum(axis=1, keepdims=True), axis=1)
    doubt, first = doubts(decisions)
    assert doubt == pytest.approx(1 - (p[:, -1] - p[:, -2]), abs=1e-4)
    assert np.array_equal(first, decisions.argmax(axis=1))


def test_balance_favours_the_fewest():
    assert balance(np.array([4, 16, 64])).tolist() == [1, 0.5, 0.25]
    assert balance(np.array([0, 4])).tolist() == [1, 0.5]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 30))
def test_apart_keeps_order_and_drops_doubles(seed, n):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((40, 3)).astype(np.float32)
    Z[20:] = Z[:20]
    keep = apart(Z, n)
    assert (np.diff(keep) > 0).all()
    assert len(keep) <= n
    assert len({i % 20 for i in keep.tolist()}) == len(keep)


def test_the_gain_is_the_variance_that_an_answer_takes():
    """Against the plain formula: the first choice, and the second with the first taken as answered."""
    rng = np.random.default_rng(0)
    known, candidates, targets = (rng.standard_normal((m, 5)).astype(np.float32) for m in (20, 30, 40))
    h = [rng.uniform(0.05, 0.25, m).astype(np.float32) for m in (20, 30, 40)]
    chosen = greedy(
        (known, h[0]), (candidates, h[1]), (targets, h[2]), 2,
        kinds=np.arange(30), worth=np.ones(30, np.float32), strength=0.1,
    )  # fmt: skip
    centre = known.mean(axis=0)
    size = np.sqrt(((known - centre) ** 2).sum(axis=1).mean())
    A, C, T = ((x - centre) / size for x in (known, candidates, targets))
    V = np.linalg.inv((A * h[0][:, None]).T @ A + 0.1 * np.eye(5))

    def total(V):
        return (h[2] * np.einsum("ij,jk,ik->i", T, V, T)).sum()

    def after(V, i):
        return V - V @ np.outer(C[i], C[i]) @ V / (1 / h[1][i] + C[i] @ V @ C[i])

    first = int(np.argmin([total(after(V, i)) for i in range(30)]))
    V = after(V, first)
    second = int(np.argmin([total(after(V, i)) if i != first else np.inf for i in range(30)]))
    assert chosen.tolist() == [first, second]


def test_of_each_kind_only_one_is_chosen():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((30, 4)).astype(np.float32)
    h = np.full(30, 0.2, np.float32)
    kinds = np.arange(30) % 3
    chosen = greedy((Z, h), (Z, h), (Z, h), 10, kinds=kinds, worth=np.ones(30, np.float32))
    assert sorted(kinds[chosen].tolist()) == [0, 1, 2]


def test_kmeans_finds_what_is_apart():
    Z, codes = blobs((50, 80, 20, 40), spread=0.1)
    own, centres = kmeans(Z, 4, np.random.default_rng(0))
    assert len({(a, b) for a, b in zip(own.tolist(), codes.tolist(), strict=True)}) == 4
    assert centres.shape == (4, 6)
    assert np.allclose(np.sort(centres[:, 0]), np.sort([Z[codes == c, 0].mean() for c in range(4)]), atol=1e-3)


def test_kmeans_of_doubles_and_of_few():
    rng = np.random.default_rng(0)
    own, centres = kmeans(np.ones((6, 2), np.float32), 4, rng)
    assert len(own) == 6
    assert np.isfinite(centres).all()
    assert len(kmeans(np.ones((2, 2), np.float32), 5, rng)[1]) == 2
