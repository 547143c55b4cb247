"""Shapes of a file into an outline task: one act, and the same file again changes nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundset._files import folder_lock, sha256_file
from groundset.core import UNLABELLED, InputError, Listener, MissingError, Origin, Progress
from groundset.core.memory import no_collecting
from groundset.ingest._annotate.classes import translate
from groundset.ingest._annotate.dates import DATE_COLUMNS, check_window, parse_time, parse_within
from groundset.ingest._annotate.features import Features
from groundset.ingest._annotate.place import STEP_DEGREES, STEP_METRES, OnScene, check_met, choose_by_date
from groundset.ingest._annotate.report import AnnotateReport
from groundset.journal.payloads import LONGEST_TEXT, MOST_ATTRIBUTES, SHAPE_KINDS
from groundset.outlines.act import Append, stated, write
from groundset.outlines.shape import Geometries, Shape, kind_of, problems_of
from groundset.outlines.source import Layer, read_file

if TYPE_CHECKING:
    from groundset.imagery.scene import Scene
    from groundset.lake import Lake
    from groundset.outlines.shapes import Shapes
    from groundset.taxonomy import Sheet

NAMESPACE = uuid.UUID("0d6b7d5e-7a58-4f43-9a1b-2c1f5f1f9e55")
_STRAIGHT = 0.05
"""Pixels by which a long edge may leave the course that it has in the file's CRS."""
_NOWHERE = 1e12
_OWN = ("kind", "score", "depth", "attributes", "import")
"""Columns of files that were written from shapes."""


@dataclass(frozen=True, slots=True)
class How:
    """How a file is read.

    Args:
        column: Column that names the class, by name or code.
        sheet: Maps the file's classes to the scheme.
        within: How far in time a dated feature may lie from the acquisition that it is matched to.
        label: Class of every feature, by name or code, in place of a column.
    """

    column: str = "class"
    sheet: Sheet | None = None
    within: timedelta | None = None
    label: str | None = None

    @classmethod
    def of(cls, column: str, sheet: str | Path | None, within: str | timedelta | None, label: str | None = None) -> How:
        """From what people write: the path of a sheet, ``3d``."""
        from groundset.taxonomy import read_sheet

        return cls(column, None if sheet is None else read_sheet(sheet), parse_within(within), label)

    def key(self, layer: Layer) -> str:
        """What ids of shapes are made from, so that the same file finds itself again."""
        sheet = None if self.sheet is None or self.sheet.path is None else sha256_file(Path(self.sheet.path))
        how = {"column": self.column, "within": str(self.within), "sheet": sheet}
        how |= {} if self.label is None else {"class": self.label}
        return f"{layer.sha256}|{json.dumps(how, sort_keys=True)}"

    def classes(self, layer: Layer) -> list[Any]:
        """What each feature's class is called.

        Raises:
            MissingError: The file has no such column.
        """
        return list(layer.column(self.column)) if self.label is None else [self.label] * len(layer.names)


def bring_file(
    lake: Lake,
    file: str | Path,
    *,
    task: str | None = None,
    actor: str,
    sheet: str | Path | None = None,
    column: str = "class",
    label: str | None = None,
    within: str | timedelta | None = None,
    progress: Listener | None = None,
) -> AnnotateReport:
    """Bring a vector file into an outline task; see :func:`bring`.

    Raises:
        MissingError: No such file, or it has no class column.
        InputError: The file cannot be read or does not fit; nothing was written.
    """
    from groundset.outlines.shapes import Shapes

    path = Path(file)
    if not path.exists():
        raise MissingError("no such file of labels", asked=path)
    shapes = Shapes(lake)
    how = How.of(column, sheet, within, label)
    return bring(
        shapes, read_file(path), how, task=task, actor=actor, append=lambda new, who: lake.annotate(new, actor=who),
        progress=progress,
    )  # fmt: skip


