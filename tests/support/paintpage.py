"""The pixel editor as a person uses it, and what the server has of it meanwhile."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import numpy.typing as npt
import rasterio
from labelpage import api, handled
from pageserver import UI, Served
from playwright.sync_api import Locator, Page, expect

Planes = npt.NDArray[np.uint8]
"""uint8 (3, rows, columns): class, origin, confidence."""

ACTOR = "una"
TASK = "pixels"
TOLERANCE = 0.4
PURE = Path(__file__).with_name("paint_pure.mjs")
RECORD = """
window.heard = [];
if (location.protocol !== 'about:') {
  localStorage.setItem('groundset.paint bands', 'all');
  localStorage.setItem('groundset.paint tolerance', 'TOLERANCE');
}
const spot = (event, stage) => {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
for (const type of ['pointerdown', 'pointermove', 'pointerup', 'dblclick'])
  window.addEventListener(type, (event) => {
    const stage = event.target instanceof Element && event.target.closest('[role=application]');
    if (!stage) return;
    const passed = type === 'pointermove' && event.buttons ? event.getCoalescedEvents() : [];
    for (const one of passed.length ? passed : [event]) window.heard.push({ type, at: spot(one, stage) });
  }, true);
""".replace("TOLERANCE", str(TOLERANCE))


@dataclass(slots=True)
class PaintPage:
    """The editor on one chip."""

    page: Page
    server: Served
    chip: str
    rows: int = field(init=False)
    cols: int = field(init=False)

    def __post_init__(self) -> None:
        """Ask how large the chip is."""
        chip = api(self.server, f"/chips/{self.chip}")["chip"]
        self.rows, self.cols = chip["height"], chip["width"]

    def open(self, actor: str = ACTOR) -> PaintPage:
        """Sign in under a name and open the editor."""
        self.page.add_init_script(RECORD)
        sign_in(self.page, self.server, actor)
        self.page.goto(f"{self.server.base}#/paint/{self.chip}?task={TASK}")
        return self.ready()

    def go(self, chip: str) -> PaintPage:
        """Go on to another chip without loading the page anew."""
        other = PaintPage(self.page, self.server, chip)
        self.page.evaluate("hash => { location.hash = hash; }", f"#/paint/{chip}?task={TASK}")
        expect(self.page.locator("#page-title")).to_have_text(chip)
        return other.ready()

    def ready(self) -> PaintPage:
        """Wait until the chip can be painted on."""
        expect(self.stage).to_be_visible()
        expect(self.page.locator(".record")).to_be_visible()
        return self

    @property
    def stage(self) -> Locator:
        """The first view."""
        return self.page.locator("[role=application]").first

    @property
    def state(self) -> Locator:
        """Whether all is saved."""
        return self.page.locator("[data-saved]")

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def size(self) -> tuple[float, float]:
        """Width and height of the view, CSS pixels."""
        width, height = self.stage.evaluate("(node) => [node.clientWidth, node.clientHeight]")
        return width, height

    def place(self, col: float, row: float) -> tuple[float, float]:
        """Where a place of the chip is on the screen, the whole chip being seen."""
        box = self.stage.bounding_box()
        assert box
        width, height = self.size()
        zoom = min(width / self.cols, height / self.rows) * 0.96
        return (
            box["x"] + (col - self.cols / 2) * zoom + width / 2,
            box["y"] + (row - self.rows / 2) * zoom + height / 2,
        )

    def drag(self, *way: tuple[float, float], hold: bool = False) -> None:
        """Press, go through places of the chip, let go (unless ``hold``)."""
        self.page.mouse.move(*self.place(*way[0]))
        self.page.mouse.down()
        for place in way[1:]:
            self.page.mouse.move(*self.place(*place), steps=2)
        if not hold:
            self.page.mouse.up()

    def click(self, *places: tuple[float, float]) -> None:
        """Click places of the chip."""
        for place in places:
            self.page.mouse.click(*self.place(*place))

    def strokes(self, count: int) -> None:
        """Wait until so many strokes stand, and the server has all."""
        expect(self.page.locator(".figures")).to_contain_text(f"· {count} stroke")
        self.saved()

    def saved(self) -> None:
        """Wait until the server has everything."""
        handled(self.page)
        expect(self.state).to_have_attribute("data-waiting", "0", timeout=60_000)
        expect(self.state).to_have_attribute("data-saved", "saved")

    def heard(self) -> list[dict[str, Any]]:
        """Pointer events since the last time."""
        found: list[dict[str, Any]] = self.page.evaluate("() => window.heard.splice(0)")
        return found

    def mask(self, actor: str = ACTOR) -> Planes:
        """The actor's labels, from the GeoTIFF that the server gives."""
        return mask(self.server, self.chip, f"&actor={actor}")


def sign_in(page: Page, server: Served, actor: str) -> None:
    """Let the page's browser in under a name, before any page is loaded."""
    page.request.get(server.url)
    csrf = page.request.get(f"{server.base}api/session").json()["csrf"]
    headers = {"X-CSRF-Token": csrf, "Origin": server.base.rstrip("/")}
    answer = page.request.post(f"{server.base}api/session", data={"actor": actor}, headers=headers)
    assert answer.ok, answer.text()


def mask(server: Served, chip: str, query: str = "") -> Planes:
    """The mask of a chip as GeoTIFF, read."""
    with rasterio.open(io.BytesIO(answer_of(server, f"/chips/{chip}/mask?task={TASK}{query}"))) as source:
        found: Planes = source.read()
    return found


def mask_file(server: Served, chip: str) -> bytes:
    """The current label of a chip as GeoTIFF."""
    return answer_of(server, f"/chips/{chip}/mask?task={TASK}&actor={ACTOR}")


def nothing(rows: int, cols: int) -> Planes:
    """A mask that says nothing."""
    return np.stack([np.full((rows, cols), value, np.uint8) for value in (255, 0, 255)])


def pure(cases: Sequence[dict[str, Any]], folder: Path) -> list[Planes]:
    """What the tools' own functions make of the events of these cases."""
    path = folder / "cases.json"
    path.write_text(json.dumps(list(cases)))
    done = subprocess.run(["node", PURE, UI, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [
        np.stack([np.frombuffer(base64.b64decode(plane), np.uint8) for plane in planes]).reshape(
            3, case["rows"], case["cols"]
        )
        for case, planes in zip(cases, json.loads(done.stdout), strict=True)
    ]


def inputs(server: Served, chip: str, folder: Path) -> dict[str, Any]:
    """What the pure functions need of a chip: files of its pixels, and its bands."""
    files = {"pixels": "pixels", "valid": "valid", "others": f"mask?task={TASK}&f=npy"}
    out: dict[str, Any] = {"bands": api(server, f"/chips/{chip}")["bands"]}
    for name, path in files.items():
        file = folder / f"{name}.npy"
        file.write_bytes(answer_of(server, f"/chips/{chip}/{path}"))
        out[name] = str(file)
    return out


def answer_of(server: Served, path: str) -> bytes:
    with urlopen(Request(f"{server.base}api{path}", headers={"Authorization": f"Bearer {server.token}"})) as answer:
        data: bytes = answer.read()
    return data
