"""Properties that come from outside: attached layers, and the design that chips were sampled by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from groundset.attach.layer import Column, Layer, Mark
from groundset.attach.source import mark_of
from groundset.attach.store import AttachedStore
from groundset.core import GroundsetError
from groundset.ingest.sampled import SampleStore
from groundset.query.chips import Chips

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.values import Kind, Moment, Property, Value

_KINDS: Mapping[str, Kind] = {"flag": "truth", "number": "number", "text": "text"}
_ARROW = {"truth": pa.bool_(), "number": pa.float64(), "text": pa.string()}
_SAMPLED: Mapping[str, tuple[Kind, str]] = {
    "inclusion": ("number", "Probability that the sample has this chip"),
    "stratum": ("text", "Stratum of the sample"),
}
Stamp = tuple[object, ...]


class Outside:
    """What is attached to the chips of one snapshot, read when it is asked for.

    Args:
        lake: The workspace.
        chips: The chips.
        layers: The attached layers.
        wait: Whether values whose file has changed are made anew before they are told; else behind the requests.
    """

    def __init__(self, lake: Lake, chips: Chips, layers: Mapping[str, Layer], *, wait: bool) -> None:
        self._lake, self._chips, self._wait = lake, chips, wait
        self._store, self._samples = AttachedStore(lake.root), SampleStore(lake.root)
        self._layers = dict(layers)
        self._columns: dict[str, Any] = {}
        self._fits: dict[str, bool] = {}
        self._lock = threading.RLock()

    def properties(self) -> Mapping[str, Property]:
        """Kind, title and how to get it, by name."""
        out: dict[str, Property] = {}
        if self._samples.stamp():
            out |= {name: (kind, title, _getter(name, kind)) for name, (kind, title) in _SAMPLED.items()}
        for layer in self._layers.values():
            gone = mark_of(layer.path(self._lake.root)) is None
            more = f" (file missing; as of {layer.read[:10]})" if gone else " (file not readable)" * bool(layer.problem)
            for column in layer.columns:
                kind = _KINDS[column.kind]
                out[column.name] = (kind, column.title + more, _getter(column.name, kind))
        return out

    def column(self, name: str) -> Any:
        """One property as an Arrow column (chips,), null where nothing is said."""
        with self._lock:
            if name not in self._columns:
                self._columns[name] = self._sampled(name) if name in _SAMPLED else self._attached(name)
            return self._columns[name]

    def at(self, page: npt.NDArray[np.int64]) -> list[dict[str, bool | float | str]]:
        """What is said of the chips at these places of the index, by property; what nothing is said of is left out."""
        out: list[dict[str, bool | float | str]] = [{} for _ in page]
        for name in self.properties() if len(page) else ():
            for said, value in zip(out, self.column(name).take(pa.array(page)).to_pylist(), strict=True):
                if value is not None:
                    said[name] = float(value) if type(value) is int else value
        return out

    def stale(self) -> list[str]:
        """Layers whose file has changed, or that lack values of chips that are there."""
        return [name for name, layer in self._layers.items() if self._stale(layer)]

    def _stale(self, layer: Layer) -> bool:
        mark = mark_of(layer.path(self._lake.root))
        if mark is None:
            return False
        if mark != layer.mark:
            return True
        if layer.problem is not None:
            return False
        if layer.name not in self._fits:
            sizes = self._store.sizes(layer)
            self._fits[layer.name] = all(sizes.get(part) == self._chips.size(part) for part in self._chips.parts)
        return not self._fits[layer.name]

    def _attached(self, name: str) -> Any:
        from groundset import attach

        layer = next(one for one in self._layers.values() if any(c.name == name for c in one.columns))
        if self._wait and self._stale(layer):
            with suppress(GroundsetError, OSError):  # the values that there are hold
                attach.refresh(self._lake, layer.name)
                self._layers[layer.name] = layer = self._store.get(layer.name)
                self._fits.pop(layer.name, None)
        column = next((c for c in layer.columns if c.name == name), None)
        return self._placed(layer, column, name)

    def _placed(self, layer: Layer, column: Column | None, name: str) -> Any:
        """Values part by part, put in the order of the index."""
        if column is None:
            return pa.nulls(len(self._chips), pa.float64())
        kind, found, places = _ARROW[_KINDS[column.kind]], [], []
        with suppress(GroundsetError, OSError):
            values = self._store.values(layer, [name])
            for part in self._chips.parts:
                if part in values and values[part].num_rows == self._chips.size(part):
                    found.append(values[part].column(name).combine_chunks())
                    places.append(self._chips.positions(part))
        if not found:
            return pa.nulls(len(self._chips), kind)
        whole = pa.chunked_array(found).combine_chunks()
        where = np.full(len(self._chips), -1, np.int64)
        where[np.concatenate(places)] = np.arange(len(whole))
        return whole.take(pa.array(where, mask=where < 0))

    def _sampled(self, name: str) -> Any:
        told = self._samples.column(name)
        values = [told.get(chip_id) for chip_id in self._chips.ids]
        return pa.array(values, _ARROW[_SAMPLED[name][0]])


class OutsideReader:
    """Keeps what is attached up with the files. Safe to share between threads.

    Args:
        lake: The workspace.
        wait: See :class:`Outside`.
    """

    def __init__(self, lake: Lake, *, wait: bool) -> None:
        self._lake, self._wait = lake, wait
        self._store, self._samples = AttachedStore(lake.root), SampleStore(lake.root)
        self._lock = threading.RLock()
        self._worker: threading.Thread | None = None
        self._seen: Mapping[str, Mark] = {}
        self._tried: Stamp = ()
        self._sampled: Stamp = ()
        self._layers: Mapping[str, Layer] = {}
        self._now = Outside(lake, Chips({}), {}, wait=wait)
        self._chips = Chips({})

    def stamp(self, chips: Chips) -> Stamp:
        """Changes whenever a value, a name or a title may."""
        self.fresh(chips)
        return (*sorted(self._seen.items()), self._sampled, self._gone())

    def fresh(self, chips: Chips) -> Outside:
        """What is attached now; the same object while nothing changes. In a server, changes are followed behind it."""
        with self._lock:
            seen, sampled = self._store.stamps(), self._samples.stamp()
            if seen != self._seen or sampled != self._sampled or chips is not self._chips:
                if seen != self._seen:
                    self._layers = self._read(seen)
                self._seen, self._sampled, self._chips = seen, sampled, chips
                self._now = Outside(self._lake, chips, self._layers, wait=self._wait)
            if not self._wait and self._layers:
                self._follow(chips)
            return self._now

    def close(self) -> None:
        """Wait for what goes on behind."""
        if self._worker is not None:
            self._worker.join()

    def _gone(self) -> tuple[str, ...]:
        root = self._lake.root
        return tuple(name for name, layer in self._layers.items() if mark_of(layer.path(root)) is None)

    def _read(self, seen: Mapping[str, Mark]) -> Mapping[str, Layer]:
        out = {}
        for name in seen:
            with suppress(GroundsetError):  # `attach list` tells what is wrong with it
                out[name] = self._store.get(name)
        return out

    def _follow(self, chips: Chips) -> None:
        """Make values anew behind the requests, once for each state of the files."""
        from groundset import attach

        if self._worker is not None and self._worker.is_alive():
            return
        marks = tuple(mark_of(layer.path(self._lake.root)) for layer in self._layers.values())
        state: Stamp = (self._seen, marks, chips.stamp)
        if state == self._tried:
            return
        self._tried = state
        if not self._now.stale():
            return

        def work() -> None:
            with suppress(GroundsetError, OSError):
                attach.refresh(self._lake)

        self._worker = threading.Thread(target=work, name="attached layers", daemon=True)
        self._worker.start()


def _getter(name: str, kind: Kind) -> Callable[[Moment], Value]:
    def get(now: Moment) -> Value:
        from groundset.query.values import Value

        return Value(kind, now.attached(name), name)

    return get
