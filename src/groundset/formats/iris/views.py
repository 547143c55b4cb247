"""IRIS's views in ours and ours in IRIS's: formulas are read by our own parser, nothing of a text is ever run.

IRIS names bands ``$B1`` or ``$File.B1``. Its functions ``edges``, ``superpixels``, ``mean``, ``median``, ``sin`` and
``cos`` are not in ours; such views are kept as they are and told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundset.chips import OwnView
from groundset.chips.expression import BandOf, Call, Minus, Node, Number, Op, parse, quote_band
from groundset.chips.layers import known_names
from groundset.chips.ramps import RAMPS
from groundset.core import BandSet, InputError

_BAND = re.compile(r"\$(?:(\w+)\.)?B?(\d+)\b")
_CMAPS = {"jet": "turbo", "rainbow": "turbo", "gray": "grey", "grey": "grey", "RdBu": "rdbu", "BrBG": "brbg",
          "PiYG": "piyg", "PuOr": "puor"}  # fmt: skip
_TO_CMAP = {"grey": "gray", "rdbu": "RdBu", "brbg": "BrBG", "piyg": "PiYG", "puor": "PuOr"}
Files = Mapping[str, Sequence[str]]
"""Band names in order, by file identifier; by "" where there is one file an image."""


@dataclass(slots=True)
class Translated:
    """Views that have become ours.

    Attributes:
        views: What is said of each, by the name it has here.
        names: The name here by the name in IRIS.
        told: Why others could not, and what differs.
    """

    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def translate_views(views: Mapping[str, Mapping[str, Any]], files: Files, bands: BandSet) -> Translated:
    """IRIS's views as views of a workspace whose scenes have these bands."""
    out = Translated()
    for name, view in views.items():
        try:
            said = _translate(view, files, bands)
        except InputError as error:
            out.told.append(f"view {name!r} is kept as it is but not shown: {error.message}")
            continue
        own = _own_name(name, out.views)
        out.views[own] = {"title": name, **said}
        out.names[name] = own
        _tell(name, view, out.told)
    return out


def _translate(view: Mapping[str, Any], files: Files, bands: BandSet) -> dict[str, Any]:
    if view.get("type", "image") != "image":
        raise InputError(f"it is of type {view.get('type')!r}")
    data = view["data"]
    texts = [data] if isinstance(data, str) else list(data)
    formulas = [_formula(text, files, bands) for text in texts]
    said: dict[str, Any] = {"expression": ";".join(formulas), "stretch": "chip"}
    if len(formulas) == 1:
        said["ramp"] = _ramp(str(view.get("cmap", "jet")))
    low, high = view.get("vmin"), view.get("vmax")
    if isinstance(low, int | float) and isinstance(high, int | float) and low != high:
        said["range"] = [float(low), float(high)]
        del said["stretch"]
    return said


def _formula(text: str, files: Files, bands: BandSet) -> str:
    def band(match: re.Match[str]) -> str:
        names = files.get(match[1] or "")
        number = int(match[2])
        if names is None or not 1 <= number <= len(names):
            there = ", ".join(f"${key + '.' if key else ''}B1 to B{len(some)}" for key, some in files.items())
            raise InputError(f"there is no band {match[0]}, but {there}")
        return _physical(names[number - 1], bands)

    formula = re.sub(r"\bPI\b", repr(math.pi), _BAND.sub(band, text))
    if "$" in formula or ";" in formula:
        raise InputError(f"{text!r} is no formula over its bands")
    try:
        parse(formula, bands)
    except InputError as error:
        raise InputError(f"{text!r}: {getattr(error, 'said', error.message)}") from None
    return formula


def _physical(name: str, bands: BandSet) -> str:
    """The stored value, which IRIS computes with, from the physical one, which we do."""
    band = bands[bands.index(name)]
    text = quote_band(name)
    if band.offset:
        text = f"({text} - {band.offset!r})"
    return text if band.scale == 1 else f"({text} / {band.scale!r})"


