"""What the page shows of releases; each is read once and remembered as long as it stays as it is."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from groundset import release as room
from groundset.core import GroundsetError, InputError, MissingError
from groundset.core.layout import Layout
from groundset.release import SplitReport, kept, told_splits
from groundset.release.differences import differences
from groundset.server import checks, release_files
from groundset.server.models import CheckResult, Differences, LevelResult, ReleaseDetail, ReleaseRow
from groundset.server.problems import problem

LISTED = 1000
"""Chips named in a list of differences."""
REMEMBERED = 64
_SIZE = "file:size"


class Releases:
    """The releases of one workspace. Safe to share between threads.

    Args:
        layout: The workspace.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lock = Lock()
        self._rows: dict[str, tuple[tuple[int, ...], ReleaseRow]] = {}
        self._differences: OrderedDict[tuple[str | None, ...], Differences] = OrderedDict()

    def rows(self) -> list[ReleaseRow]:
        """All releases, newest first; a broken one says what is wrong with it."""
        rows = [self.row(name) for name in release_files.names(self._layout)]
        return sorted(rows, key=lambda r: (r.created or "", r.name), reverse=True)

    def row(self, name: str) -> ReleaseRow:
        """One release as the list shows it.

        Raises:
            MissingError: There is none of this name.
        """
        path = release_files.folder(self._layout, name)
        mark = _mark(path)
        known = self._rows.get(name)
        if known is None or known[0] != mark:
            known = (mark, _row(name, path))
            with self._lock:
                self._rows[name] = known
        return known[1].model_copy(update={"check": self._levels(name)})

    def detail(self, name: str) -> ReleaseDetail:
        """One release with its recipe, splits, documents and last check.

        Raises:
            MissingError: There is none of this name.
        """
        row = self.row(name)
        path = release_files.folder(self._layout, name)
        record = {} if row.problem else _json(path / "release.json")
        return ReleaseDetail(
            release=row,
            path=str(path),
            bands=_bands(record),
            recipe=dict(record.get("recipe", {})),
            split_notes=_notes(record),
            changelog=_text(path / "CHANGELOG.md"),
            check=self._check(name),
            documents=[d for d in release_files.DOCUMENTS if (path / d).is_file()],
        )

    def check(self, name: str) -> CheckResult:
        """The last check of a release.

        Raises:
            MissingError: There is no such release, or it was never checked from here.
        """
        release_files.folder(self._layout, name)
        return checks.last(self._layout, name)

    def differences(self, base: str, other: str) -> Differences:
        """How ``other`` differs from ``base``.

        Raises:
            MissingError: There is no release of one of the names.
            InputError: One is broken, or they cannot be compared.
        """
        paths = [release_files.folder(self._layout, n) for n in (base, other)]
        key = (base, other, *map(kept.checksum, paths))
        with self._lock:
            known = self._differences.get(key)
        if known is None:
            known = _told(differences(*paths), base, other)
            with self._lock:
                self._differences[key] = known
                while len(self._differences) > REMEMBERED:
                    self._differences.popitem(last=False)
        return known

    def _check(self, name: str) -> CheckResult | None:
        try:
            return checks.last(self._layout, name)
        except MissingError:
            return None

    def _levels(self, name: str) -> list[LevelResult] | None:
        said = self._check(name)
        return None if said is None or not said.current else said.levels


def _row(name: str, path: Path) -> ReleaseRow:
    empty = partial(ReleaseRow, name=name, title=None, created=None, task="", kind="", chips=0, bytes=0, license=None,
                    splits={}, class_counts={}, check=None)  # fmt: skip
    try:
        record, recipe = _json(path / "release.json"), room.Release(path).record["recipe"]
        return ReleaseRow(
            name=name,
            title=recipe["title"],
            created=recipe["created"],
            task=recipe["task"],
            kind=recipe["kind"],
            chips=record["chips"],
            bytes=size(path),
            license=recipe["license"] if recipe["license_stated"] else None,
            splits=record["split"]["chips"],
            class_counts=record["class_counts"],
            check=None,
        )
    except GroundsetError as error:
        return empty(problem=problem(error))
    except (OSError, ValueError, KeyError, TypeError) as error:
        broken = InputError(
            "this release is broken", asked=name, found=type(error).__name__, hint="check it to see what is wrong"
        )
        return empty(problem=problem(broken))


def _bands(record: Mapping[str, Any]) -> list[str]:
    try:
        return [str(band["name"]) for band in record["statistics"]]
    except (KeyError, TypeError):
        return []


def _notes(record: Mapping[str, Any]) -> list[str]:
    try:
        return [*told_splits(SplitReport(**record["split"])), *map(str, record.get("notes", ()))]
    except (KeyError, TypeError, AttributeError):  # of another version
        return []


def size(path: Path) -> int:
    """Bytes of a release, as its table and collection state them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path / "chips.parquet") as file:
            kinds = file.schema_arrow.field("assets").type
            table = file.read([f"assets.{kind.name}.{_SIZE}" for kind in kinds])
    except pa.ArrowException as error:
        raise InputError("the table of this release is broken", found=type(error).__name__) from error
    assets = table.column("assets").combine_chunks()
    told = [pc.sum(pc.struct_field(assets, [kind.name, _SIZE])).as_py() or 0 for kind in assets.type]
    links = [link.get(_SIZE, 0) for link in _json(path / kept.COLLECTION)["links"]]
    return int(sum(told) + sum(links) + sum(p.stat().st_size for p in path.iterdir() if p.is_file()))


def _told(found: Any, base: str, other: str) -> Differences:
    parts = ("added", "removed", "relabelled", "moved")
    said = {k: v for k, v in asdict(found).items() if k != "same"}
    counts = {part: len(said[part]) for part in parts} | {"same": found.same}
    return Differences(**{**said, "base": base, "other": other, **{p: said[p][:LISTED] for p in parts}}, counts=counts)


def _mark(path: Path) -> tuple[int, ...]:
    """Tells whether a release is as it was: times and sizes of its main files."""
    out = []
    for name in ("release.json", "collection.json", "chips.parquet"):
        file = path / name
        out += [file.stat().st_mtime_ns, file.stat().st_size] if file.is_file() else [0, 0]
    return tuple(out)


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
