"""Fewer specks: a proposal smoothed by the majority around each pixel, or by a vote in each region."""

from __future__ import annotations

from typing import Literal, get_args

from groundset.core import InputError

Smoothing = Literal["none", "regions", "majority"]
RADIUS = 2
"""Of the square whose majority a pixel takes: 5 x 5 pixels."""


def smoothing_of(name: str) -> Smoothing:
    """A way of smoothing by name.

    Raises:
        InputError: No such way.
    """
    known: tuple[Smoothing, ...] = get_args(Smoothing)
    for one in known:
        if name == one:
            return one
    raise InputError("no such smoothing", asked=name[:80], found=", ".join(known))
