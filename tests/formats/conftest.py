"""A project that IRIS itself made (``iris-project``), to be copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MADE_BY_IRIS = Path(__file__).parent / "iris-project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project: three images of 48 x 40 pixels and 4 bands, masks of two people, one not predicted.

    It was made by IRIS at 787073c: its own server saved what two users posted, and its own LightGBM filled in.
    """
    return Path(shutil.copytree(MADE_BY_IRIS, tmp_path / "lakes project"))


@pytest.fixture
def edit(project: Path) -> Callable[..., Path]:
    """Changes the project file: ``edit(lambda data: ...)``."""

    def change(how: Callable[[dict[str, Any]], object]) -> Path:
        file = project / "project.json"
        data = json.loads(file.read_text())
        how(data)
        file.write_text(json.dumps(data, indent=2))
        return file

    return change
