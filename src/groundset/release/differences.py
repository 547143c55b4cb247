"""How one release differs from another: chips, labels, splits, classes, recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundset.core import InputError
from groundset.release.changes import former_labels
from groundset.release.kinds.outline_table import TABLE
from groundset.release.recipe import Recipe, read_recipe
from groundset.release.shape_changes import ShapeChanges, former_shapes, shape_changes

_SAYS_NOTHING = ("name", "collection_id", "seq", "created", "former")
"""Settings that differ between any two releases."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What ``other`` has that ``base`` has not, and the other way round; chip ids are sorted.

    Args:
        base: Name of the one.
        other: Name of the other.
        added: Chips only in ``other``.
        removed: Chips only in ``base``.
        relabelled: Chips in both whose mask or classes differ.
        moved: Chip, its split in ``base``, its split in ``other``.
        same: Number of chips that differ in nothing.
        class_counts: Pixels (chips, shapes) by class: in ``base``, in ``other``.
        recipe: Settings that differ: in ``base``, in ``other``.
        shapes: Of outline tasks.
    """

    base: str
    other: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    relabelled: tuple[str, ...]
    moved: tuple[tuple[str, str, str], ...]
    same: int
    class_counts: Mapping[str, tuple[int, int]]
    recipe: Mapping[str, tuple[Any, Any]]
    shapes: ShapeChanges | None = None


def differences(base: Path, other: Path) -> Differences:
    """Compare two releases by what their tables and records state; no pixel is read.

    Raises:
        MissingError: There is no release in one of the folders.
        InputError: One is broken, or they answer different tasks by kind.
    """
    one, two = read_recipe(base), read_recipe(other)
    if one.kind != two.kind:
        raise InputError(
            "releases of different kinds of tasks cannot be compared",
            asked=f"{one.name} ({one.kind}) with {two.name} ({two.kind})",
        )
    labels, others = _labels(base), _labels(other)
    splits, other_splits = chip_splits(base), chip_splits(other)
    both = sorted(labels.keys() & others.keys())
    relabelled = tuple(c for c in both if labels[c] != others[c])
    moved = tuple((c, splits[c], other_splits[c]) for c in both if splits[c] != other_splits[c])
    return Differences(
        base=one.name,
        other=two.name,
        added=tuple(sorted(others.keys() - labels.keys())),
        removed=tuple(sorted(labels.keys() - others.keys())),
        relabelled=relabelled,
        moved=moved,
        same=len(set(both) - set(relabelled) - {m[0] for m in moved}),
        class_counts=_pairs(_counts(base), _counts(other)),
        recipe=_recipes(one, two),
        shapes=shape_changes(_shapes(base), _shapes(other)),
    )


def chip_splits(release: Path) -> dict[str, str]:
    """Split by chip id, from ``chips.parquet``; ``none`` where a chip has none.

    Raises:
        InputError: The table is broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = release / "chips.parquet"
    try:
        table = pq.read_table(path, columns=["id", "groundset:split"])
    except (OSError, pa.ArrowException) as error:
        raise _broken(path, error) from error
    ids, splits = (column.to_pylist() for column in table.columns)
    return {str(i): str(s or "none") for i, s in zip(ids, splits, strict=True)}


def _labels(release: Path) -> dict[str, str]:
    import pyarrow as pa

    try:
        return former_labels(release)
    except (OSError, pa.ArrowException, KeyError, TypeError) as error:
        raise _broken(release / "chips.parquet", error) from error


def _shapes(release: Path) -> Mapping[str, str] | None:
    import pyarrow as pa

    try:
        return former_shapes(release)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _broken(release / TABLE, error) from error


def _counts(release: Path) -> dict[str, int]:
    path = release / "release.json"
    try:
        return {str(k): int(v) for k, v in json.loads(path.read_text("utf-8"))["class_counts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path, error) from error


def _pairs(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (one.get(name, 0), two.get(name, 0)) for name in dict.fromkeys([*one, *two])}


def _recipes(one: Recipe, two: Recipe) -> dict[str, tuple[Any, Any]]:
    before, after = one.as_json(), two.as_json()
    differ = {k: (v, after[k]) for k, v in before.items() if k not in _SAYS_NOTHING and v != after[k]}
    if one.title.removesuffix(one.name) == two.title.removesuffix(two.name):
        differ.pop("title", None)  # made from the name
    return differ


def _broken(path: Path, error: Exception) -> InputError:
    return InputError(
        "this release is broken", asked=path, found=type(error).__name__, hint="groundset check says what is wrong"
    )
