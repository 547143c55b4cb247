"""Objects of a layer: segments that were accepted whole, things and stuff alike, in a file beside the masks.

The file is canonical JSON: a list of {id, class, score, depth, bbox [x, y, width, height], rle {size [rows, columns],
counts}}; ``counts`` are COCO's uncompressed run lengths, column by column, beginning with pixels outside. One that a
model placed and nobody has looked at has ``proposed``: true besides; its pixels have the origin model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from groundset.core import InputError, Scheme

MOST_OBJECTS = 10_000
MAX_BYTES = 32 << 20
LONGEST_ID = 64
_KEYS = {"id", "class", "score", "depth", "bbox", "rle"}


def encode(objects: object, shape: tuple[int, int], scheme: Scheme) -> bytes:
    """Objects as the bytes of their file; the same objects give the same bytes.

    Args:
        objects: The list as a client sends it.
        shape: (rows, columns) of the chip.
        scheme: Its classes.

    Raises:
        InputError: They are no such list; names the object and what is wrong with it.
    """
    if not isinstance(objects, Sequence) or isinstance(objects, str) or len(objects) > MOST_OBJECTS:
        raise InputError(f"objects are a list of at most {MOST_OBJECTS:,}", found=type(objects).__name__)
    for i, one in enumerate(objects):
        try:
            _check(one, shape, scheme)
        except InputError as error:
            raise InputError(f"object {i}: {error.message}", asked=error.asked, found=error.found) from None
    twice = [own for own, n in Counter(one["id"] for one in objects).items() if n > 1]
    if twice:
        raise InputError("two objects have the same id", asked=twice[0])
    kept = [{k: v for k, v in one.items() if k != "proposed" or v} for one in objects]
    data = json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    if len(data) > MAX_BYTES:
        raise InputError("these objects are too large", found=f"{len(data):,} bytes", asked=f"at most {MAX_BYTES:,}")
    return data


def _check(one: object, shape: tuple[int, int], scheme: Scheme) -> None:
    if not isinstance(one, Mapping) or set(one) - {"proposed"} != _KEYS:
        found = sorted(map(str, one)) if isinstance(one, Mapping) else type(one).__name__
        raise InputError(f"an object has exactly {', '.join(sorted(_KEYS))}", found=found)
    own, score = one["id"], one["score"]
    if not isinstance(own, str) or not 1 <= len(own) <= LONGEST_ID or not own.isprintable():
        raise InputError(f"an id is text of 1 to {LONGEST_ID} characters", asked=repr(own)[:80])
    if not _whole(one["class"]):
        raise InputError("a class is named by its code", asked=repr(one["class"])[:80])
    scheme.find(one["class"])
    if score is not None and (not isinstance(score, int | float) or isinstance(score, bool) or not 0 <= score <= 1):
        raise InputError("score is a number from 0 to 1, or null", asked=repr(score)[:80])
    if not isinstance(one.get("proposed"), bool | None):
        raise InputError("proposed is true, or left out", asked=repr(one["proposed"])[:80])
    if not _whole(one["depth"]):
        raise InputError("depth is a whole number, the higher the nearer", asked=repr(one["depth"])[:80])
    _check_box(one["bbox"], shape)
    _check_runs(one["rle"], shape)


def _check_box(box: object, shape: tuple[int, int]) -> None:
    rows, cols = shape
    good = isinstance(box, Sequence) and len(box) == 4 and all(map(_whole, box))
    if not good or not isinstance(box, Sequence):
        raise InputError("bbox is x, y, width, height in whole pixels", asked=repr(box)[:80])
    x, y, width, height = box
    if not (x >= 0 and y >= 0 and 1 <= width <= cols - x and 1 <= height <= rows - y):
        raise InputError("bbox lies outside of the chip", asked=list(box), found=f"{cols} x {rows} pixels")


def _check_runs(rle: object, shape: tuple[int, int]) -> None:
    if not isinstance(rle, Mapping) or set(rle) != {"size", "counts"}:
        raise InputError("rle has size and counts", asked=repr(rle)[:80])
    if list(rle["size"] if isinstance(rle["size"], Sequence) else ()) != list(shape):
        raise InputError("rle has the chip's size [rows, columns]", asked=repr(rle["size"])[:80], found=list(shape))
    counts = rle["counts"]
    if not isinstance(counts, Sequence) or not all(_whole(n) and n >= 0 for n in counts):
        raise InputError("counts of rle are whole numbers from 0", asked=repr(counts)[:80])
    if sum(counts) != shape[0] * shape[1]:
        raise InputError("counts of rle add up to the chip's pixels", asked=sum(counts), found=shape[0] * shape[1])
    if not any(counts[1::2]):
        raise InputError("an object has at least one pixel")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
