"""Several actors' batches in one transaction."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from groundset.core import InputError, ServiceError
from groundset.journal import Batch, Journal, NewEvent, answer, new_id


def said(i: int, **more: object) -> NewEvent:
    return NewEvent("answer", task="chips", chip_id=f"s_0_0_{i}", payload=answer(1), **more)  # type: ignore[arg-type]


def append(journal: Journal, *batches: Batch) -> list[list[tuple[str, int | None]]]:
    return [[(r.status, r.seq) for r in results] for results in journal.commit(journal.prepare(batches))]


def test_each_batch_has_its_own_answer_and_actor(journal: Journal) -> None:
    again = said(3)

    def odd_only(event: NewEvent) -> None:
        if str(event.chip_id).endswith("2"):
            raise InputError("there is no such chip")

    found = append(
        journal,
        Batch([said(1), said(2), again], "anna", odd_only),
        Batch([], "ben"),
        Batch([again, said(2)], "anna"),
        Batch([again], "ben"),
    )
    assert found == [
        [("created", 1), ("refused", None), ("created", 2)],
        [],
        [("known", 2), ("created", 3)],
        [("refused", None)],
    ]
    assert [(e.seq, e.actor) for e in journal.events()] == [(1, "anna"), (2, "anna"), (3, "anna")]
    assert len(journal.current("chips")) == 3


def test_batches_are_one_transaction(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    sa.event.listen(journal._db.engine, "commit", lambda _connection: commits.append(1))
    prepared = journal.prepare([Batch([said(i)], f"actor {i}") for i in range(20)])
    commits.clear()
    journal.commit(prepared)
    assert len(commits) == 1
    assert journal.head() == 20

    def fails(*_args: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, OSError("no space left on device"))

    monkeypatch.setattr("groundset.journal._write._make_current", fails)
    with pytest.raises(ServiceError):
        journal.commit(journal.prepare([Batch([said(50)], "anna"), Batch([said(51)], "ben")]))
    assert journal.head() == 20


def test_an_event_known_when_written_is_not_created_again(journal: Journal) -> None:
    """Two servers on one PostgreSQL may have prepared the same sending."""
    event = said(1)
    first, second = journal.prepare([Batch([event], "anna", lambda _: None)]), journal.prepare([Batch([event], "anna")])
    assert journal.commit(first)[0][0].status == "created"
    assert journal.commit(second)[0][0].status == "known"


def test_which_events_are_taken_back(journal: Journal) -> None:
    one, two = said(1), said(2)
    journal.append([one, two], actor="anna")
    act = journal.append_bulk([said(3), said(4)], actor="anna")
    undo = journal.undo(one.id, actor="anna")
    journal.undo(act.id, actor="anna")
    members = [m.id for m in act.members]
    assert journal.undone(list(journal.events())) == {one.id, act.id, *members}
    journal.undo(undo.id, actor="anna")
    assert journal.undone(list(journal.events())) == {act.id, *members, undo.id}


@pytest.mark.parametrize("payload", [{"text": "half \ud83d"}, {"text": "x", "more": {"\udc00": 1}}])
def test_half_a_character_is_refused(journal: Journal, payload: dict[str, object]) -> None:
    (result,) = journal.append([NewEvent("comment", payload=payload, id=new_id())], actor="anna")
    assert result.status == "refused"
    assert "half a character" in str(result.error)


def test_a_whole_character_is_kept(journal: Journal) -> None:
    journal.append([NewEvent("comment", payload={"text": "flood \U0001f30a"})], actor="anna")
    assert next(journal.events()).payload == {"text": "flood \U0001f30a"}


def test_a_payload_nested_too_deep_is_refused(journal: Journal) -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    (result,) = journal.append([NewEvent("comment", payload={"text": "x", "more": deep})], actor="anna")
    assert result.status == "refused"
    while isinstance(deep, list):  # freed step by step
        deep = deep.pop()
