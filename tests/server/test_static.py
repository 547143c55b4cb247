"""The page's files, and what is said where there are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from serving import BASE, TOKEN

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_the_page_is_checked_again_and_its_assets_are_kept(client: TestClient) -> None:
    page, asset = client.get("/"), client.get("/assets/app-1.js")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in asset.headers["cache-control"]
    again = client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/index.html").text == page.text
    assert client.head("/").headers["content-length"]
    assert client.head("/").content == b""


def test_files_travel_compressed(client: TestClient, settings: Settings) -> None:
    assert settings.ui is not None
    with client.stream("GET", "/assets/app-1.js", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "Accept-Encoding"
        sent = b"".join(response.iter_raw())
    assert gzip.decompress(sent) == (settings.ui / "assets" / "app-1.js").read_bytes()
    plain = client.get("/assets/app-1.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_long_answers_travel_compressed(client: TestClient) -> None:
    told = client.get("/api/openapi.json")
    assert told.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in told.headers["vary"]
    assert told.json()["openapi"].startswith("3.")
    assert "content-encoding" not in client.get("/api/openapi.json", headers={"Accept-Encoding": "identity"}).headers


def test_a_page_built_again_is_seen(client: TestClient, settings: Settings) -> None:
    assert settings.ui is not None
    client.get("/")
    (settings.ui / "index.html").write_text("<p>new and longer than a mere new</p>")
    assert "new" in client.get("/").text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/assets", "/assets/", "/.secret.txt", "/assets/.hidden/x.js", "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%5c..%5csecret.txt", "/assets//app-1.js",
        "/link.txt", "/secret.txt%00.js", "/index.html/", "/program.sh", "/C:/secret.txt", "/%2fetc/passwd.txt",
        f"/{'a' * 5000}.js", f"/{'a/' * 3000}b.js",
    ],
)  # fmt: skip
def test_there_is_no_way_out_of_the_folder(client: TestClient, settings: Settings, path: str) -> None:
    assert settings.ui is not None
    (settings.ui.parent / "secret.txt").write_text("secret")
    (settings.ui / ".secret.txt").write_text("secret")
    (settings.ui / "program.sh").write_text("secret")
    (settings.ui / "link.txt").symlink_to(settings.ui.parent / "secret.txt")
    response = client.get(path)
    assert response.status_code == 404
    assert "secret" not in response.text


def test_the_page_is_only_read(client: TestClient) -> None:
    response = client.post("/")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_no_page_built(workspace: Workspace, tmp_path: Path) -> None:
    with TestClient(create_app(workspace, Settings(TOKEN, ui=tmp_path / "none")), base_url=BASE) as client:
        page = client.get("/", headers=BEARER)
        assert page.status_code == 503
        assert "npm run build" in page.text
        assert "pip install" in page.text
        assert client.get("/api/session", headers=BEARER).status_code == 200


def test_the_folder_may_be_named_in_the_environment(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("<p>mine</p>")
    monkeypatch.setenv("GROUNDSET_UI_DIR", str(tmp_path / "mine"))
    with TestClient(create_app(workspace, Settings(TOKEN)), base_url=BASE) as client:
        assert client.get("/", headers=BEARER).text == "<p>mine</p>"


def test_unknown_addresses_of_the_api_are_problems(client: TestClient) -> None:
    response = client.get("/api/nothing")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    response = client.put("/api/session")
    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
    assert response.headers["allow"]
