"""Patches: the pixels of a stroke, read with care, and laid on a layer."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED, ConflictError, InputError, LabelMask, Origin, Scheme

PLANES = 4
_SLACK = 4096
"""Bytes that a packed patch may be larger than its pixels: pixels of noise do not get smaller."""


class RightError(ConflictError):
    """What the sender may not say."""

    status = 403


@dataclass(frozen=True, slots=True)
class Patch:
    """A rectangle of new pixels.

    Args:
        x, y: Upper left corner in pixels of the chip.
        there: Where it says something, bool (height, width).
        mask: What it says there.
    """

    x: int
    y: int
    there: npt.NDArray[np.bool_]
    mask: LabelMask

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the chip."""
        height, width = self.there.shape
        return slice(self.y, self.y + height), slice(self.x, self.x + width)

    def stands(self, layer: LabelMask) -> bool:
        """Whether a layer says all that this says."""
        pairs = _planes(self.mask), _planes(layer)
        return all(bool((a[self.there] == b[self.place][self.there]).all()) for a, b in zip(*pairs, strict=True))


def pack(there: npt.ArrayLike, mask: LabelMask) -> bytes:
    """The bytes of a patch, for :func:`unpack`: where ``there`` is true the layer becomes what ``mask`` says.

    Args:
        there: Of the window's shape (height, width).
        mask: Of the same shape.
    """
    planes = np.stack([np.asarray(there, np.uint8), *_planes(mask)])
    return zlib.compress(planes.tobytes())


def unpack(data: bytes, window: Sequence[int], shape: tuple[int, int], scheme: Scheme) -> Patch:
    """A patch from its bytes; what would take more memory than its window is refused.

    Args:
        data: zlib of uint8 (4, height, width): there, class, origin, confidence.
        window: x, y, width, height in pixels of the chip.
        shape: (rows, columns) of the chip.
        scheme: Its classes.

    Raises:
        InputError: The window lies outside of the chip, the bytes are no patch of it, or its pixels say nothing that
            there is.
    """
    x, y, width, height = window
    rows, cols = shape
    if not (x >= 0 and y >= 0 and 1 <= width <= cols - x and 1 <= height <= rows - y):
        raise InputError(
            "the window of this stroke is not inside of the chip",
            asked=f"x, y, width, height = {x}, {y}, {width}, {height}",
            found=f"{cols} x {rows} pixels",
        )
    planes = np.frombuffer(_inflate(data, PLANES * width * height), np.uint8).reshape(PLANES, height, width)
    there, classes, origin, confidence = planes
    if int(there.max()) > 1:
        raise InputError("the first plane of a patch is 0 or 1", found=int(there.max()))
    said = there == 1
    _check(classes[said], origin[said], confidence[said], scheme)
    sure = np.where(origin == Origin.NONE, np.uint8(NO_CONFIDENCE), confidence)
    return Patch(x, y, said, LabelMask(classes, origin, sure))


def laid(patch: Patch, layer: LabelMask) -> LabelMask:
    """A layer with a patch laid on it; the layer given stays as it is."""
    out = [plane.copy() for plane in _planes(layer)]
    for plane, said in zip(out, _planes(patch.mask), strict=True):
        np.copyto(plane[patch.place], said, where=patch.there)
    return LabelMask(*out)


def allowed(patch: Patch, *, may_review: bool, label: Callable[[], LabelMask]) -> Patch:
    """A patch without derived pixels; others' kinds of pixels only from those who may say them.

    Args:
        patch: The patch.
        may_review: Whether its actor may say consensus and import pixels.
        label: Gives the chip's label, where it is needed.

    Raises:
        RightError: It has pixels that the actor may not say.
    """
    origin = patch.mask.origin
    drop = patch.there & (origin == Origin.PRODUCT)
    theirs = patch.there & ((origin == Origin.CONSENSUS) | (origin == Origin.IMPORT))
    if not may_review and theirs.any():
        now = label()
        same = (now.classes[patch.place] == patch.mask.classes) & (now.origin[patch.place] == origin)
        if (theirs & ~same).any():
            raise RightError(
                "pixels of origin 4 (import) and 5 (consensus) are for reviewers to say",
                asked=f"{int((theirs & ~same).sum())} such pixels that are not in the label",
                hint="give your own pixels origin 1 (human)",
            )
        drop = drop | theirs  # they stand in the label already
    return Patch(patch.x, patch.y, patch.there & ~drop, patch.mask) if drop.any() else patch


def own_pixels(patch: Patch) -> Patch:
    """A patch without the pixels that are kept or not for reasons that change: derived ones, reviewers', imports."""
    theirs = np.isin(patch.mask.origin, [Origin.PRODUCT, Origin.CONSENSUS, Origin.IMPORT])
    return Patch(patch.x, patch.y, patch.there & ~theirs, patch.mask)


def _inflate(data: bytes, size: int) -> bytes:
    """The ``size`` bytes that some zlib data holds; never more are made, whatever it claims."""
    if len(data) > size + _SLACK:
        raise InputError("this patch is larger than its window", asked=f"{len(data)} bytes", found=f"at most {size}")
    reader = zlib.decompressobj()
    try:
        out = reader.decompress(data, size + 1)
    except zlib.error as error:
        raise InputError("a patch is zlib data", found=str(error)) from None
    if len(out) != size or not reader.eof or reader.unused_data:
        more = "more" if len(out) > size else f"{len(out)} bytes"
        raise InputError(
            "a patch has 4 planes of its window: there, class, origin, confidence", asked=f"{size} bytes", found=more
        )
    return out


def _check(
    classes: npt.NDArray[np.uint8], origin: npt.NDArray[np.uint8], confidence: npt.NDArray[np.uint8], scheme: Scheme
) -> None:
    for code in np.unique(classes).tolist():
        if code != UNLABELLED:
            scheme.find(code)
    if int(origin.max(initial=0)) > max(Origin):
        raise InputError("unknown origin in a patch", asked=int(origin.max()), found=f"0 to {int(max(Origin))}")
    if bool(((origin == Origin.NONE) & (classes != UNLABELLED)).any()):
        raise InputError("a pixel with a class needs an origin (1 human, 2 model, 3 region)")
    sure = confidence[(confidence != NO_CONFIDENCE) & (origin != Origin.NONE)]
    if sure.size and int(sure.max()) > 100:
        raise InputError("a confidence is 0 to 100 percent, or 255 for none", asked=int(sure.max()))


def _planes(mask: LabelMask) -> tuple[npt.NDArray[np.uint8], ...]:
    return mask.classes, mask.origin, mask.confidence
