"""``groundset serve`` as people run it: a process of its own, on a free port, with the built page."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from realservers.process import NotAvailableError, answers, free_port, running

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "ui"
BUILT = ROOT / "src" / "groundset" / "server" / "static"
TOKEN = "test-token-0123456789"


@dataclass(slots=True)
class Served:
    """A running server."""

    root: Path
    port: int
    process: subprocess.Popen[bytes]
    token: str = TOKEN
    log: Path = field(default=Path())

    @property
    def base(self) -> str:
        """The address without token: ``http://127.0.0.1:PORT/``."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def url(self) -> str:
        """The address that the server prints."""
        return f"{self.base}?token={self.token}"

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(15)


def built_ui() -> Path:
    """Folder of the built page: GROUNDSET_UI_DIR, the package's own, or built now.

    Raises:
        NotAvailableError: There is none, and no npm to build it.
    """
    if named := os.environ.get("GROUNDSET_UI_DIR"):
        return Path(named)
    if (BUILT / "index.html").is_file():
        return BUILT
    npm = shutil.which("npm")
    if npm is None:
        raise NotAvailableError("the page is not built, and there is no npm to build it")
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    for command in [] if (UI / "node_modules" / "vite").is_dir() else [["ci"]], [["run", "build"]]:
        for words in command:
            made = subprocess.run([npm, *words], cwd=UI, env=env, capture_output=True, text=True, check=False)
            if made.returncode:
                raise NotAvailableError(f"npm {' '.join(words)}: {made.stderr[-2000:]}")
    return BUILT


@contextmanager
def serving(root: Path, *, log: Path, port: int = 0, ui: Path | None = None) -> Iterator[Served]:
    """Run ``groundset serve`` over a workspace, or a folder of them, until the block ends."""
    port = port or free_port()
    env = {**os.environ, "GROUNDSET_TOKEN": TOKEN, "GROUNDSET_UI_DIR": str(ui or built_ui())}
    command = [sys.executable, "-m", "groundset.cli", "serve", str(root), "--port", str(port)]
    with running(command, env=env, log=log, ready=lambda: answers(port), stop_signal=signal.SIGINT) as process:
        yield Served(root, port, process, log=log)


def chromium() -> str:
    """Path of Debian's Chromium.

    Raises:
        NotAvailableError: There is none.
    """
    found = os.environ.get("GROUNDSET_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise NotAvailableError("no Chromium: apt-get install chromium")
    return found
