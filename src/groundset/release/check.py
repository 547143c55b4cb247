"""``groundset check``: the quality levels Q0 to Q3 as executable checks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from groundset.core import Listener, Progress
from groundset.release import kept
from groundset.release._check_chips import Job, Seen, look
from groundset.release._check_folder import CATALOG, Folder, local_path, open_folder
from groundset.release._check_ready import (
    band_statistics,
    class_statistics,
    curated,
    duplicates,
    licence,
    read_codes,
)
from groundset.release._check_shapes import shapes
from groundset.release._check_splits import RECORD, splits
from groundset.release._check_stac import structure, validate
from groundset.release._check_sums import known_files
from groundset.release._check_table import table
from groundset.release._check_types import CheckReport, Finding, error
from groundset.release._wide import wide

_BATCH = 16


def check(
    path: str | Path,
    *,
    schemas: str | Path | None = None,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> CheckReport:
    """Check a release: Q0 whole, Q1 valid STAC, Q2 ready for machine learning, Q3 curated.

    Every number that the release states is counted again from its files. What was found of a release of a workspace is
    kept there, so that its page can show it.

    Args:
        path: The folder of the release, or its ``catalog.json`` or ``collection.json``.
        schemas: Cache of the STAC schemas (default ``GROUNDSET_STAC_SCHEMAS``, else in ``~/.cache/groundset``).
        executor: Reads chips wide; None for a few threads of its own.
        progress: Hears each step.

    Raises:
        MissingError: There is nothing at ``path``.
        InputError: It is no release.
    """
    folder = open_folder(Path(path))
    before = kept.checksum(folder.root)
    cache = None if schemas is None else Path(schemas)
    report = CheckReport(str(path), len(folder.items), list(folder.findings))
    record = _record(folder, report)
    scheme, wrong = read_codes(folder)
    report.findings += wrong
    codes = {c.name: c.code for c in scheme} if scheme is not None else {}
    seen = _look(folder, report, cache, codes, record, executor, progress)
    found, measured = splits(folder, record)
    findings: list[Finding] = [
        *known_files(folder),
        *table(folder),
        *validate(_tops(folder), cache),
        *structure(folder),
        *found,
        *duplicates(folder, seen),
        *class_statistics(record, codes, seen),
        *band_statistics(folder, record, seen),
        *(shapes(folder, scheme, seen, _ground(record)) if _kind(folder, record) == "outline" else ()),
        *licence(folder),
        *curated(folder),
    ]
    report.findings = _once([*report.findings, *findings])
    report.facts = {"class_counts": {n: sum(s.counts.get(n, 0) for s in seen) for n in codes}, **measured}
    kept.keep(folder.root, report, before)
    return report


def _record(folder: Folder, report: CheckReport) -> Mapping[str, Any]:
    record = folder.json(RECORD)
    if isinstance(record, dict):
        return record
    if RECORD in folder.files:
        report.findings.append(error("Q2", RECORD, "not readable as JSON", "broken", "a JSON object"))
    return {}


def _look(
    folder: Folder,
    report: CheckReport,
    cache: Path | None,
    codes: Mapping[str, int],
    record: Mapping[str, Any],
    executor: Executor | None,
    progress: Listener | None,
) -> list[Seen]:
    jobs = list(_jobs(folder, cache, codes, record))
    count = Progress("checking chips", len(folder.items), "chips", progress)
    seen: list[Seen] = []
    findings: dict[str, list[Finding]] = {}
    own = ThreadPoolExecutor(min(8, os.cpu_count() or 1)) if executor is None else None
    try:
        for job, (told, some) in wide(executor or own, look, jobs):
            findings[job.items[0][0] if job.items else ""] = told
            seen += some
            count.advance(len(some))
    finally:
        if own is not None:
            own.shutdown(cancel_futures=True)
    report.findings += [f for key in sorted(findings) for f in findings[key]]
    return sorted(seen, key=lambda s: s.path)


def _jobs(folder: Folder, cache: Path | None, codes: Mapping[str, int], record: Mapping[str, Any]) -> Iterator[Job]:
    """A few chips a job; the last one has the files that belong to no chip."""
    kind = _kind(folder, record)
    left = {p for p in folder.files if p in folder.stated}
    paths = list(folder.items)
    for start in range(0, len(paths), _BATCH):
        items = tuple((p, folder.items[p]) for p in paths[start : start + _BATCH])
        own = [f for path, item in items for f in (path, *_asset_paths(path, item)) if f in left]
        left.difference_update(own)
        yield Job(folder.root, cache, codes, kind, items, _stated(folder, own))
    yield Job(folder.root, cache, codes, kind, (), _stated(folder, sorted(left)))


def _kind(folder: Folder, record: Mapping[str, Any]) -> str:
    """The kind of the release's task; where the record does not tell, as its chips' files do."""
    recipe = record.get("recipe")
    kind = recipe.get("kind") if isinstance(recipe, dict) else None
    assets = {key for item in folder.items.values() for key in _keys(item.get("assets"))}
    return str(kind or ("segment" if "mask" in assets else "outline" if "labels" in assets else "classify"))


def _ground(record: Mapping[str, Any]) -> int | None:
    """From how many chips on a shape is ground, as the release was made."""
    recipe = record.get("recipe")
    ground = recipe.get("ground") if isinstance(recipe, dict) else None
    return ground if isinstance(ground, int) else None


def _keys(assets: Any) -> list[str]:
    return list(assets) if isinstance(assets, dict) else []


def _stated(folder: Folder, paths: list[str]) -> tuple[Any, ...]:
    return tuple((p, folder.files[p], tuple(folder.stated[p])) for p in dict.fromkeys(paths))


def _asset_paths(path: str, item: Mapping[str, Any]) -> Iterator[str]:
    assets = item.get("assets")
    for asset in assets.values() if isinstance(assets, dict) else ():
        target = local_path(path, asset.get("href")) if isinstance(asset, dict) else None
        if target is not None:
            yield target


def _tops(folder: Folder) -> list[tuple[str, Mapping[str, Any]]]:
    """The STAC documents that are no chips: catalog, collection, scenes, models."""
    return [(p, d) for p, d in folder.documents.items() if p not in folder.items or p == CATALOG]


def _once(findings: list[Finding]) -> list[Finding]:
    """Without repetitions; a schema that could not be had is told once, not for every item."""
    out: dict[tuple[str, ...], Finding] = {}
    for f in findings:
        about = "" if f.severity == "not-checked" and f.level == "Q1" else f.file
        out.setdefault((f.level, f.severity, about, f.what, f.found, f.wanted), f)
    return list(out.values())
