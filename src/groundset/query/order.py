"""Orders in which chips are listed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, Scheme
from groundset.query.chips import Chips, Positions, mix
from groundset.query.worded import check_words

SORTS = ("id", "newest", "random", "random:SEED")
LEARNED = ("similar", "uncertain", "typical", "words")
"""Orders that come from labels and features; the first two take ``:CLASS``, the last ``:TEXT``."""

ALL_SORTS = (*SORTS, "similar", "similar:CLASS", "uncertain", "uncertain:CLASS", "typical", "words:TEXT")

_RANDOM = re.compile(r"random(?::(\d{1,18}))?")
_LEARNED = re.compile(r"(similar|uncertain)(?::(.*))?|(typical)|words:\s*(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Order:
    """An order, read: ``code`` is the class that it speaks of, ``seed`` of random ones, ``text`` of words."""

    name: str
    code: int | None = None
    seed: int = 0
    text: str = ""

    @property
    def learned(self) -> bool:
        """Whether it comes from labels and features."""
        return self.name in LEARNED


def check_sort(sort: str, scheme: Scheme | None = None) -> Order:
    """The order that this text means.

    Raises:
        InputError: There is none of this name, or no such class; names the nearest.
    """
    seeded = _RANDOM.fullmatch(sort)
    if seeded is not None:
        return Order("random", seed=int(seeded[1] or 0))
    if sort in SORTS:
        return Order(sort)
    found = _LEARNED.fullmatch(sort)
    if found is None:
        near = get_close_matches(sort.partition(":")[0], ["id", "newest", "random", *LEARNED], 1)
        raise InputError(
            "there is no such order", asked=sort, found=", ".join(ALL_SORTS),
            hint=f"did you mean {near[0]}?" if near else None,
        )  # fmt: skip
    if found[4]:
        return Order("words", text=str(check_words(found[4])))
    if scheme is None:
        raise InputError("this order needs a task with classes, and there is none", asked=f"sort={sort}")
    return Order(found[1] or found[3], None if found[2] is None else scheme.find(found[2]).code)


def ordered(chips: Chips, order: Order, keep: npt.NDArray[np.bool_] | None) -> Positions:
    """Positions of the chips to keep (all where None), in an order that is not learned.

    ``random:SEED`` depends on seed and chip id alone: chips that come later slip in between, the order stays. Chips
    without any data come last in all of them, since there is nothing to see or to answer.
    """
    if order.name == "newest":
        return seen_first(chips, chips.newest if keep is None else chips.newest[keep[chips.newest]])
    here: Positions = np.arange(len(chips)) if keep is None else np.flatnonzero(keep)
    if order.name == "id":
        return seen_first(chips, here)
    key = mix(chips.keys + np.uint64(order.seed))
    return seen_first(chips, here[np.argsort(key[here], kind="stable")])


def seen_first(chips: Chips, order: Positions) -> Positions:
    """The same order with chips without any data behind the others."""
    if chips.empty is None:
        return order
    last = chips.empty[order]
    return np.concatenate([order[~last], order[last]])


def highest_first(values: npt.NDArray[np.float32], keep: npt.NDArray[np.bool_] | None) -> Positions:
    """Positions of the chips to keep, highest value first; alike ones by position, those without a value last.

    One sort of 64-bit numbers (value above, position below) is several times quicker than a stable argsort.
    """
    here = np.arange(len(values)) if keep is None else np.flatnonzero(keep)
    some = (values if keep is None else values[keep]) + np.float32(0)  # a copy, in which -0 became 0
    missing = np.isnan(some)
    if missing.any():
        some[missing] = -np.inf
    bits = some.view(np.int32)
    bits ^= (bits >> 31) & np.int32(0x7FFFFFFF)  # in the order of the numbers, as integers
    np.invert(bits, out=bits)
    key = bits.astype(np.int64)
    key <<= 32
    key |= here
    key.sort()
    key &= 0xFFFFFFFF
    return key
