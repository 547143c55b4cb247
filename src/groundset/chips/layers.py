"""What there is to see of a band set: named layers, single bands, spectral indices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from groundset.chips.render import LAYERS, layer_bands
from groundset.core import BandSet, InputError

TITLES = {
    "natural": "Natural colour",
    "infrared": "Colour infrared",
    "shortwave": "Shortwave infrared",
    "land-water": "Land and water",
}
INDICES = ("NDVI", "NDWI", "MNDWI", "NDMI", "NDBI", "NBR", "NDREI", "NGRDI", "NDTI", "NDPolI")
"""Normalised differences of spyndex: between -1 and 1 for every sensor, so that one colour scale fits all."""

VEGETATION = ("#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c7e5b0", "#5aae61", "#1b7837")
WATER = ("#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c6dbef", "#4292c6", "#08519c")
OTHER = ("#5e3c99", "#b2abd2", "#e6e3ef", "#f7f7f7", "#fde0b6", "#fdb863", "#e66101")
_RAMPS = {"vegetation": VEGETATION, "water": WATER, "snow": WATER}
_SYMBOLS = {
    "B": ("blue",),
    "G": ("green",),
    "R": ("red",),
    "RE1": ("rededge071", "rededge"),
    "N": ("nir", "nir08"),
    "S1": ("swir16",),
    "S2": ("swir22",),
    "VV": ("vv",),
    "VH": ("vh",),
}
_NORMALISED = re.compile(r"\((?P<a>\w+) ?- ?(?P<b>\w+)\) ?/ ?\((?P=a) ?\+ ?(?P=b)\)")


class SceneLayer(NamedTuple):
    """A way to see a scene: one or three bands."""

    name: str
    title: str
    bands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpectralIndex:
    """A normalised difference (a - b) / (a + b) of two bands, from -1 to 1, and the colours it is shown in."""

    name: str
    title: str
    formula: str
    bands: tuple[str, str]
    ramp: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What to read and how to draw it: ``channels`` are positions in ``bands``, three of them, or two of an index."""

    layer: str
    bands: tuple[str, ...]
    channels: tuple[int, ...]
    index: SpectralIndex | None = None


@lru_cache(maxsize=256)
def layers_of(bands: BandSet) -> tuple[SceneLayer, ...]:
    """The layers that a band set offers: the named ones it has bands for, then every single band."""
    named = [SceneLayer(name, TITLES[name], shown) for name in LAYERS if (shown := _shown(bands, name))]
    return (*named, *(SceneLayer(b.name, band_title(b.name, b.common_name), (b.name,)) for b in bands))


@lru_cache(maxsize=256)
def indices_of(bands: BandSet) -> tuple[SpectralIndex, ...]:
    """The indices whose bands are there, with spyndex's names and formulas; radar in decibels has none."""
    out = []
    for name, pair in _catalogue():
        found = [_band(bands, symbol) for symbol in pair]
        if all(f is not None for f in found):
            a, b = (str(f) for f in found)
            title, domain = _words(name)
            out.append(SpectralIndex(name, title, f"({a} - {b}) / ({a} + {b})", (a, b), _RAMPS.get(domain, OTHER)))
    return tuple(out)


def view_of(bands: BandSet, layer: str) -> View:
    """How to draw a layer: a name out of :func:`layers_of` or :func:`indices_of`, or band names joined by commas.

    Raises:
        InputError: The layer is unknown, or the scene lacks a band of it; names what there is.
    """
    index = next((i for i in indices_of(bands) if i.name.lower() == layer.lower()), None)
    if index is not None and layer not in bands.names:
        return View(index.name, index.bands, (0, 1), index)
    if layer in _known():
        raise InputError(
            f"the index {layer} needs bands that the scene lacks",
            asked=layer,
            found=", ".join(b.common_name or b.name for b in bands),
            hint=f"take one of {', '.join(i.name for i in indices_of(bands))}" if indices_of(bands) else None,
        )
    at = layer_bands(bands, layer)
    wanted = tuple(dict.fromkeys(at))
    return View(layer, tuple(bands.names[i] for i in wanted), tuple(wanted.index(i) for i in at))


def band_title(name: str, common_name: str | None) -> str:
    """A band's name with what it is, where the name alone does not say so."""
    same = common_name is None or common_name.lower() == name.lower()
    return name if same else f"{name} ({common_name})"


def _shown(bands: BandSet, layer: str) -> tuple[str, ...]:
    try:
        at = layer_bands(bands, layer)
    except InputError:
        return ()
    return (bands.names[at[0]],) if len(set(at)) == 1 else tuple(bands.names[i] for i in at)


def _band(bands: BandSet, symbol: str) -> str | None:
    for common in _SYMBOLS.get(symbol, ()):
        at = bands.find(common)
        if at is not None and (bands[at].unit or "").lower() != "db":
            return bands.names[at]
    return None


@cache
def _catalogue() -> tuple[tuple[str, tuple[str, str]], ...]:
    """The wanted indices with their two symbols; what the installed spyndex words otherwise is left out."""
    import spyndex

    out = []
    for name in INDICES:
        match = _NORMALISED.fullmatch(spyndex.indices[name].formula) if name in spyndex.indices else None
        if match is not None:
            out.append((name, (match["a"], match["b"])))
    return tuple(out)


@cache
def _known() -> frozenset[str]:
    return frozenset(name for name, _ in _catalogue())


@cache
def _words(name: str) -> tuple[str, str]:
    import spyndex

    index = spyndex.indices[name]
    return str(index.long_name), str(index.application_domain)
