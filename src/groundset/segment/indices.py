"""Spectral indices that the bands at hand allow, with spyndex's names and formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

INDICES = ("NDVI", "NDWI", "MNDWI", "NDMI", "NBR", "NGRDI")
"""Normalised differences only: one factor on all bands does not change them, so they carry from sensor to sensor."""

_SYMBOLS = {
    "blue": "B",
    "green": "G",
    "red": "R",
    "nir": "N",
    "nir08": "N2",
    "swir16": "S1",
    "swir22": "S2",
}
_NORMALISED = re.compile(r"\((?P<a>\w+) ?- ?(?P<b>\w+)\) ?/ ?\((?P=a) ?\+ ?(?P=b)\)")
_STAND_INS = {"N": "nir08"}
"""Landsat 8 and 9 call their only near-infrared band nir08; it takes the place of nir where there is no other."""


def symbols(common_names: Sequence[str | None]) -> dict[str, int]:
    """Which spyndex symbol (``G``, ``N``, ``S1`` ...) stands for which band position."""
    found: dict[str, int] = {}
    for i, name in enumerate(common_names):
        symbol = _SYMBOLS.get(name or "")
        if symbol and symbol not in found:
            found[symbol] = i
    for symbol, name in _STAND_INS.items():
        if symbol not in found and name in common_names:
            found[symbol] = list(common_names).index(name)
    return found


def available(common_names: Sequence[str | None], wanted: Sequence[str] = INDICES) -> tuple[str, ...]:
    """The wanted indices for which every band is there, in order."""
    import spyndex

    there = symbols(common_names)
    return tuple(name for name in wanted if set(spyndex.indices[name].bands) <= set(there))


def compute(names: Sequence[str], planes: Mapping[str, Float32]) -> list[Float32]:
    """Each index from its bands; NaN where a denominator is zero or a band is NaN.

    Args:
        names: spyndex short names; the formulas are those that the package ships.
        planes: Arrays of one shape by spyndex symbol, physical values.
    """
    out = []
    for name in names:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.asarray(_value(name, planes), np.float32)
        value[~np.isfinite(value)] = np.nan
        out.append(np.clip(value, -1.5, 1.5))
    return out


def _value(name: str, planes: Mapping[str, Float32]) -> Float32:
    pair = _difference(name)
    if pair is not None:
        a, b = (planes[symbol] for symbol in pair)
        return np.asarray((a - b) / (a + b))
    import spyndex

    return np.asarray(spyndex.computeIndex(name, {symbol: planes[symbol] for symbol in spyndex.indices[name].bands}))


@cache
def _difference(name: str) -> tuple[str, str] | None:
    """The bands of a normalised difference by its formula; spyndex reads its whole catalogue for every call."""
    import spyndex

    found = _NORMALISED.fullmatch(spyndex.indices[name].formula)
    return None if found is None else (found["a"], found["b"])
