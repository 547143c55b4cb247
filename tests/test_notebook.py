"""The notebook face: one server a workspace and process, and a widget whose frame shows the page."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from madelake import add_scene, lake_like_image, write_scene
from pageserver import built_ui, chromium
from playwright.sync_api import Locator, expect, sync_playwright
from realservers.process import NotAvailableError, answers, free_port, running

import groundset as gs
from groundset import notebook
from groundset.core import ConflictError, InputError
from groundset.imagery import open_source
from groundset.server.lock import address_of

TIME = "2024-05-01T10:00:00Z"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[gs.Workspace]:
    with gs.create(tmp_path / "lake", scheme="water") as made:
        image = write_scene(tmp_path / "s1.tif", lake_like_image(64, 64)[0])
        add_scene(made.lake, open_source(str(image), bands=["blue", "green", "red", "nir"])[0], 32)
        yield made


def ask(
    port: int, path: str, token: str, method: str = "GET", body: object = None, host: str = ""
) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | (
        {"Host": host} if host else {}
    )
    link.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = link.getresponse()
    told = answer.status, answer.read()
    link.close()
    return told


def listens(port: int) -> bool:
    with socket.socket() as link:
        link.settimeout(2)
        return link.connect_ex(("127.0.0.1", port)) == 0


def test_shows_and_stops_with_the_workspace(ws: gs.Workspace) -> None:
    widget = ws.show(height=420, page="#/map")
    assert (widget.height, widget.page, widget.name) == (420, "#/map", "lake")
    status, body = ask(widget.port, "/api/workspace", widget.token)
    assert status == 200
    assert json.loads(body)["counts"]["chips"] == 4
    assert ask(widget.port, "/api/workspace", "x" * 20)[0] == 401
    assert ask(widget.port, "/api/workspace", widget.token, host="hub.example.org")[0] == 200
    ws.close()
    assert not listens(widget.port)
    assert address_of(ws.lake.layout.cache) is None


def test_the_token_is_not_in_what_the_widget_shows_of_itself(ws: gs.Workspace) -> None:
    widget = ws.show()
    assert widget.token not in repr(widget)
    assert "application/vnd.jupyter.widget-view+json" in widget._repr_mimebundle_()[0]


def test_the_token_is_not_saved_with_the_notebook_but_told_when_asked(ws: gs.Workspace) -> None:
    widget = ws.show()
    assert widget.token not in json.dumps(widget.get_state(), default=str)
    said: list[object] = []
    widget.send = said.append  # type: ignore[method-assign]
    widget._handle_custom_msg({"ask": "something"}, [])
    widget._handle_custom_msg({"ask": "token"}, [])
    assert said == [{"token": widget.token}]


def test_one_server_a_workspace_and_process(ws: gs.Workspace) -> None:
    first = ws.show()
    assert ws.show().port == first.port
    with gs.open(ws.root) as again:
        assert again.show().port == first.port
    assert ask(first.port, "/api/workspace", first.token)[0] == 200  # the first copy still needs it
    ws.close()
    assert not listens(first.port)


def test_begins_again_after_a_close(ws: gs.Workspace) -> None:
    first = ws.show()
    ws.close()
    with gs.open(ws.root) as again:
        second = again.show()
        assert second.token != first.token
        assert ask(second.port, "/api/workspace", second.token)[0] == 200


def test_uses_the_server_that_another_process_runs(ws: gs.Workspace) -> None:
    program = (
        "import sys, groundset as gs; ws = gs.open(sys.argv[1]); w = ws.show(); "
        "print(w.port, flush=True); sys.stdin.readline(); ws.close()"
    )
    command = [sys.executable, "-c", program, str(ws.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        widget = ws.show()
        assert widget.port == port
        assert ask(widget.port, "/api/workspace", widget.token)[0] == 200
        other.communicate("\n", timeout=60)
    assert other.returncode == 0
    assert ws.show().port != 0  # its server is gone, so this process has its own now
    assert ask(ws.show().port, "/api/workspace", ws.show().token)[0] == 200


def test_says_who_has_the_workspace_where_it_is_not_let_in(ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys, pathlib, groundset.server.run as run; from groundset.server.context import Settings; "
        "run.serve(pathlib.Path(sys.argv[1]), port=0, settings=Settings('another-token'), "
        "say=lambda t: print(t.split('page')[1].split('?')[0].strip(), flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(ws.root)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        address = other.stdout.readline().strip()
        try:
            with pytest.raises(ConflictError, match=address):
                ws.show()
            monkeypatch.setenv("GROUNDSET_TOKEN", "another-token")
            assert ws.show().token == "another-token"
        finally:
            other.terminate()


def test_refuses_what_is_no_page(ws: gs.Workspace) -> None:
    with pytest.raises(InputError, match="#/map"):
        ws.show(page="map")
    with pytest.raises(InputError, match="pixels"):
        ws.show(height=0)


def test_says_how_to_install_what_is_missing(ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook._widget.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(InputError, match=r"pip install 'groundset\[notebook\]'"):
        ws.show()
    notebook._widget.cache_clear()
    assert address_of(ws.lake.layout.cache) is None  # nothing was begun


HOST_PAGE = """<!doctype html><title>notebook</title><div id="out"></div>
<script id="jupyter-config-data" type="application/json">{"baseUrl": "/base/"}</script>
<script type="module">
import widget from './widget.js';
const state = await (await fetch('./state.json')).json();
const { token, ...kept } = state;
const heard = new Set();
const model = {
  get: (name) => kept[name],
  on: (name, hear) => name === 'msg:custom' && heard.add(hear),
  off: (name, hear) => heard.delete(hear),
  send: (asked) => asked.ask === 'token' && heard.forEach((hear) => hear({ token })),
};
widget.render({ model, el: document.getElementById('out') });
</script>"""


@contextmanager
def host_page(widget: object, host: str = HOST_PAGE, **changes: object) -> Iterator[str]:
    """A page on another port that does what Jupyter does with a widget; ``changes`` override its state."""
    kept = [name for name in ("port", "token", "height", "page", "name", "selection", "head") if hasattr(widget, name)]
    state = {name: getattr(widget, name) for name in kept} | changes
    files = {
        "/lab": ("text/html", host),
        "/widget.js": ("text/javascript", str(widget._esm)),  # type: ignore[attr-defined]
        "/state.json": ("application/json", json.dumps(state)),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = files.get(self.path, ("text/plain", ""))
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/lab"
        finally:
            server.shutdown()
            thread.join()


LABEL_HOST = """<!doctype html><title>notebook</title><div id="out"></div>
<script type="module">
import widget from './widget.js';
const state = await (await fetch('./state.json')).json();
const { token, ...kept } = state;
const heard = {};
const hear = (name) => (heard[name] ??= new Set());
window.saved = [];
window.model = {
  get: (name) => kept[name],
  set: (name, value) => {
    const other = JSON.stringify(kept[name]) !== JSON.stringify(value);
    kept[name] = value;
    if (other) hear(`change:${name}`).forEach((run) => run());
  },
  save_changes: () => window.saved.push({ selection: kept.selection, head: kept.head }),
  on: (name, run) => hear(name).add(run),
  off: (name, run) => hear(name).delete(run),
  send: (asked) => asked.ask === 'token' && hear('msg:custom').forEach((run) => run({ token })),
};
window.end = widget.render({ model: window.model, el: document.getElementById('out') });
</script>"""


def _browser_or_skip() -> str:
    try:
        built_ui()
        return chromium()
    except NotAvailableError as error:
        pytest.skip(str(error))


def test_the_page_appears_in_a_frame_of_another_origin_and_can_write(
    ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _browser_or_skip()
    monkeypatch.setenv("GROUNDSET_UI_DIR", str(built_ui()))
    widget = ws.show(page="#/chips")
    with host_page(widget) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_context().new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        frame = page.frame_locator("iframe")
        expect(frame.locator("#page-title")).to_have_text("Chips", timeout=30_000)
        expect(page.locator("iframe")).to_have_attribute("title", "Groundset: lake")
        assert not [url for url in asked if widget.token in url.split("#")[0]]  # no log ever sees the token
        inside = page.frames[-1]
        assert widget.token not in inside.evaluate("location.href")
        chip = ws.chips["chip_id"][0].as_py()
        event = {"id": "5b1f1c0e-0000-4000-8000-000000000001", "kind": "answer", "task": "chips", "chip_id": chip}
        event |= {"payload": {"class": 1, "value": "positive"}}
        status = inside.evaluate(
            """async (event) => {
              const token = Object.entries(sessionStorage).find(([name]) => name.includes('token'))[1];
              const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
              const said = { method: 'POST', headers, body: JSON.stringify([event]) };
              const answer = await fetch('./api/annotations', said);
              return answer.status;
            }""",
            event,
        )
        assert status == 201
        browser.close()
    assert [e.chip_id for e in ws.lake.journal.events(kind="answer")] == [chip]


def test_labelling_in_a_notebook_python_sees_selection_and_labels(
    ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _browser_or_skip()
    monkeypatch.setenv("GROUNDSET_UI_DIR", str(built_ui()))
    ids = ws.chips["chip_id"].to_pylist()
    widget = ws.label()
    assert (widget.task, widget.selection, widget.labels.num_rows) == ("chips", [], 0)
    selected: list[list[str]] = []
    labels: list[int] = []
    widget.observe(lambda change: selected.append(change["new"]), "selection")
    off = widget.on_labels(lambda one: labels.append(one.labels.num_rows))
    with host_page(widget, LABEL_HOST) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.goto(address)
        frame = page.frame_locator("iframe")

        def tile(index: int) -> Locator:
            return frame.locator(f"a[data-index='{index}']")

        expect(tile(0)).to_be_visible(timeout=30_000)

        def comm(said: str) -> dict[str, object]:
            """What the widget saved, brought to Python as Jupyter's comm does."""
            page.wait_for_function(f"() => window.saved.some(({{ selection, head }}) => {said})", timeout=15_000)
            state: dict[str, object] = page.evaluate("() => window.saved.at(-1)")
            widget.set_state(state)  # type: ignore[attr-defined]
            return state

        tile(1).click()
        comm("selection.length === 1")
        assert widget.selection == [ids[1]] == selected[-1]
        tile(3).click(modifiers=["Control"])
        comm("selection.length === 2")
        assert sorted(widget.selection) == [ids[1], ids[3]]

        # from Python: the two others
        widget.selection = [ids[0], ids[2]]
        page.evaluate("(ids) => window.model.set('selection', ids)", widget.selection)
        expect(frame.get_by_role("gridcell", selected=True)).to_have_count(2)
        page.evaluate("() => { window.saved = []; }")

        # nobody but the frame is heard
        page.evaluate("() => window.postMessage({ groundset: 'selection', ids: ['x'] }, '*')")
        assert page.evaluate("() => window.saved") == []

        ws.annotate(widget.selection, "water", actor="anna", task="chips")
        comm("head > 0")
        assert widget.head == ws.lake.journal.head()
        assert labels == [2]
        table = widget.labels
        assert table.column_names[:2] == ["chip_id", "class"]
        assert table["chip_id"].to_pylist() == [ids[0], ids[2]]
        assert set(table["class"].to_pylist()) == {"water"}
        assert set(table["by"].to_pylist()) == {"people"}
        off()
        widget.head = 10_000
        assert labels == [2]
        page.evaluate("() => { window.saved = []; window.end(); }")
        tile(1).click()
        page.wait_for_timeout(300)
        assert page.evaluate("() => window.saved") == []
        browser.close()


