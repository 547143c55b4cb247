"""The loop: typical at first, then between classes, some again; for all classes or for one."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.core import InputError
from groundset.learn import Pick, fit_classifier, suggest
from groundset.learn.loop import EACH, PATIENCE, strategy


def data(seed=0, n=900):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    means = np.float32([[0, 0, 0], [2, 0, 0], [0, 2, 1]])
    return (means[truth] + rng.standard_normal((n, 3)) * 0.8).astype(np.float32), truth


def labelled(truth, count, seed=0):
    codes = np.full(len(truth), -1)
    rows = np.random.default_rng(seed).choice(len(truth), count, replace=False)
    codes[rows] = truth[rows]
    return codes


def test_without_labels_the_questions_are_typical():
    Z, truth = data()
    picks = suggest(Z, np.full(len(Z), -1), n=12, classes=3)
    assert len(picks) == 12
    assert {p.reason for p in picks} == {"typical"}
    assert set(truth[[p.row for p in picks]].tolist()) == {0, 1, 2}


def test_with_labels_they_are_uncertain_and_some_are_asked_again():
    Z, truth = data()
    codes = labelled(truth, 120)
    known = np.flatnonzero(codes >= 0)
    codes[known[:6]] = (codes[known[:6]] + 1) % 3
    picks = suggest(Z, codes, n=20, doubted=0.2)
    reasons = [p.reason for p in picks]
    assert len({p.row for p in picks}) == len(picks) == 20
    assert reasons.count("doubted") == 4
    assert reasons[0] == "uncertain"
    for pick in picks:
        assert (codes[pick.row] >= 0) == (pick.reason == "doubted")
        assert 0 < pick.score <= 1
    assert all(p.reason == "uncertain" for p in suggest(Z, codes, n=20, doubted=0))


def test_the_doubted_ones_are_spread_among_the_others():
    Z, truth = data()
    codes = labelled(truth, 200)
    at = [i for i, p in enumerate(suggest(Z, codes, n=20, doubted=0.25)) if p.reason == "doubted"]
    assert len(at) == 5
    assert np.diff(at).min() >= 2


def test_the_border_of_one_class():
    Z, truth = data()
    codes = labelled(truth, 150)
    one = fit_classifier(Z[codes >= 0], (codes[codes >= 0] == 1).astype(int))
    picks = suggest(Z, codes, n=20, code=1, doubted=0)
    p = one.proba(Z[[p.row for p in picks]])[:, 1]
    assert np.abs(p - 0.5).mean() < 0.3
    assert [p.row for p in picks] == [p.row for p in suggest(Z, codes, n=20, code=1, doubted=0, model=one)]


def test_a_model_that_is_there_already_saves_time_and_changes_nothing():
    Z, truth = data()
    codes = labelled(truth, 100)
    model = fit_classifier(Z[codes >= 0], codes[codes >= 0])
    assert suggest(Z, codes, n=10) == suggest(Z, codes, n=10, model=model, decisions=model.decide(Z))


def test_bad_rows_are_never_asked_about_and_do_not_stop_it():
    Z, truth = data()
    Z[::5] = np.nan
    for codes in (np.full(len(Z), -1), labelled(truth, 150)):
        picks = suggest(Z, codes, n=30, classes=3)
        assert len(picks) == 30
        assert all(p.row % 5 for p in picks)


def test_only_those_that_may_be_asked():
    Z, truth = data()
    among = np.arange(len(Z)) % 2 == 0
    for codes in (np.full(len(Z), -1), labelled(truth, 150)):
        assert all(p.row % 2 == 0 for p in suggest(Z, codes, n=30, among=among, doubted=0))


def test_nothing_is_left_to_ask():
    Z, truth = data(n=60)
    assert suggest(Z, truth, n=5, doubted=0) == []
    assert suggest(Z[:0], truth[:0], n=5) == []
    assert len(suggest(Z, np.r_[np.full(3, -1), truth[3:]], n=50, doubted=0)) == 3


def test_one_class_only_is_asked_on_by_what_is_typical():
    Z, _ = data()
    codes = np.full(len(Z), -1)
    codes[:8] = 4
    assert {p.reason for p in suggest(Z, codes, n=5)} == {"typical"}


def test_labelled_chips_without_features_are_no_reason_to_fail():
    Z, truth = data()
    codes = labelled(truth, 60)
    Z[codes == 1] = np.nan
    assert len(suggest(Z, codes, n=5)) == 5
    Z[codes == 2] = np.nan
    assert {p.reason for p in suggest(Z, codes, n=5)} == {"typical"}


def test_when_it_turns_from_typical_to_uncertain():
    def after(*counts, classes=None):
        codes = np.r_[np.full(20, -1), np.repeat(np.arange(len(counts)), counts)]
        return strategy(codes, classes=classes)

    assert after() == "typical"
    assert after(50) == "typical"
    assert after(EACH, EACH) == "margin"
    assert after(EACH, EACH - 1) == "typical"
    assert after(EACH, EACH, classes=3) == "typical"
    assert after(3 * PATIENCE - 1, 1, classes=3) == "margin"
    assert after(3 * PATIENCE - 2, 1, classes=3) == "typical"


def test_what_is_asked_is_checked():
    Z, truth = data()
    with pytest.raises(InputError, match="share"):
        suggest(Z, truth, doubted=1.5)
    with pytest.raises(InputError, match="fit together"):
        suggest(Z, truth[:-1])
    with pytest.raises(InputError, match="n"):
        suggest(Z, truth, n=-1)


def test_a_pick_is_a_value():
    assert Pick(1, "typical", 0.5) == Pick(1, "typical", 0.5)
