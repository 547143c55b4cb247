"""Layers as one string: a name, bands, or ``=EXPRESSION``, with a colour scale, a range and a stretch behind it.

``natural``, ``NDVI@ramp=viridis``, ``B04,B03,B02``, ``=(nir - red) / (nir + red)@ramp=rdbu@range=-1,1``,
``=nir;red;green@stretch=chip``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from groundset.chips.expression import Expression, parse, quote_band
from groundset.chips.layers import Edges, SpectralIndex, indices_of, known_names, layers_of
from groundset.chips.ramps import RAMPS, stops
from groundset.chips.render import ALIASES, layer_bands
from groundset.core import BandSet, InputError, check_name, is_plain

Range = tuple[float, float]
StretchOf = Literal["scene", "chip"]
MAX_TEXT = 2000
_SUFFIX = re.compile(r"@(ramp|range|stretch)=([^@]*)$")
OWN_KEYS = ("title", "expression", "ramp", "range", "stretch")


class LayerText(NamedTuple):
    """A layer string, taken apart."""

    name: str
    ramp: str | None = None
    ranges: tuple[Range, ...] = ()
    stretch: StretchOf | None = None


@dataclass(frozen=True, slots=True)
class OwnView:
    """``[views.NAME]``: an expression (three for a colour picture, joined by ``;``) and how it is shown."""

    name: str
    expression: str
    title: str
    ramp: str | None = None
    ranges: tuple[Range, ...] = ()
    stretch: StretchOf | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What to read and how to draw it.

    Args:
        layer: What was asked for.
        bands: Names of the bands to read.
        channels: One formula drawn by a scale, or three as red, green and blue, over the positions of ``bands``.
        index: The index that it is, with its usual span and colours.
        ramp: Colours of one channel (default: those of the index, else grey).
        ranges: What becomes black and white, stated, for each channel or for all.
        stretch: Where ranges come from that are not stated.
        lab: Three bands of one black and one white, toned in CIE Lab.
    """

    layer: str
    bands: tuple[str, ...]
    channels: tuple[Expression, ...]
    index: SpectralIndex | None = None
    ramp: tuple[str, ...] | None = None
    ranges: tuple[Range, ...] = ()
    stretch: StretchOf = "scene"
    lab: bool = False


def split_layer(text: str) -> LayerText:
    """Take a layer string apart.

    Raises:
        InputError: Too long, an unknown scale or stretch, or a range that is none.
    """
    if len(text) > MAX_TEXT:
        raise InputError("a layer is shorter", asked=f"{len(text)} characters", found=f"at most {MAX_TEXT}")
    name, said = text, dict[str, str]()
    while match := _SUFFIX.search(name):
        said.setdefault(match[1], match[2].strip())
        name = name[: match.start()]
    ramp = said.get("ramp")
    return LayerText(
        name.strip(),
        None if ramp is None else check_ramp(ramp),
        parse_ranges(said["range"]) if "range" in said else (),
        check_stretch(said["stretch"]) if "stretch" in said else None,
    )


def check_ramp(name: str) -> str:
    """The name of a colour scale.

    Raises:
        InputError: There is none of this name.
    """
    if name not in RAMPS:
        near = get_close_matches(name, RAMPS, 1)
        raise InputError("unknown colour scale", asked=name[:80], found=", ".join(RAMPS),
                         hint=f"did you mean {near[0]}?" if near else None)  # fmt: skip
    return name


def check_stretch(name: str) -> StretchOf:
    """``scene`` or ``chip``.

    Raises:
        InputError: Neither.
    """
    if name not in ("scene", "chip"):
        raise InputError("unknown stretch", asked=name[:80], found="scene, chip")
    return name  # type: ignore[return-value]  # one of the two


def parse_ranges(text: str) -> tuple[Range, ...]:
    """``LOW,HIGH``, or three of them joined by ``;``.

    Raises:
        InputError: Not numbers, or as many as no picture has.
    """
    try:
        pairs = [tuple(float(v) for v in pair.split(",")) for pair in text.split(";")]
    except ValueError:
        pairs = []
    if len(pairs) not in (1, 3) or any(len(p) != 2 or p[0] == p[1] or not all(map(math.isfinite, p)) for p in pairs):
        raise InputError("this is no range", asked=text[:80], hint="write LOW,HIGH, or three of them joined by ;")
    return tuple((p[0], p[1]) for p in pairs)


