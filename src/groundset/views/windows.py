"""Pixels of any window of a scene at any size, from the overview that fits: for whoever looks at a whole scene."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.core import InputError, Window, whole
from groundset.imagery import Pixels
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake

MOST_PIXELS = 1 << 22
"""Most pixels of one band in one answer."""
LARGEST = 256 << 20
"""Most bytes in one answer."""


@dataclass(frozen=True, slots=True)
class SceneWindow:
    """A window of a scene, shrunk to a size.

    Args:
        scene: Id of the scene.
        window: In pixels of the scene; may reach beyond it.
        size: (columns, rows) of the answer, at most those of the window.
        bands: Names; None: all.
    """

    scene: str
    window: Window
    size: tuple[int, int]
    bands: tuple[str, ...] | None = None


def window_mark(lake: Lake, wanted: SceneWindow) -> str:
    """Changes when the pixels do.

    Raises:
        MissingError: No such scene or band.
        MovedError: A file of the scene is not there.
        InputError: The window misses the scene, the size is enlarged, or there are too many pixels.
    """
    scene = lake.scenes.get(wanted.scene)
    bands = scene.bands if wanted.bands is None else scene.bands.select(wanted.bands)
    cols, rows = wanted.size
    window = wanted.window
    if not (1 <= cols <= window.width and 1 <= rows <= window.height):
        raise InputError(
            "pixels are never enlarged here", asked=f"size = {cols},{rows}",
            found=f"a window of {window.width} x {window.height} pixels",
        )  # fmt: skip
    bytes_ = cols * rows * len(bands) * bands.dtype.itemsize
    if cols * rows > MOST_PIXELS or bytes_ > LARGEST:
        raise InputError(
            "too many pixels for one answer", asked=f"{cols} x {rows} pixels of {len(bands)} bands",
            found=f"at most {MOST_PIXELS:,} pixels, {LARGEST >> 20} MB", hint="ask for a smaller size, or fewer bands",
        )  # fmt: skip
    if window.intersection(whole(scene.width, scene.height)) is None:
        raise InputError(
            "this window lies beside the scene", asked=_words(window), found=f"{scene.width} x {scene.height} pixels"
        )
    check_there(scene)
    said = f"{stamp(scene)} {window} {wanted.size} {bands.names}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def read_window(lake: Lake, wanted: SceneWindow) -> Pixels:
    """The stored values of a window at its size: (bands, rows, columns) in their own dtype.

    At full size they are the stored pixels; smaller, they are read from the coarsest overview that is not coarser, and
    joined bilinearly (nearest for bands that say so). Where no data is they are the band's nodata, or 0.
    """
    check_there(lake.scenes.get(wanted.scene))
    reader = lake.reader(wanted.scene)
    window, (cols, rows) = wanted.window, wanted.size
    names: Sequence[str] | None = wanted.bands
    if (cols, rows) == (window.width, window.height):
        return reader.read(window, names)
    box = reader.scene.geobox
    place = Affine.translation(window.x_off, window.y_off) * Affine.scale(window.width / cols, window.height / rows)
    pixels = reader.read_warped(GeoBox((rows, cols), box.affine * place, box.crs), names)
    for i, band in enumerate(pixels.bands):
        nodata = band.nodata
        whole_numbers = not np.issubdtype(pixels.data.dtype, np.floating)
        pixels.data[i][~pixels.valid[i]] = 0 if nodata is None or (whole_numbers and np.isnan(nodata)) else nodata
    return pixels


def valid_window(lake: Lake, wanted: SceneWindow) -> npt.NDArray[np.uint8]:
    """1 where a sensor of the scene has data in all of its bands: uint8 (rows, columns)."""
    return (~read_window(lake, wanted).nodata).astype(np.uint8)


def _words(window: Window) -> str:
    return f"window = {window.x_off},{window.y_off},{window.width},{window.height}"
