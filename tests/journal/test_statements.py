"""Answers that take an answer away, training and attributes: what is current, undone, redone, derived anew."""

from __future__ import annotations

import pytest

from groundset.core import Origin, Scheme, SchemeClass
from groundset.journal import Journal, NewEvent, answer, answers, attribute, training, work
from groundset.journal.answers import Answer, resolve
from groundset.taxonomy import WATER

LAND = Scheme("land", tuple(SchemeClass(i, n, n, "#00000" + str(i)) for i, n in enumerate(("water", "forest", "crop"))))
CHIP = "s_0_0_0"


def say(journal: Journal, actor: str, payload: dict[str, object], kind: str = "answer", chip: str = CHIP) -> str:
    task = None if kind == "attribute" else "chips"
    (done,) = journal.append([NewEvent(kind, task, chip, payload)], actor=actor)
    assert done.status == "created", done.error
    return done.id


def label(journal: Journal, scheme: Scheme = LAND, *, multi: bool = False) -> Answer | None:
    events = journal.current("chips", kind="answer", chip_ids=[CHIP])
    before = resolve(events, scheme, multi=multi)
    journal.rebuild()
    assert resolve(journal.current("chips", kind="answer", chip_ids=[CHIP]), scheme, multi=multi) == before
    return before


def test_unlabelled_takes_a_class_away_and_its_undo_brings_it_back(journal: Journal) -> None:
    say(journal, "anna", answer(1))
    taken = say(journal, "anna", answer(1, "unlabelled"))
    assert label(journal) is None
    assert journal.count("chips") == 0
    journal.undo(taken, actor="anna")
    assert label(journal).classes == (1,)  # type: ignore[union-attr]
    assert journal.count("chips") == 1


def test_of_several_classes_one_is_taken_away(journal: Journal) -> None:
    say(journal, "anna", answers([0, 1]))
    say(journal, "bela", answer(1, "unlabelled"))
    told = label(journal, multi=True)
    assert told is not None
    assert (told.classes, told.negative) == ((0,), (2,))
    say(journal, "anna", answer(1, "negative"))
    assert label(journal, multi=True).negative == (1, 2)  # type: ignore[union-attr]


def test_of_one_class_a_chip_the_label_is_taken_away_whatever_was_said_before(journal: Journal) -> None:
    """A correction, then away with it: the chip does not fall back to what was corrected."""
    say(journal, "anna", answer(0))
    say(journal, "anna", answer(2, "negative"))
    say(journal, "anna", answer(1))
    say(journal, "anna", answer(1, "unlabelled"))
    told = label(journal)
    assert told is not None
    assert (told.classes, told.negative) == ((), (2,))
    say(journal, "anna", answers([0]))
    say(journal, "anna", answer(0, "unlabelled"))
    assert label(journal) is None, "what the list implied goes with it"


def test_of_two_classes_not_the_one_is_the_other(journal: Journal) -> None:
    say(journal, "anna", answer(1, "negative"))
    told = label(journal, WATER)
    assert told is not None
    assert (told.classes, told.negative, told.teaches, told.teaches_not) == ((0,), (1,), (0,), (1,))
    assert label(journal, LAND).classes == ()  # type: ignore[union-attr]  # of three, two are left
    assert label(journal, WATER, multi=True).classes == ()  # type: ignore[union-attr]
    say(journal, "bela", answer(0, "negative"))
    assert label(journal, WATER).classes == ()  # type: ignore[union-attr]  # they contradict each other
    say(journal, "carl", answer(1))
    assert label(journal, WATER).classes == (1,)  # type: ignore[union-attr]


def test_later_and_stronger_answers_stay(journal: Journal) -> None:
    say(journal, "anna", answer(1, "unlabelled"))
    say(journal, "model:m", answer(1, origin=Origin.MODEL, confidence=0.75))
    told = label(journal)
    assert told is not None
    assert (told.classes, told.confidence, told.teaches) == ((1,), 0.75, ())
    say(journal, "anna", answer(2))
    say(journal, "model:m", answer(2, "unlabelled", origin=Origin.MODEL))
    told = label(journal)
    assert told is not None
    assert (told.classes, told.confidence, told.teaches) == ((2,), None, (2,))


def test_unsure_of_one_of_several_classes_leaves_the_others(journal: Journal) -> None:
    say(journal, "anna", answer(0))
    say(journal, "anna", answer(1, "unsure", reason="haze"))
    say(journal, "anna", answer(2, "negative"))
    told = label(journal, multi=True)
    assert told is not None
    assert (told.classes, told.unsure, told.negative, told.reason) == ((0,), (1,), (2,), None)
    assert (told.teaches, told.teaches_not) == ((0,), (2,))
    alone = label(journal)
    assert alone is not None
    assert (alone.classes, alone.not_applicable, alone.reason) == ((), True, "haze")
    assert (alone.teaches, alone.teaches_not) == ((), ())


def test_the_class_for_what_cannot_be_answered_speaks_of_the_whole_chip(journal: Journal) -> None:
    say(journal, "anna", answer(1))
    say(journal, "anna", answer(2))
    told = label(journal, WATER, multi=True)
    assert told is not None
    assert (told.classes, told.not_applicable) == ((), True)


