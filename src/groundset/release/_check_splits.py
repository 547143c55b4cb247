"""Q2: no split leaks into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from groundset.release._check_folder import Folder
from groundset.release._check_types import Finding, error, not_checked, warning
from groundset.release.facts import SPLITS, UNLABELLED_SPLIT

RECORD = "release.json"
_SLACK_M = 0.05  # footprints are rounded to 1e-7 degrees, 1 cm
_MOST = 5


def splits(folder: Folder, record: Mapping[str, Any]) -> tuple[list[Finding], dict[str, Any]]:
    """Findings about the splits, and the smallest distance found (metres, None where it means nothing)."""
    stated = record.get("split")
    stated = stated if isinstance(stated, dict) else {}
    members = {s: [p for p, i in folder.items.items() if _word(i, "groundset:split") == s] for s in SPLITS}
    unlabelled = [p for p, i in folder.items.items() if _word(i, "groundset:split") == UNLABELLED_SPLIT]
    findings = [
        *_sizes(folder, members, stated),
        *_groups(folder, members),
        *_series(folder, members),
        *_missing(stated),
    ]
    findings += _unlabelled(folder, members, unlabelled, stated)
    shortest, told = _distances(folder, members, stated)
    return findings + told, {"smallest_distance_m": shortest, "chips": {s: len(m) for s, m in members.items()}}


def _word(item: Mapping[str, Any], key: str) -> Any:
    properties = item.get("properties")
    return properties.get(key) if isinstance(properties, dict) else None


def _sizes(folder: Folder, members: Mapping[str, Sequence[str]], stated: Mapping[str, Any]) -> Iterator[Finding]:
    numbers = stated.get("chips")
    if not isinstance(numbers, dict):
        yield not_checked("Q2", RECORD, "chips of each split", "nothing stated", "the number of chips of each split")
        return
    for split in SPLITS:
        if numbers.get(split, 0) != len(members[split]):
            wanted = f"{numbers.get(split)}, as {RECORD} says"
            yield error("Q2", "collection.json", f"chips in split {split}", len(members[split]), wanted)
    empty = [s for s in SPLITS if not members[s]]
    if empty and folder.items:
        yield warning("Q2", "collection.json", "splits without a chip", ", ".join(empty), "chips in every split")


def _missing(stated: Mapping[str, Any]) -> Iterator[Finding]:
    missing = stated.get("missing")
    for split, names in missing.items() if isinstance(missing, dict) else ():
        if names:
            found = f"{', '.join(map(str, names))} missing"
            yield warning("Q2", RECORD, f"classes of split {split}", found, "every class of the labels in every split")


def _groups(folder: Folder, members: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Chips without ground of one group must be in one split."""
    home: dict[str, tuple[str, str]] = {}
    for split, paths in members.items():
        for path in paths:
            group = _word(folder.items[path], "groundset:group")
            if group is None or folder.items[path].get("geometry") is not None:
                continue
            first = home.setdefault(str(group), (split, path))
            if first[0] != split:
                what = f"group {group} is in two splits"
                yield error("Q2", path, what, f"split {split}", f"split {first[0]}, as {first[1]}")


