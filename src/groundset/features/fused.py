"""The default encoder of fused scenes: one block of features a sensor, each fitted and normalised by itself.

Thirteen optical bands beside two of radar would drown these: in one block their statistics outnumber the radar's, and
convolution filters whitened over all bands follow the many. So each sensor has an encoder of its own, and its block's
length is its weight, whatever its number of bands: 1, and 0.5 of radar, whose speckle makes it the noisier one (chosen
on the left half of the Sen1Floods11 chip, ``benchmarks/fusion.py``). Other weights (``[features.weights]`` in
``groundset.toml``) change blocks when features are read, so that no new encoding is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError
from groundset.core.layout import DEFAULT_ENCODER
from groundset.features.encoder import band_key

if TYPE_CHECKING:
    from groundset.features.default import DefaultEncoder

_RADAR = frozenset({"vv", "vh", "hh", "hv"})
Float32 = npt.NDArray[np.float32]

VERSION = 1
SENSORS = "sensors"
"""Key of ``spec.json`` that says which columns are whose: sensor -> [first, beyond last]."""
WEIGHTS = "weights"
"""Key of ``spec.json`` with the weight of each sensor that is in the features."""
RADAR_WEIGHT = 0.5
"""Weight of a sensor whose bands are all of radar; others have 1."""
NO_SENSOR = "other"
"""Name of the block of bands that state no sensor."""


def sensor_bands(bands: BandSet) -> dict[str, list[int]]:
    """Positions of each sensor's bands, sensors in the order of their first bands."""
    out: dict[str, list[int]] = {}
    for i, band in enumerate(bands):
        out.setdefault(band.sensor or NO_SENSOR, []).append(i)
    return out


@dataclass(frozen=True)
class FusedEncoder:
    """An encoder of several sensors on one grid.

    A vector is the sensors' blocks one after the other. Where a sensor has no data on a chip its block is 0: that is
    its mean, so the other sensors decide.

    Args:
        bands: Names of all bands, in order.
        positions: Positions of each block's bands among them.
        parts: The encoder of each sensor.
        weights: Weight of each sensor: its block's root mean square length, over that of all blocks.
    """

    bands: tuple[str, ...]
    positions: Mapping[str, tuple[int, ...]]
    parts: Mapping[str, DefaultEncoder]
    weights: Mapping[str, float]

    name: ClassVar[str] = DEFAULT_ENCODER

    @property
    def dim(self) -> int:
        """Length of a vector: that of all blocks."""
        return sum(part.dim for part in self.parts.values())

    @classmethod
    def fit(cls, samples: Sequence[Float32], bands: BandSet, *, seed: int = 0) -> Self:
        """Fit each sensor's encoder to its bands of sample chips, float32 (bands, rows, columns) each, NaN nodata."""
        from groundset.features.default import DefaultEncoder

        if not samples or any(s.shape[0] != len(bands) for s in samples):
            raise InputError(
                "the encoder needs sample chips of these bands", asked=", ".join(bands.names),
                found=f"{len(samples)} samples",
            )  # fmt: skip
        at = {sensor: tuple(some) for sensor, some in sensor_bands(bands).items()}
        parts = {s: DefaultEncoder.fit_one([x[list(i)] for x in samples], _some(bands, i), seed=seed)
                 for s, i in at.items()}  # fmt: skip
        return cls(bands.names, at, parts, {s: _default_weight(_some(bands, i)) for s, i in at.items()})

    def encode(self, physical: Float32, bands: BandSet) -> Float32:
        """Float32 (n, bands, rows, columns), physical values, NaN nodata -> float32 (n, dim), always finite.

        Raises:
            InputError: Other bands than those it was fitted to.
        """
        if bands.names != self.bands or physical.shape[1] != len(self.bands):
            raise InputError(
                "this encoder was fitted to other bands", asked=", ".join(bands.names), found=", ".join(self.bands),
                hint="fit one of its own for each band set",
            )  # fmt: skip
        out = np.empty((len(physical), self.dim), np.float32)
        size = float(np.sqrt(sum(w**2 for w in self.weights.values())))
        for sensor, (first, last) in self._columns().items():
            at, part = list(self.positions[sensor]), self.parts[sensor]
            length = np.float32(np.sqrt(self.dim / part.dim) * self.weights[sensor] / size)
            out[:, first:last] = part.encode(physical[:, at], _some(bands, at)) * length
        return out

    def spec(self) -> dict[str, Any]:
        """What the numbers mean."""
        return {
            "name": self.name,
            "version": VERSION,
            "method": "one block of the default features a sensor, normalised by itself",
            "dim": self.dim,
            "bands": list(self.bands),
            SENSORS: {sensor: list(columns) for sensor, columns in self._columns().items()},
            WEIGHTS: dict(self.weights),
            "positions": {sensor: list(some) for sensor, some in self.positions.items()},
            "parts": {sensor: part.spec() for sensor, part in self.parts.items()},
        }

    def save(self, folder: Path) -> None:
        """Write ``spec.json``, and each sensor's encoder into a folder ``sensor-N`` of its own."""
        (folder / "spec.json").write_text(json.dumps(self.spec(), indent=2) + "\n")
        for i, part in enumerate(self.parts.values()):
            (folder / f"sensor-{i}").mkdir()
            part.save(folder / f"sensor-{i}")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The encoder that :meth:`save` wrote.

        Raises:
            InputError: It was written by a version with another method.
        """
        from groundset.features.default import DefaultEncoder

        spec = json.loads((folder / "spec.json").read_text())
        if spec["version"] != VERSION:
            raise InputError("this encoder was fitted by another version", asked=VERSION, found=spec["version"])
        at = {sensor: tuple(some) for sensor, some in spec["positions"].items()}
        parts = {sensor: DefaultEncoder.load_one(folder / f"sensor-{i}") for i, sensor in enumerate(at)}
        return cls(tuple(spec["bands"]), at, parts, spec[WEIGHTS])

    def _columns(self) -> dict[str, tuple[int, int]]:
        """First and beyond-last column of each sensor's block."""
        ends = np.cumsum([0, *(part.dim for part in self.parts.values())]).tolist()
        return {sensor: (ends[i], ends[i + 1]) for i, sensor in enumerate(self.parts)}


