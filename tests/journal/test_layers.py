"""What can be taken back and brought back of one layer; and rows that are taken only on what they were made from."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundset.journal import Batch, Journal, NewEvent, mask_payload, new_id, work
from groundset.journal.batches import MOVED

CHIP = "s_0_0_0"


def stroke(i: int = 0, layer: str = "page", chip: str = CHIP, bulk: str | None = None) -> NewEvent:
    payload = mask_payload(f"{i:064x}", layer=layer, tool="brush", seconds=0.5)
    return NewEvent("mask", "pixels", chip, payload, bulk=bulk)


def stacks(journal: Journal, actor: str = "anna", layer: str = "page") -> tuple[list[str], list[str]]:
    """Ids of what stands and of what was taken back, oldest first."""
    told = journal.layer("pixels", CHIP, actor, layer)
    return [one.id for one in reversed(told.undo)], [one.id for one, _ in reversed(told.redo)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["draw", "bulk", "undo", "redo", "elsewhere"]), max_size=12))
def test_two_plain_stacks(journal: Journal, acts: list[str]) -> None:
    actor = new_id()
    done: list[str] = []
    back: list[str] = []
    for what in acts:
        if what == "draw":
            done, back = [*done, journal.append([stroke()], actor=actor)[0].id], []
        elif what == "bulk":
            act = journal.append_bulk([stroke(1), stroke(2), stroke(3, chip="s_0_0_1")], actor=actor, id=new_id())
            done, back = [*done, act.id], []
        elif what == "elsewhere":
            journal.append([stroke(layer="other"), stroke(chip="s_0_0_1")], actor=actor)
            journal.append([stroke()], actor="somebody else")
        elif what == "undo" and done:
            journal.undo(done[-1], actor=actor)
            back, done = [*back, done[-1]], done[:-1]
        elif what == "redo" and back:
            by = {one.id: by for one, by in journal.layer("pixels", CHIP, actor, "page").redo}
            journal.undo(by[back[-1]], actor=actor)
            done, back = [*done, back[-1]], back[:-1]
        assert stacks(journal, actor) == (done, back)
    derived = [e.seq for e in journal.current("pixels", actor=actor)]
    journal.rebuild()
    assert [e.seq for e in journal.current("pixels", actor=actor)] == derived


def test_what_a_layer_tells_of_its_strokes(journal: Journal) -> None:
    one = journal.append([stroke(1)], actor="anna")[0].id
    act = journal.append_bulk([stroke(2), stroke(3)], actor="anna")
    put = journal.append([NewEvent("mask", "pixels", CHIP, mask_payload("f" * 64, layer="page"))], actor="anna")[0].id
    told = journal.layer("pixels", CHIP, "anna", "page")
    assert [(d.id, d.tool, d.seconds, d.strokes) for d in told.undo] == [
        (put, None, None, 1), (act.id, "brush", 1.0, 2), (one, "brush", 0.5, 1),
    ]  # fmt: skip
    journal.undo(put, actor="anna")
    assert journal.layer("pixels", CHIP, "anna", "page").seconds == 1.5
    journal.append([NewEvent("work", "pixels", CHIP, work("complete", seconds=12.5))], actor="anna")
    journal.append([NewEvent("work", "pixels", CHIP, work("complete", seconds=3))], actor="ben")
    assert journal.layer("pixels", CHIP, "anna", "page").seconds == 14.0


def test_a_member_of_an_act_taken_back_alone_comes_back(journal: Journal) -> None:
    act = journal.append_bulk([stroke(1), stroke(2, chip="s_0_0_1")], actor="anna")
    took = journal.undo(act.members[0].id, actor="anna").id
    assert stacks(journal) == ([], [act.id])
    journal.undo(took, actor="anna")
    assert stacks(journal) == ([act.id], [])


def test_what_a_reviewer_takes_back_is_not_the_actors_to_bring_back(journal: Journal) -> None:
    ids = [journal.append([stroke(i)], actor="anna")[0].id for i in range(2)]
    took = journal.undo(ids[1], actor="rita").id
    assert stacks(journal) == (ids[:1], [])
    journal.undo(took, actor="rita")
    assert stacks(journal) == (ids, [])


def test_a_row_is_taken_only_on_what_it_was_made_from(journal: Journal) -> None:
    def put(*new: NewEvent, on: dict[str, str | None]) -> list[str | None]:
        done = journal.commit(journal.prepare([Batch(new, "anna", on=on)]))[0]
        return [one.error or one.status for one in done]

    a, b, c, d = (stroke(i) for i in range(4))
    assert put(a, on={a.id: None}) == ["created"]
    assert put(b, on={b.id: None}) == [MOVED]
    assert put(b, c, on={b.id: a.id, c.id: b.id}) == ["created", "created"]
    assert put(b, on={b.id: a.id}) == ["known"], "what is there needs no place any more"
    journal.undo(c.id, actor="anna")
    assert put(d, on={d.id: c.id}) == [MOVED]
    other = stroke(9, layer="other")
    assert put(other, d, on={other.id: None, d.id: b.id}) == ["created", "created"]
    journal.append([stroke(5)], actor="ben")
    e = stroke(6)
    assert put(e, on={e.id: d.id}) == ["created"], "others' layers are others'"
