"""A workspace of a few hundred chips with answers, and its index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from manychips import many_chips

from groundset.lake import Lake
from groundset.query import Index


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 chips of 5 scenes, about half of them answered. Nobody writes to it."""
    return many_chips(tmp_path_factory.mktemp("many") / "lake", 240, quicklooks=False, scenes=5)


@pytest.fixture(scope="session")
def index(many: Path) -> Iterator[Index]:
    """Its index."""
    with Lake.open(many) as lake:
        made = Index(lake)
        yield made
        made.close()
