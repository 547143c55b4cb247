"""A small real lake to serve, and a server over it: in a process of its own, or in a thread of this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from madelake import TIME, add_scene, lake_like_image, write_scene

from groundset.chips import QuicklookStore, render
from groundset.chips.quicklooks import encode_image
from groundset.core import Scheme
from groundset.imagery import SceneReader, open_source
from groundset.lake import init
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.run import Server, address_of_socket, bound
from groundset.taxonomy import WATER
from groundset.workspace import Workspace

TOKEN = "a-token-of-the-tests"
BASE = "http://127.0.0.1:8000"
SCHEME: Scheme = WATER


def make_workspace(root: Path, *, name: str = "lake", database: str = "sqlite:///journal.db") -> Workspace:
    """One scene of 128 x 128 pixels in 16 chips of 32, with quicklooks; nobody has answered yet."""
    lake = init(root, scheme=SCHEME, name=name, database=database)
    image, _ = lake_like_image()
    (root / "imagery").mkdir()
    path = write_scene(root / "imagery" / "s.tif", image)
    (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
    chips = add_scene(lake, scene, 32)
    with SceneReader(scene) as reader:
        images = [encode_image(render(reader.read(chip.window))) for chip in chips]
    QuicklookStore(lake.layout.quicklooks).write_part("s_0", images)
    return Workspace(lake)


@dataclass
class Running:
    """A real server in a process of its own."""

    process: subprocess.Popen[str]
    address: str
    output: list[str]

    def client(self, actor: str = "anna", **options: object) -> httpx.Client:
        """A client with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": actor}
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, **options)  # type: ignore[arg-type]

    def stop(self, sig: signal.Signals = signal.SIGINT, seconds: float = 20) -> int:
        """End it; its exit status."""
        self.process.send_signal(sig)
        return self.process.wait(seconds)


@contextmanager
def running(root: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    """``groundset serve`` on a free port; leaves when the block ends."""
    command = [sys.executable, "-m", "groundset", "serve", str(root), "--port", "0", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "GROUNDSET_TOKEN": TOKEN, **(env or {})},
    ) as process:
        try:
            assert process.stdout is not None
            output, address = [], ""
            deadline = time.monotonic() + 120
            while not address and time.monotonic() < deadline:
                line = process.stdout.readline()
                if not line:
                    raise AssertionError(f"it ended with {process.wait()}: {''.join(output)}")
                output.append(line)
                if "?token=" in line:
                    address = line.split()[1].partition("?")[0]
            yield Running(process, address, output)
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def in_thread(ws: Workspace, settings: Settings) -> Iterator[str]:
    """A real server in a thread of this process; its address."""
    app = create_app(ws, settings)
    ready = threading.Event()
    with bound("127.0.0.1", 0) as listening:
        server = Server(app, on_stop=app.state.context.hub.close, on_ready=ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(60)
            yield address_of_socket(listening)
        finally:
            server.stop()
            thread.join(30)
            assert not thread.is_alive()
