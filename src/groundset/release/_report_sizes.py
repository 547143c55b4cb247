"""The report's table of shapes: how many of each class, and how large."""

from __future__ import annotations

from groundset.release._report_html import Markup, Text, h, number, swatch, table
from groundset.release.facts import ReleaseFacts


def sizes(facts: ReleaseFacts) -> Markup:
    """Shapes of each class with their sizes; nothing where the task has none."""
    if not facts.sizes:
        return Markup("")
    about = {c.name: c for c in facts.scheme}
    rows: list[list[Text]] = [
        [swatch(about[name].color, about[name].title), number(s.shapes), number(s.on_chips), number(s.clipped),
         number(s.smallest), number(s.median), number(s.largest), number(s.area)]
        for name, s in facts.sizes.items() if s.on_chips
    ]  # fmt: skip
    head = ["Class", "Shapes", "On chips", "Cut at an edge", "Smallest", "Median", "Largest", "Together"]
    caption = "Shapes, and the pixels that they cover on a chip; one on several chips counts on each"
    negatives = (
        f"{number(facts.negatives)} of {number(len(facts.chips))} chips have no shape and are marked complete: true "
        "negatives. Chips that nobody looked at are not in the release. Chips of two splits have no shape in common."
    )
    return Markup(f'{h(table(caption, head, rows, numeric=range(1, len(head))))}<p class="lead">{h(negatives)}</p>')
