"""The report's charts as inline SVG: class balance, scores with intervals, band ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundset.core import Scheme
from groundset.release._report_html import DASH, SPLIT_TITLES, Markup, h, number, percent, splits_of
from groundset.release.facts import BandStatistics, ReleaseFacts

_WIDTH, _ROW, _LEFT = 1060, 34, 150


def class_counts(facts: ReleaseFacts, split: str) -> dict[str, int]:
    """Pixels (or chips) of each class of the scheme in one split."""
    chips = [c for c in facts.chips if c.split == split]
    return {name: sum(c.class_counts.get(name, 0) for c in chips) for name in facts.scheme.names}


def balance(facts: ReleaseFacts) -> Markup:
    """One bar a split, its parts the classes' shares."""
    splits = splits_of(facts.split.chips)
    counts = {s: class_counts(facts, s) for s in splits}
    body = []
    for row, split in enumerate(splits):
        y = row * _ROW + 4
        body.append(f'<text x="{_LEFT - 12}" y="{y + 17}" text-anchor="end">{h(SPLIT_TITLES[split])}</text>')
        body.append(_bar(facts.scheme, counts[split], y))
    spoken = "; ".join(f"{SPLIT_TITLES[s]}: {_spoken(counts[s])}" for s in splits)
    return _svg(_WIDTH, len(splits) * _ROW + 4, f"Share of each class in each split. {spoken}", "".join(body))


def _bar(scheme: Scheme, counts: Mapping[str, int], y: int) -> str:
    total = sum(counts.values())
    width = _WIDTH - _LEFT
    if not total:
        return f'<text x="{_LEFT}" y="{y + 17}" class="soft">no labels</text>'
    x = float(_LEFT)
    parts = []
    for c in scheme:
        w = width * counts[c.name] / total
        if w <= 0:
            continue
        share = percent(counts[c.name] / total)
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{w:.1f}" height="24" fill="{h(c.color)}" class="edge">'
            f"<title>{h(c.title)}: {share}</title></rect>"
        )
        if w > 62:
            ink = "#111" if luminance(c.rgb) > 0.36 else "#fff"
            parts.append(f'<text x="{x + w / 2:.1f}" y="{y + 17}" text-anchor="middle" fill="{ink}">{share}</text>')
        x += w
    return "".join(parts)


def luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance of a colour, 0 to 1 (WCAG 2)."""
    linear = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _spoken(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {percent(n / total)}" for name, n in counts.items() if n) if total else "no labels"


def interval(value: float, low: float | None, high: float | None) -> Markup:
    """A value of 0 to 1 as a mark on a line, its interval as a bar behind it."""
    width = 260

    def x(share: float) -> float:
        return 4 + (width - 8) * min(1.0, max(0.0, share))

    body = f'<line x1="4" y1="11" x2="{width - 4}" y2="11" class="axis"/>'
    for tick in (0.0, 0.5, 1.0):
        body += f'<line x1="{x(tick):.1f}" y1="7" x2="{x(tick):.1f}" y2="15" class="axis"/>'
    if low is not None and high is not None:
        body += (
            f'<rect x="{x(low):.1f}" y="5" width="{max(1.0, x(high) - x(low)):.1f}" height="12" rx="2" class="bar"/>'
        )
    body += f'<line x1="{x(value):.1f}" y1="2" x2="{x(value):.1f}" y2="20" class="mean"/>'
    return _svg(width, 22, f"{value:.3f} on a scale from 0 to 1", body, small=True)


def band_range(band: BandStatistics, lowest: float, highest: float) -> Markup:
    """Minimum to maximum of a band as a line, one standard deviation around the mean as a bar."""
    width, span = 220, (highest - lowest) or 1.0
    if band.mean is None or band.minimum is None or band.maximum is None:
        return Markup(DASH)

    def x(value: float) -> float:
        return 4 + (width - 8) * min(1.0, max(0.0, (value - lowest) / span))

    sd = band.stddev or 0.0
    left, right = x(max(band.minimum, band.mean - sd)), x(min(band.maximum, band.mean + sd))
    body = (
        f'<line x1="{x(band.minimum):.1f}" y1="9" x2="{x(band.maximum):.1f}" y2="9" class="axis strong"/>'
        f'<rect x="{left:.1f}" y="4" width="{max(1.0, right - left):.1f}" height="10" rx="2" class="bar"/>'
        f'<line x1="{x(band.mean):.1f}" y1="2" x2="{x(band.mean):.1f}" y2="16" class="mean"/>'
    )
    spoken = f"{band.name}: {number(band.minimum)} to {number(band.maximum)}, mean {number(band.mean)}"
    return _svg(width, 18, spoken, body, small=True)


def shares(parts: Sequence[tuple[str, str, float]], spoken: str) -> Markup:
    """One thin bar of (name, CSS class, share of 0 to 1)."""
    x, body = 0.0, []
    for name, css, share in parts:
        title = f"<title>{h(name)}: {percent(share)}</title>"
        body.append(f'<rect x="{x:.1f}" y="0" width="{_WIDTH * share:.1f}" height="16" class="{css}">{title}</rect>')
        x += _WIDTH * share
    return _svg(_WIDTH, 16, spoken, "".join(body))


def _svg(width: int, height: int, spoken: str, body: str, *, small: bool = False) -> Markup:
    css = "chart small" if small else "chart"
    size = f' width="{width}" height="{height}"' if small else ""
    return Markup(
        f'<svg class="{css}" viewBox="0 0 {width} {height}"{size} role="img" aria-label="{h(spoken)}">{body}</svg>'
    )
