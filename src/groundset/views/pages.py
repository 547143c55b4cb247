"""Pages of quicklooks: stored ones as they are, every other layer drawn when it is asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from groundset.chips import Chip, check_part, encode_image, pack_page
from groundset.core import InputError, MissingError
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake
from groundset.views._kept import Kept
from groundset.views.draw import LOOK, RGBA, draw
from groundset.views.looks import Looks
from groundset.views.upscale import Upscaler

STORED = "natural"
MOST = 2000
"""Most quicklooks in one answer."""
SIZE = 256
"""Longest side of a quicklook that is drawn on demand for a page, in pixels."""
LARGEST = 4096
_MEMORY = 64 << 20
_THREADS = 4
_ROWS = re.compile(r"\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*")

Place = tuple[str, int]
"""Part of the chip table, and row in it."""


def parse_rows(text: str) -> list[int]:
    """``3``, ``0-9`` (both ends count) or ``0-9,12`` as a list of rows.

    Raises:
        InputError: It is none of these, or more than :data:`MOST`.
    """
    if not _ROWS.fullmatch(text):
        raise InputError("these are not rows", asked=f"rows = {text[:80]}", hint="such as 3, 0-63 or 0-9,12")
    rows: list[int] = []
    for run in text.split(","):
        first, _, last = run.partition("-")
        stop = int(last or first)
        if stop < int(first):
            raise InputError("rows that end before they begin", asked=f"rows = {run}")
        if len(rows) + stop - int(first) >= MOST:
            raise InputError("too many quicklooks at once", asked=f"rows = {text[:80]}", found=f"at most {MOST}")
        rows += range(int(first), stop + 1)
    return rows


def parse_places(parts: Sequence[str], rows: Sequence[str]) -> list[Place]:
    """``part`` and ``rows`` of a request, pair by pair.

    Raises:
        InputError: As many parts as rows are needed, or too many quicklooks.
        MissingError: This cannot be a part.
    """
    if len(parts) != len(rows) or not parts:
        raise InputError("part and rows go in pairs", asked=f"{len(parts)} part, {len(rows)} rows")
    places = [(check_part(p), row) for p, text in zip(parts, rows, strict=True) for row in parse_rows(text)]
    if len(places) > MOST:
        raise InputError("too many quicklooks at once", asked=len(places), found=f"at most {MOST}")
    return places


class Pages:
    """Quicklooks of a workspace. Safe to share between threads."""

    def __init__(self, lake: Lake, looks: Looks) -> None:
        self._lake = lake
        self._looks = looks
        self._kept = Kept(_MEMORY)
        self._model: Upscaler | None = None
        self._threads = ThreadPoolExecutor(_THREADS, "quicklooks")

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def mark(self, places: Sequence[Place], layer: str, size: int | None = None) -> str:
        """Changes when one of the pictures does.

        Raises:
            MissingError: No such part.
            MovedError: The layer has to be drawn, and a file of the scene is not there.
            InputError: The scene has no such layer.
        """
        digest = hashlib.sha256(f"{LOOK} {layer} {size}".encode())
        for part in dict.fromkeys(part for part, _ in places):
            digest.update(self._part_mark(part, layer, size).encode())
        digest.update(repr(list(places)).encode())
        return digest.hexdigest()[:32]

    def page(self, places: Sequence[Place], layer: str) -> bytes:
        """The packed quicklooks of some chips, in the order asked for."""
        return pack_page(self.images(places, layer))

    def images(self, places: Sequence[Place], layer: str, size: int | None = None) -> list[bytes]:
        """Each quicklook as WebP or PNG.

        Raises:
            MissingError: A part or a row is not there.
            InputError, ServiceError: A file cannot be read; then there is no picture at all.
        """
        out: list[bytes] = []
        for part, rows in by_part(places):
            if self._stored(part, layer, size):
                out += self._lake.quicklooks.images(part, rows, layer)
            else:
                out += self._drawn(part, rows, layer, size or SIZE)
        return out

    def enlarged_mark(self, place: Place, layer: str) -> str:
        """Changes when the enlarged picture does.

        Raises:
            MissingError: No such chip, or the workspace names no model.
            InputError: The scene has no such layer.
        """
        return hashlib.sha256(f"{self.mark([place], layer, LARGEST)} {self._upscaler().mark}".encode()).hexdigest()[:32]

    def enlarged(self, place: Place, layer: str) -> bytes:
        """A chip's picture, made larger by the workspace's own super-resolution model.

        Raises:
            InputError: The model does otherwise than its card says.
        """
        key = ("enlarged", place, layer, self.enlarged_mark(place, layer))
        return self._kept.get(key, lambda: self._enlarge(place, layer))

    def _enlarge(self, place: Place, layer: str) -> bytes:
        (chip,) = self._lake.chips.at(place[0], [place[1]])
        return encode_image(self._upscaler().enlarge(self._picture(chip, layer, LARGEST)))

    def _upscaler(self) -> Upscaler:
        name = self._lake.config.upscaler
        if name is None:
            raise MissingError("this workspace names no super-resolution model",
                               hint='write [display] upscaler = "FILE.onnx" into groundset.toml')  # fmt: skip
        path = self._lake.root / name
        if self._model is None or self._model.path != path:
            self._model = Upscaler(path)
        return self._model

    def _stored(self, part: str, layer: str, size: int | None) -> bool:
        return size is None and layer == STORED and self._lake.quicklooks.has(part, layer)

    def _part_mark(self, part: str, layer: str, size: int | None) -> str:
        self._lake.chips.rows(part)
        if self._stored(part, layer, size):
            stat = self._lake.quicklooks.path(part, layer).stat()
            return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"
        scene = self._lake.scenes.get(part.rpartition("_")[0])
        shown = self._looks.mark(scene, layer)
        check_there(scene)
        return f"{stamp(scene)} {shown}"

    def _drawn(self, part: str, rows: Sequence[int], layer: str, size: int) -> list[bytes]:
        mark = self._part_mark(part, layer, size)
        chips = self._lake.chips.at(part, rows)
        coming = [
            self._threads.submit(self._kept.get, (part, row, layer, size, mark), partial(self._draw, chip, layer, size))
            for row, chip in zip(rows, chips, strict=True)
        ]
        try:
            return [c.result() for c in coming]
        finally:
            for c in coming:
                c.cancel()

    def _draw(self, chip: Chip, layer: str, size: int) -> bytes:
        return encode_image(self._picture(chip, layer, size))

    def _picture(self, chip: Chip, layer: str, size: int) -> RGBA:
        scene = self._lake.scenes.get(chip.id.scene)
        view = self._looks.view(scene, layer)
        pixels = self._lake.reader(scene.id).read(chip.window, view.bands)
        return draw(pixels, view, self._looks.ranges(scene, view), size)


def by_part(places: Sequence[Place]) -> list[tuple[str, list[int]]]:
    """Runs of places of one part, in order."""
    out: list[tuple[str, list[int]]] = []
    for part, row in places:
        if out and out[-1][0] == part:
            out[-1][1].append(row)
        else:
            out.append((part, [row]))
    return out
