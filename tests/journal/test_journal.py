from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from groundset.core import InputError
from groundset.journal import Appended, Event, Journal, NewEvent, answer, answers, mask_payload, new_id

SHA = "ab" * 32


def said(chip: str, code: int, value: str = "positive", **more: object) -> NewEvent:
    return NewEvent("answer", task="chips", chip_id=chip, payload=answer(code, value), **more)  # type: ignore[arg-type]


def seqs(events: list[Event]) -> list[int]:
    return [e.seq for e in events]


def statuses(results: list[Appended]) -> list[str]:
    return [r.status for r in results]


def test_what_is_appended_is_read_back(journal: Journal) -> None:
    at = datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    new = NewEvent("answer", task="chips", chip_id="s_0_0_0", payload=answer(1, reason="sünny\0"), at=at)
    assert journal.append([new], actor="anna") == [Appended(new.id, "created", 1)]
    (event,) = journal.events()
    assert event == Event(
        1, new.id, datetime(2026, 3, 1, 10, 30, tzinfo=UTC), "anna", "answer", "chips", "s_0_0_0",
        {"class": 1, "value": "positive", "reason": "sünny\0"},
    )  # fmt: skip
    assert event.as_json()["at"] == "2026-03-01T10:30:00.000000Z"
    assert journal.get(new.id) == event
    assert journal.get(new_id()) is None


def test_sent_again_is_known_and_changed_is_refused(journal: Journal) -> None:
    one = said("s_0_0_0", 1)
    first, second = journal.append([one], actor="anna"), journal.append([one, said("s_0_0_1", 1)], actor="anna")
    assert (statuses(first), statuses(second)) == (["created"], ["known", "created"])
    assert second[0].seq == first[0].seq
    other = NewEvent("answer", task="chips", chip_id="s_0_0_0", payload=answer(0), id=one.id)
    (refused,) = journal.append([other], actor="anna")
    assert refused.status == "refused"
    assert "another payload" in str(refused.error)
    assert "another actor" in str(journal.append([one], actor="bert")[0].error)
    assert journal.head() == 2


def test_ids_are_one_id_in_any_spelling(journal: Journal) -> None:
    one = uuid4()
    journal.append([said("c", 1, id=str(one).upper())], actor="anna")
    assert statuses(journal.append([said("c", 1, id=one.hex)], actor="anna")) == ["known"]
    assert "UUID" in str(journal.append([said("c", 1, id="1")], actor="anna")[0].error)


def test_the_same_id_twice_in_one_batch(journal: Journal) -> None:
    one = said("c", 1)
    changed = said("c", 2, id=one.id)
    assert statuses(journal.append([one, one, changed], actor="anna")) == ["created", "known", "refused"]
    assert journal.head() == 1


def test_refused_ones_do_not_keep_others_from_landing(journal: Journal) -> None:
    batch = [said("a", 1), said("b", 300), said("c", 1), NewEvent("dance"), said("d", 0)]
    results = journal.append(batch, actor="anna")
    assert statuses(results) == ["created", "refused", "created", "refused", "created"]
    assert [r.id for r in results] == [e.id for e in batch]
    assert [r.seq for r in results] == [1, None, 2, None, 3]


def test_check_refuses_new_events_only(journal: Journal) -> None:
    one, two = said("a", 1), said("b", 1)
    journal.append([one], actor="anna")

    def nobody(event: NewEvent) -> None:
        raise InputError("no such chip", asked=event.chip_id)

    results = journal.append([one, two], actor="anna", check=nobody)
    assert statuses(results) == ["known", "refused"]
    assert "no such chip. asked: b" in str(results[1].error)


@pytest.mark.parametrize("actor", ["", "a\0b", "x" * 300])
def test_an_actor_needs_a_name(journal: Journal, actor: str) -> None:
    assert "actor" in str(journal.append([said("a", 1)], actor=actor)[0].error)


def test_an_answer_counts_by_class(journal: Journal) -> None:
    """Positive water and negative forest are both current; the later word about one class supersedes the earlier."""
    journal.append([said("c", 1), said("c", 2, "negative"), said("c", 1, "unsure")], actor="anna")
    assert seqs(journal.current("chips")) == [2, 3]


def test_a_list_of_classes_supersedes_all_before_it(journal: Journal) -> None:
    batch = [said("c", 1), said("c", 2), NewEvent("answer", task="chips", chip_id="c", payload=answers([3]))]
    journal.append([*batch, said("c", 4), said("d", 1)], actor="anna")
    assert seqs(journal.current("chips")) == [3, 4, 5]
    journal.append([said("c", 1)], actor="bert")
    assert seqs(journal.current("chips")) == [3, 4, 5, 6]
    journal.undo(batch[2].id, actor="anna")
    assert seqs(journal.current("chips")) == [1, 2, 4, 5, 6]


