"""Sessions: a name given once, kept across restarts, ended for good."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from serving import BASE, TOKEN

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.session import LIFETIME, Sessions, kept_token
from groundset.workspace import Workspace


def signed_in(client: TestClient) -> dict[str, str]:
    client.get(f"/?token={TOKEN}", follow_redirects=False)
    return {"Origin": BASE, "X-CSRF-Token": client.get("/api/session").json()["csrf"]}


def test_a_name_is_given_once_and_kept(anonymous: TestClient) -> None:
    headers = signed_in(anonymous)
    session = anonymous.post("/api/session", json={"actor": "  anna "}, headers=headers).json()
    assert session == {**anonymous.get("/api/session").json(), "actor": "anna"}
    assert session["role"] == "admin"
    assert session["csrf"] == headers["X-CSRF-Token"], "the session goes on"
    assert session["permissions"] == ["admin", "annotate", "manage", "read", "review"]
    signed_in(anonymous)
    assert anonymous.get("/api/session").json()["actor"] == "anna", "opening the address again keeps it"


@pytest.mark.parametrize("name", ["", " ", "model:forest", "a\u0000b", "x" * 121, 7, None])
def test_a_name_that_is_none(anonymous: TestClient, name: object) -> None:
    response = anonymous.post("/api/session", json={"actor": name}, headers=signed_in(anonymous))
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_without_a_name_nothing_is_kept(anonymous: TestClient) -> None:
    response = anonymous.post("/api/annotations", json=[], headers=signed_in(anonymous))
    assert response.status_code == 403
    assert "give your name first" in response.json()["title"]


def test_an_ended_session_is_over(anonymous: TestClient) -> None:
    headers = signed_in(anonymous)
    cookie = anonymous.cookies["groundset-8000"]
    assert anonymous.delete("/api/session", headers=headers).status_code == 204
    assert "groundset-8000" not in anonymous.cookies
    anonymous.cookies.set("groundset-8000", cookie)
    assert anonymous.get("/api/session").status_code == 401


def test_a_client_with_the_token_has_no_session_to_end(client: TestClient) -> None:
    assert client.post("/api/session", json={"actor": "ben"}).json()["actor"] == "ben"
    assert client.get("/api/session").json()["actor"] == "anna", "its header says who it is"
    assert client.delete("/api/session").status_code == 204
    assert client.get("/api/session").status_code == 200


def test_a_browser_survives_a_restart(workspace: Workspace, settings: Settings) -> None:
    with TestClient(create_app(workspace, settings), base_url=BASE) as first:
        headers = signed_in(first)
        first.post("/api/session", json={"actor": "anna"}, headers=headers)
        cookies = dict(first.cookies)
    with TestClient(create_app(workspace, settings), base_url=BASE, cookies=cookies) as second:
        assert second.get("/api/session").json()["actor"] == "anna"
        assert second.post("/api/annotations", json=[], headers=headers).status_code == 200
    with TestClient(create_app(workspace, Settings("another-token")), base_url=BASE, cookies=cookies) as third:
        assert third.get("/api/session").status_code == 401, "a new token ends all sessions"


def test_ended_sessions_are_kept_and_forgotten_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "server.json"
    sessions = Sessions(TOKEN, file)
    cookie = sessions.issue("anna", "s1")
    sessions.end("s1")
    assert Sessions(TOKEN, file).read(cookie) is None
    now = time.time()
    monkeypatch.setattr("groundset.server.session.time.time", lambda: now + LIFETIME + 1)
    sessions.end("s2")
    assert list(json.loads(file.read_text())["ended"]) == ["s2"]


def test_a_cookie_ends_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(TOKEN)
    cookie = sessions.issue()
    now = time.time()
    monkeypatch.setattr("groundset.server.session.time.time", lambda: now + LIFETIME - 5)
    assert sessions.read(cookie)
    monkeypatch.setattr("groundset.server.session.time.time", lambda: now + LIFETIME + 5)
    assert sessions.read(cookie) is None


@given(st.text(max_size=100))
def test_no_other_text_is_a_cookie(text: str) -> None:
    assert Sessions(TOKEN).read(text) is None


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_cookie_says_what_was_signed(actor: str, session: str) -> None:
    sessions = Sessions(TOKEN)
    cookie = sessions.issue(actor, session or None)
    ticket = sessions.read(cookie)
    assert ticket is not None
    assert ticket.actor == actor
    if session:
        assert ticket.id == session
    body, _, signature = cookie.partition(".")
    assert sessions.read(f"{body[:-1]}{'A' if body[-1] != 'A' else 'B'}.{signature}") is None
    assert Sessions(TOKEN).read(cookie) is None, "another workspace has another key"
    assert cookie.isascii()


def test_the_token_is_kept_with_the_workspace(tmp_path: Path) -> None:
    file = tmp_path / ".cache" / "server.json"
    token = kept_token(file)
    assert len(token) >= 40
    assert kept_token(file) == token
    Sessions(token, file)
    assert kept_token(file) == token
    assert file.stat().st_mode & 0o777 == 0o600
    assert kept_token(tmp_path / "other.json") != token


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"secret": "zz"}', '{"secret": 7}', "{}"])
def test_damaged_keys_are_made_again(tmp_path: Path, text: str) -> None:
    file = tmp_path / "server.json"
    file.write_text(text)
    sessions = Sessions(TOKEN, file)
    assert Sessions(TOKEN, file).read(sessions.issue()) is not None
    assert kept_token(file)


def test_keys_that_cannot_be_kept_last_as_long_as_the_server(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sessions = Sessions(TOKEN, tmp_path / "file" / "server.json")
    assert sessions.read(sessions.issue()) is not None
