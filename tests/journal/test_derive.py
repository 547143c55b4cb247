"""What is current, against a slow and simple reading of the rule."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.journal import Event, Journal, NewEvent, answer, answers, mask_payload
from groundset.journal.derive import undone_counts

CHIPS = st.sampled_from(["c0", "c1"])
ACTORS = st.sampled_from(["anna", "bert"])
SAY = st.tuples(st.just("say"), ACTORS, CHIPS, st.integers(0, 2), st.sampled_from(["positive", "negative"]))
LIST = st.tuples(st.just("list"), ACTORS, CHIPS, st.sets(st.integers(0, 2)))
BULK = st.tuples(st.just("bulk"), ACTORS, st.lists(st.tuples(CHIPS, st.integers(0, 2)), min_size=1, max_size=3))
MASK = st.tuples(st.just("mask"), ACTORS, CHIPS, st.sampled_from(["", "a", "a-layer-of-some-length"]))
UNDO = st.tuples(st.just("undo"), st.integers(0, 30))
STEPS = st.lists(st.one_of(SAY, LIST, BULK, MASK, UNDO), max_size=14)


def new(chip: str, payload: dict[str, object]) -> NewEvent:
    return NewEvent("answer", task="chips", chip_id=chip, payload=payload)


def play(journal: Journal, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    for step in steps:
        if step[0] == "say":
            journal.append([new(step[2], answer(step[3], step[4]))], actor=step[1])
        elif step[0] == "list":
            journal.append([new(step[2], answers(step[3]))], actor=step[1])
        elif step[0] == "mask":
            mask = NewEvent("mask", task="chips", chip_id=step[2], payload=mask_payload("ab" * 32, layer=step[3]))
            journal.append([mask], actor=step[1])
        elif step[0] == "bulk":
            journal.append_bulk([new(chip, answer(code)) for chip, code in step[2]], actor=step[1])
        else:
            events = list(journal.events())
            if events:
                journal.undo(events[step[1] % len(events)].id, actor="anna")


def slowly(events: list[Event]) -> list[int]:
    """The rule as the contract states it, with no thought of speed."""

    def active(event: Event) -> bool:
        taken_back = any(u.undoes == event.id and active(u) for u in events)
        act = [e for e in events if e.id == event.bulk]
        return not taken_back and all(active(a) for a in act)

    said = [e for e in events if e.kind in ("answer", "mask") and active(e)]
    out = []
    for event in said:
        alike = [e for e in said if (e.actor, e.chip_id, e.kind) == (event.actor, event.chip_id, event.kind)]
        later = [e for e in alike if e.seq > event.seq]
        if event.kind == "mask":
            if not any(e.payload.get("layer") == event.payload.get("layer") for e in later):
                out.append(event.seq)
            continue
        same = [e for e in later if "class" in e.payload and e.payload.get("class") == event.payload.get("class")]
        if not same and not any("classes" in e.payload for e in later):
            out.append(event.seq)
    return out


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_current_is_what_the_rule_says_now_and_as_of_any_event(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as folder, Journal.open("sqlite:///journal.db", root=Path(folder)) as journal:
        play(journal, steps)
        events = list(journal.events())
        now = [e.seq for e in journal.current("chips")]
        assert now == slowly(events)
        for n in range(len(events)):
            assert [e.seq for e in journal.current("chips", as_of=n)] == slowly(events[:n])
        journal.rebuild()
        assert [e.seq for e in journal.current("chips")] == now


def test_a_long_chain_of_undos() -> None:
    assert undone_counts([("b", "a"), ("c", "b"), ("d", "c")]) == {"c": 1, "a": 1}
    assert undone_counts([]) == {}


def test_undo_redo_undo_redo(journal: Journal) -> None:
    one = new("c0", answer(1))
    journal.append([one], actor="anna")
    target = one.id
    for n in range(12):
        undo = journal.undo(target, actor="anna")
        assert undo.status == "created"
        assert len(journal.current("chips")) == n % 2
        target = undo.id
