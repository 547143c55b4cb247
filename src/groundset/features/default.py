"""The default encoder: band and index statistics beside empirical random convolutional features. numpy only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError
from groundset.core.layout import DEFAULT_ENCODER
from groundset.features import convolution
from groundset.features._arrays import save_array
from groundset.features._blas import one_thread
from groundset.features.convolution import Filters, fit_filters
from groundset.features.statistics import STATISTICS, index_planes, indices_for, statistics

if TYPE_CHECKING:
    from groundset.features.fused import FusedEncoder

VERSION = 1
FEW = 16
"""With fewer sample chips than this, quarters of quarters of them tell how much features vary."""
CLIP = 10.0
Physical = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DefaultEncoder:
    """An encoder of one band set, fitted to sample chips.

    A vector is made of three blocks: statistics of each band (normalised), of each index, and convolutional features.
    Each value is standardised with the samples' mean and spread, clipped at 10, and each block weighs alike in a
    Euclidean distance. A value that a chip has no data for stands at its mean, 0.

    Args:
        band_names: Names of the bands, in order.
        indices: Names of the indices used.
        seed: Seed of the filters.
        mean: Mean of each band over the samples, physical, float32 (bands,).
        spread: Standard deviation of each band over the samples, float32 (bands,).
        filters: The whitened filters.
        centre: Mean of each raw feature over the samples, float32 (dim,).
        scale: What each raw feature is multiplied with once it is centred, float32 (dim,).
    """

    band_names: tuple[str, ...]
    indices: tuple[str, ...]
    seed: int
    mean: Physical
    spread: Physical
    filters: Filters
    centre: Physical
    scale: Physical

    name: ClassVar[str] = DEFAULT_ENCODER

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands that it takes, in order."""
        return self.band_names

    @property
    def dim(self) -> int:
        """Length of a vector: 4 for each band and index, and 512."""
        return len(STATISTICS) * (len(self.band_names) + len(self.indices)) + self.filters.dim

    @classmethod
    def fit(cls, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> Self | FusedEncoder:
        """Fit to sample chips; where their bands are of several sensors, one encoder a sensor. See :meth:`fit_one`."""
        from groundset.features.fused import FusedEncoder, sensor_bands

        if len(sensor_bands(bands)) > 1:
            return FusedEncoder.fit(samples, bands, seed=seed)
        return cls.fit_one(samples, bands, seed=seed)

    @classmethod
    def fit_one(cls, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> Self:
        """Fit to sample chips, float32 (bands, rows, columns) each in physical values, NaN nodata.

        The same samples in the same order and the same seed give the same encoder.

        Raises:
            InputError: There are no samples, or they have other bands.
        """
        if not samples or any(s.shape[0] != len(bands) for s in samples):
            raise InputError(
                "the encoder needs sample chips of these bands",
                asked=", ".join(bands.names),
                found=f"{len(samples)} samples",
            )
        with one_thread():
            mean, spread = _moments(samples)
            normalised = [_normalise(s, mean, spread) for s in samples]
            filters = fit_filters(normalised, seed=seed)
            width = len(STATISTICS) * (len(bands) + len(indices_for(bands))) + filters.dim
            neutral = np.zeros(width, np.float32), np.ones(width, np.float32)
            raw = cls(bands.names, indices_for(bands), seed, mean, spread, filters, *neutral)
            centre, scale = raw._scaling(samples, bands)
        return cls(bands.names, raw.indices, seed, mean, spread, filters, centre, scale)

    def encode(self, physical: Physical, bands: BandSet) -> Physical:
        """Float32 (n, bands, rows, columns), physical values, NaN nodata -> float32 (n, dim), always finite.

        Each chip is worked on alone, so that its vector does not depend on its neighbours, bit for bit.

        Raises:
            InputError: Other bands than those it was fitted to.
        """
        if bands.names != self.band_names or physical.shape[1] != len(self.band_names):
            raise InputError(
                "this encoder was fitted to other bands",
                asked=", ".join(bands.names),
                found=", ".join(self.band_names),
                hint="fit one of its own for each band set",
            )
        out = np.zeros((len(physical), self.dim), np.float32)
        with one_thread():
            for i, chip in enumerate(physical):
                if np.isfinite(chip).any():
                    standard = (self._raw(chip, bands) - self.centre) * self.scale
                    out[i] = np.nan_to_num(np.clip(standard, -CLIP, CLIP), nan=0.0)
        return out

    def spec(self) -> dict[str, Any]:
        """What the numbers mean."""
        n = len(STATISTICS)
        ends = np.cumsum([n * len(self.band_names), n * len(self.indices), self.filters.dim]).tolist()
        return {
            "name": self.name,
            "version": VERSION,
            "method": "band and index statistics; empirical random convolutional features (Rolf et al. 2021)",
            "dim": self.dim,
            "bands": list(self.band_names),
            "indices": list(self.indices),
            "seed": self.seed,
            "blocks": {"bands": [0, ends[0]], "indices": [ends[0], ends[1]], "convolution": [ends[1], ends[2]]},
            "statistics": list(STATISTICS),
            "normalisation": {"mean": self.mean.astype(float).tolist(), "std": self.spread.astype(float).tolist()},
            "convolution": {
                "patch": convolution.PATCH,
                "filters": self.filters.weights.shape[1],
                "bias": convolution.BIAS,
                "ridge": convolution.RIDGE,
                "positions": convolution.POSITIONS,
            },
            "clip": CLIP,
        }

    def save(self, folder: Path) -> None:
        """Write ``spec.json``, ``filters.npy`` (bands * 9 + 1, filters; last row the shift) and ``scaling.npy``."""
        (folder / "spec.json").write_text(json.dumps(self.spec(), indent=2) + "\n")
        save_array(folder / "filters.npy", np.vstack([self.filters.weights, self.filters.shift]))
        save_array(folder / "scaling.npy", np.stack([self.centre, self.scale]))

    @classmethod
    def load(cls, folder: Path) -> Self | FusedEncoder:
        """The encoder that was saved here, of one sensor or of several."""
        from groundset.features.fused import SENSORS, FusedEncoder

        if SENSORS in json.loads((folder / "spec.json").read_text()):
            return FusedEncoder.load(folder)
        return cls.load_one(folder)

    @classmethod
    def load_one(cls, folder: Path) -> Self:
        """The encoder that :meth:`save` wrote.

        Raises:
            InputError: It was written by a version with another method.
        """
        spec = json.loads((folder / "spec.json").read_text())
        if spec["version"] != VERSION:
            raise InputError("this encoder was fitted by another version", asked=VERSION, found=spec["version"])
        stacked = np.load(folder / "filters.npy", allow_pickle=False)
        centre, scale = np.load(folder / "scaling.npy", allow_pickle=False)
        norm = spec["normalisation"]
        return cls(
            tuple(spec["bands"]),
            tuple(spec["indices"]),
            spec["seed"],
            np.array(norm["mean"], np.float32),
            np.array(norm["std"], np.float32),
            Filters(np.ascontiguousarray(stacked[:-1]), stacked[-1].copy()),
            centre,
            scale,
        )

    def _raw(self, chip: Physical, bands: BandSet) -> Physical:
        normalised = _normalise(chip, self.mean, self.spread)
        planes = index_planes(chip, bands, self.indices)
        return np.concatenate([statistics(normalised), statistics(planes), self.filters(normalised)])

    def _scaling(self, samples: Sequence[Physical], bands: BandSet) -> tuple[Physical, Physical]:
        if len(samples) < FEW:
            samples = [piece for s in samples for piece in _pieces(s)]
        raw = np.stack([self._raw(s, bands) for s in samples if np.isfinite(s).any()] or [self._raw(samples[0], bands)])
        good = np.isfinite(raw)
        count = np.maximum(good.sum(axis=0), 1)
        centre = np.where(good, raw, 0).sum(axis=0, dtype=np.float64) / count
        spread = np.sqrt((np.where(good, raw - centre, 0) ** 2).sum(axis=0, dtype=np.float64) / count)
        spread = np.maximum(spread, 1e-3 * np.abs(centre) + 1e-6)
        weight = np.ones(self.dim)
        blocks = [b for b in self.spec()["blocks"].values() if b[1] > b[0]]
        for start, stop in blocks:
            weight[start:stop] = np.sqrt(self.dim / (len(blocks) * (stop - start)))
        return centre.astype(np.float32), (weight / spread).astype(np.float32)


def _moments(samples: Sequence[Physical]) -> tuple[Physical, Physical]:
    """Mean and standard deviation of each band over all valid pixels; 0 and 1 where there is none."""
    bands = samples[0].shape[0]
    mean, spread = np.zeros(bands, np.float32), np.ones(bands, np.float32)
    for i in range(bands):
        values = np.concatenate([s[i][np.isfinite(s[i])] for s in samples]).astype(np.float64)
        if values.size:
            mean[i] = values.mean()
            spread[i] = max(float(values.std()), 1e-6)
    return mean, spread


def _normalise(chip: Physical, mean: Physical, spread: Physical) -> Physical:
    return (chip - mean[:, None, None]) / spread[:, None, None]


def _pieces(sample: Physical, parts: int = 4) -> list[Physical]:
    rows, cols = (max(1, n // parts) for n in sample.shape[1:])
    return [
        sample[:, r : r + rows, c : c + cols]
        for r in range(0, sample.shape[1] - rows + 1, rows)
        for c in range(0, sample.shape[2] - cols + 1, cols)
    ]


def default_encoder(samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> DefaultEncoder | FusedEncoder:
    """Fit the default encoder; see :meth:`DefaultEncoder.fit`."""
    return DefaultEncoder.fit(samples, bands, seed=seed)
