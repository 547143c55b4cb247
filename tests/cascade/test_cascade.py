"""A whole cascade on a scene: begun, answered, gone on with, taken back, deleted under one's feet, settled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cascadelake import cascade_lake, has

import groundset as gs
from groundset.cascade import Cascade, annotation
from groundset.cascade.settle import told
from groundset.core import ConflictError, GroundsetError, InputError, MissingError, Step, StoppedError
from groundset.workspace import Workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace at its start."""
    folder = tmp_path_factory.mktemp("cascade")
    cascade_lake(folder / "lake").close()
    return folder / "lake"


@pytest.fixture
def ws(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it."""
    import shutil

    shutil.copytree(made, tmp_path / "lake")
    with gs.open(tmp_path / "lake") as opened:
        yield opened


def answer_all(cascade: Cascade, n: int = 50) -> None:
    ids = cascade.suggest(n)
    yes = [chip for chip in ids if has(chip)]
    cascade.answer(yes).answer(sorted(set(ids) - set(yes)), "negative")


def test_finds_the_lakes_and_looks_at_little(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    assert ws.cascade("water").name == cascade.name == "water-lakes"
    for _ in range(3):
        answer_all(cascade)
        cascade.advance()
    state = cascade.state()
    assert state.record.done
    assert state.stuck is not None
    assert state.share_looked_at is not None
    assert state.share_looked_at < 0.5
    assert state.saved.chips == sum(level.cells - level.made for level in state.levels)
    assert state.saved.bytes > 0
    assert state.saved.seconds is not None
    [kept] = annotation(ws.lake, "lakes")
    fine = np.array([has(f"lakes_2_{r}_{c}") for r in range(24) for c in range(24)])
    found = np.zeros((24, 24), bool)
    found[kept.row, kept.col] = True
    assert (found.ravel() & fine).sum() / fine.sum() > 0.9
    assert kept.done
    assert kept.size == 16
    assert kept.person.any()
    assert not kept.person.all()
    made = {row["chip_id"] for row in ws.chips.to_pylist()}
    assert len(made) == sum(level.made for level in state.levels)
    table = cascade.cells()
    assert set(table.column("decision").to_pylist()) == {"kept", "rejected"}
    assert "looked at" in repr(cascade)
    with pytest.raises(ConflictError):
        cascade.advance()


def test_each_step_is_taken_back_and_brought_back(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    answer_all(cascade)
    cascade.choose(0.9)
    assert cascade.record.recall == 0.9
    before = cascade.state()
    cascade.advance()
    there = len(ws.chips)
    assert cascade.level == 1
    last = cascade.record.last
    cascade.back()
    assert (cascade.record, cascade.state().levels[0]) == (before.record, before.levels[0])
    assert len(ws.chips) == there  # chips stay, and are not made again
    undo = next(e for e in ws.lake.journal.events(kind="undo") if e.undoes == last)
    ws.lake.journal.undo(undo.id, actor="anna")
    assert cascade.level == 1
    assert cascade.make().chips == 0
    cascade.back()
    cascade.back()
    assert cascade.record.recall == 0.99
    assert cascade.back() is None
    assert ws.cascades() == []
    with pytest.raises(MissingError):
        cascade.state()


def test_what_chips_are_like_is_found_once_a_level(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    answer_all(cascade, 10)
    first = cascade.view()
    first.learned(0)
    answer_all(cascade, 5)
    second = cascade.view()
    second.learned(0)
    assert second is not first
    assert second.backgrounds[0][1] is first.backgrounds[0][1]


def test_another_class_begins_anew_and_steps_of_an_undone_one_do_not_count(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    first = cascade.record.last
    answer_all(cascade)
    cascade.advance()
    ws.cascade("non-water", actor="anna")
    assert {record.code for record in ws.cascades()} == {0, 1}
    assert {kept.code for kept in annotation(ws.lake, "lakes")} == {0, 1}
    ws.lake.journal.undo(first, actor="anna")
    assert [record.code for record in ws.cascades()] == [0]
    again = ws.cascade("water", actor="anna")
    assert again.level == 0
    assert again.state().answers[0] > 0


def test_a_level_that_was_deleted_is_told_and_made_again(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    answer_all(cascade)
    cascade.advance()
    many = cascade.state().levels[1].made
    for part in ws.lake.chips.batches("lakes", 1):
        ws.lake.chips.path(part).unlink()
    state = cascade.state()
    assert state.levels[1].missing == many
    assert any("deleted" in told for told in state.problems)
    with pytest.raises(ConflictError, match="make them first"):
        cascade.advance()
    assert cascade.make().chips == many
    assert cascade.state().stuck is None


def test_a_stopped_advance_is_gone_on_with(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    answer_all(cascade)

    def stop(_step: Step) -> None:
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        cascade.advance(progress=stop)
    assert cascade.level == 1
    assert cascade.make().chips + cascade.state().levels[1].made > 0
    assert cascade.state().levels[1].missing == 0


def test_contradictions_are_shown_and_settled_by_people_alone(ws: Workspace) -> None:
    cascade = ws.cascade("water", actor="anna")
    answer_all(cascade)
    cascade.advance()
    child = next(chip for chip in cascade.cells().column("chip_id").to_pylist() if has(chip))
    parent = f"lakes_0_{int(child.split('_')[2]) // 2}_{int(child.split('_')[3]) // 2}"
    cascade.answer(child).answer(parent, "negative")
    [conflict] = told(cascade.view(), cascade.title)
    assert conflict.parent == parent
    assert child in conflict.choices[1].events[0]["chip_id"]
    assert child in cascade.cells().column("chip_id").to_pylist()
    assert cascade.state().conflicts == 1
    for event in conflict.choices[0].events:
        cascade.answer(event["chip_id"], event["payload"]["value"])
    assert cascade.conflicts() == []


def test_refuses_what_cannot_be(ws: Workspace, tmp_path: Path) -> None:
    room = ws.cascade_room
    refusals: list[tuple[dict[str, object], type[GroundsetError], str]] = [
        ({"levels": 2}, InputError, "at least 3 levels"),
        ({"levels": 9}, InputError, "does not divide"),
        ({"recall": 1.5}, InputError, "recall"),
        ({"scenes": ["nowhere"]}, MissingError, "nowhere"),
        ({"task": "pixels"}, InputError, "classify"),
        ({"name": "../x"}, InputError, "name"),
    ]
    for options, kind, words in refusals:
        with pytest.raises(kind, match=words):
            room.start("water", actor="anna", **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="class"):
        room.start("not-applicable", actor="anna")
    with pytest.raises(MissingError):
        room.start("sheep", actor="anna")
    assert room.all() == []
    room.start("water", actor="anna", levels=4)
    assert ws.lake.config.grid.levels == 4  # the grid gets the level that it lacked
    with pytest.raises(ConflictError, match="open"):
        room.start("water", actor="bert")
    with pytest.raises(ConflictError, match="known yet"):
        room.advance(room.get(), actor="anna")
    with pytest.raises(MissingError, match="not come to"):
        ws.cascade("water").cells(2)


def test_chips_of_the_coarsest_level_may_be_gone_too(ws: Workspace) -> None:
    for part in ws.lake.chips.batches("lakes", 0):
        ws.lake.chips.path(part).unlink()
    cascade = ws.cascade("water", actor="anna")
    assert cascade.state().missing == 36
    assert cascade.suggest() == []
    assert cascade.make().chips == 36
    assert len(cascade.suggest(5)) == 5


def test_removed_from_training_and_answers_of_models_teach_nothing(ws: Workspace) -> None:
    from groundset.core import Origin
    from groundset.journal import NewEvent, answer, training

    cascade = ws.cascade("water", actor="anna")
    cascade.answer("lakes_0_1_1")
    ws.lake.annotate([NewEvent("answer", "chips", "lakes_0_0_5", answer(1, origin=Origin.MODEL))], actor="model:x")
    ws.lake.annotate([NewEvent("training", "chips", "lakes_0_1_1", training(use=False))], actor="anna")
    level = cascade.state().levels[0]
    assert (level.positive, level.removed) == (1, 1)
    assert not cascade.view().said[0].sign.any()
