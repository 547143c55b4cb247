"""The picture of a chip for people: the image, and beside it the image under its classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.chips import Stretch, encode_image, render
from groundset.core import UNLABELLED, LabelMask, Scheme
from groundset.imagery import Pixels

RGB = npt.NDArray[np.uint8]
SIZE = 256
_SMALLEST = 96
_OVER = 0.55
_GAP = 4


def thumbnail(pixels: Pixels, mask: LabelMask | None, scheme: Scheme, stretch: Stretch | None) -> bytes:
    """PNG: the image, at most 256 pixels wide; with a mask, the same under the colours of its classes beside it."""
    image = render(pixels, size=SIZE, stretch=stretch)
    if mask is None:
        return encode_image(_enlarged(image), "image/png")
    step = max(1, -(-max(mask.shape) // SIZE))
    classes = mask.classes[::step, ::step][: image.shape[0], : image.shape[1]]
    gap = np.full((image.shape[0], max(1, _GAP * image.shape[1] // SIZE), 3), 255, np.uint8)
    return encode_image(_enlarged(np.concatenate([image, gap, _painted(image, classes, scheme)], axis=1)), "image/png")


def _painted(image: RGB, classes: npt.NDArray[np.uint8], scheme: Scheme) -> RGB:
    colours = np.zeros((256, 3), np.float32)
    for c in scheme:
        colours[c.code] = c.rgb
    over = np.where(classes == UNLABELLED, 0.0, _OVER)[..., None]
    grey = image.mean(axis=2, keepdims=True)
    return np.rint(np.where(over > 0, (1 - over) * grey + over * colours[classes], image * 0.6)).astype(np.uint8)


def _enlarged(picture: RGB) -> RGB:
    times = max(1, -(-_SMALLEST // picture.shape[0]))
    return np.ascontiguousarray(picture.repeat(times, axis=0).repeat(times, axis=1))
