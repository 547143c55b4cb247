"""What an encoder is, and how one is found by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, MissingError
from groundset.core.layout import DEFAULT_ENCODER

GROUP = "groundset.encoders"
Physical = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Turns chips of one band set into feature vectors. Picklable, and the same numbers whoever runs it."""

    @property
    def name(self) -> str:
        """Name in the entry-point group ``groundset.encoders``."""

    @property
    def dim(self) -> int:
        """Length of a feature vector."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands that it takes, in order."""

    def spec(self) -> dict[str, Any]:
        """Everything that says what the numbers mean, as JSON values."""

    def encode(self, physical: Physical, bands: BandSet) -> Features:
        """Float32 (n, bands, rows, columns) in physical values, NaN nodata -> float32 (n, dim), always finite."""

    def save(self, folder: Path) -> None:
        """Write what :meth:`EncoderKind.load` needs into an empty folder; ``spec.json`` is part of it."""


class EncoderKind(Protocol):
    """What an entry point names: makes encoders for a band set, or takes a saved one up again."""

    name: str

    def fit(self, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> Encoder:
        """An encoder for this band set from sample chips, float32 (bands, rows, columns) each, NaN nodata."""

    def load(self, folder: Path) -> Encoder:
        """The encoder that :meth:`Encoder.save` wrote."""


def get_encoder(name: str = DEFAULT_ENCODER) -> EncoderKind:
    """The kind of encoder of this name, from the entry-point group ``groundset.encoders``.

    Raises:
        MissingError: There is none; names those there are.
    """
    from importlib.metadata import entry_points

    found = {e.name: e for e in entry_points(group=GROUP)}
    if name in found:
        kind: EncoderKind = found[name].load()
        return kind
    if name == DEFAULT_ENCODER:  # a source tree that was not installed again has no entry points
        from groundset.features.default import DefaultEncoder

        return DefaultEncoder
    raise MissingError(
        "no such encoder",
        asked=name,
        found=", ".join(sorted({*found, DEFAULT_ENCODER})),
        hint=f"encoders come from packages with an entry point in the group {GROUP}",
    )


def band_key(bands: BandSet | Sequence[str]) -> str:
    """Twelve letters that stand for a list of band names."""
    names = list(bands.names if isinstance(bands, BandSet) else bands)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]


__all__ = ["GROUP", "Encoder", "EncoderKind", "Features", "Physical", "Self", "band_key", "get_encoder"]
