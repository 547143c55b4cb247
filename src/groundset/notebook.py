"""The notebook face: the workspace's page inside JupyterLab, JupyterHub and VS Code."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from groundset.core import ConflictError, InputError, MissingError, ServiceError, few
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.lock import address_of, hold
from groundset.server.run import TOKEN_VARIABLE, Server, address_of_socket, bound
from groundset.server.session import KEYS_FILE, kept_token, write_private
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace

if TYPE_CHECKING:
    import pyarrow as pa
    from anywidget import AnyWidget

TOKEN_FILE = "notebook.json"  # noqa: S105  # the file's name
EDITORS = ("https://localhost:*", "vscode-webview:", "vscode-file:")
"""Pages beside those of localhost that may frame ours: VS Code shows its outputs in windows of its own."""

_STARTS_IN = 30.0
_ENDS_IN = 10.0
_ANSWERS_IN = 5.0

# One server a workspace and process is the promise, and notebooks open a workspace again and again.
_lock = threading.RLock()
_served: dict[Path, Served] = {}


class Served:
    """A workspace's server in a thread of this process. It has its own connection to the workspace.

    Args:
        root: Folder of the workspace.

    Raises:
        ConflictError: Another server has the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.users: set[int] = set()
        self.token = secrets.token_hex(24)
        ready = threading.Event()
        with ExitStack() as stack:
            ws = stack.enter_context(open_workspace(root))
            listening = stack.enter_context(bound("127.0.0.1", 0))
            address = address_of_socket(listening)
            hold(stack, ws.lake, address)
            write_private(ws.lake.layout.cache / TOKEN_FILE, {"token": self.token})
            # Whose name a hub's proxy uses is not known here. A foreign name is no way in: requests need the token.
            app = create_app(ws, Settings(self.token, frame_ancestors=EDITORS, trusted_hosts=("*",)))
            self._server = Server(app, on_stop=app.state.context.hub.close, on_ready=ready.set)
            self._thread = threading.Thread(
                target=self._server.run, kwargs={"sockets": [listening]}, name=f"groundset {root.name}", daemon=True
            )
            self._thread.start()
            if not ready.wait(_STARTS_IN):
                self._server.stop()
                raise ServiceError("the workspace's server does not start", found=f"no answer in {_STARTS_IN:g} s")
            self.port = int(listening.getsockname()[1])
            self._stack = stack.pop_all()

    @property
    def running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it; open pages say that they are offline."""
        self._server.stop()
        self._thread.join(_ENDS_IN)
        self._stack.close()


def show(ws: Workspace, *, height: int = 700, page: str = "#/") -> AnyWidget:
    """The page of a workspace as a widget: the value of a notebook's cell shows it.

    The first call starts a server on a free port of 127.0.0.1; later ones, and other open copies of the same workspace,
    share it. It ends with ``ws.close()`` or the kernel. A server that already has the workspace is used instead.

    Args:
        ws: The workspace.
        height: Height of the frame in pixels.
        page: Page to open: ``#/``, ``#/map``, ``#/chips?filter=...``, ``#/chip/ID``, ``#/releases``.

    Raises:
        InputError: anywidget is not installed, or the page is none.
        ConflictError: Another server has the workspace and does not let this process in.
    """
    if not page.startswith("#/"):
        raise InputError("a page begins with #/", asked=page, hint="say ws.show(page='#/map')")
    if height < 1:
        raise InputError("the height is a number of pixels", asked=height)
    widget = _widget()
    port, token = serve(ws)
    return widget(token, port=port, height=int(height), page=page, name=ws.lake.config.name)


def label(
    ws: Workspace,
    task: str | None = None,
    *,
    height: int = 760,
    filter: str | None = None,  # noqa: A002  # as in the API
) -> LabelWidget:
    """The labelling page of a task as a widget, of which Python sees the selection and the labels.

    Args:
        ws: The workspace.
        task: A ``classify`` task; may be left out where there is one.
        height: Height of the frame in pixels.
        filter: Only these chips to begin with: an OGC CQL2 text, such as ``cloud_cover < 10``.

    Raises:
        InputError: No such task; else as :func:`show`.
        ConflictError: See :func:`show`.
    """
    chosen = ws.lake.config.task(task, "classify").name
    if height < 1:
        raise InputError("the height is a number of pixels", asked=height)
    widget = _label_widget()
    asked = {"task": chosen} | ({"filter": filter} if filter else {})
    port, token = serve(ws)
    page = f"#/chips?{urlencode(asked, quote_via=quote)}"
    made: LabelWidget = widget(token, ws, chosen, port=port, height=int(height), page=page, name=ws.lake.config.name)
    return made


def serve(ws: Workspace) -> tuple[int, str]:
    """Port and token of this workspace's server; starts one where none runs."""
    root = ws.root.resolve()
    with _lock:
        here = _served.get(root)
        if here is None or not here.running:
            other = address_of(ws.lake.layout.cache)
            if other is not None and here is None:
                return _port(other), _let_in(other, ws.lake.layout.cache)
            here = _served[root] = Served(root)
        if id(ws) not in here.users:
            here.users.add(id(ws))
            ws.at_close.callback(_leave, root, id(ws))
        return here.port, here.token


