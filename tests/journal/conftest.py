"""One journal, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from groundset.journal import Journal

SQLITE = "sqlite:///journal.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest) -> str:
    return SQLITE if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def journal(url: str, tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(url, root=tmp_path) as opened:
        yield opened