def test_current_is_by_task_kind_actor_and_chip(journal: Journal) -> None:
    mask = NewEvent("mask", task="pixels", chip_id="c", payload=mask_payload(SHA))
    journal.append([said("c", 1), said("d", 1), mask], actor="anna")
    journal.append([said("c", 0)], actor="bert")
    assert seqs(journal.current("chips")) == [1, 2, 4]
    assert seqs(journal.current("chips", actor="bert")) == [4]
    assert seqs(journal.current("chips", chip_ids=["d", "e"])) == [2]
    assert seqs(journal.current("chips", chip_ids=[])) == []
    assert seqs(journal.current("pixels", kind="mask")) == [3]
    assert seqs(journal.current("pixels", kind="answer")) == []
    assert journal.count("chips") == 2


def masked(layer: str = "", sha256: str = SHA) -> NewEvent:
    return NewEvent("mask", task="pixels", chip_id="c", payload=mask_payload(sha256, layer=layer))


def test_masks_stand_side_by_side_in_layers_and_supersede_in_one(journal: Journal) -> None:
    one, two = new_id(), new_id()
    journal.append([masked(), masked(one), masked(two), masked(one), masked()], actor="anna")
    journal.append([masked(one)], actor="bert")
    assert seqs(journal.current("pixels")) == [3, 4, 5, 6]
    assert [seqs(journal.current("pixels", as_of=n)) for n in range(5)] == [[], [1], [1, 2], [1, 2, 3], [1, 3, 4]]
    assert seqs(journal.current("pixels", actor="anna", chip_ids=["c"], as_of=4)) == [1, 3, 4]
    assert journal.count("pixels") == 1
    journal.rebuild()
    assert seqs(journal.current("pixels")) == [3, 4, 5, 6]


def test_any_layer_is_undone_whatever_came_later(journal: Journal) -> None:
    acts = [masked("a"), masked("b"), masked("c")]
    journal.append(acts, actor="anna")
    bulk = journal.append_bulk([masked("d")], actor="anna")
    undo = journal.undo(acts[0].id, actor="anna")
    assert seqs(journal.current("pixels")) == [2, 3, 5]
    journal.undo(bulk.id, actor="anna")
    assert seqs(journal.current("pixels")) == [2, 3]
    journal.undo(acts[2].id, actor="anna")
    journal.undo(undo.id, actor="anna")
    assert seqs(journal.current("pixels")) == [1, 2]
    assert seqs(journal.current("pixels", as_of=7)) == [2, 3]
    journal.rebuild()
    assert seqs(journal.current("pixels")) == [1, 2]


def test_undo_is_an_event_and_undoing_it_is_a_redo(journal: Journal) -> None:
    first, second = said("c", 1), said("c", 1, "negative")
    journal.append([first, second], actor="anna")
    undo = journal.undo(second.id, actor="anna")
    assert seqs(journal.current("chips")) == [1]
    assert [e.kind for e in journal.events()] == ["answer", "answer", "undo"]
    journal.undo(undo.id, actor="anna")
    assert seqs(journal.current("chips")) == [2]
    assert [seqs(journal.current("chips", as_of=n)) for n in range(6)] == [[], [1], [2], [1], [2], [2]]


def test_undo_of_what_is_not_there_or_undone_is_refused(journal: Journal) -> None:
    one = said("c", 1)
    journal.append([one], actor="anna")
    assert "no event" in str(journal.undo(new_id(), actor="anna").error)
    journal.undo(one.id, actor="anna")
    assert "undone already" in str(journal.undo(one.id, actor="anna").error)


def test_undo_in_the_batch_that_says_it(journal: Journal) -> None:
    one, two = said("c", 1), said("c", 2)
    undo = NewEvent("undo", undoes=one.id)
    assert statuses(journal.append([one, two, undo], actor="anna")) == ["created"] * 3
    assert seqs(journal.current("chips")) == [2]
    assert statuses(journal.append([one, two, undo], actor="anna")) == ["known"] * 3


def test_a_bulk_act_is_undone_and_redone_as_one(journal: Journal) -> None:
    before = said("c3", 0)
    journal.append([before, said("c3", 1, "negative")], actor="anna")
    act = journal.append_bulk([said(f"c{i}", 1) for i in range(700)], actor="anna", payload={"what": "similar"})
    assert (act.status, {m.status for m in act.members}) == ("created", {"created"})
    assert len(journal.current("chips")) == 701
    event = journal.get(act.id)
    assert event is not None
    assert event.payload == {"count": 700, "what": "similar"}
    undo = journal.undo(act.id, actor="anna")
    assert seqs(journal.current("chips")) == [1, 2]
    journal.undo(undo.id, actor="anna")
    assert len(journal.current("chips")) == 701


