"""IRIS's masks: a user's two arrays, and the merged file.

``NAME.iris/segmentation/IMAGE/USER_final.npy`` is bool (rows, columns, classes), ``USER_user.npy`` bool (rows,
columns): true where the user drew, false where IRIS's model filled in. Both cover ``mask_area`` alone. IRIS has no
unlabelled class: where nobody drew and the model was never asked, the final mask says class 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, LabelMask, Origin

Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]
AnyArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class UserMask:
    """One user's masks of one image: classes uint8 (rows, columns) of the mask area, 255 where no class is true."""

    classes: UInt8
    drawn: Bool

    @property
    def predicted(self) -> bool:
        """Whether a model filled in what was not drawn; only class 0 there is IRIS's fill."""
        return bool(((self.classes != 0) & ~self.drawn).any())

    def label(self) -> LabelMask:
        """Drawn pixels are a person's, the model's a model's, all others unlabelled."""
        there = self.classes != UNLABELLED
        known = there if self.predicted else there & self.drawn
        origin = np.where(self.drawn, np.uint8(Origin.HUMAN), np.uint8(Origin.MODEL))
        mask = LabelMask.of(np.where(known, self.classes, np.uint8(UNLABELLED)), Origin.HUMAN)
        return LabelMask(mask.classes, np.where(known, origin, np.uint8(Origin.NONE)), mask.confidence)


def read_user_mask(final: Path, drawn: Path, shape: tuple[int, int], classes: int) -> UserMask:
    """Read a user's two arrays.

    Args:
        final: ``USER_final.npy``.
        drawn: ``USER_user.npy``.
        shape: (rows, columns) of the mask area.
        classes: Number of classes.

    Raises:
        InputError: A file is missing, no array, or of another shape.
    """
    whole = read_array(final)
    where = read_array(drawn)
    _check_shape(final, whole, (*shape, classes), "(rows, columns, classes)")
    _check_shape(drawn, where, shape, "(rows, columns)")
    flags = whole.astype(bool)
    found = np.where(flags.any(axis=-1), flags.argmax(axis=-1), UNLABELLED).astype(np.uint8)
    return UserMask(found, where.astype(bool))


def of_label(mask: LabelMask, codes: Sequence[int]) -> UserMask:
    """A person's mask as IRIS keeps it: a model's pixels not drawn, unlabelled ones not drawn and of class 0.

    Args:
        mask: Of the mask area.
        codes: The scheme's codes in the order of IRIS's classes.
    """
    place = np.zeros(256, np.uint8)
    place[list(codes)] = np.arange(len(codes))
    drawn = mask.labelled & (mask.origin != Origin.MODEL)
    return UserMask(np.where(mask.labelled, place[mask.classes], np.uint8(0)), drawn)


def write_user_mask(mask: UserMask, final: Path, drawn: Path, classes: int) -> None:
    """Write a user's two arrays."""
    final.parent.mkdir(parents=True, exist_ok=True)
    np.save(final, mask.classes[..., None] == np.arange(classes), allow_pickle=False)
    np.save(drawn, mask.drawn, allow_pickle=False)


def merge_users(masks: Sequence[UserMask], classes: int) -> UInt8:
    """The class that most users have at each pixel, the lowest of equals: uint8 (rows, columns), as IRIS merges."""
    votes = np.stack([np.sum([m.classes == c for m in masks], axis=0) for c in range(classes)])
    winners: UInt8 = votes.argmax(axis=0).astype(np.uint8)
    return winners


def agreement(masks: Sequence[UserMask], merged: UInt8, how: str) -> list[int]:
    """IRIS's score of each user's mask in percent: against the merged one; of two users, against the other's.

    Args:
        masks: Of one image.
        merged: uint8 (rows, columns).
        how: ``f1`` and ``jaccard`` are means over the classes that either has, else the share of equal pixels.
    """
    others = [masks[1].classes, masks[0].classes] if len(masks) == 2 else [merged] * len(masks)
    return [round(100 * _alike(other, m.classes, how)) for m, other in zip(masks, others, strict=True)]


def _alike(a: UInt8, b: UInt8, how: str) -> float:
    if how == "accuracy":
        return float((a == b).mean())
    both, either = [], []
    for code in np.union1d(a, b):
        one, other = a == code, b == code
        both.append(int((one & other).sum()))
        either.append(int((one | other).sum()))
    n, u = np.array(both), np.array(either)
    return float(np.mean(2 * n / (n + u) if how == "f1" else n / u))


def encode(classes: UInt8, encoding: str, colours: Sequence[Sequence[int]]) -> AnyArray:
    """A merged mask as its file holds it.

    Args:
        classes: uint8 (rows, columns).
        encoding: ``integer``, ``binary``, ``rgb`` or ``rgba``.
        colours: Red, green, blue and alpha of each class.
    """
    if encoding == "integer":
        return classes
    if encoding == "binary":
        return np.equal(classes[..., None], np.arange(len(colours)))
    table = np.array([[*c, 255][:4] for c in colours], np.uint8)[:, : 3 if encoding == "rgb" else 4]
    coloured: UInt8 = table[classes]
    return coloured


def decode(path: Path, encoding: str, colours: Sequence[Sequence[int]], shape: tuple[int, int]) -> UInt8:
    """Read a merged mask: class positions, uint8 (rows, columns), 255 where a colour is no class's.

    Raises:
        InputError: It cannot be read, has another shape, or two classes share a colour.
    """
    array = read_array(path)
    if encoding == "integer":
        _check_shape(path, array, shape, "(rows, columns)")
        return np.where((array >= 0) & (array < len(colours)), array, UNLABELLED).astype(np.uint8)
    if encoding == "binary":
        _check_shape(path, array, (*shape, len(colours)), "(rows, columns, classes)")
        flags = array.astype(bool)
        return np.where(flags.any(axis=-1), flags.argmax(axis=-1), UNLABELLED).astype(np.uint8)
    size = 3 if encoding == "rgb" else 4
    _check_shape(path, array, (*shape, size), "(rows, columns, colours)")
    table = [tuple([*c, 255][:size]) for c in colours]
    if len(set(table)) < len(table):
        raise InputError("two classes have one colour, so this mask cannot be read", asked=path, found=table)
    out = np.full(shape, UNLABELLED, np.uint8)
    for i, colour in enumerate(table):
        out[(array == np.array(colour)).all(axis=-1)] = i
    return out


def write_merged(path: Path, array: AnyArray) -> None:
    """Write a merged mask by the ending of its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".npy":
        np.save(path, array, allow_pickle=False)
        return
    from PIL import Image

    Image.fromarray(array).save(path)


def read_array(path: Path) -> AnyArray:
    """An array from an ``.npy`` file or a picture.

    Raises:
        InputError: It is missing, broken, larger than it may be, or holds objects.
    """
    from PIL import Image

    try:
        if path.suffix.lower() == ".npy":  # mapped first: then no more is read than there is, whatever its head claims
            return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
        with Image.open(path) as picture:
            return np.asarray(picture)
    except FileNotFoundError:
        raise InputError("a file of this project is missing", asked=path) from None
    except (OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("this file cannot be read", asked=path, found=str(error)[:200]) from None


def _check_shape(path: Path, array: AnyArray, shape: tuple[int, ...], names: str) -> None:
    if array.shape != shape:
        raise InputError(
            f"this mask has another shape than mask_area and classes make {names}",
            asked=path, found=array.shape, hint=f"expected {shape}",
        )  # fmt: skip
