"""The real page in the real browser: Debian's Chromium with software WebGL over a real server and workspace."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pagelake
import pytest
from pageserver import UI, Served, built_ui, chromium, serving
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from realservers.process import NotAvailableError

T = TypeVar("T")
PICTURES = Path(os.environ.get("GROUNDSET_PICTURES", Path(__file__).resolve().parents[2] / ".tmp" / "e2e"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SERIOUS = ("serious", "critical")
expect.set_options(timeout=15_000)


def _or_skip(make: Callable[[], T]) -> T:
    try:
        return make()
    except NotAvailableError as error:
        if os.environ.get("GROUNDSET_REQUIRE_SERVICES") == "1":
            pytest.fail(f"GROUNDSET_REQUIRE_SERVICES=1, but {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def ui() -> Path:
    """Folder of the built page."""
    return _or_skip(built_ui)


@pytest.fixture(scope="session")
def lake_template(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace made once (two scenes, 72 chips, labels, a model, releases v1 and v2); copy it, never write to it."""
    return pagelake.make(tmp_path_factory.mktemp("page") / "boadella", data_dir)


@pytest.fixture
def lake_copy(lake_template: Path, tmp_path: Path) -> Path:
    """A copy of the workspace that a test may change."""
    return Path(shutil.copytree(lake_template, tmp_path / "boadella"))


@pytest.fixture(scope="session")
def served(ui: Path, lake_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a copy of the workspace, for tests that change nothing that others see."""
    folder = tmp_path_factory.mktemp("served")
    root = Path(shutil.copytree(lake_template, folder / "boadella"))
    with serving(root, log=folder / "server.log", ui=ui) as server:
        yield server


@pytest.fixture(scope="module")
def server(ui: Path, lake_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a copy of the workspace, for the tests of one module: they may change it."""
    folder = tmp_path_factory.mktemp("module")
    root = Path(shutil.copytree(lake_template, folder / "boadella"))
    with serving(root, log=folder / "server.log", ui=ui) as one:
        yield one


@pytest.fixture
def serve_own(ui: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Call it with a workspace (or a folder of them) for a server of one's own; ``port=`` to have the same again."""
    with ExitStack() as stack:
        yield lambda root, port=0: stack.enter_context(
            serving(root, log=tmp_path / f"server-{port}.log", port=port, ui=ui)
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a module's own, because an open Playwright keeps an event loop running that other tests cannot have."""
    path = _or_skip(chromium)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def allowed_errors() -> list[str]:
    """Regular expressions of console errors that this test expects, e.g. those of a server that it stopped."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, request: pytest.FixtureRequest, allowed_errors: list[str]
) -> Iterator[Callable[..., Page]]:
    """Call it for a page in a context of its own: ``new_page(width=1920, height=1080, theme="light")``.

    A console error, an error of the page or a broken CSP rule fails the test; a failed test leaves a screenshot.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    errors: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def make(*, width: int = 1280, height: int = 800, theme: str = "dark", **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="light" if theme == "light" else "dark",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", told)
        page.on("pageerror", lambda error: errors.append(f"page error: {error}"))
        pages.append(page)
        return page

    yield make
    report = getattr(request.node, "told", None)
    unwanted = [e for e in errors if not any(re.search(a, e) for a in allowed_errors)]
    if unwanted or (report is not None and report.failed):
        PICTURES.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages):
            if not page.is_closed():
                page.screenshot(path=PICTURES / f"{request.node.name}-{number}.png")
    for page in pages:
        if not page.is_closed():
            page.unroute_all(behavior="ignoreErrors")  # a request may still be in the hands of the test
    for context in contexts:
        context.close()
    if unwanted:
        pytest.fail("errors in the browser's console:\n" + "\n".join(unwanted))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let fixtures know whether the test failed."""
    report = yield
    if report.when == "call":
        item.told = report  # type: ignore[attr-defined]
    return report


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of 1280 x 800 in the dark theme."""
    return new_page()


@pytest.fixture
def open_page(served: Served) -> Callable[..., Page]:
    """``open_page(page, "#/chips")``: sign in at ``served`` (or another server) and open a page there."""

    def open_at(page: Page, place: str = "#/", server: Served | None = None) -> Page:
        server = server or served
        page.goto(server.url)
        page.wait_for_url(lambda url: "token=" not in url)
        if place not in ("#/", ""):
            page.evaluate("hash => { location.hash = hash; }", place)
        expect(page.locator("#page-title")).to_be_visible()
        return page

    return open_at


@pytest.fixture
def axe() -> Callable[..., None]:
    """``axe(page)``: fails where axe-core finds something serious or critical."""
    script = UI / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        _or_skip(lambda: _missing("axe-core is not installed: npm ci in ui"))
    text = script.read_text(encoding="utf-8")

    def check(page: Page, *, exclude: tuple[str, ...] = ()) -> None:
        page.evaluate(f"() => {{ {text} }}")  # evaluated by the debugger: the CSP of the page stays as it is
        found = page.evaluate(
            "exclude => axe.run(exclude.length ? { exclude: exclude.map((one) => [one]) } : document)", list(exclude)
        )
        bad = [
            f"{v['impact']}: {v['id']}: {v['help']}\n" + "\n".join(f"    {n['html'][:200]}" for n in v["nodes"][:5])
            for v in found["violations"]
            if v["impact"] in SERIOUS
        ]
        assert not bad, "axe-core found:\n" + "\n".join(bad)

    return check


def _missing(why: str) -> None:
    raise NotAvailableError(why)
