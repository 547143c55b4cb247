"""What a model says of the pixels of a chip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED, ConflictError

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]


class NotEnoughError(ConflictError):
    """There is not enough to learn from yet."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A class for each pixel of a window of a chip.

    Args:
        classes: uint8 (rows, columns), 255 where there is no data.
        confidence: uint8 (rows, columns), the class's probability in percent; 255 where there is none.
        head: Number of the last event that is learned from; 0 where a model does not follow the labels.
    """

    classes: UInt8
    confidence: UInt8
    head: int

    def stack(self) -> UInt8:
        """uint8 (2, rows, columns): class, confidence."""
        return np.stack([self.classes, self.confidence])


def likeliest(probabilities: Float32, classes: UInt8, nodata: Bool) -> UInt8:
    """The likeliest class of each pixel: codes uint8 (rows, columns), 255 where there is no data.

    Args:
        probabilities: (classes, rows, columns).
        classes: Their codes, ascending; 255 says nothing.
        nodata: Pixels that get no answer.
    """
    if len(probabilities) == 2:
        codes = np.where(probabilities[1] > probabilities[0], classes[1], classes[0])
    else:
        codes = np.asarray(classes[probabilities.argmax(axis=0)])
    codes[nodata] = UNLABELLED
    return np.asarray(codes, np.uint8)


def confidences(probabilities: Float32, classes: UInt8, codes: UInt8) -> UInt8:
    """How probable the chosen class of each pixel is, in percent: uint8 (rows, columns), 255 where none is chosen."""
    if len(probabilities) == 2:
        share = np.where(codes == classes[1], probabilities[1], probabilities[0])
    else:
        at = np.searchsorted(classes, codes).clip(0, len(classes) - 1)
        share = np.take_along_axis(probabilities, at[None], axis=0)[0]
    silent = codes == UNLABELLED
    with np.errstate(invalid="ignore"):
        percent = np.asarray(share * np.float32(100) + np.float32(0.5)).astype(np.uint8)
    percent[silent] = NO_CONFIDENCE
    return percent
