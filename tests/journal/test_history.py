"""Undo and redo without limit: from the journal, whoever reads it and whenever."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundset.journal import Journal, NewEvent, answer, attribute, new_id
from groundset.journal.history import History


def said(chip: int, task: str | None = "chips") -> NewEvent:
    if task is None:
        return NewEvent("attribute", None, f"s_0_0_{chip}", attribute("cloudy", True))
    return NewEvent("answer", task, f"s_0_0_{chip}", answer(1))


def undo_ids(journal: Journal, actor: str = "anna", task: str | None = None) -> list[str]:
    return list(journal.history(actor).stacks(task).undo)


def redo_ids(journal: Journal, actor: str = "anna", task: str | None = None) -> list[str]:
    return [by for _, by in journal.history(actor).stacks(task).redo.values()]


def test_back_and_forth_and_a_new_act_empties_the_redo_stack(journal: Journal) -> None:
    acts = [journal.append([said(i)], actor="anna")[0].id for i in range(3)]
    assert undo_ids(journal) == acts
    undos = [journal.undo(act, actor="anna").id for act in reversed(acts)]
    assert (undo_ids(journal), redo_ids(journal)) == ([], undos)
    journal.undo(undos[-1], actor="anna")
    assert (undo_ids(journal), redo_ids(journal)) == (acts[:1], undos[:2])
    again = journal.undo(acts[0], actor="anna")
    assert redo_ids(journal) == [*undos[:2], again.id]
    new = journal.append([said(7)], actor="anna")[0].id
    assert (undo_ids(journal), redo_ids(journal)) == ([new], [])


def test_an_act_of_many_is_one_and_grows(journal: Journal) -> None:
    bulk = NewEvent("bulk", "chips", id=new_id())
    member = {"task": "chips", "payload": answer(1), "bulk": bulk.id}
    journal.append([bulk, NewEvent("answer", chip_id="s_0_0_0", **member)], actor="anna")  # type: ignore[arg-type]
    history = journal.history("anna")
    history.members.update(journal.members([bulk.id]))
    assert list(history.stacks().undo) == [bulk.id]
    assert (history.members[bulk.id].chips, history.members[bulk.id].chip_id) == (1, "s_0_0_0")
    later = [NewEvent("answer", chip_id=f"s_0_0_{i}", **member) for i in (1, 2)]  # type: ignore[arg-type]
    journal.append(later, actor="anna")
    assert journal.history("anna", history).members == {}
    told = journal.members([bulk.id])[bulk.id]
    assert (told.events, told.chips, told.chip_id, told.kind) == (3, 3, None, "answer")
    assert told.payload is not None


def test_of_a_task_and_of_none(journal: Journal) -> None:
    a, b, c = (journal.append([said(0, task)], actor="anna")[0].id for task in ("chips", "land", None))
    assert undo_ids(journal, task="chips") == [a, c]
    assert undo_ids(journal, task="land") == [b, c]
    assert undo_ids(journal) == [a, b, c]


def test_what_others_take_back(journal: Journal) -> None:
    act = journal.append([said(0)], actor="anna")[0].id
    took = journal.undo(act, actor="rita").id
    assert (undo_ids(journal), redo_ids(journal)) == ([], [])
    assert (undo_ids(journal, "rita"), redo_ids(journal, "rita")) == ([took], [])
    (told,) = journal.history("rita").stacks("chips").undo.values()
    assert (told.kind, told.task, told.target) == ("undo", "chips", act)
    back = journal.undo(took, actor="rita").id
    assert undo_ids(journal) == [act]
    assert redo_ids(journal, "rita") == [back]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["do", "bulk", "undo", "redo"]), max_size=14), st.booleans())
def test_as_an_editor_keeps_them(journal: Journal, acts: list[str], steps: bool) -> None:
    """The same as two plain stacks, kept up step by step or read anew; what stands agrees with them."""
    actor = new_id()
    done: list[str] = []
    back: list[str] = []
    kept: History | None = None
    for what in acts:
        if what == "do":
            done, back = [*done, journal.append([said(1)], actor=actor)[0].id], []
        elif what == "bulk":
            done, back = [*done, journal.append_bulk([said(1), said(2)], actor=actor, id=new_id()).id], []
        elif what == "undo" and done:
            journal.undo(done[-1], actor=actor)
            back, done = [*back, done[-1]], done[:-1]
        elif what == "redo" and back:
            journal.undo(journal.history(actor).stacks().redo[back[-1]][1], actor=actor)
            done, back = [*done, back[-1]], back[:-1]
        if steps:
            kept = journal.history(actor, kept)
            assert (list(kept.stacks().undo), list(kept.stacks().redo)) == (done, back)
    stacks = journal.history(actor, kept).stacks("chips")
    assert (list(stacks.undo), list(stacks.redo)) == (done, back)
    seen = [e for e in journal.events(actor=actor) if e.bulk is None and e.kind != "undo"]
    assert {e.id for e in seen} - journal.undone(seen) == set(done)
