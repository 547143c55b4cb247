from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from groundset.chips import Chip
from groundset.core import ChipId, LabelMask, Origin, Scheme, SchemeClass, Window
from groundset.journal import Journal, MaskStore, NewEvent, TaskLabels, answer, answers, mask_payload, methods_of
from groundset.taxonomy import WATER

SHAPE = (2, 4)
BOX = GeoBox(SHAPE, Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32632")
CHIP = Chip(ChipId("s", 0, 0, 0), Window(0, 0, 4, 2), BOX)
U = 255
LAND = Scheme("land", tuple(SchemeClass(i, n, n, "#000000") for i, n in enumerate(["forest", "water", "urban"])))


@dataclass
class Desk:
    """Where answers are given and labels asked for."""

    journal: Journal
    masks: MaskStore

    def draw(
        self, row: list[int], origin: Origin, actor: str, confidence: int | None = None, layer: str = ""
    ) -> NewEvent:
        """A mask whose first row is ``row``; -1 leaves a pixel alone, 255 with the origin says unlabelled."""
        classes = np.full(SHAPE, U, np.uint8)
        origins = np.zeros(SHAPE, np.uint8)
        sure = np.full(SHAPE, U, np.uint8)
        for i, code in enumerate(row):
            if code >= 0:
                classes[0, i], origins[0, i] = code, origin
                sure[0, i] = U if confidence is None else confidence
        sha256 = self.masks.put(LabelMask(classes, origins, sure), BOX, WATER)
        event = NewEvent("mask", "pixels", str(CHIP.id), mask_payload(sha256, layer=layer))
        assert self.journal.append([event], actor=actor)[0].status == "created"
        return event

    def say(self, actor: str, *payloads: dict[str, object], task: str = "chips") -> None:
        self.journal.append([NewEvent("answer", task, str(CHIP.id), p) for p in payloads], actor=actor)

    def labels(self, reasons: npt.NDArray[np.uint8] | None = None, as_of: int | None = None) -> TaskLabels:
        callback = None if reasons is None else lambda _chip: reasons
        return TaskLabels(self.journal, self.masks, "pixels", WATER, reasons=callback, as_of=as_of)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Journal.open("sqlite:///journal.db", root=tmp_path) as journal:
        yield Desk(journal, MaskStore(tmp_path / "masks"))


def row(mask: LabelMask) -> tuple[list[int], list[int]]:
    return mask.classes[0].tolist(), mask.origin[0].tolist()


def flagged(*columns: int) -> npt.NDArray[np.uint8]:
    out = np.zeros(SHAPE, np.uint8)
    out[0, list(columns)] = 2
    return out


def test_people_win_over_the_model_whoever_came_last(desk: Desk) -> None:
    desk.draw([1, 1, -1, -1], Origin.HUMAN, "anna")
    desk.draw([0, 0, 0, 0], Origin.MODEL, "forest", confidence=80)
    mask = desk.labels().mask(CHIP)
    assert row(mask) == ([1, 1, 0, 0], [1, 1, 2, 2])
    assert mask.confidence[0].tolist() == [U, U, 80, 80]


def test_among_equals_the_latest_answer_wins(desk: Desk) -> None:
    desk.draw([1, 1, -1, -1], Origin.HUMAN, "anna")
    desk.draw([-1, 0, 0, -1], Origin.HUMAN, "bert")
    assert row(desk.labels().mask(CHIP)) == ([1, 0, 0, U], [1, 1, 1, 0])


def test_a_new_mask_of_one_actor_takes_the_place_of_the_old(desk: Desk) -> None:
    first = desk.draw([1, 1, 1, 1], Origin.HUMAN, "anna")
    second = desk.draw([-1, 0, -1, -1], Origin.HUMAN, "anna")
    labels = desk.labels()
    assert row(labels.mask(CHIP))[0] == [U, 0, U, U]
    desk.journal.undo(second.id, actor="anna")
    assert row(desk.labels().mask(CHIP))[0] == [1, 1, 1, 1]
    assert row(labels.mask(CHIP))[0] == [U, 0, U, U], "labels are of one moment"
    assert row(desk.labels(as_of=2).mask(CHIP))[0] == [U, 0, U, U]
    desk.journal.undo(first.id, actor="anna")
    assert desk.labels().chip_ids == ()


def test_an_act_restates_nothing_that_another_has_answered_since(desk: Desk) -> None:
    desk.draw([1, 1, -1, -1], Origin.HUMAN, "anna", layer="a")
    desk.draw([0, -1, -1, -1], Origin.HUMAN, "bert", layer="b")
    desk.draw([-1, -1, 2, -1], Origin.HUMAN, "anna", layer="c")
    assert row(desk.labels().mask(CHIP)) == ([0, 1, 2, U], [1, 1, 1, 0])
    assert desk.labels().actors(CHIP.id) == ("anna", "bert")


PIXELS = st.lists(st.sampled_from([-1, 0, 1, 2, 255]), min_size=4, max_size=4)
ORIGINS = st.sampled_from([Origin.HUMAN, Origin.IMPORT, Origin.MODEL])
ACTS = st.lists(st.tuples(PIXELS, ORIGINS, st.sampled_from(["anna", "bert"])), min_size=1, max_size=7)


@settings(max_examples=40, deadline=None)
@given(ACTS, st.data())
def test_undoing_any_acts_leaves_the_label_of_the_others(
    acts: list[tuple[list[int], Origin, str]], data: st.DataObject
) -> None:
    """Whatever is undone, in any order: the label is that of a journal in which these were never said."""
    gone = data.draw(st.lists(st.sampled_from(range(len(acts))), unique=True))
    with tempfile.TemporaryDirectory() as folder, Journal.open("sqlite:///journal.db", root=Path(folder)) as journal:
        desk = Desk(journal, MaskStore(Path(folder) / "masks"))
        events = [desk.draw(codes, origin, actor, layer=str(i)) for i, (codes, origin, actor) in enumerate(acts)]
        head = journal.head()
        before = row(desk.labels().mask(CHIP))
        for i in gone:
            journal.undo(events[i].id, actor="anna")
        rank = {Origin.NONE: 0, Origin.MODEL: 1, Origin.IMPORT: 2, Origin.HUMAN: 3}
        wanted = [(U, Origin.NONE)] * 4
        for codes, origin, _ in (act for i, act in enumerate(acts) if i not in gone):
            for k, code in enumerate(codes):
                if code >= 0 and rank[origin] >= rank[wanted[k][1]]:
                    wanted[k] = (code, origin)
        assert row(desk.labels().mask(CHIP)) == ([c for c, _ in wanted], [int(o) for _, o in wanted])
        assert row(desk.labels(as_of=head).mask(CHIP)) == before


def test_product_flags_hide_models_and_regions_but_not_people(desk: Desk) -> None:
    desk.draw([0, 0, 0, 0], Origin.MODEL, "forest")
    desk.draw([-1, 1, -1, -1], Origin.HUMAN, "anna")
    desk.draw([-1, -1, 1, -1], Origin.REGION, "regions")
    mask = desk.labels(flagged(0, 1, 2)).mask(CHIP)
    assert row(mask) == ([2, 1, 2, 0], [6, 1, 6, 2])
    assert row(desk.labels(flagged(0, 1, 2)).mask(CHIP, flags=False)) == ([0, 1, 1, 0], [2, 1, 3, 2])


def test_a_person_can_overrule_a_flag_to_unlabelled(desk: Desk) -> None:
    desk.draw([255, -1, -1, -1], Origin.HUMAN, "anna")
    mask = desk.labels(flagged(0, 1)).mask(CHIP)
    assert row(mask) == ([U, 2, U, U], [1, 6, 0, 0])


def test_without_a_not_applicable_class_flagged_pixels_are_unlabelled(desk: Desk) -> None:
    desk.draw([1, 1, -1, -1], Origin.MODEL, "forest")
    labels = TaskLabels(desk.journal, desk.masks, "pixels", LAND, reasons=lambda _chip: flagged(0))
    assert row(labels.mask(CHIP)) == ([U, 1, U, U], [6, 2, 0, 0])


def test_only_people_imports_consensus_and_regions_train(desk: Desk) -> None:
    desk.draw([0, 0, 0, 0], Origin.MODEL, "forest")
    desk.draw([1, -1, -1, -1], Origin.HUMAN, "anna")
    desk.draw([-1, 1, -1, -1], Origin.IMPORT, "file")
    desk.draw([-1, -1, 255, -1], Origin.CONSENSUS, "board")
    mask = desk.labels(flagged(3)).training_mask(CHIP)
    assert row(mask) == ([1, 1, U, U], [1, 4, 0, 0])


@pytest.mark.parametrize(
    ("drawn", "methods"),
    [
        ([(Origin.HUMAN, [1, 1, 1, 1])], ("manual",)),
        ([(Origin.IMPORT, [1, -1, -1, -1])], ("manual",)),
        ([(Origin.REGION, [1, -1, -1, -1])], ("manual",)),  # named by a person: no confidence
        ([(Origin.MODEL, [1, 1, 1, 1]), (Origin.REGION, [0, -1, -1, -1])], ("manual", "automated")),
        ([(Origin.MODEL, [1, 1, 1, 1])], ("automated",)),
        ([(Origin.MODEL, [1, 1, 1, 1]), (Origin.HUMAN, [0, -1, -1, -1])], ("manual", "automated")),
        ([(Origin.MODEL, [1, 1, 1, 1]), (Origin.HUMAN, [0, 0, 0, 0])], ("manual",)),
        ([], ("automated",)),
    ],
)
def test_methods_are_told_truly(desk: Desk, drawn: list[tuple[Origin, list[int]]], methods: tuple[str, ...]) -> None:
    for origin, codes in drawn:
        desk.draw(codes, origin, origin.name)
    assert desk.labels().methods(CHIP) == methods


def test_a_region_whose_class_is_a_models_is_nobodys() -> None:
    classes = np.ones((2, 2), np.uint8)
    assert methods_of(LabelMask.of(classes, Origin.REGION, np.full((2, 2), 80, np.uint8))) == ("automated",)
    assert methods_of(LabelMask.of(np.full((2, 2), U, np.uint8), Origin.REGION)) == ("automated",)  # wiped


def test_who_answered_and_what_they_said(desk: Desk) -> None:
    desk.draw([1, 1, 1, 1], Origin.HUMAN, "bert")
    desk.draw([1, 1, 1, 1], Origin.HUMAN, "anna")
    labels = desk.labels()
    assert labels.chip_ids == ("s_0_0_0",)
    assert labels.actors(CHIP.id) == labels.actors("s_0_0_0") == ("anna", "bert")
    assert [e.actor for e in labels.events(CHIP.id)] == ["bert", "anna"]
    assert labels.actors("s_0_0_1") == ()
    assert labels.answer("s_0_0_1") is None
    assert not labels.reasons(CHIP).any()


def resolved(desk: Desk, scheme: Scheme = WATER, *, multi: bool = False) -> tuple[object, ...]:
    found = TaskLabels(desk.journal, desk.masks, "chips", scheme, multi=multi).answer(CHIP.id)
    assert found is not None
    return found.classes, found.negative, found.not_applicable, found.reason


def test_the_latest_positive_answer_is_the_class(desk: Desk) -> None:
    desk.say("anna", answer(1), answer(0))
    assert resolved(desk) == ((0,), (), False, None)
    desk.say("bert", answer(0, "negative"))
    assert resolved(desk) == ((1,), (0,), False, None)


def test_people_win_over_the_model_in_answers_too(desk: Desk) -> None:
    desk.say("anna", answer(1))
    desk.say("forest", answer(0, origin=Origin.MODEL), answer(1, "negative", origin=Origin.MODEL))
    assert resolved(desk) == ((1,), (), False, None)


def test_several_classes_where_the_task_allows_them(desk: Desk) -> None:
    desk.say("anna", answers([0, 1]), answer(2))
    assert resolved(desk, LAND, multi=True) == ((0, 1, 2), (), False, None)
    desk.say("bert", answers([2]))
    assert resolved(desk, LAND, multi=True) == ((2,), (0, 1), False, None)


def test_what_cannot_be_answered_is_not_a_class(desk: Desk) -> None:
    desk.say("anna", answer(1, "not-applicable", reason="cloud"))
    assert resolved(desk) == ((), (), True, "cloud")
    desk.say("anna", answer(1, "unsure"))
    assert resolved(desk) == ((), (), True, "unsure")
    desk.say("bert", answer(2))
    assert resolved(desk) == ((), (), True, None)
    desk.say("cleo", answer(0))
    assert resolved(desk)[0] == (0,)
    desk.say("anna", answer(0, "negative"), answer(1, "negative"))
    desk.say("bert", answer(2, "negative"))
    assert resolved(desk) == ((), (0, 1, 2), False, None)
