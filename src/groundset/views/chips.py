"""A chip's pixels and what lies beside it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import ChipId, InputError, Window
from groundset.imagery import Pixels
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake

LARGEST = 256 << 20
"""Most bytes of pixels in one answer."""
FARTHEST = 1024
"""Most pixels beyond a chip's edge."""


def around(lake: Lake, chip: Chip, margin: int) -> Window:
    """A chip's window with so many pixels more on each side, as far as the scene goes; at least the chip's own.

    Raises:
        InputError: A margin that is none.
    """
    if not 0 <= margin <= FARTHEST:
        raise InputError("no such margin", asked=f"margin = {margin}", found=f"0 to {FARTHEST} pixels")
    own, scene = chip.window, lake.scenes.get(chip.id.scene)
    left, top = max(min(own.x_off, 0), own.x_off - margin), max(min(own.y_off, 0), own.y_off - margin)
    right = min(max(own.x_off + own.width, scene.width), own.x_off + own.width + margin)
    bottom = min(max(own.y_off + own.height, scene.height), own.y_off + own.height + margin)
    return Window(left, top, right - left, bottom - top)


def pixels_mark(lake: Lake, chip: Chip, bands: Sequence[str] | None, margin: int = 0) -> str:
    """Changes when the pixels do.

    Raises:
        MissingError: No such band.
        MovedError: A file of the scene is not there.
        InputError: More pixels than one answer may hold.
    """
    scene = lake.scenes.get(chip.id.scene)
    wanted = scene.bands if bands is None else scene.bands.select(bands)
    window = around(lake, chip, margin)
    size = len(wanted) * window.width * window.height * wanted.dtype.itemsize
    if size > LARGEST:
        raise InputError(
            "too many pixels for one answer",
            asked=f"{size >> 20} MB",
            found=f"at most {LARGEST >> 20} MB",
            hint="name fewer bands, or a smaller margin",
        )
    check_there(scene)
    return hashlib.sha256(f"{stamp(scene)} {window} {wanted.names}".encode()).hexdigest()[:32]


def read_pixels(lake: Lake, chip: Chip, bands: Sequence[str] | None, margin: int = 0) -> Pixels:
    """The stored values of a chip; outside the scene and where no data is, a band's nodata (0 where it has none)."""
    check_there(lake.scenes.get(chip.id.scene))
    return lake.reader(chip.id.scene).read(around(lake, chip, margin), bands)


def valid_pixels(lake: Lake, chip: Chip, margin: int = 0) -> npt.NDArray[np.uint8]:
    """1 where a sensor of the scene has data in all of its bands: uint8 (rows, columns)."""
    return (~read_pixels(lake, chip, None, margin).nodata).astype(np.uint8)


def npy(array: npt.NDArray[Any]) -> bytes:
    """An array as the bytes of a ``.npy`` file: version 1.0, rows first, little-endian."""
    out = io.BytesIO()
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    np.lib.format.write_array(out, np.ascontiguousarray(little), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def beside(lake: Lake, chip: Chip) -> dict[str, str | None]:
    """Ids of the chips beside this one on the grid, by direction; None where there is none."""
    own = chip.id
    steps = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
    ids = {name: (own.row + down, own.col + right) for name, (down, right) in steps.items()}
    return {name: _there(lake, own, row, col) for name, (row, col) in ids.items()}


def _there(lake: Lake, own: ChipId, row: int, col: int) -> str | None:
    if row < 0 or col < 0:
        return None
    wanted = ChipId(own.scene, own.level, row, col)
    return str(wanted) if wanted in lake.chips else None