def test_a_selection_made_before_the_page_is_there_is_kept(ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _browser_or_skip()
    monkeypatch.setenv("GROUNDSET_UI_DIR", str(built_ui()))
    ids = ws.chips["chip_id"].to_pylist()
    widget = ws.label("chips", filter="valid_fraction > 0")
    widget.selection = [ids[3]]
    assert widget.page == "#/chips?task=chips&filter=valid_fraction%20%3E%200"  # type: ignore[attr-defined]
    with host_page(widget, LABEL_HOST) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(address)
        chosen = page.frame_locator("iframe").get_by_role("gridcell", selected=True)
        expect(chosen).to_have_count(1, timeout=30_000)
        browser.close()


def test_a_labelling_widget_is_of_one_task_and_knows_its_chips(ws: gs.Workspace) -> None:
    with pytest.raises(InputError, match="no single classify task"):
        ws.label("pixels")
    with pytest.raises(InputError, match="pixels"):
        ws.label(height=0)
    widget = ws.label()
    with pytest.raises(InputError, match="no such chip"):
        widget.selection = ["s1_0_9_9"]
    ids = ws.chips["chip_id"].to_pylist()
    widget.selection = [ids[0], ids[0]]
    assert widget.selection == [ids[0]]
    assert widget.token not in json.dumps(widget.get_state(), default=str)  # type: ignore[attr-defined]


def test_labels_as_a_table(ws: gs.Workspace) -> None:
    ids = ws.chips["chip_id"].to_pylist()
    ws.annotate(ids[:2], "water", actor="anna")
    ws.annotate(ids[2:3], "water", actor="anna", value="negative")
    ws.annotate(ids[3:], "water", actor="bert", value="unsure")
    table = ws.labels("chips").to_pydict()
    assert table["chip_id"] == ids
    assert table["value"] == ["positive", "positive", "positive", "unsure"]
    assert table["class"] == ["water", "water", "non-water", "not-applicable"]  # of two classes not to be the one
    assert table["absent"][2] == ["water"]
    assert table["actor"] == ["anna"] * 3 + ["bert"]
    assert table["answered_at"][0].tzinfo is not None


def test_says_what_helps_where_the_server_cannot_be_reached(ws: gs.Workspace) -> None:
    path = _browser_or_skip()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: a kernel that is gone
        with host_page(ws.show(), port=taken.getsockname()[1]) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(address)
            told = page.get_by_role("alert")
            expect(told).to_contain_text("jupyter-server-proxy", timeout=40_000)
            expect(told).to_contain_text("run the cell again")
            browser.close()


CASES = [
    ("http://localhost:8888/lab", "/", ["http://localhost:7/", "http://localhost:8888/proxy/7/"]),
    ("http://127.0.0.1:8888/tree/a.ipynb", None, ["http://127.0.0.1:7/", "http://127.0.0.1:8888/proxy/7/"]),
    ("https://hub.org/user/ann/lab/tree/x", "/user/ann/", ["https://hub.org/user/ann/proxy/7/"]),
    ("https://hub.org/user/ann/notebooks/x", None, ["https://hub.org/user/ann/proxy/7/"]),
    (
        "http://localhost:8000/user/ann/lab",
        "/user/ann/",
        ["http://localhost:8000/user/ann/proxy/7/", "http://localhost:7/"],
    ),
    ("vscode-webview://abc/index.html", None, ["http://localhost:7/"]),
    ("https://example.org/saved.html", None, []),
]


def test_where_it_looks_for_the_server(tmp_path: Path) -> None:
    import shutil

    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    script = tmp_path / "cases.mjs"
    module = tmp_path / "notebook.mjs"
    module.write_text(Path(notebook.__file__).with_suffix(".js").read_text())
    script.write_text(
        "import { candidates } from './notebook.mjs';\n"
        f"for (const [href, baseUrl] of {json.dumps([c[:2] for c in CASES])}) {{\n"
        "  const textContent = baseUrl === null ? '' : JSON.stringify({ baseUrl });\n"
        "  const page = { location: { href }, body: { dataset: {} }, getElementById: () => ({ textContent }) };\n"
        "  console.log(JSON.stringify(candidates(page, 7)));\n}\n"
    )
    out = subprocess.run([node, str(script)], capture_output=True, text=True, check=True).stdout
    assert [json.loads(line) for line in out.splitlines()] == [c[2] for c in CASES]


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("base", ["/", "/user/ann/"], ids=["direct", "through-the-proxy"])
def test_in_a_real_jupyterlab(ws: gs.Workspace, tmp_path: Path, base: str) -> None:
    """Needs JupyterLab with jupyter-server-proxy, ipykernel and anywidget; GROUNDSET_JUPYTER names its Python.

    Its kernel takes Groundset from this environment, so both need the same version of Python.
    """
    python = os.environ.get("GROUNDSET_JUPYTER")
    if python is None:
        pytest.skip("GROUNDSET_JUPYTER names no Python with JupyterLab")
    path, port = _browser_or_skip(), free_port()
    code = f"import groundset as gs\nws = gs.open({str(ws.root)!r})\nws.show(page='#/chips')"
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": [code]}
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    book = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    env = {**os.environ, "GROUNDSET_UI_DIR": str(built_ui()), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    options = [f"--ServerApp.base_url={base}", f"--port={port}", f"--ServerApp.root_dir={tmp_path}"]
    command = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--IdentityProvider.token=jl", *options]
    with running(command, env=env, log=tmp_path / "jupyter.log", ready=lambda: answers(port)), sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://localhost:{port}{base}lab/tree/book.ipynb?token=jl&reset")
        page.locator(".jp-CodeCell .cm-content").first.click(timeout=90_000)
        page.keyboard.press("Shift+Enter")
        expect(page.frame_locator("iframe[title^=Groundset]").locator("#page-title")).to_have_text(
            "Chips", timeout=120_000
        )
        assert ("/proxy/" in page.frames[-1].url) == (base != "/")
        browser.close()
