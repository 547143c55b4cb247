"""README.md: the dataset card, with the front matter that dataset hubs read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from groundset.release._report_html import DASH, metres, number, percent, splits_of
from groundset.release.dataset_py import render_dataset_py
from groundset.release.facts import NO_SPLIT, ReleaseFacts
from groundset.release.kinds.of import KINDS
from groundset.release.report import ORIGIN_TITLES, score_title, scores_of

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def render_card(facts: ReleaseFacts) -> str:
    """The card as text; the same facts give the same bytes."""
    parts = [
        _front_matter(facts),
        f"# {md(facts.title)}",
        md(facts.description),
        _opening(facts),
        *[f"> **Note.** {md(w)}" for w in dict.fromkeys((*facts.notes, *facts.warnings, *facts.split.warnings))],
        "## Classes",
        _classes(facts),
        "## Splits",
        _splits(facts),
        "## How it was labelled",
        _labelled(facts),
        "## Accuracy",
        _accuracy(facts),
        "## Limits",
        _limits(facts),
        "## Bands",
        _bands(facts),
        "## Licence",
        _licence(facts),
        "## Citation",
        _citation(facts),
        "## How to load",
        _load(facts),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(facts: ReleaseFacts) -> str:
    chips, scenes = _many(len(facts.chips), "chip"), _many(len(facts.sources), "scene")
    what = f"Release **{md(facts.name)}**: {chips} from {scenes}, task *{md(facts.task)}* ({facts.kind})."
    return f"{what} [report.html](report.html) shows it in pictures."


def _many(n: int, what: str) -> str:
    return f"{number(n)} {what}{'' if n == 1 else 's'}"


def md(text: object) -> str:
    """Any text as Markdown that says just this: no markup, no HTML, on one line."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", line)


