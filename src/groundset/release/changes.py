"""CHANGELOG.md and LICENSE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from groundset.release.licence import OTHER, page
from groundset.release.recipe import Recipe
from groundset.release.shape_changes import ShapeChanges

_SHOWN = 50
_SUMS = {key: f"assets.{key}.file:checksum" for key in ("mask", "labels")}


def labels_of(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What tells whether a chip was relabelled: the checksum of its mask or outlines, or its classes, by chip id."""
    out = {}
    for item in items:
        file = item["assets"].get("mask") or item["assets"].get("labels")
        if file is None and item["properties"].get("label") is None:
            continue  # kept without a label
        out[str(item["id"])] = str(file["file:checksum"] if file else item["properties"].get("label"))
    return out


def former_labels(release: Path) -> dict[str, str]:
    """The same of a finished release, from its ``chips.parquet``; only the columns that tell are read."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(release / "chips.parquet") as file:
        schema = file.schema_arrow
        there = {f.name for f in schema.field("assets").type} if "assets" in schema.names else set()
        sums = [path for key, path in _SUMS.items() if key in there]
        rows = file.read([c for c in ("id", "label", *sums) if c in sums or c in schema.names]).to_pylist()
    return labels_of({"id": r["id"], "assets": _present(r.get("assets")), "properties": r} for r in rows)


def _present(assets: Mapping[str, Any] | None) -> dict[str, Any]:
    return {k: v for k, v in (assets or {}).items() if v and v["file:checksum"] is not None}


def changelog(
    recipe: Recipe, now: Mapping[str, str], before: Mapping[str, str] | None, shapes: ShapeChanges | None = None
) -> str:
    """The changelog as text: chips (and shapes) added, removed and relabelled since the former release."""
    lines = ["# Changelog", "", f"## {recipe.name}", "", f"Labels as of {recipe.created}.", ""]
    if before is None:
        lines += [f"First release: {_chips(len(now))}."]
        return "\n".join(lines) + "\n"
    lines += [f"Compared with {recipe.former}:", ""]
    parts = {
        "added": sorted(set(now) - set(before)),
        "removed": sorted(set(before) - set(now)),
        "relabelled": sorted(c for c in set(now) & set(before) if now[c] != before[c]),
    }
    lines += [f"- {_chips(len(ids))} {what}" for what, ids in parts.items()]
    if shapes is not None:
        lines += [f"- {n} shape{'' if n == 1 else 's'} {what}" for what, n in shapes.counts().items()]
    for what, ids in parts.items():
        if ids:
            more = [f"- and {len(ids) - _SHOWN} more"] if len(ids) > _SHOWN else []
            lines += ["", f"### {what.capitalize()}", "", *(f"- `{i}`" for i in ids[:_SHOWN]), *more]
    return "\n".join(lines) + "\n"


def licence(recipe: Recipe) -> str:
    """The text of LICENSE: the SPDX name, or that none was stated."""
    if not recipe.license_stated:
        return "No licence was stated for this dataset. Ask its makers before you use it.\n"
    if recipe.license == OTHER:
        return "The licence of this dataset has no SPDX name. Ask its makers before you use it.\n"
    address = page(recipe.license)
    return f"SPDX-License-Identifier: {recipe.license}\n" + (f"\n{address}\n" if address else "")


def _chips(n: int) -> str:
    return f"{n} chip" if n == 1 else f"{n} chips"
