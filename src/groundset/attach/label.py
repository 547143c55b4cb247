"""Labels begun from an attached layer: "chips over this water are likely water", as one act that can be undone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundset.attach.layer import Layer
from groundset.core import InputError, Origin
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.report import AnnotateReport
from groundset.journal import answer

if TYPE_CHECKING:
    from groundset.lake import Lake

_PIECES = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|([A-Za-z_][A-Za-z0-9_.]*)")


def condition(layer: Layer, when: str | None) -> str:
    """A filter from a condition in which the layer's columns may go by their short names: ``share > 0.5``.

    Raises:
        InputError: No condition is given, and the layer does not say what lies inside.
    """
    short = {c.name.removeprefix(f"{layer.name}_"): c.name for c in layer.columns}
    if when is None:
        if "inside" not in short:
            raise InputError(
                f"the layer {layer.name} does not say which chips it lies in", found=", ".join(short),
                hint='say which chips are meant: --when "CONDITION"',
            )  # fmt: skip
        return f"{short['inside']} = true"
    return _PIECES.sub(lambda m: m[1] or short.get(m[2], m[2]), when)


def label(
    lake: Lake, layer: Layer, chips: Sequence[str], class_: str | int, *, when: str, task: str | None, actor: str
) -> AnnotateReport:
    """Say of chips that they are of a class, with origin import, as one bulk act.

    The same layer (as it was read), condition, class and actor say it once: again, only chips that are new to it are
    answered. Answers of people count before it.

    Args:
        lake: The workspace.
        layer: What it comes from.
        chips: Chip ids that fulfil the condition.
        class_: Class by name or code.
        when: The condition, as it is told in the journal.
        task: A classify task; may be left out where there is one.
        actor: Who says so.

    Raises:
        InputError: No such task or class, or no chip fulfils the condition.
    """
    chosen = lake.config.task(task, "classify")
    code = lake.scheme(chosen.name).find(class_).code
    if not chips:
        raise InputError(
            "no chip fulfils this condition, so none was labelled", asked=when, found=f"layer {layer.name}",
            hint="look at its values: groundset search DIR, or the page's filters",
        )  # fmt: skip
    file = layer.file.rpartition("/")[2]
    source: dict[str, object] = {"file": file, "sha256": layer.sha256, "layer": layer.name, "when": when}
    report = AnnotateReport(source=layer.name, task=chosen.name, kind="answer", features=len(chips))
    act = Act(lake, chosen, actor, key=f"{layer.sha256}|{layer.name}|{when}|{code}", source=source, report=report)
    for chip_id in chips:
        event_id = act.event_id(chip_id)
        if event_id is not None:
            act.add_answer(lake.chips.get(chip_id), event_id, answer(code, origin=Origin.IMPORT), [code])
    return act.commit({"verb": "attach"})