def _front_matter(facts: ReleaseFacts) -> str:
    size = next((name for limit, name in _SIZES if len(facts.chips) < limit), "n>1M")
    fields: dict[str, Any] = {
        "pretty_name": facts.title,
        "license": facts.license.lower(),
        "task_categories": [KINDS[facts.kind].hub],
        "tags": ["earth-observation", "remote-sensing", "stac", "geocroissant", "groundset"],
        "size_categories": [size],
        "version": facts.name,
    }
    lines = [f"{key}: {_yaml(value)}" for key, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _yaml(value: Any) -> str:
    """A value as JSON, which is YAML; a page that shows the front matter as it is finds no markup in it."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _unit(facts: ReleaseFacts) -> str:
    return KINDS[facts.kind].unit


def _classes(facts: ReleaseFacts) -> str:
    counts = facts.class_counts
    total = sum(counts.values())
    rows = [
        [
            str(c.code),
            f"`{c.name}`",
            md(c.title),
            number(counts[c.name]),
            percent(counts[c.name] / total) if total else DASH,
            md(c.definition or ""),
        ]
        for c in facts.scheme
    ]
    table = _table(["Code", "Name", "Title", _unit(facts).capitalize(), "Share", "Definition"], rows)
    codes = "Codes are the values of `mask.tif`; **255 is unlabelled**. " if "mask" in _files(facts) else ""
    return f"{table}\n\n{codes}The scheme is `scheme.csv`.{_sizes(facts)}"


def _files(facts: ReleaseFacts) -> set[str]:
    return {key for chip in facts.chips for key in chip.files}


def _sizes(facts: ReleaseFacts) -> str:
    """How large the shapes of an outline task are, and what is told of them."""
    if not facts.sizes:
        return ""
    titles = {c.name: c.title for c in facts.scheme}
    rows = [
        [md(titles[name]), number(s.shapes), number(s.on_chips), number(s.clipped), number(s.smallest),
         number(s.median), number(s.largest)]
        for name, s in facts.sizes.items() if s.on_chips
    ]  # fmt: skip
    head = ["Class", "Shapes", "On chips", "Cut at an edge", "Smallest", "Median", "Largest"]
    are = "is" if facts.negatives == 1 else "are"
    said = (
        "Sizes are pixels on a chip. A shape that goes on over a chip's edge is cut there (`clipped`) and is on "
        "every chip that holds half a pixel of it (or half of it), under one id; chips of two splits have no shape in "
        "common. "
        f"**{_many(facts.negatives, 'chip')}** without a shape {are} marked complete: true negatives. Chips that "
        "nobody looked at are not in the release."
    )
    where = (
        "Outlines are in `labels.geojson` of each chip (degrees, and pixels of the chip), all of them in "
        "`outlines.parquet` (GeoParquet) and `annotations/instances_SPLIT.json` (COCO; its category ids begin at 1)."
    )
    return f"\n\n{_table(head, rows)}\n\n{said}\n\n{where}"


def _splits(facts: ReleaseFacts) -> str:
    split = facts.split
    rows = [[s, number(split.chips[s]), percent(split.chips[s] / len(facts.chips))] for s in splits_of(split.chips)]
    how = {
        "blocks": f"Spatial blocks of {metres(split.block_m)}",
        "groups": "By group (folder or site)",
        "mixed": "Spatial blocks, and groups for chips without coordinates",
        "all-train": "Too few separate blocks: every chip is for training",
    }.get(split.method, split.method)
    parts = [_table(["Split", "Chips", "Share"], rows), f"{how}; seed {split.seed}."]
    if split.smallest_distance_m is not None:
        parts.append(
            f"The smallest distance between two splits is **{metres(split.smallest_distance_m)}** "
            f"(buffer asked for: {metres(split.buffer_m)})."
        )
    if split.chips.get(NO_SPLIT):
        shared = ", or with a shape that goes on in another split," if facts.sizes else ""
        parts.append(f"{number(split.chips[NO_SPLIT])} chips inside the buffer{shared} belong to no split.")
    parts += [f"**{s} has no {', '.join(map(md, names))}.**" for s, names in split.missing.items() if names]
    return "\n\n".join(parts)


def _labelled(facts: ReleaseFacts) -> str:
    counts: dict[str, int] = {}
    for chip in facts.chips:
        for origin, n in chip.origin_counts.items():
            counts[origin] = counts.get(origin, 0) + n
    total = sum(counts.values())
    unit = KINDS[facts.kind].said
    lines = [f"- {ORIGIN_TITLES[o]}: {number(counts[o])} {unit} ({percent(counts[o] / total)})"
             for o in ORIGIN_TITLES if counts.get(o)]  # fmt: skip
    several = sum(c.actors >= 2 for c in facts.chips)
    lines.append(f"- {number(several)} of {number(len(facts.chips))} chips were answered by two people or more")
    origin = "Who said which class is in `origin.tif` of each chip, pixel by pixel."
    where = origin if "origin" in _files(facts) else ""
    models = "".join(f"\n\nModel: {md(m.title)} (`{m.path}`)." for m in facts.models)
    return "\n".join(["Labelled by:", "", *lines]) + (f"\n\n{where}" if where else "") + models


def _accuracy(facts: ReleaseFacts) -> str:
    rows = []
    for model in facts.models:
        for name, score in scores_of(model.scores):
            title = score_title(model.title, name)
            rows += [[md(title), md(k), *_estimate(v)] for k, v in _estimates(score)]
    none = "The labels were not reviewed by two people, so there is no accuracy estimate of the labels themselves."
    if not rows:
        return none
    return f"{_table(['Model', 'Score', 'Value', '95 % interval'], rows)}\n\n{none}"


def _estimates(score: Any) -> list[tuple[str, Any]]:
    found = [(k.replace("_", " "), score[k]) for k in ("balanced_accuracy", "mean_iou") if k in score]
    return found + [(f"IoU {c}", v) for c, v in dict(score.get("iou") or {}).items()]


def _estimate(found: Any) -> list[str]:
    value, low, high = (
        (found.get(k) for k in ("value", "low", "high")) if isinstance(found, dict) else (found, None, None)
    )
    if not isinstance(value, int | float):
        return [DASH, DASH]
    return [f"{value:.3f}", f"{low:.3f} to {high:.3f}" if low is not None and high is not None else "too few blocks"]


def _limits(facts: ReleaseFacts) -> str:
    times = sorted(c.datetime for c in facts.chips)
    total_pixels = sum(c.shape[0] * c.shape[1] for c in facts.chips)
    scenes = _many(len(facts.sources), "scene")
    when = f"acquired {times[0]:%Y-%m-%d} to {times[-1]:%Y-%m-%d}"
    lines = [f"- {scenes}, {when}: other places, seasons and sensors are not in it"]
    if "mask" in _files(facts) and total_pixels:
        lines.append(f"- {percent(sum(facts.class_counts.values()) / total_pixels)} of all pixels are labelled")
    if any("model" in c.origin_counts and c.origin_counts["model"] for c in facts.chips):
        tells = "`method` of each shape tells" if facts.sizes else "`label:methods` and `origin.tif` tell"
        lines.append(f"- {KINDS[facts.kind].said} that a model labelled carry its errors; {tells} which")
    return "\n".join(lines)


def _bands(facts: ReleaseFacts) -> str:
    rows = [
        [f"`{b.name}`", md(b.common_name or DASH), b.dtype, f"{b.scale:g}", f"{b.offset:g}", md(b.unit or DASH)]
        for b in facts.bands
    ]
    table = _table(["Band", "Common name", "Type", "Scale", "Offset", "Unit"], rows)
    return f"{table}\n\n`physical = stored * scale + offset`; statistics of the train split are in `collection.json`."


def _licence(facts: ReleaseFacts) -> str:
    if not facts.license_stated:
        return "No licence was stated (`other`). Ask the makers before you use it. See `LICENSE`."
    return f"{md(facts.license)}. See `LICENSE`."


def _citation(facts: ReleaseFacts) -> str:
    by = ", ".join(str(p.get("name", "")) for p in facts.providers)
    doi = f" https://doi.org/{facts.doi}" if facts.doi else ""
    return f"{md(by)}{'. ' if by else ''}{md(facts.title)}, release {md(facts.name)}, {facts.created:%Y}.{md(doi)}"


def _load(facts: ReleaseFacts) -> str:
    body = [line for line in render_dataset_py(facts).splitlines()[2:] if line]
    code = "\n".join(body[: next(i for i, line in enumerate(body) if line.startswith("if __name__"))])
    return (
        f'```python\nimport groundset as gs\n\ntrain = gs.load("{facts.name}", split="train")\n```\n\n'
        f"With torchgeo alone (`dataset.py`):\n\n```python\n{code}\n```"
    )
