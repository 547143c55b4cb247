"""Small pieces of HTML and SVG, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from groundset.release.facts import NO_SPLIT, SPLITS

DASH = "\N{EN DASH}"
"""Stands where there is no value."""

SPLIT_TITLES: dict[str, str] = {"train": "Train", "validate": "Validate", "test": "Test", NO_SPLIT: "Buffer (no split)"}


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is ready; any other text is escaped where it is put into a page."""

    html: str

    def __str__(self) -> str:
        return self.html


Text = str | int | Markup


def h(value: Text) -> str:
    """Any value as HTML."""
    return value.html if isinstance(value, Markup) else escape(str(value), quote=True)


def join(parts: Iterable[Text], between: str = "") -> Markup:
    """Pieces one after the other."""
    return Markup(between.join(h(p) for p in parts))


def template(name: str) -> str:
    """The text of a file of the ``templates`` folder."""
    return (files("groundset.release") / "templates" / name).read_text(encoding="utf-8")


def number(value: float | None, digits: int = 4) -> str:
    """A number as people write it: 12,345, 0.0123, a dash where there is none."""
    if value is None:
        return DASH
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share of 0 to 1 in percent; what is there but small never becomes 0 %."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{100 * share:.1f} %"


def metres(value: float | None) -> str:
    """A distance in metres or kilometres."""
    if value is None:
        return DASH
    return f"{value:,.0f} m" if value < 10_000 else f"{value / 1000:,.1f} km"


def splits_of(chips: Mapping[str, int]) -> list[str]:
    """The splits that hold chips, in their order, the buffer last."""
    return [s for s in (*SPLITS, NO_SPLIT) if chips.get(s)]


def section(anchor: str, title: str, *body: Text, lead: Text = "") -> Markup:
    """A part of the page with a heading that can be linked to."""
    opening = f'<p class="lead">{h(lead)}</p>' if lead else ""
    inner = "".join(h(b) for b in body)
    return Markup(
        f'<section id="{h(anchor)}" aria-labelledby="{h(anchor)}-h"><h2 id="{h(anchor)}-h">{h(title)}</h2>'
        f"{opening}{inner}</section>"
    )


def table(caption: str, head: Sequence[Text], rows: Iterable[Sequence[Text]], *, numeric: Sequence[int] = ()) -> Markup:
    """A table; the first column heads its row, ``numeric`` columns are set right."""
    right = set(numeric)

    def style(i: int) -> str:
        return ' class="n"' if i in right else ""

    top = "".join(f'<th scope="col"{style(i)}>{h(c)}</th>' for i, c in enumerate(head))
    lines = []
    for row in rows:
        cells = [f'<th scope="row"{style(0)}>{h(row[0])}</th>']
        cells += [f"<td{style(i)}>{h(c)}</td>" for i, c in enumerate(row) if i > 0]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    named, narrow = h(caption), " narrow" if len(head) <= 3 else ""
    return Markup(
        f'<div class="scroll{narrow}" tabindex="0" role="region" aria-label="{named}"><table><caption>{named}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def swatch(color: str, name: Text) -> Markup:
    """A class or split with its colour beside it."""
    return Markup(f'<span class="key"><i style="background:{h(color)}"></i>{h(name)}</span>')


def note(text: Text, kind: str = "note") -> Markup:
    """A sentence set apart: ``note`` or ``warn``."""
    return Markup(f'<p class="{h(kind)}">{h(text)}</p>')
