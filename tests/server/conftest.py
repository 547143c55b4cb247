"""A server over a small real lake, asked without a socket; ``serving.running`` has it as a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pixellake import clients
from serving import BASE, TOKEN, make_workspace

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of its own for each test."""
    with make_workspace(tmp_path / "lake") as made:
        yield made


@pytest.fixture
def ws(workspace: Workspace) -> Workspace:
    """The workspace that ``web`` asks; modules may name another."""
    return workspace


@pytest.fixture
def web(ws: Workspace) -> Iterator[TestClient]:
    """Asks ``ws``, signed in."""
    yield from clients(ws)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the tests' token and a built page of two files."""
    ui = tmp_path / "ui"
    (ui / "assets").mkdir(parents=True)
    (ui / "index.html").write_text("<!doctype html><title>Groundset</title>" + "<p>page</p>" * 100)
    (ui / "assets" / "app-1.js").write_text("console.log(1);" * 100)
    return Settings(TOKEN, ui=ui)


@pytest.fixture
def anonymous(workspace: Workspace, settings: Settings) -> Iterator[TestClient]:
    """A client that brings no token."""
    with TestClient(create_app(workspace, settings), base_url=BASE, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.fixture
def client(anonymous: TestClient) -> TestClient:
    """A client with the token, who answers as anna."""
    anonymous.headers |= {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
    return anonymous
