"""Q2 and Q3 of the release as a whole: scheme, duplicates, statistics, licence; who reviewed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundset.core import GroundsetError, Scheme
from groundset.release._check_chips import Seen
from groundset.release._check_folder import COLLECTION, Folder
from groundset.release._check_splits import RECORD
from groundset.release._check_types import Finding, error, not_checked, warning
from groundset.release.moments import statistics

_MOST = 50


def read_codes(folder: Folder) -> tuple[Scheme | None, list[Finding]]:
    """The scheme of the release, and what is wrong with it."""
    from groundset.taxonomy import read_scheme

    if "scheme.csv" not in folder.files:
        return None, [error("Q2", "scheme.csv", "missing class scheme", "no such file", "a class scheme")]
    try:
        return read_scheme(folder.root / "scheme.csv"), []
    except (GroundsetError, OSError, ValueError) as reason:
        return None, [error("Q2", "scheme.csv", "not a class scheme", str(reason), "code, name, title, color")]


def duplicates(folder: Folder, seen: Sequence[Seen]) -> list[Finding]:
    """Chips with the same pixels, or of the same window of the same scene."""
    out: list[Finding] = []
    pixels: dict[str, str] = {}
    windows: dict[str, str] = {}
    for one in seen:
        path = one.path
        if one.image is not None and pixels.setdefault(one.image, path) != path:
            out.append(error("Q2", path, "image has the same pixels as another", pixels[one.image], "its own pixels"))
        key = _window(folder.items[path])
        if key is not None and windows.setdefault(key, path) != path:
            out.append(error("Q2", path, "same window of the same scene", windows[key], "a window of its own"))
    return out[:_MOST]


def _window(item: Mapping[str, Any]) -> str | None:
    properties = item.get("properties")
    if not isinstance(properties, dict) or properties.get("proj:code") is None:
        return None
    keys = ("groundset:scene", "datetime", "proj:code", "proj:transform", "proj:shape")
    return repr([properties.get(k) for k in keys])


def class_statistics(record: Mapping[str, Any], codes: Mapping[str, int], seen: Sequence[Seen]) -> Iterator[Finding]:
    """The number of chips and the pixels (or chips) of each class."""
    if not record:
        yield not_checked("Q2", RECORD, "class statistics", "nothing stated", "class_counts, split, statistics")
        return
    if record.get("chips") != len(seen):
        yield error("Q2", RECORD, "chips", record.get("chips"), f"{len(seen)}, as counted")
    found = {name: sum(s.counts.get(name, 0) for s in seen) for name in codes}
    stated = record.get("class_counts")
    if stated != found:
        yield error("Q2", RECORD, "class_counts", stated, f"{found}, as counted")
    if not sum(found.values()):
        yield error("Q2", COLLECTION, "labels", "no labelled pixel, chip or shape", "at least one")


def band_statistics(folder: Folder, record: Mapping[str, Any], seen: Sequence[Seen]) -> Iterator[Finding]:
    """Mean, standard deviation, extremes and valid pixels of each band over the train split."""
    train = [s for s in seen if _is_train(folder.items[s.path]) and s.moments is not None]
    places = [(RECORD, record.get("statistics")), (COLLECTION, _summaries(folder))]
    names = _names(folder)
    try:
        wanted = statistics([s.moments for s in sorted(train, key=lambda s: s.path) if s.moments], names)
    except (ValueError, IndexError):
        yield error("Q2", COLLECTION, "bands", "chips with different numbers of bands", "the same bands in every chip")
        return
    for path, stated in places:
        if not isinstance(stated, list) or len(stated) != len(wanted):
            found = "nothing" if stated is None else f"{len(stated) if isinstance(stated, list) else stated} entries"
            yield error("Q2", path, "band statistics", found, f"one entry a band, {len(wanted)}")
            continue
        for one, told in zip(wanted, stated, strict=True):
            values = {k: getattr(one, k) for k in ("mean", "stddev", "minimum", "maximum", "count", "valid_percent")}
            for key, value in values.items() if one.count else ():
                said = told.get(key) if isinstance(told, dict) else None
                if not _close(said, float(value)):
                    make = not_checked if any(s.masked for s in train) else error
                    yield make("Q2", path, f"{key} of band {one.name}", said, f"{value}, as computed")


def _is_train(item: Mapping[str, Any]) -> bool:
    properties = item.get("properties")
    return isinstance(properties, dict) and properties.get("groundset:split") == "train"


def _summaries(folder: Folder) -> Any:
    summaries = folder.collection.get("summaries")
    bands = summaries.get("bands") if isinstance(summaries, dict) else None
    return [b.get("statistics", {}) for b in bands if isinstance(b, dict)] if isinstance(bands, list) else None


def _names(folder: Folder) -> tuple[str, ...]:
    for item in folder.items.values():
        try:
            return tuple(str(b["name"]) for b in item["assets"]["image"]["bands"])
        except (KeyError, TypeError):
            continue
    return ()


def _close(found: Any, wanted: float) -> bool:
    if not isinstance(found, int | float) or isinstance(found, bool):
        return False
    return abs(float(found) - wanted) <= 1e-9 + 1e-5 * abs(wanted)


def licence(folder: Folder) -> Iterator[Finding]:
    """A stated licence, and its text."""
    stated = folder.collection.get("license")
    if folder.collection and stated in (None, "other", "proprietary", "various"):
        yield warning("Q2", COLLECTION, "licence", stated, "an SPDX name such as CC-BY-4.0")
    if "LICENSE" not in folder.files:
        yield error("Q2", "LICENSE", "missing licence text", "no such file", "LICENSE")


def curated(folder: Folder) -> Iterator[Finding]:
    """Q3: two people for each chip, agreement and an accuracy estimate. Releases state none of the last two yet."""
    chips = len(folder.items)
    several = sum(_actors(i) >= 2 for i in folder.items.values())
    if several < chips or not chips:
        found = f"{several} of {chips} chips answered by two people or more"
        yield error(
            "Q3", COLLECTION, "not reached: reviewed by at least two people", found, f"{chips} of {chips} chips"
        )
    agreed = sum(_number(i, "groundset:agreement") for i in folder.items.values())
    if agreed < chips or not chips:
        found = f"agreement of {agreed} of {chips} chips: no reviews"
        yield error("Q3", COLLECTION, "not reached: agreement", found, "agreement of every chip that was reviewed")
    summaries = folder.collection.get("summaries")
    estimate = summaries.get("groundset:accuracy") if isinstance(summaries, dict) else None
    if not isinstance(estimate, dict):
        found = "no reviews, so no estimate"
        wanted = "an accuracy estimate of the labels with a 95 % interval"
        yield error("Q3", COLLECTION, "not reached: accuracy estimate", found, wanted)


def _actors(item: Mapping[str, Any]) -> int:
    properties = item.get("properties")
    found = properties.get("groundset:actors") if isinstance(properties, dict) else None
    return found if isinstance(found, int) else 0


def _number(item: Mapping[str, Any], key: str) -> bool:
    properties = item.get("properties")
    return isinstance(properties, dict) and isinstance(properties.get(key), int | float)
