"""Answers outlive cut connections, killed servers, ended sessions and closed tabs; none is lost, none doubled."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from labelpage import SIGN_IN, LabelPage, api
from manychips import many_chips
from pageserver import Served, serving
from playwright.sync_api import Page, expect

Serve = Callable[..., Served]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 600 chips that nobody has answered."""
    return many_chips(tmp_path_factory.mktemp("outage") / "many", 600, answered=0)


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(template, tmp_path / "many"))


@pytest.fixture
def serve(ui: Path, tmp_path: Path) -> Iterator[Serve]:
    """Call it with a workspace and a port; ends whatever still runs."""
    with ExitStack() as stack:
        yield lambda root, port=0: stack.enter_context(serving(root, log=tmp_path / "server.log", port=port, ui=ui))


@pytest.fixture
def allowed_errors() -> list[str]:
    """What the browser says of a server that is away or refuses, or that began anew and knows no pin of a list."""
    return ["ERR_", "Failed to fetch", "status of (401|403|409|422|50)"]


def _kill(server: Served) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(15)


def _signs_in_elsewhere(page: Page, server: Served) -> None:
    other = page.context.new_page()
    other.goto(server.url)
    other.wait_for_url(lambda url: "token=" not in url)
    other.evaluate(SIGN_IN, "anna")


def _stored(root: Path) -> list[tuple[str, str, str]]:
    """(kind, chip, actor) of every event on disk."""
    with sqlite3.connect(root / "journal.db") as database:
        return database.execute("SELECT kind, chip_id, actor FROM events ORDER BY seq").fetchall()


def _once_each(root: Path, chips: list[str]) -> None:
    found = Counter(chip for kind, chip, _ in _stored(root) if kind == "answer")
    assert found == Counter(chips)