def _leave(root: Path, user: int) -> None:
    with _lock:
        here = _served.get(root)
        if here is None:
            return
        here.users.discard(user)
        if not here.users:
            del _served[root]
            here.stop()


@atexit.register
def _stop_all() -> None:
    with _lock:
        while _served:
            _, here = _served.popitem()
            with suppress(Exception):  # the process ends; nobody could do anything about it
                here.stop()


def _port(address: str) -> int:
    return urlsplit(address).port or 80


def _let_in(address: str, cache_folder: Path) -> str:
    """The token of a server on this machine that is not ours."""
    files = [cache_folder / name for name in (TOKEN_FILE, KEYS_FILE)]
    tokens = [os.environ.get(TOKEN_VARIABLE), *(kept_token(file) for file in files if file.is_file())]
    for token in tokens:
        if token and _accepted(address, token):
            return token
    raise ConflictError(
        "another server has this workspace and does not know our token",
        asked=cache_folder.parent,
        found=f"it answers at {address}",
        hint="open that address in a browser, or stop that server and call ws.show() again",
    )


def _accepted(address: str, token: str) -> bool:
    request = urllib.request.Request(f"{address}api/session", headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # http on loopback, from our own lock
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_ANSWERS_IN) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


@cache
def _widget() -> type[AnyWidget]:
    """The widget's class; made late, because anywidget is an extra."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise InputError(
            "the notebook's widget needs anywidget", found="not installed", hint="pip install 'groundset[notebook]'"
        ) from error

    class Page(anywidget.AnyWidget):
        """A frame that shows the page.

        The token is told when the frame asks; as a part of the widget's state it would be saved with the notebook.
        """

        _esm = Path(__file__).with_suffix(".js").read_text("utf-8")
        port = traitlets.Int().tag(sync=True)
        height = traitlets.Int().tag(sync=True)
        page = traitlets.Unicode().tag(sync=True)
        name = traitlets.Unicode().tag(sync=True)

        def __init__(self, token: str, **state: Any) -> None:
            super().__init__(**state)
            self.token = token
            self.on_msg(self._asked)

        def _asked(self, _widget: object, content: object, _buffers: object) -> None:
            if content == {"ask": "token"}:
                self.send({"token": self.token})

        def __repr__(self) -> str:
            return f"<Groundset {self.name}: http://127.0.0.1:{self.port}/{self.page}>"

    return Page


class LabelWidget(Protocol):
    """What :func:`label` gives: a widget; ``selection`` is in step with the page.

    ``w.selection`` are the ids of the selected chips; to set it selects in the page. ``w.labels`` are the labels of the
    task now. ``w.on_labels(f)`` calls ``f(w)`` whenever labels changed, by whomever; ``w.observe(f, "selection")``
    hears of the selection as with any widget.
    """

    task: str
    selection: list[str]
    head: int

    @property
    def labels(self) -> pa.Table:
        """The labels of the task now, one row a labelled chip."""

    def on_labels(self, hear: Callable[[LabelWidget], object]) -> Callable[[], None]:
        """Call ``hear`` with the widget when labels changed; returns what ends it."""

    def observe(self, handler: Callable[[Any], object], names: Any = ..., type: str = ...) -> None:  # noqa: A002
        """As with any widget."""


@cache
def _label_widget() -> type[Any]:
    """The labelling widget's class; made late, because anywidget is an extra."""
    page = _widget()
    import traitlets

    class Labelling(page):  # type: ignore[misc,valid-type]
        """A frame that shows the labelling page, in step with Python."""

        selection = traitlets.List(traitlets.Unicode()).tag(sync=True)
        head = traitlets.Int(0, help="The journal's last event that the page heard of").tag(sync=True)

        def __init__(self, token: str, ws: Workspace, task: str, **state: Any) -> None:
            super().__init__(token, **state)
            self._ws, self.task = ws, task

        @traitlets.validate("selection")
        def _known(self, proposal: Any) -> list[str]:
            ids = list(dict.fromkeys(proposal["value"]))
            unknown = [one for one in ids if one not in self._ws.lake.chips] if hasattr(self, "_ws") else []
            if unknown:
                raise MissingError(
                    "no such chip in this workspace",
                    asked=few(unknown),
                    hint="the form is SCENE_LEVEL_ROW_COL",
                )
            return ids

        @property
        def labels(self) -> pa.Table:
            return self._ws.labels(self.task)

        def on_labels(self, hear: Callable[[Any], object]) -> Callable[[], None]:
            def changed(_: object) -> None:
                hear(self)

            self.observe(changed, "head")
            return lambda: self.unobserve(changed, "head")

    return Labelling
