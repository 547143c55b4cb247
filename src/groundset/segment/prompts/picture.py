"""From bands to the picture that these models were trained on, and from their logits back to pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError, MissingError

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's colours, 0 to 1; what SAM and SAM 2 subtract and divide by."""
_LOW, _HIGH = 2, 98


def picture(physical: Float32, bands: BandSet, rgb: Sequence[str], nodata: Bool) -> UInt8:
    """Three bands as a photograph: each stretched from its 2nd to its 98th percentile, black where there is no data.

    Args:
        physical: (bands, rows, columns), NaN where there is no data.
        bands: Which they are.
        rgb: Names or common names of red, green and blue.
        nodata: Pixels without data (rows, columns).

    Returns:
        uint8 (rows, columns, 3).

    Raises:
        InputError: A band is not there, or no pixel has data.
    """
    try:
        at = [bands.index(name) for name in rgb]
    except MissingError as error:
        raise InputError(
            "the scene lacks a band that makes the model's picture",
            asked=error.asked, found=error.found, hint="name three of its bands in the model's prompt.toml: rgb",
        ) from error  # fmt: skip
    if nodata.all():
        raise InputError("this chip has no data, so there is nothing to outline")
    out = np.zeros((*nodata.shape, 3), np.uint8)
    for i, band in enumerate(at):
        plane = physical[band]
        there = np.isfinite(plane) & ~nodata
        if not there.any():
            continue
        low, high = np.percentile(plane[there], [_LOW, _HIGH])
        scaled = (plane[there] - low) / (high - low if high > low else 1)
        out[there, i] = np.rint(np.clip(scaled, 0, 1) * 255)
    return out


def resized(image: UInt8, rows: int, cols: int) -> UInt8:
    """A picture at another size, bilinear as the models' authors do it."""
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize((cols, rows), Image.Resampling.BILINEAR))


def stretched(logits: Float32, rows: int, cols: int) -> Float32:
    """Logits (rows, columns) at another size, bilinear between middles of pixels."""
    from PIL import Image

    if logits.shape == (rows, cols):
        return logits
    return np.asarray(Image.fromarray(np.asarray(logits, np.float32)).resize((cols, rows), Image.Resampling.BILINEAR))


def normalised(image: UInt8) -> Float32:
    """float32 (3, rows, columns) of a picture, less ImageNet's mean, over its spread."""
    out = (image.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(out.transpose(2, 0, 1))
