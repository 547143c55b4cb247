"""Backscatter in dB or linear: the unit is stated, or follows from the numbers without doubt; it is never guessed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.core import InputError

BackscatterUnit = Literal["dB", "linear"]

POLARISATIONS = frozenset({"vv", "vh", "hh", "hv"})
_SPELLINGS: dict[str, BackscatterUnit] = {
    "db": "dB",
    "decibel": "dB",
    "decibels": "dB",
    "linear": "linear",
    "power": "linear",
    "1": "linear",
    "m2/m2": "linear",
    "m^2/m^2": "linear",
}


def backscatter_unit(text: str | None) -> BackscatterUnit | None:
    """The unit that ``text`` (a file's unit tag, a STAC ``unit``) states, or None where it states none."""
    return _SPELLINGS.get((text or "").strip().lower())


def split_unit(name: str) -> tuple[str, BackscatterUnit | None]:
    """``vv:dB`` as a user writes it in ``--bands`` -> (``vv``, ``dB``); a name without unit -> (name, None).

    Raises:
        InputError: The part after the colon is no unit of backscatter.
    """
    head, colon, tail = name.partition(":")
    if not colon or head.lower() not in POLARISATIONS:
        return name, None
    unit = backscatter_unit(tail)
    if unit is None:
        raise InputError("unknown unit of backscatter", asked=name, hint=f"write {head}:dB or {head}:linear")
    return head, unit


def proven_unit(values: npt.NDArray[np.floating], where: str) -> BackscatterUnit:
    """The unit of calibrated backscatter whose file does not state it, where only one is possible.

    Linear backscatter is a ratio of powers: apart from noise taken off it is never negative. So numbers whose median is
    below -1 are dB. Numbers that are not negative could be either.

    Args:
        values: A sample of stored values, nodata left out.
        where: The file, for the message.

    Raises:
        InputError: The numbers do not prove a unit; says how to state it.
    """
    finite = values[np.isfinite(values)]
    if finite.size and float(np.median(finite)) < -1:
        return "dB"
    raise InputError(
        "is this backscatter in dB or linear? The file does not say",
        asked=where,
        found=f"values from {finite.min():g} to {finite.max():g}" if finite.size else "no valid value",
        hint="state it in the band names: --bands vv:dB,vh:dB or --bands vv:linear,vh:linear",
    )