def own_view(name: str, said: Mapping[str, Any]) -> OwnView:
    """A view of one's own from its settings.

    Raises:
        InputError: A value that cannot be; bands are known only where a scene is.
    """
    check_name(name, "view")
    if name in known_names() or name.startswith("label:"):
        raise InputError("a layer of this name is there already", asked=name, hint="take another name")
    expression = said.get("expression")
    if not isinstance(expression, str) or not expression.strip():
        raise InputError("a view needs an expression", asked=name, hint='such as "(nir - red) / (nir + red)"')
    split_formulas(expression)
    title = str(said.get("title") or name)
    if not is_plain(title):
        raise InputError("a title has no control characters", asked=repr(title)[:80])
    ramp, span, stretch = said.get("ramp"), said.get("range"), said.get("stretch")
    return OwnView(
        name,
        expression.strip().removeprefix("="),
        title,
        None if ramp is None else check_ramp(str(ramp)),
        () if span is None else _stated(span),
        None if stretch is None else check_stretch(str(stretch)),
    )


def split_formulas(text: str) -> tuple[str, ...]:
    """One formula, or three joined by ``;``.

    Raises:
        InputError: Another number of them.
    """
    formulas = tuple(part for part in text.removeprefix("=").split(";"))
    if len(formulas) not in (1, 3):
        raise InputError(
            "a layer is one formula, or three for red, green and blue",
            asked=text[:200],
            found=f"{len(formulas)} formulas",
        )
    return formulas


def view_of(
    bands: BandSet, layer: str, *, own: Mapping[str, OwnView] | None = None, edges: Edges | None = None
) -> View:
    """How to draw a layer.

    Args:
        bands: Those of the scene.
        layer: A layer string: a name out of :func:`layers_of` or :func:`indices_of` or of a view of one's own, band
            names joined by commas, or ``=EXPRESSION``; then ``@ramp=``, ``@range=``, ``@stretch=``.
        own: Views of the workspace.
        edges: The scene's dry and wet edge, for soil moisture.

    Raises:
        InputError: The layer is unknown, or the scene lacks a band of it; names what there is.
    """
    said = split_layer(layer)
    if said.name.startswith("="):
        return _formulas(bands, layer, split_formulas(said.name), said)
    index = next((i for i in indices_of(bands, edges) if i.name.lower() == said.name.lower()), None)
    if index is not None and said.name not in bands.names:
        found = _formulas(bands, layer, (index.formula,), said)
        return View(layer, found.bands, found.channels, index, _ramp(said, index.ramp), said.ranges, _stretch(said))
    named = next((x for x in layers_of(bands) if x.name == ALIASES.get(said.name, said.name)), None)
    if named is not None:
        found = _formulas(bands, layer, named.formulas, said)
        return found if not named.lab else View(layer, found.bands, found.channels, lab=True, ranges=said.ranges)
    if own and said.name in own:
        return _own(bands, layer, own[said.name], said)
    _refuse_index(bands, said.name, edges)
    at = layer_bands(bands, said.name)
    names = [quote_band(bands.names[i]) for i in at]
    return _formulas(bands, layer, tuple(names[:1] if len(set(at)) == 1 else names), said)


def _refuse_index(bands: BandSet, name: str, edges: Edges | None) -> None:
    if name in {n for n in known_names() if n.isupper() or "/" in n}:
        there = indices_of(bands, edges)
        raise InputError(
            f"the index {name} needs bands that the scene lacks",
            asked=name,
            found=", ".join(b.common_name or b.name for b in bands),
            hint=f"take one of {', '.join(i.name for i in there)}" if there else None,
        )


def _own(bands: BandSet, layer: str, view: OwnView, said: LayerText) -> View:
    merged = LayerText(said.name, said.ramp or view.ramp, said.ranges or view.ranges, said.stretch or view.stretch)
    return _formulas(bands, layer, split_formulas(view.expression), merged)


def _formulas(bands: BandSet, layer: str, texts: tuple[str, ...], said: LayerText) -> View:
    parsed = [parse(text, bands) for text in texts]
    used = tuple(dict.fromkeys(band for one in parsed for band in one.bands))
    if not used:
        raise InputError("a layer shows at least one band", asked=layer[:200], found=", ".join(bands.names))
    names = tuple(bands.names[i] for i in used)
    few = bands.select(names)
    if len(said.ranges) == 3 and len(texts) == 1:
        raise InputError("one formula has one range", asked=layer[:200], found="3 ranges")
    channels = tuple(parse(one.text, few) for one in parsed)
    ramp = _ramp(said, None) if len(channels) == 1 else None
    return View(layer, names, channels, None, ramp, said.ranges, _stretch(said))


def _ramp(said: LayerText, usual: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return usual if said.ramp is None else stops(said.ramp)


def _stretch(said: LayerText) -> StretchOf:
    return said.stretch or "scene"


def _stated(span: Any) -> tuple[Range, ...]:
    if isinstance(span, str):
        return parse_ranges(span)
    pairs = span if isinstance(span, list) and span and isinstance(span[0], list) else [span]
    try:
        return parse_ranges(";".join(",".join(str(float(v)) for v in pair) for pair in pairs))
    except (TypeError, ValueError):
        raise InputError("this is no range", asked=str(span)[:80], hint="write range = [LOW, HIGH]") from None
