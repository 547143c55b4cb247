"""The simulated annotator: errs as often as told, and the loop learns from it."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.core import InputError
from groundset.learn import Annotator, Space, look_alikes, simulate


def data(seed=0, n=600):
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    means = np.float32([[0, 0, 0], [3, 0, 0], [0, 4, 1], [3, 0.8, 0]])
    return (means[truth] + rng.standard_normal((n, 3)) * 0.7).astype(np.float32), truth * 2


def test_the_loop_beats_random():
    X, truth = data()
    Z = Space.fit(X).transform(X)
    ours = [simulate(Z, truth, budget=60, seed=s).balanced[-1] for s in range(3)]
    random = [simulate(Z, truth, budget=60, strategy="random", seed=s).balanced[-1] for s in range(3)]
    assert np.mean(ours) > np.mean(random)
    assert np.mean(ours) > 0.8


def test_a_trace_tells_all():
    X, truth = data()
    trace = simulate(X[:400], truth[:400], test=(X[400:], truth[400:]), budget=45, batch=10)
    assert trace.labels.tolist() == [10, 20, 30, 40, 45]
    assert trace.seconds.tolist() == [20, 40, 60, 80, 90]
    assert len(trace.accuracy) == len(trace.balanced) == 5
    assert np.array_equal(np.flatnonzero(trace.codes >= 0), np.sort(trace.asked))
    assert np.array_equal(trace.codes[trace.asked], truth[trace.asked])
    again = simulate(X[:400], truth[:400], test=(X[400:], truth[400:]), budget=45, batch=10)
    assert np.array_equal(trace.asked, again.asked)


def test_a_way_of_asking_of_ones_own():
    def first(Z, codes, n, model, seed):
        return np.flatnonzero(codes < 0)[:n]

    X, truth = data()
    trace = simulate(X, truth, strategy=first, budget=20)
    assert trace.asked.tolist() == list(range(20))


def test_it_ends_when_nothing_is_left():
    X, truth = data(n=25)
    assert simulate(X, truth, budget=100).labels[-1] == 25


def test_errors_come_at_the_stated_rate_and_go_to_look_alikes():
    X, truth = data(n=4000)
    alike = look_alikes(X, truth)
    person = Annotator(truth, error=0.2, confusion=alike, seconds=1.5, seed=1)
    said = person.answer(np.arange(4000))
    wrong = said != truth
    assert wrong.mean() == pytest.approx(0.2, abs=0.02)
    assert (said[wrong & (truth == 2)] == 6).mean() > 0.8
    assert set(np.unique(said)) == {0, 2, 4, 6}
    assert person.spent == 6000


def test_an_annotator_who_never_errs_says_the_truth():
    _, truth = data()
    assert np.array_equal(Annotator(truth).answer(np.arange(600)), truth)
    assert np.array_equal(Annotator(np.zeros(5, int), error=1.0).answer(np.arange(5)), np.zeros(5))


def test_look_alikes():
    X, truth = data()
    alike = look_alikes(X, truth)
    assert np.allclose(alike, alike.T)
    assert (np.diag(alike) == 0).all()
    assert alike[1].argmax() == 3
    assert look_alikes(X, np.zeros(600, int)).tolist() == [[0]]


def test_what_cannot_be_is_refused():
    X, truth = data()
    with pytest.raises(InputError, match="strategy"):
        simulate(X, truth, strategy="best")
    with pytest.raises(InputError, match="fit together"):
        simulate(X[:-1], truth)
    with pytest.raises(InputError, match="begin at 1"):
        simulate(X, truth, batch=0)
    with pytest.raises(InputError, match="0 to 1"):
        Annotator(truth, error=1.2)
    with pytest.raises(InputError, match="row and a column"):
        Annotator(truth, confusion=np.ones((2, 2)))
