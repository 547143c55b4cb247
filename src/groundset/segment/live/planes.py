"""Pixel features of chips, kept in memory: a stroke then costs a fit and a product, not a Gaussian a band."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.imagery import Scene
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake
from groundset.segment.dates import read_seen
from groundset.segment.features import FeatureSpec, pixel_features
from groundset.segment.model import fill_missing
from groundset.segment.sampling import cropped, grown

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

MOST_BYTES = 512 << 20
"""What features may take in memory together: a dozen chips of 512 x 512 with 13 bands, hundreds of small ones."""


@dataclass(frozen=True, slots=True)
class Planes:
    """What a segmenter sees of a chip.

    Args:
        values: float32 (features, rows, columns); NaN where a feature is missing, which ``holes`` tells.
        nodata: bool (rows, columns), pixels that get no answer.
        holes: Whether any feature of a pixel that gets an answer is NaN.
    """

    values: Float32
    nodata: Bool
    holes: bool

    @property
    def size(self) -> int:
        """Bytes."""
        return self.values.nbytes + self.nodata.nbytes

    def part(self, rows: slice, columns: slice, fill: Float32) -> Float32:
        """Features (features, n) of a window, ``fill`` where one is missing; not to be written into."""
        whole = self.nodata[rows, columns].shape == self.nodata.shape
        some = self.values if whole else self.values[:, rows, columns]
        flat = some.reshape(len(self.values), -1)
        return fill_missing(flat.copy(), fill) if self.holes else flat


class PlaneCache:
    """Features of the chips last looked at. Safe to share between threads: each is computed once.

    Args:
        lake: The workspace.
        most_bytes: What is kept; one chip always is.
    """

    def __init__(self, lake: Lake, most_bytes: int = MOST_BYTES) -> None:
        self._lake, self._most = lake, most_bytes
        self._kept: OrderedDict[tuple[object, ...], Planes] = OrderedDict()
        self._under_way: dict[tuple[object, ...], Future[Planes]] = {}
        self._lock = threading.Lock()
        self._bytes = 0

    def get(self, chip: Chip, spec: FeatureSpec, scene: Scene) -> Planes:
        """The features of a chip.

        Args:
            chip: The chip.
            spec: What to compute.
            scene: Its scene as the task sees it: see :meth:`Seen.place <groundset.segment.dates.Seen.place>`.

        Raises:
            MovedError: A file of its scene is not where it was.
            InputError: The scene lacks a band.
        """
        key = self._key(chip, spec, scene)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            waiting = self._under_way.get(key)
            mine: Future[Planes] = self._under_way.setdefault(key, Future())
        if waiting is not None:
            return waiting.result()
        try:
            made = read_planes(self._lake, chip, spec, scene)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(made)
            self._keep(key, made)
            return made
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def has(self, chip: Chip, spec: FeatureSpec, scene: Scene) -> bool:
        """Whether the features of a chip are there without reading."""
        with self._lock:
            return self._key(chip, spec, scene) in self._kept

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    @staticmethod
    def _key(chip: Chip, spec: FeatureSpec, scene: Scene) -> tuple[object, ...]:
        return str(chip.id), spec, stamp(scene)

    def _keep(self, key: tuple[object, ...], made: Planes) -> None:
        with self._lock:
            self._kept[key] = made
            self._bytes += made.size
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].size


def read_planes(lake: Lake, chip: Chip, spec: FeatureSpec, scene: Scene) -> Planes:
    """The features of a chip, read with the pixels around it, so that chip borders do not show."""
    check_there(scene)
    pixels = read_seen(lake, scene, grown(chip.window, spec.halo))
    nodata = np.ascontiguousarray(cropped(pixels.nodata, spec.halo)) if spec.halo else pixels.nodata
    features = pixel_features(pixels.physical(), pixels.bands, spec)
    values = np.ascontiguousarray(cropped(features, spec.halo))
    holes = bool(np.isnan(values[:, ~nodata]).any()) if nodata.any() else bool(np.isnan(values).any())
    return Planes(values, nodata, holes)
