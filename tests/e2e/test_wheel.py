"""The wheel as people install it: in a virtual environment that has nothing else, served, opened in Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pageserver import TOKEN
from playwright.sync_api import Page, expect
from realservers.process import answers, free_port, running

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(900)


def _outside() -> dict[str, str]:
    """The environment of a user: not this suite's paths, nor the proxy that keeps tests from the network."""
    ours = ("PYTHONPATH", "GROUNDSET_UI_DIR")
    return {name: value for name, value in os.environ.items() if name not in ours and "proxy" not in name.lower()}


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], env=_outside(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(ui: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree, with the page in it."""
    assert (ui / "index.html").is_file()
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """``bin`` of a clean virtual environment with the wheel and what it asks for; taken away afterwards (it is big)."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=True)
    _run(folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", wheel)
    yield folder / "bin"
    shutil.rmtree(folder)


def test_the_page_is_in_the_wheel_and_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        page = [i for i in archive.infolist() if i.filename.startswith("groundset/server/static/")]
    assert any(i.filename.endswith("/index.html") for i in page)
    assert not [i.filename for i in page if i.filename.endswith(".map")]
    assert sum(i.compress_size for i in page) <= 1_500_000


def test_the_installed_wheel_serves_the_page(
    installed: Path, new_page: Callable[..., Page], data_dir: Path, tmp_path: Path
) -> None:
    groundset = installed / "groundset"
    lake = tmp_path / "lake"
    _run(groundset, "init", lake, "--scheme", "water")
    scene = next((data_dir / "naip_landsat").rglob("*.tif"))
    _run(groundset, "ingest", lake, scene, "--chip-size", "64", "--time", "2020-01-01T00:00:00Z", "--workers", "1")
    port = free_port()
    command = [str(groundset), "serve", str(lake), "--port", str(port)]
    with running(
        command,
        env={**_outside(), "GROUNDSET_TOKEN": TOKEN},
        log=tmp_path / "log",
        ready=lambda: answers(port),
        stop_signal=signal.SIGINT,
    ):
        page = new_page()
        page.goto(f"http://127.0.0.1:{port}/?token={TOKEN}")
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.goto(f"http://127.0.0.1:{port}/#/chips")
        expect(page.get_by_role("heading", name="Chips")).to_be_visible()
        expect(page.get_by_role("gridcell").first).to_be_visible()
