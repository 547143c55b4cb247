"""Scores on spatial blocks, with intervals from resampling blocks and never pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, Scheme

Confusion = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DRAWS = 2000
FEWEST_BLOCKS = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval; ``low`` and ``high`` are None where there are too few blocks to tell."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def to_dict(self) -> dict[str, float | None]:
        """JSON form."""
        return {"value": _rounded(self.value), "low": _rounded(self.low), "high": _rounded(self.high)}


@dataclass(frozen=True, slots=True)
class Score:
    """How well a mask agrees with a reference; not-applicable and unlabelled reference pixels are left out.

    Args:
        iou: Per class name, intersection over union.
        f1: Per class name.
        mean_iou: Mean over the classes that the reference has.
        balanced_accuracy: Mean recall over the classes that the reference has.
        confusion: Pixels, rows the reference's classes, columns the predicted ones, the last column any other answer.
        classes: Names of the rows, in scheme order.
        blocks: Spatial blocks that had reference pixels.
        pixels: Reference pixels that counted.
        note: What the reader must know: too few blocks, a class without reference.
    """

    iou: dict[str, Estimate]
    f1: dict[str, Estimate]
    mean_iou: Estimate
    balanced_accuracy: Estimate
    confusion: Confusion
    classes: tuple[str, ...]
    blocks: int
    pixels: int
    note: str | None = None
    how: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        """JSON form, rounded to four decimals."""
        return {
            "iou": {k: v.to_dict() for k, v in self.iou.items()},
            "f1": {k: v.to_dict() for k, v in self.f1.items()},
            "mean_iou": self.mean_iou.to_dict(),
            "balanced_accuracy": self.balanced_accuracy.to_dict(),
            "confusion": self.confusion.tolist(),
            "classes": list(self.classes),
            "blocks": self.blocks,
            "pixels": self.pixels,
            "note": self.note,
            "how": self.how,
        }

    def summary(self) -> str:
        """Lines for people."""
        lines = [f"balanced accuracy {self.balanced_accuracy} on {self.pixels} pixels in {self.blocks} blocks"]
        lines += [f"  {name}: IoU {self.iou[name]}, F1 {self.f1[name]}" for name in self.classes if name in self.iou]
        return "\n".join(lines + ([f"  note: {self.note}"] if self.note else []))


def score(
    predicted: npt.NDArray[np.uint8],
    reference: npt.NDArray[np.uint8],
    scheme: Scheme,
    blocks: npt.NDArray[np.integer],
    *,
    seed: int = 0,
    how: str = "",
) -> Score:
    """Compare a mask with a reference.

    Args:
        predicted: Class codes, any shape; 255 where there is no answer, which counts as wrong.
        reference: Class codes, same shape; 255 and not-applicable are left out.
        scheme: The classes.
        blocks: Which spatial block a pixel belongs to, same shape; intervals come from resampling these.
        seed: Of the resampling.
        how: How the split was made, kept in the score.

    Raises:
        InputError: Shapes differ, or the reference has no pixel of an answerable class.
    """
    if not predicted.shape == reference.shape == blocks.shape:
        raise InputError(
            "predicted, reference and blocks must have one shape",
            found=f"{predicted.shape}, {reference.shape}, {blocks.shape}",
        )
    per_block = block_confusions(predicted.ravel(), reference.ravel(), scheme, blocks.ravel())
    return score_of(per_block, scheme, seed=seed, how=how)


def block_confusions(
    predicted: npt.NDArray[np.uint8],
    reference: npt.NDArray[np.uint8],
    scheme: Scheme,
    blocks: npt.NDArray[np.integer],
) -> Confusion:
    """Confusion matrices (blocks, classes, classes + 1) of flat arrays; blocks without reference are left out."""
    codes = [c.code for c in scheme.answerable]
    k = len(codes)
    index = np.full(256, k, np.int64)
    index[codes] = np.arange(k)
    counts = index[reference] < k
    _, block = np.unique(blocks[counts], return_inverse=True)
    total = int(block.max()) + 1 if block.size else 0
    flat = (block * k + index[reference[counts]]) * (k + 1) + index[predicted[counts]]
    return np.bincount(flat, minlength=total * k * (k + 1)).reshape(total, k, k + 1)


def score_of(per_block: Confusion, scheme: Scheme, *, seed: int = 0, how: str = "", note: str | None = None) -> Score:
    """The score of confusion matrices (blocks, classes, classes + 1)."""
    names = tuple(c.name for c in scheme.answerable)
    whole = per_block.sum(axis=0) if len(per_block) else np.zeros((len(names), len(names) + 1), np.int64)
    if not whole.sum():
        raise InputError(
            "the reference has no pixel to score against",
            found="only unlabelled or not-applicable",
            hint=UNLABELLED_HINT,
        )
    draws = _draws(per_block, seed) if len(per_block) >= FEWEST_BLOCKS else None
    values, spread = _metrics(whole[None]), None if draws is None else _metrics(draws)

    def estimate(key: str, column: int | None = None) -> Estimate:
        value = float(values[key][0] if column is None else values[key][0, column])
        if spread is None:
            return Estimate(value)
        sample = spread[key] if column is None else spread[key][:, column]
        sample = sample[np.isfinite(sample)]
        if not len(sample):
            return Estimate(value)
        low, high = np.percentile(sample, [2.5, 97.5])
        return Estimate(value, float(low), float(high))

    present = [i for i in range(len(names)) if whole[i].sum()]
    return Score(
        {names[i]: estimate("iou", i) for i in present},
        {names[i]: estimate("f1", i) for i in present},
        estimate("mean_iou"),
        estimate("balanced_accuracy"),
        whole,
        names,
        len(per_block),
        int(whole.sum()),
        _note(note, names, present, len(per_block)),
        how,
    )


UNLABELLED_HINT = f"{UNLABELLED} means unlabelled; bring reference pixels of a class"


def _note(note: str | None, names: tuple[str, ...], present: list[int], blocks: int) -> str | None:
    notes = [note] if note else []
    absent = [n for i, n in enumerate(names) if i not in present]
    if absent:
        notes.append(f"no reference pixel of {', '.join(absent)}: left out of the means")
    if blocks < FEWEST_BLOCKS:
        notes.append(f"only {blocks} spatial blocks, {FEWEST_BLOCKS} are needed for an interval: none is given")
    return "; ".join(notes) or None


def _draws(per_block: Confusion, seed: int) -> Confusion:
    """Confusion matrices of resampled sets of blocks: (draws, classes, classes + 1)."""
    n = len(per_block)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    return (weights @ per_block.reshape(n, -1)).reshape(DRAWS, *per_block.shape[1:])


def _metrics(confusion: Confusion) -> dict[str, Floats]:
    """Per-class and mean scores of confusion matrices (m, classes, classes + 1); NaN without reference pixels."""
    k = confusion.shape[1]
    hit = confusion[:, np.arange(k), np.arange(k)].astype(np.float64)
    there = confusion.sum(axis=2).astype(np.float64)
    said = confusion[:, :, :k].sum(axis=1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = np.where(there > 0, hit / (there + said - hit), np.nan)
        f1 = np.where(there > 0, 2 * hit / (there + said), np.nan)
        recall = np.where(there > 0, hit / there, np.nan)
        some = np.maximum((there > 0).sum(axis=1), 1)
        means = {"mean_iou": np.nansum(iou, axis=1) / some, "balanced_accuracy": np.nansum(recall, axis=1) / some}
    return {"iou": iou, "f1": f1, **means}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
