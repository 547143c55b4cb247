"""The gate: token, cookie, host, other pages, base path."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from serving import BASE, TOKEN

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.gate import Slow
from groundset.server.problems import TooManyError
from groundset.workspace import Workspace

OWN = {"Origin": BASE}


@pytest.fixture
def browser(anonymous: TestClient) -> TestClient:
    """A browser that has opened the printed address."""
    assert anonymous.get(f"/?token={TOKEN}", follow_redirects=False).status_code == 303
    return anonymous


@pytest.fixture
def csrf(browser: TestClient) -> dict[str, str]:
    """Headers of an unsafe request of the page itself."""
    return {**OWN, "X-CSRF-Token": browser.get("/api/session").json()["csrf"]}


def served(ws: Workspace, settings: Settings, **options: object) -> Iterator[TestClient]:
    with TestClient(create_app(ws, settings), client=("127.0.0.1", 50000), **options) as client:  # type: ignore[arg-type]
        yield client


def test_the_printed_address_becomes_a_cookie(anonymous: TestClient) -> None:
    response = anonymous.get(f"/?token={TOKEN}&theme=dark", follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "./?theme=dark"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("groundset-8000=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/;" in cookie
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert "<p>page</p>" in anonymous.get("/").text
    assert anonymous.get("/api/session").json()["actor"] is None


def test_without_a_token_there_is_a_door_for_people_and_a_problem_for_clients(anonymous: TestClient) -> None:
    page = anonymous.get("/")
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert '<input id="token" name="token"' in page.text
    assert "not the token" not in page.text
    for path in ("/api/session", "/api/openapi.json", "/api/nothing", "/api"):
        response = anonymous.get(path)
        assert response.status_code == 401, path
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["hint"]


def test_a_wrong_token_is_told(anonymous: TestClient) -> None:
    page = anonymous.get("/?token=wrong")
    assert page.status_code == 401
    assert "This is not the token of this server" in page.text
    assert "set-cookie" not in page.headers
    for value in ("Bearer wrong", "Bearer ", "bearer " + TOKEN[:-1], "Bearer \xff"):
        response = anonymous.get("/api/session", headers={"Authorization": value.encode("latin-1")})
        assert response.status_code == 401
        assert "not the token" in response.json()["title"]
    assert anonymous.get("/api/session", params={"token": TOKEN}).status_code == 401, "only the page takes it so"
    assert anonymous.get("/api/session", headers={"Authorization": "Basic abc"}).status_code == 401
    anonymous.cookies.set("groundset-8000", "abc.def")
    assert anonymous.get("/api/session").status_code == 401
    assert anonymous.get("/api/session", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_wrong_tokens_are_answered_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.server.gate._WRONG_WAITING", 3)
    running = most = 0

    async def count(_seconds: float) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await real(0)
        running -= 1

    real = asyncio.sleep
    monkeypatch.setattr("groundset.server.gate.asyncio.sleep", count)

    async def crowd() -> list[object]:
        slow = Slow()
        return await asyncio.gather(*(slow.wait() for _ in range(5)), return_exceptions=True)

    told = asyncio.run(crowd())
    assert most == 1
    assert [type(t) for t in told] == [type(None)] * 3 + [TooManyError] * 2


def test_files_of_the_page_hold_no_secret(anonymous: TestClient) -> None:
    assert anonymous.get("/assets/app-1.js").status_code == 200
    assert anonymous.get("/door.js").headers["content-type"].startswith("text/javascript")


def test_a_frame_gets_the_page_which_brings_its_own_token(anonymous: TestClient) -> None:
    assert anonymous.get("/", headers={"Sec-Fetch-Dest": "iframe"}).status_code == 200
    assert anonymous.get("/", headers={"Sec-Fetch-Dest": "document"}).status_code == 401
    assert anonymous.get("/?embed").status_code == 200
    assert anonymous.get("/api/session", headers={"Sec-Fetch-Dest": "iframe"}).status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
def test_own_names(client: TestClient, host: str) -> None:
    assert client.get("/api/session", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "0.0.0.0:8000", "", "[::1", "a@b:c"])
def test_a_foreign_name_that_leads_here_is_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/session", "/assets/app-1.js"):
        response = client.get(path, headers={"Host": host})
        assert response.status_code == 421
        assert "--trusted-host" in response.json()["hint"]


def test_trusted_hosts(workspace: Workspace) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for client in served(workspace, Settings(TOKEN, trusted_hosts=("Hub.example.org",)), base_url=BASE):
        assert client.get("/api/session", headers={**bearer, "Host": "hub.example.org"}).status_code == 200
        assert client.get("/api/session", headers={**bearer, "Host": "other.example.org"}).status_code == 421


def test_the_page_itself_may_change_things(browser: TestClient, csrf: dict[str, str]) -> None:
    assert browser.post("/api/annotations", json=[], headers=csrf).status_code == 403, "no name yet"
    assert browser.post("/api/session", json={"actor": "anna"}, headers=csrf).json()["actor"] == "anna"
    assert browser.post("/api/annotations", json=[], headers=csrf).status_code == 200
    fetch = {"X-CSRF-Token": csrf["X-CSRF-Token"], "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/api/annotations", json=[], headers=fetch).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_page_may_not(browser: TestClient, csrf: dict[str, str], headers: dict[str, str]) -> None:
    sent = {"X-CSRF-Token": csrf["X-CSRF-Token"], **headers}
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        response = browser.request(method, "/api/session", json={"actor": "anna"}, headers=sent)
        assert response.status_code == 403
        assert "another page" in response.json()["title"]


@pytest.mark.parametrize("token", [None, "", "wrong", "\xe9"])
def test_nor_may_our_page_without_the_sessions_own_token(browser: TestClient, token: str | None) -> None:
    headers = OWN if token is None else {**OWN, "X-CSRF-Token": token.encode("latin-1")}
    response = browser.post("/api/session", json={"actor": "anna"}, headers=headers)  # type: ignore[arg-type]
    assert response.status_code == 403
    assert "X-CSRF-Token" in response.json()["title"]


def test_a_clients_name(anonymous: TestClient) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert anonymous.get("/api/session", headers=bearer).json()["actor"], "the user of this system"
    named = {**bearer, "X-Groundset-Actor": "Zoë".encode()}
    assert anonymous.get("/api/session", headers=named).json()["actor"] == "Zoë"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [b"model:forest", b"a\x01b", b" "])
def test_a_clients_name_that_is_none(client: TestClient, name: bytes) -> None:
    del client.headers["X-Groundset-Actor"]
    response = client.get("/api/session", headers={"X-Groundset-Actor": name})  # type: ignore[dict-item]
    assert response.status_code == 422


@pytest.mark.parametrize("path", ["/", "/api/session", "/api/nothing", "/nothing", "/assets/app-1.js"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert "server" not in headers


def test_who_may_frame_the_page(workspace: Workspace) -> None:
    for client in served(workspace, Settings(TOKEN, frame_ancestors=("https://hub.example.org",)), base_url=BASE):
        assert "http://127.0.0.1:* https://hub.example.org" in client.get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("settings", "headers", "path"),
    [
        ({}, {"X-Forwarded-Prefix": "/user/anna/proxy/8000"}, ""),
        ({"root_path": "/user/anna/proxy/8000"}, {}, ""),
        ({"root_path": "/user/anna/proxy/8000"}, {}, "/user/anna/proxy/8000"),
    ],
)
def test_under_a_base_path(workspace: Workspace, settings: dict, headers: dict, path: str) -> None:  # type: ignore[type-arg]
    """The proxy takes the prefix off, or leaves it on."""
    for client in served(workspace, Settings(TOKEN, **settings), base_url=BASE, headers=headers):
        response = client.get(f"{path}/?token={TOKEN}", follow_redirects=False)
        assert response.headers["location"] == "./"
        assert "Path=/user/anna/proxy/8000/;" in response.headers["set-cookie"]
        client.headers["Cookie"] = response.headers["set-cookie"].partition(";")[0]
        assert client.get(f"{path}/api/session").status_code == 200
        assert client.get(f"{path}/api/workspaces").json()[0]["href"] == "./"
        servers = client.get(f"{path}/api/openapi.json").json().get("servers", [])
        assert all(s["url"] == "/user/anna/proxy/8000" for s in servers)
        if path:
            assert client.get(path, follow_redirects=False).headers["location"] == "./8000/"


def test_only_this_machine_says_the_base_path(workspace: Workspace) -> None:
    app = create_app(workspace, Settings(TOKEN))
    with TestClient(app, base_url=BASE, client=("10.0.0.9", 5), headers={"X-Forwarded-Prefix": "/x"}) as client:
        assert "Path=/;" in client.get(f"/?token={TOKEN}", follow_redirects=False).headers["set-cookie"]


@pytest.mark.parametrize("prefix", ["//evil.example", "x", "/a/../b", "/a b", "/a;b", "/a\x7f"])
def test_a_base_path_that_is_none_is_not_taken(anonymous: TestClient, prefix: str) -> None:
    response = anonymous.get(f"/?token={TOKEN}", headers={"X-Forwarded-Prefix": prefix}, follow_redirects=False)
    assert "Path=/;" in response.headers["set-cookie"]


def test_https_before_us_makes_the_cookie_secure(anonymous: TestClient) -> None:
    response = anonymous.get(f"/?token={TOKEN}", headers={"X-Forwarded-Proto": "https"}, follow_redirects=False)
    assert "Secure" in response.headers["set-cookie"]


def test_redirects_are_relative(anonymous: TestClient) -> None:
    response = anonymous.get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not re.match(r"(//|http)", response.headers.get("location", ""))


def test_the_key_is_private(workspace: Workspace, browser: TestClient) -> None:
    (key,) = Path(workspace.lake.layout.cache).glob("server.json")
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "other", ['prefs={"a":1}', "a/b=1", "@=1", "a b c", "=", "groundset-8000=", "groundset-8000=a.b"]
)
def test_cookies_of_other_programs_are_no_hindrance(browser: TestClient, other: str) -> None:
    own = f"groundset-8000={browser.cookies['groundset-8000']}"
    browser.cookies.clear()
    assert browser.get("/api/session", headers={"Cookie": other}).status_code == 401
    for line in (f"{other}; {own}", f"{own};{other}"):
        assert browser.get("/api/session", headers={"Cookie": line}).status_code == 200


def test_an_origin_that_is_none(browser: TestClient, csrf: dict[str, str]) -> None:
    for origin in ("http://[", "null", "http://evil@testserver", ""):
        said = browser.post("/api/session", json={"actor": "anna"}, headers={**csrf, "Origin": origin})
        assert said.status_code == 403


def test_a_slash_too_many_is_not_redirected(client: TestClient) -> None:
    assert client.get("/api/workspace/", follow_redirects=False).status_code == 404


def test_the_head_of_an_answer_alone(client: TestClient) -> None:
    head, whole = client.head("/api/workspace"), client.get("/api/workspace")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "etag": ""} == {**whole.headers, "etag": ""}
    assert client.head("/api/nothing").status_code == 404
    assert client.head("/api/events").status_code == 405
