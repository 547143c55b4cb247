"""Answers about a place are kept with the chip of its first date."""

from __future__ import annotations

import pytest

import groundset as gs
from groundset.core import InputError
from groundset.journal import NewEvent, answer
from groundset.series import at_place

FIRST, SECOND = "boadella_2020-01-13", "boadella_2020-01-28"
HERE, THERE = f"{FIRST}_0_1_1", f"{SECOND}_0_1_1"


@pytest.fixture
def asked(ws: gs.Workspace) -> gs.Workspace:
    ws.add_series("boadella", [FIRST, SECOND])
    ws.add_task("changed", about="change")
    ws.add_task("wet", about="period", series="boadella")
    return ws


def test_answer_on_any_date_is_the_place_s(asked: gs.Workspace) -> None:
    report = asked.annotate([THERE, HERE], "water", task="changed", actor="anna")
    assert (report.created, report.counts) == (1, {"water": 1})
    (event,) = asked.lake.journal.current("changed")
    assert event.chip_id == HERE
    assert event.payload["series"] == "boadella"
    assert event.payload["dates"] == [FIRST, SECOND]
    assert asked.lake.labels("changed").chip_ids == (HERE,)
    asked.annotate([THERE], "water", task="chips", actor="anna")  # a task about dates
    (plain,) = asked.lake.journal.current("chips")
    assert plain.chip_id == THERE
    assert "series" not in plain.payload


def test_a_task_about_places_lists_each_once(asked: gs.Workspace) -> None:
    every, places = asked.search(task="chips", limit=None), asked.search(task="changed", limit=None)
    assert places.total * 2 == every.total
    assert all(chip_id.startswith(FIRST) for chip_id in places)
    asked.annotate([THERE], "water", task="wet")
    assert list(asked.search("label = 'water'", task="wet")) == [HERE]
    assert asked.search("label IS NULL", task="wet").total == places.total - 1


def test_dates_that_were_compared_are_kept_in_order(asked: gs.Workspace) -> None:
    config = asked.lake.config
    said = NewEvent("answer", "changed", THERE, {**answer(1), "dates": [SECOND, FIRST]})
    assert at_place(config, said).payload["dates"] == [FIRST, SECOND]
    for wrong in ([FIRST], [FIRST, FIRST], [FIRST, "nowhere"], "x", [3, 4]):
        with pytest.raises(InputError, match="two dates"):
            at_place(config, NewEvent("answer", "changed", THERE, {**answer(1), "dates": wrong}))
    comment = NewEvent("comment", None, THERE, {"text": "x"})
    assert at_place(config, comment) is comment


def test_answers_elsewhere_are_refused(asked: gs.Workspace) -> None:
    refused = asked.lake.annotate([NewEvent("answer", "changed", THERE, answer(1))], actor="anna")
    assert refused[0].status == "refused"
    assert HERE in str(refused[0].error)
    alone = asked.lake.config.task("wet")
    with pytest.raises(InputError, match="in none of it"):
        asked.lake.config.address(alone, "elsewhere_0_0_0")
