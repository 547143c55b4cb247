"""Bodies that are too large, or never end."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from serving import BASE, TOKEN, in_thread
from starlette.exceptions import HTTPException

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.limits import Limits
from groundset.workspace import Workspace

HEADERS = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}


def comment(size: int) -> bytes:
    return json.dumps([{"id": str(uuid4()), "kind": "comment", "payload": {"text": "x" * size}}]).encode()


@pytest.fixture
def small(workspace: Workspace, settings: Settings) -> Iterator[TestClient]:
    app = create_app(workspace, replace(settings, max_body=10_000))
    with TestClient(app, base_url=BASE, headers=HEADERS) as client:
        yield client


def test_a_body_within_the_limit(small: TestClient) -> None:
    assert small.post("/api/annotations", content=comment(9_000)).status_code == 201


def test_a_body_that_says_that_it_is_too_large(small: TestClient) -> None:
    for path in ("/api/annotations", "/api/session", "/api/nothing"):
        response = small.post(path, content=comment(10_000))
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["found"] == "at most 10,000 bytes are taken"
    assert small.get("/api/annotations").json()["head"] == 0


def test_a_body_that_does_not_say_so(small: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    for path in ("/api/annotations", "/api/session"):
        response = small.post(path, content=pieces())
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"


def test_a_length_that_is_no_number(small: TestClient) -> None:
    response = small.post("/api/annotations", content=b"[]", headers={"Content-Length": "-1"})
    assert response.status_code == 413


def test_deep_json_in_any_body(client: TestClient) -> None:
    for path in ("/api/session", "/api/annotations", "/api/jobs"):
        response = client.post(path, content=b"[" * 50_000, headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422), path
        assert response.headers["content-type"] == "application/problem+json"


def test_a_body_that_stops_arriving() -> None:
    async def read() -> None:
        sent = [{"type": "http.request", "body": b"[", "more_body": True}]

        async def receive() -> dict[str, object]:
            if sent:
                return sent.pop()
            await asyncio.sleep(60)
            return {}

        async def app(_scope: object, receiving: object, _send: object) -> None:
            await receiving()  # type: ignore[operator]
            await receiving()  # type: ignore[operator]

        await Limits(app, 100, silence=0.01)({"type": "http", "headers": []}, receive, None)  # type: ignore[arg-type]

    with pytest.raises(HTTPException) as caught:
        asyncio.run(read())
    assert caught.value.status_code == 408


def test_a_hundred_megabytes_are_not_read(workspace: Workspace, settings: Settings) -> None:
    """A real socket: the answer comes while most of the body has not been sent."""
    with in_thread(workspace, settings) as address:
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port)) as connection:
            head = (
                "POST /api/annotations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {TOKEN}\r\nContent-Length: 104857600\r\n\r\n["
            )
            connection.sendall(head.encode())
            connection.settimeout(30)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            assert answer.startswith(b"HTTP/1.1 413")
            assert b"at most 67,108,864 bytes" in answer
        with httpx.Client(base_url=address, headers=HEADERS, trust_env=False) as client:
            response = client.post("/api/annotations", content=b" " * (100 << 20))
            assert response.status_code == 413
            assert client.get("/api/session").status_code == 200


def test_a_client_that_never_ends_its_headers_is_let_go(workspace: Workspace, settings: Settings) -> None:
    with pytest.MonkeyPatch.context() as patch, in_thread(workspace, settings) as address:
        patch.setattr("groundset.server.patience.HEADER_SECONDS", 0.2)
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
            connection.settimeout(30)
            assert connection.recv(100) == b""


def test_headers_have_a_limit(workspace: Workspace, settings: Settings) -> None:
    with in_thread(workspace, settings) as address:
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port)) as connection:
            answer = b""
            with suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"x" * 2_000_000 + b"\r\n\r\n")
                answer = connection.recv(100)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
        with httpx.Client(base_url=address, headers=HEADERS, trust_env=False) as client:
            assert client.get("/api/session").status_code == 200


@pytest.mark.parametrize(
    "said", [b"garbage\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_a_problem_too(workspace: Workspace, settings: Settings, said: bytes) -> None:
    with in_thread(workspace, settings) as address:
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port), timeout=30) as connection:
            connection.sendall(said)
            answer = b"".join(iter(lambda: connection.recv(10_000), b"")).lower()
        assert answer.startswith(b"http/1.1 400")
        assert b"content-type: application/problem+json" in answer
        assert b"content-security-policy: " in answer


def test_a_client_that_leaves_while_it_sends_is_no_news(
    workspace: Workspace, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with in_thread(workspace, settings) as address:
        head = f"POST /api/annotations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {HEADERS['Authorization']}\r\n"
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port)) as connection:
            connection.sendall(f"{head}X-Groundset-Actor: anna\r\nContent-Length: 100\r\n\r\n[".encode())
        with httpx.Client(base_url=address, headers=HEADERS, trust_env=False) as client:
            assert client.get("/api/session").status_code == 200
    assert "ClientDisconnect" not in caplog.text
