"""Answers on several levels: what follows from them, and what contradicts itself."""

from __future__ import annotations

import numpy as np

from groundset.cascade.pyramid import Extent, Pyramid
from groundset.cascade.said import conflicts, placed
from groundset.cascade.steps import Record
from groundset.cascade.walk import UNDECIDED, candidates, decide, walk
from groundset.core import Grid

PYRAMID = Pyramid(Grid(16, levels=3), [Extent("s", 32, 32)], (0, 1, 2))
RECORD = Record("c", "chips", 1, ("s",), (0, 1, 2), 0.99, "anna", "", "")


def told(**said: str) -> dict[str, tuple[str, bool]]:
    return {name: (value, True) for name, value in said.items()}


def test_a_positive_chip_makes_those_above_it_positive() -> None:
    said = placed(PYRAMID, told(s_2_0_0="positive"))
    assert said[1].below[0]
    assert said[0].below[0]
    assert said[0].sign[0] == 1
    assert not conflicts(PYRAMID, said)


def test_a_positive_chip_in_a_negative_one_is_told_and_neither_teaches() -> None:
    said = placed(PYRAMID, told(s_0_0_0="negative", s_2_0_0="positive"))
    [found] = conflicts(PYRAMID, said)
    assert (found.kind, found.level, found.parent, found.children) == ("child-of-negative", 0, 0, (0,))
    assert said[0].sign[0] == 0
    assert said[1].sign[0] == 0
    assert said[2].sign[0] == 0
    assert not decide(np.ones(4, bool), said[0], None).rejected[0]  # nothing that somebody found is lost


def test_a_positive_chip_without_a_child_left_is_told() -> None:
    no = {f"s_1_{r}_{c}": ("negative", True) for r in (0, 1) for c in (0, 1)}
    said = placed(PYRAMID, told(s_0_0_0="positive") | no)
    [found] = conflicts(PYRAMID, said)
    assert (found.kind, found.parent, len(found.children)) == ("no-child-left", 0, 4)
    assert said[0].sign[0] == 0
    assert not said[1].sign.any()
    three = dict(list(no.items())[:3])
    assert not conflicts(PYRAMID, placed(PYRAMID, told(s_0_0_0="positive") | three))


def test_what_was_removed_from_training_stays_an_answer_and_teaches_nothing() -> None:
    said = placed(PYRAMID, {"s_0_0_0": ("positive", False), "s_0_0_1": ("negative", True)})
    assert said[0].sign.tolist() == [0, -1, 0, 0]
    walked = decide(np.ones(4, bool), said[0], None)
    assert walked.rejected.tolist() == [False, True, False, False]
    assert walked.decision[2] == UNDECIDED


def test_answers_stand_above_the_threshold() -> None:
    said = placed(PYRAMID, told(s_0_0_0="positive", s_0_0_1="negative"))
    walked = decide(np.ones(4, bool), said[0], np.array([True, False, True, False]))
    assert walked.rejected.tolist() == [False, True, True, False]
    nothing = np.array([True, False, False, True])  # without data: rejected, but for what people found there
    assert decide(np.ones(4, bool), said[0], None, nothing).rejected.tolist() == [False, True, False, True]
    below = candidates(PYRAMID, said, 1, walked)
    assert below.sum() == 8
    assert walk(PYRAMID, RECORD, said) == {}


def test_chips_of_other_scenes_and_levels_say_nothing_here() -> None:
    said = placed(PYRAMID, told(other_0_0_0="positive", s_0_9_9="positive", nonsense="positive"))
    assert not any(s.value.any() for s in said.values())
