"""The answers of a task's chip classifier as a table: one row a chip, as CSV or GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from groundset._files import write_text
from groundset.core import PEOPLE_ORIGINS, InputError, Origin, Scheme
from groundset.core.layout import TaskConfig
from groundset.journal import UNSAID, Event
from groundset.journal.answers import resolve

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.chips import Chips

Format = Literal["csv", "geojson"]
COLUMNS = ("chip_id", "class", "confidence", "by", "scene_id", "datetime", "longitude", "latitude")


@dataclass(frozen=True, slots=True)
class Row:
    """What a chip is.

    Args:
        at: Position of the chip.
        names: Classes that are there; none where those that were looked for are not.
        confidences: Of each of them; None where people said it, or no confidence could be told.
        by: ``people`` where a person's answer decides, else ``model``.
    """

    at: int
    names: tuple[str, ...]
    confidences: tuple[float | None, ...]
    by: str


def check_out(path: Path) -> Path:
    """A file that predictions can be written to.

    Raises:
        InputError: Its name ends otherwise, or its folder is not there.
    """
    if path.suffix.lower() not in (".csv", ".geojson", ".json"):
        raise InputError("predictions are written as .csv or .geojson", asked=path)
    if not path.parent.is_dir():
        raise InputError("the folder of this file is not there", asked=path, found=path.parent)
    return path


def write_predictions(lake: Lake, path: Path, *, task: str | None = None) -> int:
    """Write the answers of a task to a .csv or .geojson file; returns the number of rows."""
    form: Format = "csv" if check_out(path).suffix.lower() == ".csv" else "geojson"
    rows, chips = predictions(lake, task)
    write_text(path, "".join(lines(form, rows, chips)))
    return len(rows)


def predictions(lake: Lake, task: str | None = None) -> tuple[list[Row], Chips]:
    """What each chip is that a model or a person answered, in the order of the chip table.

    Raises:
        InputError: No such task.
    """
    from groundset.query import Index

    chosen = lake.config.task(task, "classify")
    index = Index(lake)
    try:
        chips = index.now().chips
    finally:
        index.close()
    return rows_of(lake, chosen, chips), chips


def rows_of(lake: Lake, task: TaskConfig, chips: Chips) -> list[Row]:
    """The rows of a task, for a snapshot of the chips that is there already."""
    scheme = lake.scheme(task.name)
    by_chip: dict[int, list[Event]] = {}
    for event in lake.journal.current(task.name, kind="answer"):
        at = chips.places.get(str(event.chip_id))
        if at is not None:
            by_chip.setdefault(at, []).append(event)
    return [row for at, events in sorted(by_chip.items()) if (row := _row(at, events, scheme, task)) is not None]


def lines(form: Format, rows: Iterable[Row], chips: Chips) -> Iterator[str]:
    """The file, piece by piece: UTF-8 text."""
    return _csv(rows, chips) if form == "csv" else _geojson(rows, chips)


def _row(at: int, events: list[Event], scheme: Scheme, task: TaskConfig) -> Row | None:
    label = resolve(events, scheme, multi=task.multi)
    if label is None:
        return None
    sure = _confidences(events)
    by = "people" if label.origin in PEOPLE_ORIGINS else "model"
    if label.not_applicable:
        other = scheme.not_applicable
        return Row(at, (other.name if other else "not-applicable",), (None,), by)
    codes = label.classes
    if codes:
        told = tuple(sure.get(c) if by == "model" or task.multi else None for c in codes)
        return Row(at, tuple(scheme.find(c).name for c in codes), told, by)
    absent = [sure[c] for c in label.negative if c in sure]
    return Row(at, (), (min(absent) if absent and by == "model" else None,), by)


def _confidences(events: list[Event]) -> dict[int, float]:
    """What models give their answers, by class that no person spoke of."""
    out: dict[int, float] = {}
    people = set()
    for event in events:
        said: Mapping[str, Any] = event.payload
        if said.get("value") == UNSAID or "class" not in said:
            continue
        if said.get("origin", Origin.HUMAN) != Origin.MODEL:
            people.add(said["class"])
        elif "confidence" in said:
            out[said["class"]] = float(said["confidence"])
    return {code: p for code, p in out.items() if code not in people}


def _csv(rows: Iterable[Row], chips: Chips) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    facts = _Facts(chips)
    for row in rows:
        told = ["" if p is None else f"{p:g}" for p in row.confidences]
        x, y = facts.centre(row.at)
        place = ["" if np.isnan(v) else f"{v:.7f}" for v in (x, y)]
        writer.writerow([facts.ids[row.at], ";".join(row.names), ";".join(told), row.by, facts.scenes[row.at],
                         facts.time(row.at) or "", *place])  # fmt: skip
        if text.tell() > 1 << 16:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _geojson(rows: Iterable[Row], chips: Chips) -> Iterator[str]:
    facts = _Facts(chips)
    yield '{"type": "FeatureCollection", "features": [\n'
    for i, row in enumerate(rows):
        several = len(row.names) > 1
        said = {
            "chip_id": facts.ids[row.at],
            "class": list(row.names) if several else next(iter(row.names), None),
            "confidence": list(row.confidences) if several else row.confidences[0],
            "by": row.by,
            "scene_id": facts.scenes[row.at],
            "datetime": facts.time(row.at),
        }
        shape = chips.footprints[row.at]
        outline = "null" if shape is None else shapely.to_geojson(shapely.transform(shape, lambda xy: xy.round(7)))
        feature = f'{{"type": "Feature", "id": {json.dumps(facts.ids[row.at])}, "geometry": {outline}'
        yield f'{"," if i else ""}{feature}, "properties": {json.dumps(said)}}}\n'
    yield "]}\n"


class _Facts:
    """Columns of the chips as Python values, each made once."""

    def __init__(self, chips: Chips) -> None:
        self.ids = chips.ids
        self.scenes: list[str] = chips.column("scene_id").to_pylist()
        self._times = chips.column("datetime").to_pylist()
        self._bounds = chips.bounds

    def time(self, at: int) -> str | None:
        time = self._times[at]
        return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def centre(self, at: int) -> tuple[float, float]:
        west, south, east, north = self._bounds[at]
        return (west + east) / 2, (south + north) / 2
