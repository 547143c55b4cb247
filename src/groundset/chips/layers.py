"""What there is to see of a band set: named layers, radar, single bands, indices; by what bands are, not by sensor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from groundset.chips.expression import quote_band
from groundset.chips.render import ALIASES, LAYERS, layer_bands
from groundset.core import BandSet, InputError

TITLES = {
    "natural": "Natural colour",
    "natural-lab": "Natural colour 2 (CIE Lab)",
    "infrared": "False colour infrared",
    "urban": "False colour urban",
    "agriculture": "Agriculture",
    "atmospheric-penetration": "Atmospheric penetration",
    "healthy-vegetation": "Healthy vegetation",
    "land-water": "Land and water",
    "atmospheric-removal": "Atmospheric removal",
    "shortwave-infrared": "Shortwave infrared",
    "vegetation-analysis": "Vegetation analysis",
}
INDICES = ("NDVI", "NDMI", "NDWI", "NSMI", "MNDWI", "RSWIR", "NDBI", "NBR", "NDREI", "NGRDI", "NDTI", "NDPolI")
"""Normalised differences: between -1 and 1 for every sensor, so that one colour scale fits all."""
OWN_WORDS = {
    "NSMI": ("Normalised soil moisture index", "soil", "S1", "S2"),
    "RSWIR": ("Red and shortwave infrared", "soil", "R", "S1"),
}
"""Indices of Distil that spyndex calls otherwise or lacks: title, domain, a and b of (a - b) / (a + b)."""
MOISTURE = "OPTRAM"
RVI = "RVI"
RATIOS = ("VV/VH", "HH/HV")

VEGETATION = ("#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c7e5b0", "#5aae61", "#1b7837")
WATER = ("#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c6dbef", "#4292c6", "#08519c")
OTHER = ("#5e3c99", "#b2abd2", "#e6e3ef", "#f7f7f7", "#fde0b6", "#fdb863", "#e66101")
_RAMPS = {"vegetation": VEGETATION, "water": WATER, "snow": WATER, "soil": WATER, "radar": VEGETATION}
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

Group = Literal["composite", "radar", "band", "own"]


class Edges(NamedTuple):
    """Dry and wet edge of a scene: transformed shortwave infrared reflectance over NDVI, intercept and slope."""

    dry: float
    dry_slope: float
    wet: float
    wet_slope: float


class SceneLayer(NamedTuple):
    """A way to see a scene: the bands it needs, and one or three formulas over them."""

    name: str
    title: str
    bands: tuple[str, ...]
    group: Group = "composite"
    formulas: tuple[str, ...] = ()

    @property
    def lab(self) -> bool:
        """Whether the three colours have one black and one white, and are toned in CIE Lab."""
        return self.name == "natural-lab"


@dataclass(frozen=True, slots=True)
class SpectralIndex:
    """A formula of one value: its bands, the values it usually lies between, and the colours it is shown in.

    ``span`` is None for a normalised difference: its colours span the same on both sides of 0.
    """

    name: str
    title: str
    formula: str
    bands: tuple[str, ...]
    ramp: tuple[str, ...]
    span: tuple[float, float] | None = None
    domain: str = ""


@lru_cache(maxsize=256)
def layers_of(bands: BandSet) -> tuple[SceneLayer, ...]:
    """The layers that a band set offers: the named ones it has bands for, radar, then every single band."""
    named = [
        SceneLayer(name, TITLES[name], shown, "composite", tuple(map(quote_band, shown)))
        for name in LAYERS
        if (shown := _shown(bands, name))
    ]
    single = [
        SceneLayer(b.name, band_title(b.name, b.common_name), (b.name,), "band", (quote_band(b.name),)) for b in bands
    ]
    return (*named, *_radar_layers(bands), *single)


@lru_cache(maxsize=256)
def indices_of(bands: BandSet, edges: Edges | None = None) -> tuple[SpectralIndex, ...]:
    """The indices whose bands are there; spyndex's names and formulas where it has them.

    Normalised differences leave out radar in decibels. Soil moisture needs the scene's ``edges``.
    """
    out = []
    for name, pair in _catalogue():
        found = [_band(bands, symbol) for symbol in pair]
        if all(f is not None for f in found):
            a, b = (str(f) for f in found)
            title, domain = _words(name)
            ramp = _RAMPS.get(domain, OTHER)
            out.append(SpectralIndex(name, title, difference(a, b), (a, b), ramp, domain=domain))
    if edges is not None and (wet := moisture_bands(bands)) is not None:
        out.append(_moisture(wet, edges))
    return (*out, *_radar_indices(bands))


def difference(a: str, b: str) -> str:
    """(a - b) / (a + b) of two bands."""
    a, b = quote_band(a), quote_band(b)
    return f"({a} - {b}) / ({a} + {b})"


def moisture_bands(bands: BandSet) -> tuple[str, str, str] | None:
    """Near-infrared, red and shortwave infrared (2.2 micrometres), where all three are reflectance; else None."""
    found = [_band(bands, symbol) for symbol in ("N", "R", "S2")]
    if any(f is None or bands[bands.index(f)].unit != "1" for f in found):
        return None
    near, red, short = (str(f) for f in found)
    return near, red, short


def known_names() -> frozenset[str]:
    """Names of layers and indices of any band set, which no view of one's own may take."""
    return frozenset({*LAYERS, *ALIASES, *(name for name, _ in _catalogue()), MOISTURE, RVI, *RATIOS, "radar"})


