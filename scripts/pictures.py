"""Take pictures of the real page in Chromium: the README's, or all pages in both themes and two sizes.

Usage: scripts/pictures.py DIR                  docs/pictures/{page,chips,cascade}.png from the workspace DIR
       scripts/pictures.py DIR --all FOLDER     every page, 1280 and 1920 wide, dark and light, into FOLDER
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
README = {"page": "paint", "chips": "similar", "cascade": "cascade"}
"""Pictures of the README, and the pages that they show, of those that the workspace has."""
KEYS = {"paint": ("a",)}
"""Pressed before a page is shot: the assistant proposes."""
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SIZES = ((1280, 800), (1920, 1080))


@contextmanager
def served(root: Path) -> Iterator[str]:
    """A server over ``root``; gives its address with the token."""
    command = [sys.executable, "-m", "groundset", "serve", str(root), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://\S+token=\S+", line):
                    yield found[0]
                    return
            sys.exit("the server did not start")
        finally:
            process.terminate()


def ask(address: str, path: str) -> Any:
    """A JSON answer of the API."""
    parts = urlsplit(address)
    token = parts.query.removeprefix("token=")
    request = Request(f"http://{parts.netloc}{path}", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request) as answer:  # noqa: S310  # our own server
        return json.load(answer)


def pages(address: str, chip: str | None) -> dict[str, str]:
    """The pages worth a picture, by name; of all chips one that has two classes, unless one is named."""
    chips = ask(address, "/api/chips?limit=500&filter=valid_fraction%20%3D%201")["chips"]
    mixed = min(chips, key=lambda chip: abs(0.6 - ((chip["label"] or {}).get("shares") or [1])[0]))
    shown = chip or mixed["id"]
    scene = ask(address, "/api/scenes")
    scenes = scene if isinstance(scene, list) else scene["scenes"]
    tasks = ask(address, "/api/workspace")["tasks"]
    pixels = next((f"?task={task['name']}" for task in tasks if task["kind"] == "segment"), "")
    begun = ask(address, "/api/cascades")
    begun = begun if isinstance(begun, list) else begun["cascades"]
    return {f"cascade{i or ''}": f"#/cascade?id={one['id']}" for i, one in enumerate(begun)} | {
        "home": "#/",
        "map": "#/map",
        "chips": "#/chips",
        "chip": f"#/chip/{shown}?overlay=class&opacity=0.45",
        "similar": "#/chips?sort=similar",
        "paint": f"#/paint/{shown}{pixels}",
        "scene": f"#/scenes/{scenes[0]['id']}",
        "releases": "#/releases",
        "release": "#/releases/v1",
    }


def shoot(address: str, jobs: list[tuple[str, Path, tuple[int, int], str]]) -> None:
    """Open each page and keep what it looks like once it is quiet."""
    from playwright.sync_api import sync_playwright

    base = address.split("?", 1)[0]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for route, target, (width, height), theme in jobs:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(address)
            page.request.post(f"{base}api/session", data={"actor": "Ada"}, headers=_csrf(page, base))
            page.goto(f"{base}{route}")
            page.reload()
            page.wait_for_timeout(4000)
            for key in next((keys for name, keys in KEYS.items() if route.startswith(f"#/{name}/")), ()):
                page.keyboard.press(key)
                page.wait_for_timeout(4000)
            page.mouse.move(0.58 * width, 0.56 * height)  # where there is a pixel, its values are shown
            page.wait_for_timeout(300)
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target)
            print(target)
            context.close()
        browser.close()


def _csrf(page: Any, base: str) -> dict[str, str]:
    told = page.request.get(f"{base}api/session").json()
    return {"X-CSRF-Token": told["csrf"], "Origin": base.rstrip("/")}


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--all", type=Path, dest="folder", help="Take every page into this folder")
    parser.add_argument("--chip", help="Which chip is shown")
    asked = parser.parse_args()
    with served(asked.root) as address:
        there = pages(address, asked.chip)
        if asked.folder is None:
            shoot(
                address,
                [
                    (there[page], PICTURES / f"{name}.png", (1440, 900), "dark")
                    for name, page in README.items()
                    if page in there
                ],
            )
            return
        shoot(
            address,
            [
                (route, asked.folder / f"{name}-{size[0]}-{theme}.png", size, theme)
                for name, route in there.items()
                for size in SIZES
                for theme in ("dark", "light")
            ],
        )


if __name__ == "__main__":
    main()
