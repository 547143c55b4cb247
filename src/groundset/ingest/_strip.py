"""The work itself: some chips of one scene, each read once, looked at in every way. Runs on any executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import atomic
from groundset.chips import Stretch, encode_image, layer_bands, paint, planes, stretch_from
from groundset.core import Window
from groundset.features import Encoder
from groundset.imagery import Pixels, Reason, Scene, SceneReader, read_ahead

QUICKLOOK_SIZE = 256
_CLOUDY = (Reason.CLOUD, Reason.CIRRUS)


@dataclass(frozen=True)
class Strip:
    """Some chips of a scene, to be worked on in one go; all that a worker needs to know.

    Args:
        scene: The scene.
        windows: The chips' windows.
        encoder: Turns them into features.
        stretch: How the scene's quicklooks are stretched; None to take it from these chips (all the scene has).
        cache: Folder for decoded copies of slow files; None on another machine.
        threads: Threads that read ahead.
    """

    scene: Scene
    windows: tuple[Window, ...]
    encoder: Encoder
    stretch: Stretch | None
    cache: Path | None
    threads: int = 1


@dataclass(frozen=True)
class Worked:
    """What came of a strip, row i for window i.

    Args:
        valid: Share of pixels with data in every band, float64 (n,).
        covered: Whether any pixel has any data, bool (n,).
        cloud: Percent of the pixels with data that the product calls cloud, float64 (n,); NaN where it does not say.
        features: Float32 (n, dim).
        images: Encoded quicklooks.
        stretch: The stretch that they were drawn with.
    """

    valid: npt.NDArray[np.float64]
    covered: npt.NDArray[np.bool_]
    cloud: npt.NDArray[np.float64]
    features: npt.NDArray[np.float32]
    images: list[bytes] = field(default_factory=list)
    stretch: Stretch | None = None


def work(strip: Strip) -> Worked:
    """Read each chip of a strip once: count valid pixels and cloud, compute features, draw the quicklook."""
    n = len(strip.windows)
    at = {w: i for i, w in enumerate(strip.windows)}
    out = Worked(np.zeros(n), np.zeros(n, bool), np.full(n, np.nan), np.zeros((n, strip.encoder.dim), np.float32))
    gallery = _Gallery(strip, n)
    with SceneReader(strip.scene, strip.cache) as reader:
        for window, pixels in read_ahead(reader, strip.windows, threads=strip.threads):
            i = at[window]
            out.valid[i] = pixels.valid_fraction
            out.covered[i] = bool(pixels.valid.any())
            out.cloud[i] = _cloud(reader, window, pixels)
            out.features[i] = strip.encoder.encode(pixels.physical()[None], pixels.bands)[0]
            gallery.add(i, pixels)
    return replace(out, images=gallery.images(), stretch=gallery.stretch)


class _Gallery:
    """The quicklooks of a strip; drawn at once where the stretch is known, else when all chips have been seen."""

    def __init__(self, strip: Strip, count: int) -> None:
        self.stretch = strip.stretch
        self._bands = layer_bands(strip.scene.bands) if strip.stretch is None else strip.stretch.bands
        self._drawn: dict[int, bytes] = {}
        self._later: dict[int, npt.NDArray[np.float32]] = {}
        self._count = count

    def add(self, i: int, pixels: Pixels) -> None:
        shown = planes(pixels, self._bands, QUICKLOOK_SIZE)
        if self.stretch is None:
            self._later[i] = shown
        else:
            self._drawn[i] = encode_image(paint(shown, self.stretch))

    def images(self) -> list[bytes]:
        if self._later:
            self.stretch = stretch_from((self._later[i] for i in range(self._count)), self._bands)
            self._drawn = {i: encode_image(paint(shown, self.stretch)) for i, shown in self._later.items()}
        return [self._drawn[i] for i in range(self._count)]


def _cloud(reader: SceneReader, window: Window, pixels: Pixels) -> float:
    if reader.scene.flags is None:
        return np.nan
    reasons = reader.read_reasons(window, pixels)
    seen = reasons != Reason.NODATA
    return float(100 * np.isin(reasons[seen], _CLOUDY).mean()) if seen.any() else np.nan


def save(path: Path, worked: Worked) -> None:
    """Keep a strip's results, to go on from them after a stop: a plain .npz, whole or not at all."""
    ends = np.cumsum([0, *map(len, worked.images)])
    blob = np.frombuffer(b"".join(worked.images), np.uint8)
    arrays = {name: getattr(worked, name) for name in ("valid", "covered", "cloud", "features")}
    with atomic(path) as beside, beside.open("wb") as f:
        np.savez(f, allow_pickle=False, **arrays, ends=ends, blob=blob)


def load(path: Path, stretch: Stretch | None) -> Worked:
    """The results that :func:`save` kept."""
    with np.load(path, allow_pickle=False) as kept:
        data: Mapping[str, Any] = {name: kept[name] for name in kept.files}
    blob, ends = data["blob"].tobytes(), data["ends"].tolist()
    images = [blob[a:b] for a, b in pairwise(ends)]
    return Worked(data["valid"], data["covered"], data["cloud"], data["features"], images, stretch)


def split(places: Sequence[tuple[int, int, Window]], rows_each: int) -> list[tuple[tuple[int, int, Window], ...]]:
    """Chips (grid row, column, window) cut into strips of whole grid rows, ``rows_each`` at a time."""
    strips: dict[int, list[tuple[int, int, Window]]] = {}
    for place in places:
        strips.setdefault(place[0] // rows_each, []).append(place)
    return [tuple(s) for s in strips.values()]