def _ramp(cmap: str) -> str:
    name = _CMAPS.get(cmap, cmap.lower())
    return name if name in RAMPS else "grey"


def _own_name(name: str, taken: Mapping[str, object]) -> str:
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:56] or "view"
    own, n = base, 2
    if own in known_names() or not own[0].isalnum():
        base = own = f"iris-{base}"
    while own in taken:
        own, n = f"{base}-{n}", n + 1
    return own


def _tell(name: str, view: Mapping[str, Any], told: list[str]) -> None:
    cmap = str(view.get("cmap", "jet"))
    if isinstance(view["data"], str) and _CMAPS.get(cmap, cmap.lower()) not in RAMPS:
        told.append(f"view {name!r}: its colours {cmap!r} are shown in grey")


def iris_view(view: OwnView, files: Files, bands: BandSet) -> dict[str, Any]:
    """A view of the workspace as IRIS writes it.

    Raises:
        InputError: A function of it is not in IRIS; a band is not there.
    """
    texts = view.expression.split(";")
    names = {name: f"${key + '.' if key else ''}B{i}" for key, some in files.items() for i, name in enumerate(some, 1)}
    data = [_Writer(bands, names).formula(text) for text in texts]
    out: dict[str, Any] = {"description": view.title, "type": "image", "data": data if len(data) > 1 else data[0]}
    if len(data) == 1:
        ramp = view.ramp or "grey"
        out["cmap"] = _TO_CMAP.get(ramp, ramp)
    if len(view.ranges) == 1:
        out |= {"vmin": view.ranges[0][0], "vmax": view.ranges[0][1]}
    else:
        out["clip"] = "2"
    return out


class _Writer:
    """A formula's tree as text that IRIS computes: Python's operators, ``log`` and ``exp``."""

    def __init__(self, bands: BandSet, names: Mapping[str, str]) -> None:
        self.bands, self.names = bands, names

    def formula(self, text: str) -> str:
        """One formula; a band alone stays as it is stored."""
        root = parse(text, self.bands).root
        return self._stored(root.band) if isinstance(root, BandOf) else self._text(root)

    def _stored(self, band: int) -> str:
        return self.names[self.bands[band].name]

    def _text(self, node: Node) -> str:
        if isinstance(node, Number):
            return repr(node.value)
        if isinstance(node, BandOf):
            band = self.bands[node.band]  # times a fraction, because IRIS computes in the file's whole numbers
            scaled = f"{self._stored(node.band)}*{band.scale!r}"
            return f"({scaled}+{band.offset!r})" if band.offset else f"({scaled})"
        if isinstance(node, Minus):
            return f"(-{self._text(node.of)})"
        if isinstance(node, Op):
            return f"({self._text(node.left)}{node.op}{self._text(node.right)})"
        return self._call(node)

    def _call(self, node: Call) -> str:
        args = [self._text(a) for a in node.args]
        plain = {
            "log": "log({0})",
            "exp": "exp({0})",
            "sqrt": "(({0})**0.5)",
            "abs": "((({0})**2)**0.5)",
            "pow": "(({0})**({1}))",
            "log2": f"(log({{0}})/{math.log(2)!r})",
            "log10": f"(log({{0}})/{math.log(10)!r})",
        }.get(node.name)
        if plain is not None:
            return plain.format(*args)
        if node.name == "clamp":
            return _pick("-", _pick("+", args[0], args[1]), args[2])
        if node.name in ("min", "max"):
            out = args[0]
            for other in args[1:]:
                out = _pick("-" if node.name == "min" else "+", out, other)
            return out
        raise InputError(f"IRIS has no function {node.name}")


def _pick(sign: str, a: str, b: str) -> str:
    """The greater (+) or the lesser (-) of two, without a function: half of their sum and distance."""
    return f"(({a}+{b}{sign}(({a}-{b})**2)**0.5)/2.0)"