def _series(folder: Folder, members: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """The dates of one place must be in one split."""
    home: dict[str, tuple[str, str]] = {}
    for split, paths in members.items():
        for path in paths:
            place = _word(folder.items[path], "groundset:place")
            if place is None:
                continue
            first = home.setdefault(str(place), (split, path))
            if first[0] != split:
                what = f"the dates of place {place} are in two splits"
                yield error("Q2", path, what, f"split {split}", f"split {first[0]}, as {first[1]}")


def _unlabelled(
    folder: Folder, members: Mapping[str, Sequence[str]], paths: Sequence[str], stated: Mapping[str, Any]
) -> list[Finding]:
    """Unlabelled chips are as many as stated, and none is in or near validate or test, nor of a group of theirs."""
    numbers = stated.get("chips")
    said = numbers.get(UNLABELLED_SPLIT, 0) if isinstance(numbers, dict) else len(paths)
    out: list[Finding] = []
    if said != len(paths):
        out.append(error("Q2", "collection.json", "unlabelled chips", len(paths), f"{said}, as {RECORD} says"))
    held = {p: s for s in ("validate", "test") for p in members[s]}
    if not held or not paths:
        return out
    both = {"unlabelled": list(paths), "validate": members["validate"], "test": members["test"]}
    out += _groups(folder, both)
    shapes = {p: _shape(folder.items[p]["geometry"]) for p in (*held, *paths) if folder.items[p].get("geometry")}
    there = [p for p, shape in shapes.items() if shape is not None]
    buffer = stated.get("buffer_m")
    if not there or not isinstance(buffer, int | float) or isinstance(buffer, bool):
        return out
    from groundset.release.distances import Footprints

    split_of = {p: "validate or test" if p in held else UNLABELLED_SPLIT for p in there}
    return out + _leaks(Footprints([shapes[p] for p in there]), there, split_of, float(buffer), 0.0)


def _distances(
    folder: Folder, members: Mapping[str, Sequence[str]], stated: Mapping[str, Any]
) -> tuple[float | None, list[Finding]]:
    import numpy as np

    from groundset.release.distances import Footprints

    paths, shapes, findings = [], [], []
    for path in [p for m in members.values() for p in m]:
        geometry = folder.items[path].get("geometry")
        if geometry is None:
            continue
        shape = _shape(geometry)
        if shape is None:
            findings.append(error("Q2", path, "geometry", geometry, "a polygon in degrees"))
            continue
        paths.append(path)
        shapes.append(shape)
    split_of = {p: s for s, m in members.items() for p in m}
    if len({split_of[p] for p in paths}) < 2:
        return None, findings + _compare_distance(None, stated)
    prints = Footprints(shapes)
    index = {s: np.array([i for i, p in enumerate(paths) if split_of[p] == s], np.int64) for s in SPLITS}
    found = [prints.smallest(index[a], index[b]) for a, b in combinations(SPLITS, 2)]
    shortest = min(d for d in found if d is not None)
    buffer = stated.get("buffer_m")
    if isinstance(buffer, int | float) and not isinstance(buffer, bool):
        findings += _leaks(prints, paths, split_of, float(buffer), shortest)
    return shortest, findings + _compare_distance(shortest, stated)


def _shape(geometry: Any) -> Any:
    """The polygon of a GeoJSON geometry, None where it is none."""
    import numpy as np
    import shapely

    try:
        shape = shapely.geometry.shape(geometry)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    good = not shape.is_empty and np.isfinite(shape.bounds).all() and shape.geom_type in ("Polygon", "MultiPolygon")
    return shape if good else None


def _leaks(
    prints: Any, paths: Sequence[str], split_of: Mapping[str, str], buffer: float, shortest: float
) -> list[Finding]:
    """Chips of two splits nearer than the buffer; without a buffer they may touch, but share no ground."""
    if buffer > _SLACK_M and shortest >= buffer - _SLACK_M:
        return []
    pairs, metres = prints.within(max(buffer, _SLACK_M))
    apart = [split_of[paths[i]] != split_of[paths[j]] for i, j in pairs.tolist()]
    pairs, metres = pairs[apart], metres[apart]
    if buffer <= _SLACK_M:
        shared = prints.overlapping(pairs, _SLACK_M)
        pairs, metres = pairs[shared], metres[shared]
    out: list[Finding] = []
    for (i, j), distance in sorted(zip(pairs.tolist(), metres.tolist(), strict=True), key=lambda p: p[1])[:_MOST]:
        one, two = split_of[paths[i]], split_of[paths[j]]
        if buffer <= _SLACK_M:
            what, found, wanted = "overlaps", "shared ground", "no shared ground"
        else:
            what, found, wanted = "is too near to", f"{distance:.1f} m", f"at least {buffer:.1f} m"
        out.append(error("Q2", paths[i], f"split {one} {what} split {two} ({paths[j]})", found, wanted))
    return out


def _compare_distance(found: float | None, stated: Mapping[str, Any]) -> list[Finding]:
    said = stated.get("smallest_distance_m")
    if "smallest_distance_m" not in stated:
        wanted = "smallest_distance_m"
        return [not_checked("Q2", RECORD, "smallest distance between splits", "nothing stated", wanted)]
    number = float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None
    if found is None and said is None:
        return []
    if found is None or number is None or abs(number - found) > max(_SLACK_M, 1e-3 * found):
        told = "none" if found is None else f"{found:.2f} m"
        return [error("Q2", RECORD, "smallest distance between splits", f"{said} stated", f"{told}, as measured")]
    return []