def bring(
    shapes: Shapes,
    layer: Layer,
    how: How,
    *,
    task: str | None,
    actor: str,
    append: Append,
    progress: Listener | None = None,
) -> AnnotateReport:
    """Bring the features of a file into an outline task, as one act with origin 4 (import).

    Each feature becomes a shape on every scene that it meets (dated ones on the nearest acquisition), in the scene's
    CRS, on the chip that holds its representative point. Polygons that cross themselves are kept as they are.

    Args:
        shapes: The workspace's shapes.
        layer: The features.
        how: How they are read.
        task: An outline task; may be left out where there is one.
        actor: Who brings them.
        append: Appends events.
        progress: Hears when all is placed, and when it is written.

    Raises:
        InputError: A class is not in the scheme, or nothing lies on a scene; nothing was written.
    """
    name = shapes.task(task)
    lake = shapes.lake
    scenes = [lake.scenes.get(i) for i in lake.scenes.ids() if shapes.places.chips(i)]
    if not scenes:
        raise InputError("there are no chips to label yet", found=lake.root, hint="run groundset ingest first")
    report = AnnotateReport(layer.name, name, "shapes", features=len(layer.names))
    scheme = lake.scheme(name)
    codes = translate(how.classes(layer), list(layer.names), scheme, how.sheet)
    report.skipped = int((codes == UNLABELLED).sum())
    count = Progress("annotating", len(layer.names), "shapes", progress)
    placed = _placed(layer, how, scenes, report)
    with folder_lock(lake.layout.cache / "annotate.lock", "an annotate"), no_collecting():
        new = _new(shapes, layer, how, placed, codes, report, name)
        source = {"file": layer.name, "sha256": layer.sha256}
        what = {"verb": "annotate", **source, "import": report.layer}
        events = stated(new, name, shapes.places)
        events = [replace(event, payload={**event.payload, "source": source}) for event in events]
        report.bulk, report.created = write(events, task=name, actor=actor, append=append, what=what)
    count.advance(len(layer.names))
    names = {c.code: c.name for c in scheme}
    for shape in new:
        report.counts[names[shape.code]] = report.counts.get(names[shape.code], 0) + 1
    return report


def _placed(layer: Layer, how: How, scenes: Sequence[Scene], report: AnnotateReport) -> list[OnScene]:
    """The features on each scene, in pixels of it."""
    column = next((c for c in layer.columns if c.lower() in DATE_COLUMNS), "")
    times: list[datetime | None] | None = None
    if column:
        times = [parse_time(v, n) for v, n in zip(layer.columns[column], layer.names, strict=True)]
    features = Features(layer.geometry, layer.crs, (), layer.names, times, column)
    met = [_on_scene(layer, scene) for scene in scenes if scene.geobox.crs is not None]
    check_met(features, met, scenes, layer.name)
    acquired = {p.scene.id: p.scene.datetime for p in met if len(p.index)}
    check_window(layer.name, column, times or (), acquired, given=how.within is not None)
    placed, unmatched = choose_by_date(features, met, how.within)
    if unmatched and not any(len(p.index) for p in placed):
        raise InputError(
            f"no feature of {layer.name} has an acquisition within the window",
            asked=f"within {how.within}",
            found="acquisitions " + ", ".join(sorted(f"{t:%Y-%m-%d %H:%M}" for t in acquired.values() if t)[:5]),
            hint="widen --within",
        )
    report.unmatched = len(unmatched)
    report.unmet = len(layer.names) - len(np.unique(np.concatenate([p.index for p in met])))
    return placed


