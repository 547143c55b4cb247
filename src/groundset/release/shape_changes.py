"""Which shapes one release has that another has not, and which differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from groundset.release.kinds.base import ChipOf
from groundset.release.kinds.outline_table import TABLE

_COLUMNS = ["shape_id", "chip_id", "code", "kind", "origin", "score", "attributes", "geometry_pixels"]
Shapes = Mapping[str, str]
"""A digest of all that is told of a shape on the chips of a release, by its id."""


@dataclass(frozen=True, slots=True)
class ShapeChanges:
    """Numbers of shapes; ``changed`` are in both with another outline, class or attribute, or on other chips."""

    added: int
    removed: int
    changed: int
    same: int

    def counts(self) -> dict[str, int]:
        """Those that are not the same, by what happened to them."""
        return {"added": self.added, "removed": self.removed, "changed": self.changed}


def shape_changes(before: Shapes | None, now: Shapes | None) -> ShapeChanges | None:
    """From one release to another; None where one of them has no shapes."""
    if before is None or now is None:
        return None
    both = before.keys() & now.keys()
    changed = sum(before[own] != now[own] for own in both)
    return ShapeChanges(len(now.keys() - both), len(before.keys() - both), changed, len(both) - changed)


def shapes_of(chips: Iterable[ChipOf]) -> Shapes | None:
    """The shapes of a release in the making; None where its task has none."""
    on = [(of.written.id, of.written.on_chip) for of in chips if of.written.on_chip is not None]
    if not on:
        return None
    rows = [
        (p.id, chip, p.code, p.kind, p.origin.name.lower(), p.score,
         json.dumps(dict(p.attributes), ensure_ascii=False, sort_keys=True), shapely.to_wkb(p.geometry, flavor="iso"))
        for chip, one in on for p in one.parts
    ]  # fmt: skip
    return _digests(rows)


def former_shapes(release: Path) -> Shapes | None:
    """The same of a finished release, from its ``outlines.parquet``.

    Raises:
        OSError, pyarrow.ArrowException: The table cannot be read.
    """
    import pyarrow.parquet as pq

    path = release / TABLE
    if not path.is_file():
        return None
    table = pq.read_table(path, columns=_COLUMNS)
    return _digests(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _digests(rows: Iterable[tuple[Any, ...]]) -> Shapes:
    """Rows begin with the shape's id and the chip's."""
    told: dict[str, list[str]] = {}
    for own, *rest in rows:
        told.setdefault(str(own), []).append(repr(rest))
    return {own: hashlib.sha256("|".join(sorted(all_)).encode()).hexdigest() for own, all_ in told.items()}
