"""``groundset serve`` as people run it: a process, its end, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from madelake import TIME
from serving import TOKEN, make_workspace, running

from groundset.core import ConflictError, InputError
from groundset.server.context import Settings
from groundset.server.run import bound, check_host, with_token
from groundset.workspace import Workspace


def serve(*options: object) -> subprocess.CompletedProcess[str]:
    """Run it where it is to fail."""
    command = [sys.executable, "-m", "groundset", "serve", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


ENDLESS = "SELECT count(*) FROM range(10000000000) a, range(10000000) b"


def test_one_ctrl_c_ends_it_with_streams_open(workspace: Workspace) -> None:
    with running(workspace.root) as server, ExitStack() as stack:
        assert any("Ctrl-C stops" in line for line in [*server.output, server.process.stdout.readline()])  # type: ignore[union-attr]
        client = stack.enter_context(server.client())
        for _ in range(3):
            lines = stack.enter_context(client.stream("GET", "/api/events")).iter_lines()
            next(lines)
            stack.callback(lines.close)
        begun = time.monotonic()
        assert server.stop(signal.SIGINT) == 0
        took = time.monotonic() - begun
        rest = server.process.stdout.read()  # type: ignore[union-attr]
        assert "Traceback" not in rest
        assert "ERROR" not in rest
        assert rest.strip().endswith("stopped")
        assert took < 10  # two seconds on a machine that has time


def test_sigterm_ends_it_in_the_midst_of_requests_and_jobs(workspace: Workspace) -> None:
    job = {
        "verb": "ingest",
        "options": {
            "source": "imagery/s.tif", "scene_id": "t", "bands": list("abcd"), "time": TIME.isoformat(), "chip_size": 64
        },
    }  # fmt: skip
    with running(workspace.root) as server, server.client(timeout=60) as client, ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        long = pool.submit(client.post, "/api/sql", json={"sql": ENDLESS})
        port = int(server.address.rstrip("/").rpartition(":")[2])
        stalled = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        stalled.sendall(
            f"POST /api/annotations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "X-Groundset-Actor: anna\r\nContent-Length: 1000\r\n\r\n[".encode()
        )
        jobs = [client.post("/api/jobs", json=job).json()["id"] for _ in range(2)]
        begun = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - begun < 15  # three seconds on a machine that has time
        assert (long.result().status_code, long.result().json()["title"]) == (503, "the server is stopping")
        assert stalled.recv(1000).startswith(b"HTTP/1.1 503 ")
        rest = server.process.stdout.read()  # type: ignore[union-attr]
        assert not any(word in rest for word in ("Traceback", "ERROR", "WARNING"))
        assert rest.strip().endswith("stopped")
    records = [json.loads((workspace.lake.layout.cache / "jobs" / f"{i}.json").read_text()) for i in jobs]
    assert [(r["state"], r["resumable"]) for r in records][1] == ("interrupted", True)
    assert records[0]["state"] in ("interrupted", "done"), records[0]


def test_the_second_server_is_told_of_the_first_and_a_killed_one_holds_nothing(workspace: Workspace) -> None:
    port = free_port()
    with running(workspace.root, "--port", str(port)) as first:
        second = serve(workspace.root, "--port", 0)
        assert second.returncode == 2
        assert f"http://127.0.0.1:{port}/" in second.stderr
        assert TOKEN not in second.stderr
        taken = serve(make_other(workspace), "--port", port)
        assert taken.returncode == 2
        assert f"port {port}" in taken.stderr
        assert "--port" in taken.stderr.partition("hint")[2]
        first.process.kill()
        first.process.wait(20)
    with running(workspace.root, "--port", str(port)) as third, third.client() as client:
        assert client.get("/api/session").status_code == 200


def make_other(ws: Workspace) -> Path:
    other = ws.root.parent / "other"
    make_workspace(other, name="other").close()
    return other


def test_a_folder_of_workspaces(tmp_path: Path) -> None:
    make_workspace(tmp_path / "all" / "wake", name="wake").close()
    make_workspace(tmp_path / "all" / "lake two", name="second").close()
    (tmp_path / "all" / "broken").mkdir()
    (tmp_path / "all" / "broken" / "groundset.toml").write_text('version = 99\nname = "x"\n')
    make_workspace(tmp_path / "all" / "odd", name="odd").close()
    shutil.rmtree(tmp_path / "all" / "odd" / ".cache", ignore_errors=True)
    (tmp_path / "all" / "odd" / ".cache").write_text("no folder")
    (tmp_path / "all" / "notes").mkdir()
    make_workspace(tmp_path / "all" / "new", name="new").close()
    with running(tmp_path / "all") as server:
        assert "5 workspaces" in server.output[0]
        with server.client() as client:
            links = client.get("/api/workspaces").json()
            assert [(w["name"], w["href"], w["chips"]) for w in links] == [
                ("broken", "w/broken/", None), ("second", "w/lake two/", 16), ("new", "w/new/", 16),
                ("odd", "w/odd/", None), ("wake", "w/wake/", 16),
            ]  # fmt: skip
            assert "newer version" in links[0]["error"]
            item = {"id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": "s_0_0_0"}
            answered = client.post("/w/wake/api/annotations", json=[{**item, "payload": {"classes": [1]}}])
            assert answered.status_code == 201
            assert client.get("/w/wake/api/annotations").json()["head"] == 1
            assert client.get("/w/lake%20two/api/annotations").json()["head"] == 0
            assert client.get("/w/wake/api/workspaces").json() == client.get("/api/workspaces").json()
            assert client.get("/api/annotations").status_code == 404
            assert client.get("/w/broken/api/session").status_code == 409
            assert "cannot be opened" in client.get("/w/broken/").text
            assert client.get("/w/odd/api/session").status_code == 503
            for none in ("/w/none/api/session", "/w/notes/api/session", "/w/..%2fall/api/session"):
                response = client.get(none)
                assert response.status_code == 404
                assert response.headers["content-type"] == "application/problem+json"
        with httpx.Client(base_url=server.address, trust_env=False) as browser:
            assert browser.get("/w/wake/api/session").status_code == 401
            assert browser.get("/w/none/api/session").status_code == 401
            assert browser.get("/w/new/assets/app.js").status_code == 404
            assert browser.get("/w/new/api/session", headers={"Host": "evil.example"}).status_code == 421
            assert not (tmp_path / "all" / "new" / ".cache" / "server.lock").exists(), "opened for nobody"
            moved = browser.get("/w/wake?token=x")
            assert moved.headers["location"] == "./wake/?token=x"
            welcome = browser.get(f"/w/wake/?token={TOKEN}")
            assert welcome.headers["location"] == "./"
            assert "Path=/;" in welcome.headers["set-cookie"], "one sign-in for all"
            assert browser.get("/api/session").status_code == 200
            csrf = browser.get("/w/lake%20two/api/session").json()["csrf"]
            headers = {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-origin"}
            assert browser.post("/api/session", json={"actor": "zoe"}, headers=headers).status_code == 200
            assert browser.get("/w/wake/api/session").json()["actor"] == "zoe"
        assert serve(tmp_path / "all" / "wake", "--port", 0).returncode == 2
        odd = serve(tmp_path / "all" / "odd", "--port", 0)
        assert odd.returncode == 1
        assert "the workspace cannot be written" in odd.stderr
        assert server.stop() == 0
        assert "Traceback" not in server.process.stdout.read()  # type: ignore[union-attr]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_other_hosts_wait_for_accounts(host: str) -> None:
    with pytest.raises(InputError, match="no accounts yet") as caught:
        check_host(host)
    assert caught.value.exit_code == 2


def test_what_is_refused(tmp_path: Path, workspace: Workspace) -> None:
    nowhere = serve(tmp_path / "nowhere")
    assert (nowhere.returncode, "nowhere" in nowhere.stderr) == (2, True)
    config = workspace.root / "groundset.toml"
    config.write_text(config.read_text().replace("version = 1", "version = 99"))
    newer = serve(workspace.root)
    assert newer.returncode == 2
    assert "newer version" in newer.stderr
    assert "Traceback" not in newer.stderr


def test_ports() -> None:
    with bound("127.0.0.1", 0) as there:
        port = there.getsockname()[1]
        with pytest.raises(ConflictError, match=f"port {port}") as caught, bound("127.0.0.1", port):
            pass
        assert "--port" in str(caught.value.hint)
    for bad in (-1, 65536):
        with pytest.raises(InputError, match="number from"), bound("127.0.0.1", bad):
            pass


def test_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROUNDSET_TOKEN", raising=False)
    keys = tmp_path / "server.json"
    made = with_token(None, keys).token
    assert with_token(None, keys).token == made, "a bookmark survives a restart"
    monkeypatch.setenv("GROUNDSET_TOKEN", "from-the-environment")
    assert with_token(None, keys).token == "from-the-environment"
    assert with_token(Settings("given-by-hand"), keys).token == "given-by-hand"
    for bad in ("short", "with spaces in it", "with?marks&in=it", "übermäßig"):
        monkeypatch.setenv("GROUNDSET_TOKEN", bad)
        with pytest.raises(InputError, match="at least 8") as caught:
            with_token(None, keys)
        assert bad not in str(caught.value)


def test_answers_do_not_wait_for_the_visitors_ack() -> None:
    async def nodelay() -> int:
        with bound("127.0.0.1", 0) as listening:
            served: asyncio.Future[int] = asyncio.get_running_loop().create_future()

            def came(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                told = writer.get_extra_info("socket")
                served.set_result(told.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                writer.close()

            async with await asyncio.start_server(came, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                found = await served
                writer.close()
                return found

    assert asyncio.run(nodelay())
