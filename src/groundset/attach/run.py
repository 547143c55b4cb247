"""Attach a file, and keep what it says of the chips up with it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset._files import folder_lock
from groundset.attach import rows, source
from groundset.attach.columns import check_free, columns_of, joins_of
from groundset.attach.layer import Asked, AttachReport, Layer, LayerState, checked, layer_name
from groundset.attach.places import Places, read_places
from groundset.attach.source import Features
from groundset.attach.store import AttachedStore
from groundset.attach.values import made
from groundset.core import ConflictError, GroundsetError, Listener, Progress

if TYPE_CHECKING:
    from groundset.lake import Lake

_WAIT_SECONDS = 10.0
"""Files are followed behind the requests: what people ask for meanwhile comes after that."""
_MAKER = 1
"""Counts up when values of the same file come out otherwise."""


def attach(
    lake: Lake,
    file: str | Path,
    *,
    name: str | None = None,
    asked: Asked | None = None,
    strict: bool = False,
    progress: Listener | None = None,
) -> AttachReport:
    """Join a vector file or a CSV to all chips; the columns are there for every query from then on.

    Args:
        lake: The workspace.
        file: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet or CSV.
        name: What its columns begin with (default: the file's name).
        asked: How it is joined.
        strict: Refuse kinds of files that are not known by their first bytes; for a server.
        progress: Hears each step.

    Raises:
        InputError: The file or an option is wrong; nothing is attached.
        ConflictError: There is another layer of this name, or a column of one of its names; or another attach runs.
    """
    begun = time.monotonic()
    path = Path(file).expanduser().absolute()
    how = checked(asked or Asked())
    called = layer_name(name, path)
    with _attaching(lake):
        store = AttachedStore(lake.root)
        former = store.get(called) if called in store.names() else None
        if former is not None and former.path(lake.root) != path:
            raise ConflictError(
                "another file is attached by this name", asked=called, found=former.file,
                hint="take another name with --as, or remove that layer first",
            )  # fmt: skip
        sha256, mark, features = source.settled(path, lambda: source.read(path, how, strict=strict))
        how = replace(how, joins=joins_of(path.name, features, how))
        columns = columns_of(called, features, how)
        rows.check_twice(path.name, features, how)
        rows.check_known(path.name, features, _there(lake, features))
        check_free(lake, called, columns)
        layer = Layer(
            called, _file(lake, path), how, sha256, mark, _version(sha256, how), columns, len(features), features.notes,
            _now(),
        )  # fmt: skip
        if former is not None and former.version == layer.version and former.problem is None:
            return _further(lake, store, former, features, begun, progress)
        return _write(lake, store, layer, features, lake.chips.parts(), begun, progress)


def refresh(
    lake: Lake, name: str | None = None, *, force: bool = False, timed: bool = False, progress: Listener | None = None
) -> list[AttachReport]:
    """Read files anew that have changed, and give new chips their values; those of one layer, or of all.

    A file that is gone or cannot be read keeps the last values; :func:`states` says so.

    Args:
        lake: The workspace.
        name: Of one layer.
        force: Make all values anew, and raise what keeps a file from being read.
        timed: Also make the values of dated layers anew: chips have got a date.
        progress: Hears each step.

    Raises:
        MissingError: There is no such layer; with ``force``, or no such file.
        ConflictError: Another attach is running.
    """
    store = AttachedStore(lake.root)
    layers = store.layers() if name is None else [store.get(name)]
    if not layers:
        return []
    with _attaching(lake):
        out = []
        for one in layers:
            anew = force or (timed and one.asked.date_column is not None)
            report = _refreshed(lake, store, store.get(one.name), anew, force, progress)
            out += [] if report is None else [report]
        return out


def remove(lake: Lake, name: str) -> Layer:
    """Take a layer away with its columns; the file stays, and so do labels that were made from it.

    Raises:
        MissingError: There is none of this name.
    """
    with _attaching(lake):
        return AttachedStore(lake.root).remove(name)


def states(lake: Lake) -> list[LayerState]:
    """The layers as they are now."""
    store = AttachedStore(lake.root)
    sizes = {part: lake.chips.rows(part) for part in lake.chips.parts()} if store.names() else {}
    out = []
    for layer in store.layers():
        mark, done = source.mark_of(layer.path(lake.root)), store.sizes(layer)
        there = sum(n for part, n in sizes.items() if done.get(part) == n)
        state = "missing" if mark is None else "current" if mark == layer.mark and not layer.problem else "changed"
        out.append(LayerState(layer, state, there, sum(sizes.values()) - there))  # type: ignore[arg-type]
    return out


def lacking(lake: Lake, store: AttachedStore, layer: Layer) -> list[str]:
    """Parts of the chip table without values."""
    done = store.sizes(layer)
    return [part for part in lake.chips.parts() if done.get(part) != lake.chips.rows(part)]


def _refreshed(
    lake: Lake, store: AttachedStore, layer: Layer, anew: bool, force: bool, progress: Listener | None
) -> AttachReport | None:
    begun = time.monotonic()
    path = layer.path(lake.root)
    mark = source.mark_of(path)
    if mark is None and not force:
        return None
    new = lacking(lake, store, layer)
    if not anew and mark == layer.mark and (layer.problem is not None or not new):
        return None
    try:
        if not anew and mark is not None and mark != layer.mark and source.checksum(path) == layer.sha256:
            layer = replace(layer, mark=mark, problem=None)  # touched, not changed
            store.put(layer)
            if not new:
                return None
        sha256, mark, features = source.settled(path, lambda: source.read(path, layer.asked))
        columns = columns_of(layer.name, features, layer.asked)
        if sha256 != layer.sha256:  # what was taken once stays
            rows.check_twice(path.name, features, layer.asked)
            rows.check_known(path.name, features, _there(lake, features))
        check_free(lake, layer.name, columns)
    except GroundsetError as error:
        if force:
            raise
        store.put(replace(layer, mark=mark or layer.mark, problem=error.message))
        return None
    if sha256 == layer.sha256 and not anew:
        layer = replace(layer, mark=mark, problem=None)
        store.put(layer)
        return _write(lake, store, layer, features, new, begun, progress)
    version = _version(sha256, layer.asked) + (f"-{time.time_ns():x}" if anew else "")
    layer = replace(
        layer, sha256=sha256, mark=mark, version=version, columns=columns, features=len(features), notes=features.notes,
        read=_now(), problem=None,
    )  # fmt: skip
    return _write(lake, store, layer, features, lake.chips.parts(), begun, progress)


def _further(
    lake: Lake, store: AttachedStore, layer: Layer, features: Features, begun: float, progress: Listener | None
) -> AttachReport:
    return _write(lake, store, layer, features, lacking(lake, store, layer), begun, progress)


def _write(
    lake: Lake, store: AttachedStore, layer: Layer, features: Features, parts: Sequence[str], begun: float,
    progress: Listener | None,
) -> AttachReport:  # fmt: skip
    places = read_places(lake, parts)
    told = Progress(f"attaching {layer.name}", len(places), "chips", progress)
    done = made(layer, features, places, told)
    if len(places):
        bounds = np.cumsum([0, *(lake.chips.rows(part) for part in parts)]).tolist()
        ids = [(part, places.ids[a:b]) for part, a, b in zip(parts, bounds, bounds[1:], strict=False)]
        store.write(layer, ids, done.columns)
    store.put(layer)
    notes = _notes(lake, features, places, done.met)
    return AttachReport(layer, len(places), done.met, done.unplaced, time.monotonic() - begun, notes=notes)


def _notes(lake: Lake, features: Features, places: Places, met: int) -> list[str]:
    if features.key != "place":
        return rows.said_of_unknown(features, _there(lake, features))
    if not len(places) or met:
        return []
    return ["no feature meets a chip: are its CRS and the order of its coordinates right?"]


def _there(lake: Lake, features: Features) -> frozenset[str]:
    """Chips or scenes of the workspace, whichever the rows name."""
    if features.key == "place":
        return frozenset()
    names = lake.chips.table((features.key,), parts=lake.chips.parts()).column(features.key)
    return frozenset(names.unique().to_pylist())


@contextmanager
def _attaching(lake: Lake) -> Iterator[None]:
    with folder_lock(lake.layout.cache / "attach.lock", "an attach", wait=_WAIT_SECONDS):
        yield


def _file(lake: Lake, path: Path) -> str:
    """A path as it is kept: workspaces move with what lies in them."""
    return path.relative_to(lake.root).as_posix() if path.is_relative_to(lake.root) else str(path)


def _version(sha256: str, asked: Asked) -> str:
    said: dict[str, Any] = {"file": sha256, "asked": asdict(asked), "maker": _MAKER}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
