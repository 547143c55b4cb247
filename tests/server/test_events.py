"""Server-sent events: what is told, to whom, and how it goes on after a break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from serving import TOKEN, in_thread

from groundset.journal import NewEvent, answer
from groundset.server.context import Settings
from groundset.server.feed import summaries
from groundset.server.hub import PER_SESSION, QUEUE, Hub
from groundset.workspace import Workspace

Told = Iterator[tuple[str, dict[str, Any], int | None]]


@pytest.fixture
def address(workspace: Workspace, settings: Settings) -> Iterator[str]:
    with in_thread(workspace, settings) as address:
        yield address


def client_of(address: str, actor: str = "anna") -> httpx.Client:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": actor}
    return httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=30)


@contextmanager
def listen(address: str, actor: str = "anna", **headers: str) -> Iterator[Told]:
    with client_of(address, actor) as client, client.stream("GET", "/api/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield read(response)


def read(response: httpx.Response) -> Told:
    said: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and said:
            yield said["event"], json.loads(said["data"]), int(said["id"]) if "id" in said else None
            said = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            said[name] = value


def until(told: Told, name: str, **wanted: object) -> tuple[dict[str, Any], int | None]:
    return next((d, i) for n, d, i in told if n == name and wanted.items() <= d.items())


def said(chip: str = "s_0_0_0", **more: object) -> dict[str, object]:
    return {"id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": chip, "payload": answer(1), **more}


def test_answers_are_told_and_a_broken_line_goes_on(address: str) -> None:
    with client_of(address, "ben") as ben:
        with listen(address) as told:
            assert until(told, "hello") == ({"head": 0}, 0)
            ben.post("/api/annotations", json=[said(), said("s_0_0_1")])
            data, last = until(told, "annotations")
            assert data == {"head": 2, "actor": "ben", "task": "chips", "chips": ["s_0_0_0", "s_0_0_1"]}
            assert last == 2
        ben.post("/api/annotations", json=[said("s_0_0_2")])
        with listen(address, **{"Last-Event-ID": str(last)}) as told:
            assert until(told, "annotations")[0]["chips"] == ["s_0_0_2"]
        with listen(address, **{"Last-Event-ID": "3"}) as told:
            assert until(told, "hello") == ({"head": 3}, 3)
        with listen(address, **{"Last-Event-ID": "99"}) as told:
            assert until(told, "hello") == ({"head": 3, "reload": True}, 3)
        with listen(address, **{"Last-Event-ID": "x"}) as told:
            assert until(told, "hello") == ({"head": 3}, 3)


def test_what_other_processes_do_is_told(address: str, workspace: Workspace) -> None:
    with listen(address) as told:
        until(told, "hello")
        workspace.annotate(["s_0_0_3"], "water", actor="import:file", task="chips")
        assert until(told, "annotations")[0]["actor"] == "import:file"
        (workspace.lake.layout.releases / "v1").mkdir(parents=True)
        assert until(told, "workspace")[0] == {"what": "releases"}


def test_who_is_there(address: str) -> None:
    with listen(address) as anna:
        until(anna, "presence", actors=["anna"])
        with listen(address, "ben"):
            until(anna, "presence", actors=["anna", "ben"])
        until(anna, "presence", actors=["anna"])


def test_a_name_given_later_is_told(address: str) -> None:
    with listen(address) as anna, httpx.Client(base_url=address, trust_env=False) as browser:
        browser.get(f"/?token={TOKEN}")
        csrf = browser.get("/api/session").json()["csrf"]
        with browser.stream("GET", "/api/events"):
            headers = {"X-CSRF-Token": csrf, "Origin": address.rstrip("/")}
            assert browser.post("/api/session", json={"actor": "zoe"}, headers=headers).status_code == 200
            until(anna, "presence", actors=["anna", "zoe"])


def test_too_many_streams_of_one_session(address: str) -> None:
    with ExitStack() as stack, client_of(address) as client:
        heard = [stack.enter_context(listen(address)) for _ in range(PER_SESSION)]
        for told in heard:
            until(told, "hello")
        refused = client.get("/api/events")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"


def test_open_streams_end_with_the_server(workspace: Workspace, settings: Settings) -> None:
    with in_thread(workspace, settings) as address:
        stack = listen(address)
        told = stack.__enter__()
        until(told, "hello")
    assert [name for name, _, _ in told if name != "presence"] == []
    stack.__exit__(None, None, None)


def test_a_slow_listener_is_told_to_load_afresh() -> None:
    async def work() -> list[tuple[str, dict[str, Any]]]:
        hub = Hub()
        listener = hub.open("s", "anna")
        for i in range(QUEUE * 2):
            hub.publish("job", {"n": i})
        await asyncio.sleep(0)
        return [(m.name, m.data) async for m in hub.messages(listener) if m is not None]

    assert asyncio.run(work()) == [("hello", {"reload": True})]


def test_a_listener_hears_of_nothing_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.server.hub.HEARTBEAT", 0.01)

    async def work() -> object:
        hub = Hub()
        listener = hub.open("s", None)
        heard = hub.messages(listener)
        await anext(heard)  # presence
        beat = await anext(heard)
        hub.close()
        return beat, [m async for m in heard if m is not None]

    assert asyncio.run(work()) == (None, [])


def test_events_are_told_by_who_answered_what() -> None:
    class Seen:
        def __init__(self, seq: int, actor: str, task: str | None, chip_id: str | None) -> None:
            self.seq, self.actor, self.task, self.chip_id = seq, actor, task, chip_id

    events = [Seen(i + 1, "model:x", "pixels", f"c{i}") for i in range(1200)]
    events += [Seen(1201, "anna", "pixels", "c1"), Seen(1202, "anna", "pixels", "c1"), Seen(1203, "anna", None, None)]
    told = list(summaries(events))  # type: ignore[arg-type]
    assert [(m.data["actor"], m.data["task"], len(m.data["chips"])) for m in told] == [
        ("model:x", "pixels", 500), ("model:x", "pixels", 500), ("model:x", "pixels", 200), ("anna", "pixels", 1),
        ("anna", None, 0),
    ]  # fmt: skip
    assert [m.id for m in told] == [None] * 4 + [1203]
    assert list(summaries([])) == []
    assert NewEvent("comment").chip_id is None