def block_weights(spec: Mapping[str, Any], weights: Mapping[str, float]) -> Float32 | None:
    """What each feature is multiplied with, float32 (dim,); None where all stay as they are.

    Only proportions count: 2 and 1 are the same as 1 and 0.5.

    Args:
        spec: ``spec.json`` of an encoder.
        weights: Weight by sensor, 0 or more; a sensor that is not named keeps the one that is in the features.

    Raises:
        InputError: All blocks of the encoder have the weight 0.
    """
    blocks: Mapping[str, Sequence[int]] = spec.get(SENSORS) or {}
    if len(blocks) < 2:
        return None
    there = np.array([float(spec[WEIGHTS][sensor]) for sensor in blocks])
    said = np.array([float(weights.get(sensor, w)) for sensor, w in zip(blocks, there, strict=True)])
    size = np.sqrt((said**2).sum() / (there**2).sum())
    if size == 0:
        raise InputError(
            "all sensors have the weight 0, so nothing is left to tell chips by", asked=", ".join(blocks),
            hint="give one of them a weight above 0 in [features.weights]",
        )  # fmt: skip
    factors = said / size / there
    if np.allclose(factors, 1):
        return None
    out = np.ones(int(spec["dim"]), np.float32)
    for (first, last), factor in zip(blocks.values(), factors, strict=True):
        out[first:last] = factor
    return out


def weights_of(folder: Path, bands: Sequence[str], weights: Mapping[str, float]) -> Float32 | None:
    """:func:`block_weights` of the encoder of a band set that is kept in a feature folder; None where there is none."""
    if not weights:
        return None
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return block_weights(json.loads((folder / f"bands-{band_key(bands)}" / "spec.json").read_text()), weights)
    return None


def _default_weight(bands: BandSet) -> float:
    return RADAR_WEIGHT if all(b.common_name in _RADAR for b in bands) else 1.0


def _some(bands: BandSet, at: Sequence[int]) -> BandSet:
    return BandSet(tuple(bands[i] for i in at))
