"""Orders in which chips are listed."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.query.chips import Chips, Positions, mix

SORTS = ("id", "newest", "random", "random:SEED")
LEARNED = ("similar", "uncertain", "typical")
"""Orders that come with learning."""

_RANDOM = re.compile(r"random(?::(\d{1,18}))?")


def check_sort(sort: str) -> str:
    """The order, in one spelling; ``random`` is ``random:0``.

    Raises:
        InputError: There is none of this name.
    """
    seeded = _RANDOM.fullmatch(sort)
    if seeded is not None:
        return f"random:{int(seeded[1] or 0)}"
    if sort in SORTS:
        return sort
    raise InputError("there is no such order", asked=sort, found=", ".join(SORTS))


def ordered(chips: Chips, sort: str, keep: npt.NDArray[np.bool_] | None) -> Positions:
    """Positions of the chips to keep (all where None), in an order that :func:`check_sort` gave.

    ``random:SEED`` depends on seed and chip id alone: chips that come later slip in between, the order stays.
    """
    if sort == "newest":
        return chips.newest if keep is None else chips.newest[keep[chips.newest]]
    here: Positions = np.arange(len(chips)) if keep is None else np.flatnonzero(keep)
    if sort == "id":
        return here
    key = mix(chips.keys + np.uint64(int(sort.partition(":")[2])))
    return here[np.argsort(key[here], kind="stable")]