def _on_scene(layer: Layer, scene: Scene) -> OnScene:
    """The features that meet a scene, in its pixels; edges that would bend get as many vertices as they need."""
    import shapely
    from pyproj import CRS, Transformer

    assert scene.geobox.crs is not None
    to_crs = Transformer.from_crs(layer.crs, CRS.from_wkt(scene.geobox.crs.to_wkt()), always_xy=True)
    back = ~scene.geobox.affine

    def pixels(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = to_crs.transform(points[:, 0], points[:, 1])
        col = back.a * np.asarray(x) + back.b * np.asarray(y) + back.c
        row = back.d * np.asarray(x) + back.e * np.asarray(y) + back.f
        return np.nan_to_num(np.round(np.stack([col, row], axis=1), 6), nan=_NOWHERE, posinf=_NOWHERE, neginf=-_NOWHERE)

    moved: Geometries = np.asarray(shapely.transform(layer.geometry, pixels))
    if to_crs.source_crs != to_crs.target_crs:
        step = STEP_DEGREES if layer.crs.is_geographic else STEP_METRES
        dense = shapely.segmentize(layer.geometry, step)
        long = shapely.get_num_coordinates(dense) > shapely.get_num_coordinates(layer.geometry)
        if long.any():
            bent = shapely.transform(dense[long], pixels)
            moved[long] = shapely.simplify(bent, _STRAIGHT, preserve_topology=False)
    extent = shapely.box(0, 0, scene.width, scene.height)
    meets = np.asarray(shapely.intersects(shapely.envelope(moved), extent))
    meets &= np.abs(shapely.bounds(moved)).max(axis=1, initial=0) < _NOWHERE  # beyond what the CRS can say
    sound = meets & shapely.is_valid(moved)
    meets[sound] = shapely.intersects(moved[sound], extent)
    index = np.flatnonzero(meets)
    return OnScene(scene, index, moved[index])


def _new(
    shapes: Shapes,
    layer: Layer,
    how: How,
    placed: Sequence[OnScene],
    codes: npt.NDArray[np.uint8],
    report: AnnotateReport,
    task: str,
) -> list[Shape]:
    """Shapes that are not there yet."""
    key = how.key(layer)
    report.layer = str(uuid.uuid5(NAMESPACE, f"{key}|{task}"))
    columns = {k: v for k, v in layer.columns.items() if how.label is not None or k != how.column}
    out: list[Shape] = []
    crossing: set[int] = set()
    for on_scene in placed:
        there = [(k, i) for k, i in enumerate(on_scene.index.tolist()) if codes[i] != UNLABELLED]
        ids = {i: str(uuid.uuid5(NAMESPACE, f"{key}|{task}|{on_scene.scene.id}|{i}")) for _, i in there}
        known = shapes.spoken_of(task, set(ids.values()))
        report.known += len(known)
        fresh = [(k, i) for k, i in there if ids[i] not in known]
        if not fresh:
            continue
        geometry = on_scene.geometry[[k for k, _ in fresh]]
        homes = shapes.places.homes(geometry, on_scene.scene.id)
        for (_, i), one, home, problem in zip(fresh, geometry, homes, problems_of(geometry), strict=True):
            said, cut = _properties({name: values[i] for name, values in columns.items()}, one)
            report.cut += cut
            crossing |= {i} if problem else set()
            out.append(Shape(ids[i], on_scene.scene.id, home, one, int(codes[i]), origin=Origin.IMPORT,
                             source=report.layer, problem=problem, **said))  # fmt: skip
    report.crossing = [layer.names[i] for i in sorted(crossing)]
    return out


def _properties(row: Mapping[str, Any], geometry: Any) -> tuple[dict[str, Any], int]:
    """Kind, score, depth and attributes of a feature, and how many attributes were cut."""
    said = {name: row[name] for name in _OWN if name in row}
    kind, score, depth = said.get("kind"), said.get("score"), said.get("depth")
    own = _own_attributes(said.get("attributes"))
    good = {
        "kind": kind in SHAPE_KINDS,
        "score": _is_share(score),
        "depth": _is_whole(depth),
        "attributes": own is not None,
    }
    strange = {name for name, fits in good.items() if not fits}
    values = {**{k: v for k, v in row.items() if k not in _OWN or k in strange}, **(own or {})}
    values.pop("import", None)
    told = {_short(str(k)): v for k, v in values.items() if v is not None}
    kept = {k: _short(v) for k, v in list(told.items())[:MOST_ATTRIBUTES]}
    cut = len(told) - len(kept) + sum(kept[k] != told[k] for k in kept)
    return {
        "kind": kind_of(geometry) if "kind" in strange else kind,
        "score": None if "score" in strange else score,
        "depth": 0 if "depth" in strange else int(depth),  # type: ignore[arg-type]  # a whole number
        "attributes": kept,
    }, cut


def _own_attributes(said: Any) -> dict[str, Any] | None:
    """The attributes that our own files have as an object, which GDAL gives as text."""
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return None
    return said if isinstance(said, dict) else None


def _short(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.encode("utf-8", "replace").decode()[:LONGEST_TEXT]


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