def test_a_bulk_act_sent_again_is_known(journal: Journal) -> None:
    events = [said(f"c{i}", 1) for i in range(3)]
    first, again = journal.append_bulk(events, actor="anna"), journal.append_bulk(events, actor="anna")
    assert again.status == "known"
    assert {m.status for m in again.members} == {"known"}
    assert first.id == again.id
    assert journal.head() == 4


def test_a_bulk_act_without_a_good_member_is_not_written(journal: Journal) -> None:
    act = journal.append_bulk([said("c", 300)], actor="anna")
    assert act.status == "refused"
    assert "0 to 254" in str(act.error)
    assert journal.head() == 0
    act = journal.append_bulk([said("c", 300), said("d", 1)], actor="anna")
    assert (act.status, [m.status for m in act.members]) == ("created", ["refused", "created"])


def test_members_of_a_bulk_act_are_checked_once(journal: Journal) -> None:
    asked: list[str | None] = []

    def only_d(event: NewEvent) -> None:
        asked.append(event.chip_id)
        if event.chip_id != "d":
            raise InputError("no such chip", asked=event.chip_id)

    events = [said("c", 1), said("d", 1)]
    act = journal.append_bulk(events, actor="anna", check=only_d)
    assert (asked, [m.status for m in act.members]) == (["c", "d"], ["refused", "created"])
    assert "no such chip" in str(act.members[0].error)
    assert [m.status for m in journal.append_bulk(events, actor="anna", check=only_d).members] == ["refused", "known"]
    assert asked == ["c", "d", "c"]


def test_a_member_needs_its_bulk_event(journal: Journal) -> None:
    assert "no bulk event" in str(journal.append([said("c", 1, bulk=new_id())], actor="anna")[0].error)
    act = journal.append_bulk([said("c", 1)], actor="anna")
    assert "no bulk event" in str(journal.append([said("d", 1, bulk=act.id)], actor="bert")[0].error)
    journal.undo(act.id, actor="anna")
    assert "is undone" in str(journal.append([said("d", 1, bulk=act.id)], actor="anna")[0].error)


def test_an_undone_member_stays_undone_when_its_bulk_act_comes_back(journal: Journal) -> None:
    act = journal.append_bulk([said("c", 1), said("d", 1)], actor="anna")
    journal.undo(act.members[0].id, actor="anna")
    undo = journal.undo(act.id, actor="anna")
    assert journal.current("chips") == []
    journal.undo(undo.id, actor="anna")
    assert [e.chip_id for e in journal.current("chips")] == ["d"]


def test_events_are_filtered_and_paged(journal: Journal) -> None:
    journal.append([said(f"c{i % 7}", 1) for i in range(4500)], actor="anna")
    journal.append([NewEvent("comment", chip_id="c1", payload={"text": "look"})], actor="bert")
    assert len(list(journal.events())) == 4501
    assert [e.seq for e in journal.events(since=4499)] == [4500, 4501]
    assert [e.seq for e in journal.events(actor="bert")] == [4501]
    assert [e.seq for e in journal.events(chip_id="c0", limit=2)] == [1, 8]
    assert [e.kind for e in journal.events(kind="comment", task=None)] == ["comment"]
    assert list(journal.events(limit=0)) == []
    assert len(list(journal.events(limit=2500))) == 2500
    journal.append([NewEvent("comment", task="chips", payload={"text": "of all"})], actor="bert")
    assert [e.seq for e in journal.events(chipless=True)] == [4502]
    assert list(journal.events(kind="comment", task="pixels", chipless=True)) == []


def test_the_database_itself_refuses_to_change_events(journal: Journal) -> None:
    one = said("c", 1)
    journal.append([one], actor="anna")
    insert = "INSERT OR REPLACE INTO events (seq, id, at, actor, kind, payload) VALUES (1, 'x', '', '', '', '')"
    with_id = (
        f"INSERT OR REPLACE INTO events (seq, id, at, actor, kind, payload) VALUES (9, '{one.id}', '', '', '', '')"
    )
    postgres = ["TRUNCATE events", "TRUNCATE events CASCADE"]
    more = [insert, with_id] if journal._db.sqlite else postgres
    for statement in ["UPDATE events SET actor = 'x'", "DELETE FROM events", *more]:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), journal._db.engine.begin() as connection:
            connection.execute(sa.text(statement))
    assert [e.actor for e in journal.events()] == ["anna"]


def test_opened_again_everything_is_there(url: str, tmp_path: Path) -> None:
    with Journal.open(url, root=tmp_path) as journal:
        journal.append([said("c", 1)], actor="anna")
    with Journal.open(url, root=tmp_path) as journal:
        assert seqs(journal.current("chips")) == [1]
        assert journal.append([said("d", 1)], actor="anna")[0].seq == 2