def band_title(name: str, common_name: str | None) -> str:
    """A band's name with what it is, where the name alone does not say so."""
    same = common_name is None or common_name.lower() == name.lower()
    return name if same else f"{name} ({common_name})"


def _moisture(bands: tuple[str, str, str], edges: Edges) -> SpectralIndex:
    """Soil moisture from optical bands alone, 0 dry to 1 wet (OPTRAM; Sadeghi et al. 2017, Remote Sens. Env. 198)."""
    near, red, short = map(quote_band, bands)
    ndvi = f"({near} - {red}) / ({near} + {red})"
    above = f"{edges.dry:.5g} + {edges.dry_slope:.5g} * {ndvi} - (1 - {short}) ** 2 / (2 * {short})"
    below = f"{edges.dry - edges.wet:.5g} + {edges.dry_slope - edges.wet_slope:.5g} * {ndvi}"
    return SpectralIndex(MOISTURE, "Soil moisture (OPTRAM)", f"({above}) / ({below})", bands, WATER, (0.0, 1.0), "soil")


class _Radar(NamedTuple):
    """Two polarisations of one radar; formulas of each in decibels and in linear power, whatever their unit is."""

    names: tuple[str, str]
    ratio: str
    decibels: tuple[str, str]
    power: tuple[str, str]


def _radar(bands: BandSet) -> _Radar | None:
    """The co- and the cross-polarised band, each turned into either unit; None where a unit is not stated."""
    for pair in (("vv", "vh"), ("hh", "hv")):
        at = [i for name in pair if (i := bands.find(name)) is not None]
        units = [(bands[i].unit or "").lower() for i in at]
        if len(at) < 2 or not all(u in ("db", "linear") for u in units):
            continue
        co, cross = (quote_band(bands.names[i]) for i in at)
        decibels = [n if u == "db" else f"10 * log10({n})" for n, u in zip((co, cross), units, strict=True)]
        power = [n if u == "linear" else f"10 ** ({n} / 10)" for n, u in zip((co, cross), units, strict=True)]
        names = bands.names[at[0]], bands.names[at[1]]
        ratio = "/".join(pair).upper()
        return _Radar(names, ratio, (decibels[0], decibels[1]), (power[0], power[1]))
    return None


def _radar_layers(bands: BandSet) -> tuple[SceneLayer, ...]:
    """Co, cross and their ratio as red, green and blue, all in decibels."""
    found = _radar(bands)
    if found is None:
        return ()
    (co, cross), (one, two) = found.decibels, found.ratio.split("/")
    formulas = (co, cross, f"{co} - {cross}")
    return (SceneLayer("radar", f"Radar {one}, {two}, {found.ratio} (dB)", found.names, "radar", formulas),)


def _radar_indices(bands: BandSet) -> tuple[SpectralIndex, ...]:
    """The ratio in decibels; the dual-polarised radar vegetation index 4 cross / (co + cross) of linear power."""
    found = _radar(bands)
    if found is None:
        return ()
    (co, cross), (x, y) = found.decibels, found.power
    ratio = SpectralIndex(
        found.ratio, f"{found.ratio} in decibels", f"{co} - {cross}", found.names, OTHER, (0.0, 15.0), "radar"
    )
    rvi = SpectralIndex(
        RVI, "Radar vegetation index", f"4 * {y} / ({x} + {y})", found.names, VEGETATION, (0.0, 1.2), "radar"
    )
    return ratio, rvi


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
        if name in OWN_WORDS:
            out.append((name, OWN_WORDS[name][2:]))
            continue
        match = _NORMALISED.fullmatch(spyndex.indices[name].formula) if name in spyndex.indices else None
        if match is not None:
            out.append((name, (match["a"], match["b"])))
    return tuple(out)


@cache
def _words(name: str) -> tuple[str, str]:
    import spyndex

    if name in OWN_WORDS:
        return OWN_WORDS[name][:2]
    index = spyndex.indices[name]
    return str(index.long_name), str(index.application_domain)
