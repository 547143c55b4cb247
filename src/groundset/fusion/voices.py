"""What each scene says of the chips of another one, and what several scenes come to by a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundset.core import Scheme
from groundset.fusion.places import Meeting
from groundset.journal.answers import Answer

Rule = Literal["agree", "both", "first"]
Voice = dict[int, str]
"""What a scene says of a chip: ``positive`` or ``negative`` by class code; empty where it says nothing."""

HALF = 0.5
"""Share of a chip from which on what covers it speaks for it."""
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Met:
    """What the scenes come to on one chip.

    Args:
        said: What is written, by class code; of several positive classes the last one is the label of a task with one
            class a chip.
        differ: Whether they contradict each other.
        alone: Whether only some of them say something.
    """

    said: Voice
    differ: bool
    alone: bool


def voices(meeting: Meeting, answers: Sequence[Answer], targets: int, *, multi: bool) -> list[Voice]:
    """What the answers of a scene's chips say of the chips of another scene.

    A class is there (or not) where the chips that say so cover at least half of the target chip. In a task with one
    class a chip the class must also cover more than half of what is answered. Chips that cannot be answered (cloud,
    unsure) say nothing: another sensor may see what this one could not. Answers of models say nothing either.

    Args:
        meeting: Which chips overlap.
        answers: Of the source chips, in their order.
        targets: Number of target chips.
        multi: Whether a chip may have several classes.
    """
    shares: list[dict[tuple[int, str], float]] = [{} for _ in range(targets)]
    pairs = zip(meeting.target.tolist(), meeting.source.tolist(), meeting.share.tolist(), strict=True)
    for at, of, share in pairs:
        here = shares[at]
        for code, value in _statements(answers[of]):
            here[code, value] = here.get((code, value), 0.0) + share
    return [_voice(here, multi=multi) for here in shares]


def meet(said: Sequence[Voice], rule: Rule, *, multi: bool) -> Met:
    """What several scenes come to on one chip.

    Args:
        said: What each says, in the order in which they were named.
        rule: ``agree`` keeps what all of them say; ``first`` what the first one says that says anything; ``both`` all
            of it, what is there before what is not.
        multi: Whether a chip may have several classes.
    """
    there = [v for v in said if v]
    differ = any(_contradict(a, b, multi=multi) for i, a in enumerate(there) for b in there[i + 1 :])
    alone = 0 < len(there) < len(said)
    if not there:
        return Met({}, differ=False, alone=False)
    if rule == "first":
        return Met(dict(there[0]), differ, alone)
    if rule == "both":
        return Met(_all(there), differ, alone)
    if alone or (differ and not multi):
        return Met({}, differ, alone)
    shared = {code: value for code, value in there[0].items() if all(v.get(code) == value for v in there[1:])}
    return Met(shared, differ, alone or not (shared or differ))


def words(voice: Mapping[int, str], scheme: Scheme) -> str:
    """A voice for people: ``water``, ``not forest``, ``-`` for nothing."""
    names = {c.code: c.name for c in scheme}
    told = [names[c] for c, v in voice.items() if v == "positive"]
    told = told or [f"not {names[c]}" for c in voice]
    return ", ".join(told) or "-"


def _statements(answer: Answer) -> list[tuple[int, str]]:
    """What an answer says that people stand behind."""
    positive = [(code, "positive") for code in answer.teaches]
    return positive + [(code, "negative") for code in answer.teaches_not if code not in answer.teaches]


def _voice(shares: Mapping[tuple[int, str], float], *, multi: bool) -> Voice:
    out: Voice = {}
    positive = {code: share for (code, value), share in shares.items() if value == "positive"}
    if multi:
        out |= {code: "positive" for code, share in positive.items() if share >= HALF - _SLACK}
    elif positive:
        code = max(positive, key=lambda c: positive[c])
        if sum(positive.values()) >= HALF - _SLACK and positive[code] > HALF * sum(positive.values()) + _SLACK:
            out[code] = "positive"
    for (code, value), share in shares.items():
        if value == "negative" and share >= HALF - _SLACK:
            if out.get(code) == "positive":  # as much of the chip has it as has not
                del out[code]
            else:
                out[code] = "negative"
    return out


def _contradict(a: Voice, b: Voice, *, multi: bool) -> bool:
    if any(b.get(code, value) != value for code, value in a.items()):
        return True
    mine, theirs = ({c for c, v in voice.items() if v == "positive"} for voice in (a, b))
    return not multi and bool(mine) and bool(theirs) and mine != theirs


def _all(there: Sequence[Voice]) -> Voice:
    """All that is said: what one says is there is there, whatever others say. What the first scene says comes last."""
    out: Voice = {}
    for voice in reversed(there):
        for code, value in voice.items():
            kept = "positive" if out.pop(code, value) == "positive" else value
            out[code] = kept
    return out
