"""Smoothing of a proposal: one class for a region, or the class that most neighbours have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError

UInt8 = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]
LARGEST_RADIUS = 64


def vote(classes: UInt8, leaves: Int32, weights: Float32 | None = None) -> UInt8:
    """Every region becomes what most of its pixels are.

    Args:
        classes: Class codes (rows, columns); 255 has no vote and stays 255.
        leaves: Region of each pixel (rows, columns); a pixel of -1 keeps its class.
        weights: What each pixel's vote counts (rows, columns); None: all alike.

    Returns:
        Class codes (rows, columns). Of classes with as many votes the lowest code wins.

    Raises:
        InputError: Arrays of different shapes.
    """
    if classes.shape != leaves.shape or (weights is not None and weights.shape != classes.shape):
        raise InputError("classes, regions and weights have one shape", found=f"{classes.shape} and {leaves.shape}")
    voting = (classes != UNLABELLED) & (leaves >= 0)
    there = _codes(classes[voting])
    out = classes.copy()
    if not len(there):
        return out
    column = np.searchsorted(there, np.arange(UNLABELLED + 1))
    key = leaves[voting].astype(np.int64) * len(there) + column[classes[voting]]
    votes = np.bincount(
        key, None if weights is None else weights[voting], minlength=(int(leaves.max()) + 1) * len(there)
    )
    winner = there[votes.reshape(-1, len(there)).argmax(axis=1)]
    out[voting] = winner[leaves[voting]]
    return out


def majority(classes: UInt8, radius: int) -> UInt8:
    """Every pixel becomes what most pixels of the square around it are; it keeps its class where that is among them.

    Args:
        classes: Class codes (rows, columns); 255 is not counted and stays 255.
        radius: The square's side is ``2 * radius + 1`` pixels; 0 changes nothing.

    Raises:
        InputError: A radius below 0 or above 64 pixels.
    """
    if not 0 <= radius <= LARGEST_RADIUS:
        raise InputError("no such radius", asked=f"{radius} pixels", found=f"0 to {LARGEST_RADIUS} pixels")
    there = _codes(classes.ravel())
    if radius == 0 or len(there) < 2:
        return classes.copy()
    best = np.zeros(classes.shape, np.int64)
    out = classes.copy()
    for code in there:
        mine = classes == code
        votes = 2 * _around(mine, radius) + mine  # the odd one keeps a pixel's own class among equals
        wins = votes > best
        best[wins] = votes[wins]
        out[wins] = code
    out[classes == UNLABELLED] = UNLABELLED
    return out


def _around(mask: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.int64]:
    """How many pixels of the square around each pixel are set, as far as the image goes."""
    counts = mask.astype(np.int64)
    for axis in (0, 1):
        length = mask.shape[axis]
        running = np.insert(np.cumsum(counts, axis=axis), 0, 0, axis=axis)
        at = np.arange(length)
        upper, lower = np.minimum(at + radius + 1, length), np.maximum(at - radius, 0)
        counts = running.take(upper, axis=axis) - running.take(lower, axis=axis)
    return counts


def _codes(classes: UInt8) -> UInt8:
    """The class codes that occur, 255 left out, in order."""
    found = np.flatnonzero(np.bincount(classes.ravel(), minlength=UNLABELLED + 1))
    out: UInt8 = found[found != UNLABELLED].astype(np.uint8)
    return out
