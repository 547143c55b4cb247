"""Lengths as people write them."""

from __future__ import annotations

import math
import re

from groundset.core import InputError

_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(m|km)?\s*")
_UNIT = {"m": 1.0, "km": 1000.0, None: 1.0}


def metres(length: str | float, what: str) -> float:
    """Metres of ``"0.1km"``, ``"250m"`` or a plain number of metres.

    Raises:
        InputError: Not a length, or negative.
    """
    found = _LENGTH.fullmatch(str(length))
    value = float(found[1]) * _UNIT[found[2]] if found else math.nan
    if not math.isfinite(value):
        raise InputError(f"the {what} is a length", asked=length, hint="write it like 0.1km or 250m")
    return value


def told(length_m: float) -> str:
    """A length for people: ``0.96 km``, ``120 m``."""
    return f"{length_m / 1000:.4g} km" if length_m >= 1000 else f"{length_m:.4g} m"


def option(length_m: float) -> str:
    """A length as an option takes it, rounded to three digits: ``0.96km``."""
    return f"{float(f'{length_m / 1000:.3g}'):g}km"
