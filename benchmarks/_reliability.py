"""Reliability diagrams as SVG, by hand: what was said against what was true."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float, float, float, int]
"""Confidence, share that was right, ends of its interval, count."""

SIZE, LEFT, TOP, GAP = 300, 64, 64, 96
COLOURS = {"balanced": "#b4531a", "all": "#1b6ca8"}
NAMES = {"balanced": "rows drawn half and half, share as labelled", "all": "all unlabelled rows, share estimated"}
BAND = "band: nine of ten runs; dots: how many rows"
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1d2733 }
  .small { font-size: 12px; fill: #52606d }
  .title { font-weight: 600; font-size: 14px }
  .frame { fill: none; stroke: #9aa5b1 }
  .grid { stroke: #e4e7eb }
  .ideal { stroke: #7b8794; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb } .small { fill: #9aa5b1 } .paper { fill: #151b23 } .grid { stroke: #2b3642 }
    .frame { stroke: #52606d }
  }
"""


@dataclass
class Panel:
    """One diagram: a title and its lines."""

    title: str
    lines: dict[str, list[Point]]


def draw(panels: list[Panel]) -> str:
    """An SVG of the panels side by side."""
    width = LEFT + len(panels) * (SIZE + GAP) - GAP + 24
    height = TOP + SIZE + 108
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'role="img" aria-label="Reliability: confidence against the share that was right">'
        ),
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text class="title" x="{LEFT}" y="24">Does confidence hold? 100 + 100 labels, held-out rows</text>',
    ]
    for i, panel in enumerate(panels):
        parts += _panel(panel, LEFT + i * (SIZE + GAP), TOP)
    for i, (kind, colour) in enumerate(COLOURS.items()):
        y = TOP + SIZE + 66 + i * 20
        parts += [
            f'<line x1="{LEFT}" x2="{LEFT + 26}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>',
            f'<text class="small" x="{LEFT + 34}" y="{y + 4}">{NAMES[kind]}; {BAND}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, x0: int, y0: int) -> list[str]:
    def at(x: float, y: float) -> str:
        return f"{x0 + x * SIZE:.1f},{y0 + (1 - y) * SIZE:.1f}"

    out = [f'<text x="{x0}" y="{y0 - 12}">{panel.title}</text>']
    for i in range(6):
        v = i / 5
        out += [
            f'<polyline class="grid" points="{at(v, 0)} {at(v, 1)}"/>',
            f'<polyline class="grid" points="{at(0, v)} {at(1, v)}"/>',
            f'<text class="small" x="{x0 + v * SIZE}" y="{y0 + SIZE + 18}" text-anchor="middle">{v:g}</text>',
            f'<text class="small" x="{x0 - 8}" y="{y0 + (1 - v) * SIZE + 4}" text-anchor="end">{v:g}</text>',
        ]
    out += [
        f'<polyline class="ideal" points="{at(0, 0)} {at(1, 1)}"/>',
        f'<rect class="frame" x="{x0}" y="{y0}" width="{SIZE}" height="{SIZE}"/>',
        f'<text class="small" x="{x0 + SIZE / 2}" y="{y0 + SIZE + 38}" text-anchor="middle">confidence said</text>',
        (
            f'<text class="small" transform="translate({x0 - 42} {y0 + SIZE / 2}) rotate(-90)" text-anchor="middle">'
            "share that was right</text>"
        ),
    ]
    for kind, points in panel.lines.items():
        colour, most = COLOURS[kind], max(n for *_, n in points)
        band = [at(c, high) for c, _, _, high, _ in points] + [at(c, low) for c, _, low, _, _ in reversed(points)]
        out += [
            f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.16"/>',
            (
                f'<polyline points="{" ".join(at(c, s) for c, s, *_ in points)}" fill="none" stroke="{colour}" '
                'stroke-width="2.5"/>'
            ),
            *(_dot(at(c, s), n / most, colour, f"said {c:.2f}, right {s:.2f}, {n} rows") for c, s, _, _, n in points),
        ]
    return out


def _dot(at: str, share: float, colour: str, words: str) -> str:
    """A dot whose area tells how many rows it stands for, down to a smallest one."""
    x, y = at.split(",")
    return (
        f'<circle cx="{x}" cy="{y}" r="{max(2.2, 7 * share**0.5):.1f}" fill="{colour}"><title>{words}</title></circle>'
    )
