"""The map of splits: footprints coloured by split, with a scale bar and degrees along the edges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundset.release._report_html import SPLIT_TITLES, Markup, h, splits_of
from groundset.release.facts import ReleaseFacts

_WIDTH, _MOST, _LEAST = 780.0, 520.0, 220.0
_PAD_LEFT, _PAD_RIGHT, _PAD_TOP, _PAD_BOTTOM = 70.0, 18.0, 14.0, 58.0
_STEPS = (1.0, 2.0, 5.0)
_DEGREE_M = 111_195.0

Ring = Sequence[tuple[float, float]]


def split_map(facts: ReleaseFacts) -> Markup | None:
    """The map, or None where no chip lies on the ground.

    Drawn plate carrée with the longitudes shortened for the middle latitude; chips that would be smaller than four
    units are drawn as dots.
    """
    by_split: dict[str, list[Ring]] = {s: [] for s in splits_of(facts.split.chips)}
    for chip in facts.chips:
        if chip.footprint and chip.split in by_split:
            by_split[chip.split] += list(rings(chip.footprint))
    points = [p for found in by_split.values() for ring in found for p in ring]
    if not points:
        return None
    frame = _Frame(points)
    body = [frame.graticule()]
    for split in reversed(by_split):
        body.append(f'<g class="split-{split}"><title>{h(SPLIT_TITLES[split])}</title>')
        body.append(frame.shapes(by_split[split]))
        body.append("</g>")
    body += [frame.border(), frame.scale_bar()]
    counts = ", ".join(f"{SPLIT_TITLES[s]} {facts.split.chips[s]} chips" for s in by_split)
    where = f"longitude {frame.west:.3f} to {frame.east:.3f}, latitude {frame.south:.3f} to {frame.north:.3f}"
    spoken = h(f"Map of the splits: {counts}; {where}")
    size = f"0 0 {frame.width:.0f} {frame.height:.0f}"
    return Markup(f'<svg class="chart map" viewBox="{size}" role="img" aria-label="{spoken}">{"".join(body)}</svg>')


def rings(geometry: Mapping[str, Any]) -> Iterator[Ring]:
    """Outer rings of a GeoJSON Polygon or MultiPolygon."""
    coordinates = geometry["coordinates"]
    for polygon in coordinates if geometry["type"] == "MultiPolygon" else [coordinates]:
        yield [(float(p[0]), float(p[1])) for p in polygon[0]]


class _Frame:
    """Where a longitude and a latitude lie on the drawing."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        lons, lats = [p[0] for p in points], [p[1] for p in points]
        margin = 0.04 * max(max(lons) - min(lons), max(lats) - min(lats), 1e-5)
        self.west, self.east = min(lons) - margin, max(lons) + margin
        self.south, self.north = max(-90.0, min(lats) - margin), min(90.0, max(lats) + margin)
        self.squeeze = max(0.1, math.cos(math.radians((self.south + self.north) / 2)))
        wide, high = (self.east - self.west) * self.squeeze, self.north - self.south
        inner = _WIDTH - _PAD_LEFT - _PAD_RIGHT
        self.per_degree = min(inner / wide, _MOST / high)
        self.inner_w, self.inner_h = wide * self.per_degree, high * self.per_degree
        self.left = _PAD_LEFT + (inner - self.inner_w) / 2
        self.width, self.height = _WIDTH, max(_LEAST / 4, self.inner_h) + _PAD_TOP + _PAD_BOTTOM

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        x = self.left + (lon - self.west) * self.squeeze * self.per_degree
        return x, _PAD_TOP + (self.north - lat) * self.per_degree

    def shapes(self, found: Sequence[Ring]) -> str:
        drawn = [[self.xy(*p) for p in ring] for ring in found]
        sizes = sorted(max(x for x, _ in r) - min(x for x, _ in r) for r in drawn)
        if sizes and sizes[len(sizes) // 2] < 4:
            middles = [(sum(x for x, _ in r) / len(r), sum(y for _, y in r) / len(r)) for r in drawn]
            return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in middles)
        return f'<path d="{"".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in r[:-1]) + "Z" for r in drawn)}"/>'

    def border(self) -> str:
        box = f'x="{self.left:.1f}" y="{_PAD_TOP}" width="{self.inner_w:.1f}" height="{self.inner_h:.1f}"'
        return f'<rect {box} class="frame"/>'

    def graticule(self) -> str:
        bottom = _PAD_TOP + self.inner_h
        out = []
        for lon in _ticks(self.west, self.east, most=max(2, int(self.inner_w / 130))):
            x, _ = self.xy(lon, self.south)
            out.append(f'<line x1="{x:.1f}" y1="{_PAD_TOP}" x2="{x:.1f}" y2="{bottom:.1f}" class="grid"/>')
            text = _degrees(lon, "E", "W")
            out.append(f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle" class="tick">{text}</text>')
        for lat in _ticks(self.south, self.north, most=max(2, int(self.inner_h / 90))):
            _, y = self.xy(self.west, lat)
            right = self.left + self.inner_w
            out.append(f'<line x1="{self.left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" class="grid"/>')
            text = _degrees(lat, "N", "S")
            out.append(f'<text x="{self.left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end" class="tick">{text}</text>')
        return "".join(out)

    def scale_bar(self) -> str:
        metres_per_unit = _DEGREE_M / self.per_degree
        length = _round_down(metres_per_unit * max(60.0, self.inner_w / 4))
        w, x, y = length / metres_per_unit, self.left, _PAD_TOP + self.inner_h + 44
        text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        line = f"M{x:.1f} {y - 5:.1f}V{y:.1f}H{x + w:.1f}V{y - 5:.1f}"
        return f'<path d="{line}" class="scale"/><text x="{x + w + 8:.1f}" y="{y + 2:.1f}" class="tick">{text}</text>'


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two, at most ``most`` and, where they can be, at least two."""
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    while (high - low) / step > most:
        step = _next(step)
    first = math.ceil(low / step)
    return [round(i * step, 10) for i in range(first, math.floor(high / step) + 1)]


def _next(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    factor = round(step / power)
    return power * {1: 2, 2: 5, 5: 10}[factor]


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return power * max(s for s in _STEPS if s * power <= value * (1 + 1e-9))


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.6g}° {positive if value >= 0 else negative}"
