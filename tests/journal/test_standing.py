from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundset.journal import Journal, NewEvent, answer, answers, mask_payload, new_id


def said(chip: str, code: int, task: str = "chips") -> NewEvent:
    return NewEvent("answer", task, chip, answer(code))


def told(journal: Journal, task: str = "chips") -> dict[int, tuple[str, str, str, dict[str, object]]]:
    return {s.seq: (s.actor, s.kind, s.chip_id, json.loads(s.payload)) for s in journal.standing(task)}


def test_standing_says_what_current_says(journal: Journal) -> None:
    first = said("a", 1)
    journal.append([first, said("b", 2), NewEvent("answer", "chips", "b", answers([3])), said("c", 1)], actor="anna")
    journal.append([said("a", 2), NewEvent("mask", "pixels", "a", mask_payload("ab" * 32))], actor="bela")
    journal.undo(first.id, actor="anna")
    for task in ("chips", "pixels", "none"):
        wanted = {e.seq: (e.actor, e.kind, e.chip_id, e.payload) for e in journal.current(task)}
        assert told(journal, task) == wanted
    (one,) = journal.standing("chips", ["a"])
    (event,) = journal.current("chips", chip_ids=["a"])
    assert (one.seq, one.at) == (event.seq, event.as_json()["at"])
    assert journal.standing("chips", []) == []


def test_touched_follows_undos_down_to_the_answers(journal: Journal) -> None:
    one, two = said("a", 1), said("b", 1)
    journal.append([one, two], actor="anna")
    bulk = journal.append_bulk([said("c", 1), said("d", 1, "other")], actor="bela")
    head = journal.head()
    assert journal.touched(head) == set()
    undone = journal.undo(one.id, actor="anna")
    assert journal.touched(head) == {("chips", "a")}
    head = journal.head()
    journal.undo(undone.id, actor="anna")
    assert journal.touched(head) == {("chips", "a")}
    head = journal.head()
    journal.undo(bulk.id, actor="anna")
    journal.append([NewEvent("comment", payload={"text": "hm"})], actor="anna")
    assert journal.touched(head) == {("chips", "c"), ("other", "d")}
    assert journal.touched(0) == {("chips", "a"), ("chips", "b"), ("chips", "c"), ("other", "d")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.sampled_from(["say", "undo", "bulk"]))))
def test_what_changed_was_touched(journal: Journal, acts: list[tuple[str, int, str]]) -> None:
    ids = [new_id() for _ in acts]
    task = new_id()
    for own, (chip, code, how) in zip(ids, acts, strict=True):
        head, before = journal.head(), told(journal, task)
        if how == "undo":
            target = ids[code % len(ids)]
            journal.append([NewEvent("undo", undoes=target, id=own)], actor="anna")
        elif how == "bulk":
            journal.append_bulk([said(c, code, task) for c in "ab"], actor="anna", id=own)
        else:
            new = NewEvent("answer", task, chip, answer(code), id=own)
            journal.append([new], actor="anna")
        after = told(journal, task)
        both = [*before.items(), *after.items()]
        changed = {(task, what[2]) for seq, what in both if (seq in before) != (seq in after)}
        assert changed <= journal.touched(head)