class TestKilled:
    def test_answers_given_while_the_server_is_killed_arrive_once(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        wall.tile(0).click()
        wall.press("1", "2")
        wall.saved()
        for _ in range(3):
            wall.press("3", "4")
        _kill(server)  # some of them are on their way
        wall.press("5", "6", "7")
        wall.says(10, "Permanent crop")
        expect(wall.state).to_contain_text("Offline", timeout=20_000)
        expect(wall.state).not_to_have_attribute("data-waiting", "0")
        again = serve(root, server.port)
        wall.saved()
        _once_each(root, wall.ids[:11])
        assert [(api(again, f"/chips/{i}")["labels"]["chips"]["classes"]) for i in wall.ids[8:11]] == [[4], [5], [6]]

    def test_a_bulk_act_survives_a_kill_in_its_middle(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        wall.press("Control+a")
        expect(wall.panel.get_by_text("600 chips selected")).to_be_visible()
        wall.panel.get_by_role("switch", name="Hold").check()  # else an answer lets go of them
        wall.press("2")
        _kill(server)
        wall.press("t", "z")
        serve(root, server.port)
        wall.saved()
        kinds = Counter(kind for kind, _, _ in _stored(root))
        assert kinds == {"answer": 600, "training": 600, "bulk": 2, "undo": 1}

    def test_a_reload_offline_is_not_needed_and_a_later_one_sends_what_waits(
        self, page: Page, root: Path, serve: Serve
    ) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        wall.tile(0).click()
        page.route(
            "**/api/annotations", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
        )
        wall.press("1", "2", "3", "z")
        expect(wall.state).to_contain_text("wait", timeout=20_000)
        page.reload()
        wall.says(0, "Annual crop")
        wall.says(2, "unlabelled")
        expect(wall.panel.get_by_role("button", name="Redo")).to_contain_text("Herbaceous vegetation: positive")
        assert [kind for kind, _, _ in _stored(root)] == []
        page.unroute("**/api/annotations")
        wall.saved()
        assert [kind for kind, _, _ in _stored(root)] == ["answer", "answer", "answer", "undo"]
        _once_each(root, wall.ids[:3])

    def test_a_lost_reply_doubles_nothing(self, page: Page, root: Path, serve: Serve) -> None:
        wall = LabelPage(page, serve(root)).open()
        lost: list[int] = []

        def lose(route: Any) -> None:
            if route.request.method == "POST" and len(lost) < 2:
                route.fetch()  # the server has it
                lost.append(1)
                route.abort()
            else:
                route.continue_()

        page.route("**/api/annotations", lose)
        wall.tile(0).click()
        wall.press("1", "2")
        wall.until(lambda: len(lost) == 2, "two replies are lost")
        wall.saved()
        _once_each(root, wall.ids[:2])


class TestSignedOut:
    def test_waits_for_a_new_sign_in(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        wall.tile(0).click()
        wall.press("1")
        wall.saved()
        page.context.clear_cookies()
        wall.press("2")  # one alone: the page asks for its token as soon as it is refused
        expect(page.get_by_text("The server asks for its token again")).to_be_visible()
        assert len([kind for kind, _, _ in _stored(root) if kind == "answer"]) == 1
        page.goto(server.url)
        page.wait_for_url(lambda url: "token=" not in url)
        page.evaluate(SIGN_IN, "anna")
        page.reload()
        page.evaluate("() => { location.hash = '#/chips?task=chips'; }")
        wall.saved()
        wall.until(lambda: len(_stored(root)) == 2, "what waited is there")
        _once_each(root, wall.ids[:2])
        assert {actor for _, _, actor in _stored(root)} == {"anna"}

    def test_another_tab_that_signs_in_lets_this_one_go_on(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        wall.tile(0).click()
        page.context.clear_cookies()
        wall.press("2")
        expect(page.get_by_text("The server asks for its token again")).to_be_visible()
        _signs_in_elsewhere(page, server)
        wall.saved()
        wall.until(lambda: len(_stored(root)) == 1, "what waited is there")

    def test_a_page_with_nothing_to_send_goes_on_too_and_hears_what_happens(
        self, page: Page, root: Path, serve: Serve
    ) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        page.context.clear_cookies()
        page.evaluate("() => { location.hash = '#/map'; }")
        expect(page.get_by_text("The server asks for its token again")).to_be_visible()
        _signs_in_elsewhere(page, server)
        expect(page.get_by_text("The server asks for its token again")).to_be_hidden()
        page.evaluate("() => { location.hash = '#/chips?task=chips'; }")
        expect(wall.panel).to_be_visible()
        answer = {"id": str(uuid.uuid4()), "kind": "answer", "task": "chips", "chip_id": wall.ids[0]}
        api(server, "/annotations", [answer | {"payload": {"class": 2, "value": "positive"}}])
        wall.says(0, "Herbaceous")

    def test_what_one_answered_is_not_sent_as_another(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        wall = LabelPage(page, server).open()
        page.route("**/api/annotations", lambda route: route.abort())
        wall.tile(0).click()
        wall.press("1")
        expect(wall.state).to_have_attribute("data-waiting", "1")
        page.evaluate(SIGN_IN, "ben")
        page.reload()
        page.unroute("**/api/annotations")
        expect(wall.state).to_contain_text("1 answer waits for anna")
        wall.tile(1).click()
        wall.press("2")
        wall.until(lambda: len(_stored(root)) == 1, "ben's own answer is there")
        expect(wall.state).to_have_attribute("data-waiting", "1")
        page.evaluate(SIGN_IN, "anna")
        page.reload()
        wall.until(lambda: len(_stored(root)) == 2, "anna's is sent when she is back")
        assert [(chip, actor) for _, chip, actor in _stored(root)] == [(wall.ids[1], "ben"), (wall.ids[0], "anna")]


class TestTogether:
    def test_two_people_see_each_other_at_once(self, new_page: Callable[..., Page], root: Path, serve: Serve) -> None:
        server = serve(root)
        anna, ben = (LabelPage(new_page(), server).open(name) for name in ("anna", "ben"))
        anna.tile(1).click()
        anna.press("2")
        ben.says(1, "Forest")
        expect(ben.panel.get_by_role("option", name="Forest")).to_contain_text("1 positive")
        ben.tile(1).click()
        ben.press("3")
        anna.says(1, "Herbaceous")
        expect(anna.panel.get_by_role("option", name="Forest")).to_contain_text("0 positive")
        ben.press("z")
        anna.says(1, "Forest")
        assert [(chip, actor) for kind, chip, actor in _stored(root) if kind == "answer"] == [
            (anna.ids[1], "anna"),
            (anna.ids[1], "ben"),
        ]
        expect(anna.panel.get_by_role("button", name="Undo")).to_contain_text("Forest: positive")

    def test_two_tabs_share_outbox_and_history(self, page: Page, root: Path, serve: Serve) -> None:
        server = serve(root)
        one = LabelPage(page, server).open()
        two = LabelPage(page.context.new_page(), server).open(actor=None)
        one.page.context.route(
            "**/api/annotations", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
        )
        one.tile(0).click()
        one.press("2")
        two.says(0, "Forest")
        expect(two.state).to_have_attribute("data-waiting", "1")
        two.tile(1).click()
        two.press("3")
        one.says(1, "Herbaceous")
        page.close()  # the tab that was sending
        two.page.context.unroute("**/api/annotations")
        two.saved()
        _once_each(root, two.ids[:2])
        two.press("z", "z")
        two.saved()
        assert [two.label(i) for i in (0, 1)] == [None, None]

    def test_a_refusal_is_said_and_taken_back_here(self, page: Page, root: Path, serve: Serve) -> None:
        wall = LabelPage(page, serve(root)).open()

        def refuse(route: Any) -> Any:
            if route.request.method != "POST":
                return route.continue_()
            results = [
                {"id": one["id"], "status": "refused", "error": "there is no such chip"}
                for one in route.request.post_data_json
            ]
            return route.fulfill(status=422, json={"results": results})

        page.route("**/api/annotations", refuse)
        wall.tile(0).click()
        wall.press("2")
        alert = wall.panel.get_by_role("alert")
        expect(alert).to_contain_text("Forest: positive, 1 chip: there is no such chip")
        wall.says(0, "unlabelled")
        page.unroute("**/api/annotations")
        page.reload()
        expect(alert).to_contain_text("there is no such chip")
        alert.get_by_role("button", name="Seen").click()
        expect(alert).to_have_count(0)
        page.reload()
        expect(wall.panel).to_be_visible()
        expect(alert).to_have_count(0)
        assert _stored(root) == []