def test_training_and_attributes_the_latest_wins_whoever_said_it(journal: Journal) -> None:
    say(journal, "anna", training(use=False), "training")
    back = say(journal, "bela", training(use=True), "training")
    assert [e.payload["use"] for e in journal.current("chips", kind="training")] == [False, True]
    journal.undo(back, actor="bela")
    assert [e.payload["use"] for e in journal.current("chips", kind="training")] == [False]
    assert journal.count("chips") == 0, "whether it trains is no answer"
    assert journal.current("chips") == []

    say(journal, "anna", attribute("cloudy", True), "attribute")
    say(journal, "anna", attribute("phase", "day"), "attribute")
    say(journal, "bela", attribute("cloudy", False), "attribute")
    head = journal.head()
    gone = say(journal, "anna", attribute("phase", None), "attribute")
    assert journal.attributes() == {CHIP: {"cloudy": False}}
    assert journal.attributes(as_of=head) == {CHIP: {"cloudy": False, "phase": "day"}}
    journal.undo(gone, actor="anna")
    journal.rebuild()
    assert journal.attributes([CHIP]) == {CHIP: {"cloudy": False, "phase": "day"}}
    assert journal.touched(head) == {("", CHIP)}


def test_an_act_of_many_attributes_is_undone_at_once(journal: Journal) -> None:
    members = [NewEvent("attribute", None, f"s_0_0_{i}", attribute("roadworks", True)) for i in range(5)]
    act = journal.append_bulk(members, actor="anna")
    assert len(journal.attributes()) == 5
    undone = journal.undo(act.id, actor="anna")
    assert journal.attributes() == {}
    journal.undo(undone.id, actor="anna")
    assert len(journal.attributes()) == 5


@pytest.mark.parametrize(
    ("kind", "task", "payload", "word"),
    [
        ("answer", "chips", {"class": 1, "value": "positive", "confidence": 1.5}, "confidence"),
        ("answer", "chips", {"class": 1, "value": "gone"}, "unlabelled"),
        ("training", "chips", {"use": 1}, "true or false"),
        ("training", None, {"use": True}, "needs a task"),
        ("attribute", "chips", {"name": "cloudy", "value": True}, "whatever the task"),
        ("attribute", None, {"name": "Cloudy", "value": True}, "name"),
        ("attribute", None, {"name": "cloudy"}, "value"),
        ("attribute", None, {"name": "cloudy", "value": [1]}, "value"),
        ("attribute", None, {"name": "cloudy", "value": "x" * 1001}, "1000"),
        ("attribute", None, {"name": "cloudy", "value": float("nan")}, "JSON"),
    ],
)
def test_what_has_no_form_is_refused(
    journal: Journal, kind: str, task: str | None, payload: dict[str, object], word: str
) -> None:
    (refused,) = journal.append([NewEvent(kind, task, CHIP, payload)], actor="anna")
    assert refused.status == "refused"
    assert word in str(refused.error)


def outline(layer: str, *features: dict[str, object]) -> dict[str, object]:
    return {"type": "FeatureCollection", "coordinates": "pixel", "layer": layer, "features": list(features)}


def test_outlines_stand_one_by_one_and_one_removed_is_no_more(journal: Journal) -> None:
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"class": 1}}
    say(journal, "anna", outline("a", point), "shapes")
    say(journal, "anna", outline("b", point), "shapes")
    moved = say(journal, "anna", outline("a", point, point), "shapes")
    standing = [(e.payload["layer"], len(e.payload["features"])) for e in journal.current("chips", kind="shapes")]
    assert standing == [("b", 1), ("a", 2)]
    journal.undo(moved, actor="anna")
    say(journal, "anna", outline("a"), "shapes")
    assert journal.count("chips") == 1
    gone = say(journal, "anna", outline("b"), "shapes")
    assert journal.count("chips") == 0
    said = derived = [e.seq for e in journal.current("chips")]
    journal.rebuild()
    assert [e.seq for e in journal.current("chips")] == said == derived
    journal.undo(gone, actor="anna")
    assert journal.count("chips") == 1


def test_that_there_is_nothing_to_outline_is_an_answer(journal: Journal) -> None:
    say(journal, "anna", {"type": "FeatureCollection", "coordinates": "pixel", "features": []}, "shapes")
    assert journal.count("chips") == 1


def test_of_work_the_latest_of_each_actor_stands_and_it_is_no_answer(journal: Journal) -> None:
    say(journal, "anna", work("incomplete", note="half of it"), "work")
    say(journal, "ben", work("complete"), "work")
    last = say(journal, "anna", work("complete", difficulty=2), "work")
    told = {e.actor: e.payload for e in journal.current("chips", kind="work", chip_ids=[CHIP])}
    assert told == {"anna": {"state": "complete", "difficulty": 2}, "ben": {"state": "complete"}}
    assert (journal.count("chips"), journal.current("chips")) == (0, [])
    journal.undo(last, actor="anna")
    assert journal.current("chips", kind="work", actor="anna")[0].payload["note"] == "half of it"
    assert ("chips", CHIP) in journal.touched(0)
