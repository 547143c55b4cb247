"""What an encoder is, and how one is found by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, MissingError, check_name
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

    @property
    def name(self) -> str:
        """Its name."""

    def fit(self, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> Encoder:
        """An encoder for this band set from sample chips, float32 (bands, rows, columns) each, NaN nodata."""

    def load(self, folder: Path) -> Encoder:
        """The encoder that :meth:`Encoder.save` wrote."""


BUILT_IN: Mapping[str, str] = {
    DEFAULT_ENCODER: "groundset.features.default:DefaultEncoder",
    "efficientnet-lite0": "groundset.features.lite0:EfficientNetLite0",
}
"""What a source tree that was not installed again, and so has no entry points, knows too."""


def get_encoder(name: str = DEFAULT_ENCODER, folder: Path | None = None) -> EncoderKind:
    """The kind of encoder of this name: ``onnx:FILE``, or one from the entry-point group ``groundset.encoders``.

    Args:
        name: The name; that of the feature folder (``onnx-STEM``) for an ONNX model that is kept there.
        folder: The feature folder, where there is one.

    Raises:
        MissingError: There is none; names those there are.
        InputError: The ONNX model is not whole, or not as its card says.
    """
    from groundset.features.onnx_encoder import FOLDER, MODEL_FILE, PREFIX, OnnxKind

    if name.startswith(PREFIX):
        return OnnxKind.of_file(Path(name.removeprefix(PREFIX)).expanduser())
    if name.startswith(FOLDER) and folder is not None and (folder / MODEL_FILE).is_file():
        return OnnxKind.kept(folder)
    found = {e.name: e.value for e in entry_points(group=GROUP)}
    if name in found or name in BUILT_IN:
        kind: EncoderKind = EntryPoint(name, found.get(name) or BUILT_IN[name], GROUP).load()
        return kind
    raise MissingError(
        "no such encoder",
        asked=name,
        found=", ".join(encoders()),
        hint=f"take one of these, or {PREFIX}FILE; further ones come from packages with an entry point in {GROUP}",
    )


def encoders() -> list[str]:
    """Names of the encoders that are installed."""
    return sorted({*BUILT_IN, *(e.name for e in entry_points(group=GROUP))})


def encoder_name(name: str) -> str:
    """Name of an encoder's feature folder: ``onnx-STEM`` for ``onnx:DIR/STEM.onnx``, else its own.

    Raises:
        InputError: It cannot be the name of a folder.
    """
    from groundset.features.onnx_encoder import PREFIX, folder_name

    return folder_name(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else check_name(name, "encoder")


def band_key(bands: BandSet | Sequence[str]) -> str:
    """Twelve letters that stand for a list of band names."""
    names = list(bands.names if isinstance(bands, BandSet) else bands)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]


__all__ = [
    "GROUP",
    "Encoder",
    "EncoderKind",
    "Features",
    "Physical",
    "Self",
    "band_key",
    "encoder_name",
    "encoders",
    "get_encoder",
]
