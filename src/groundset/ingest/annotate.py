"""Labels from a file: points, polygons, rasters, CSV, an existing map. One file is one act that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundset._files import folder_lock
from groundset.chips import Chip
from groundset.core import UNLABELLED, InputError, LabelMask, Listener, MissingError, Origin, Progress, few
from groundset.core.layout import TaskKind
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.answers import Answers
from groundset.ingest._annotate.burn import burn, holds, inside_scene
from groundset.ingest._annotate.call import Call, chips_of
from groundset.ingest._annotate.classes import translate, translate_codes
from groundset.ingest._annotate.dates import check_window, parse_within
from groundset.ingest._annotate.features import Features, read_vector
from groundset.ingest._annotate.place import OnScene, check_met, choose_by_date, on_chips, on_scenes
from groundset.ingest._annotate.raster import CodeRaster, is_raster, open_codes
from groundset.ingest._annotate.report import AnnotateReport
from groundset.ingest._annotate.table import ChipRows, read_table
from groundset.lake import Lake
from groundset.taxonomy import read_sheet

UInt8 = npt.NDArray[np.uint8]
_WHAT = {"verb": "annotate"}
_BATCH = 256


def annotate(
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
    """Bring the labels of a file into the journal, as one bulk act with origin 4 (import).

    Polygons and points of any CRS are put on each scene that they meet: a polygon labels the pixels whose centre it
    holds, a point its pixel (or its chip, in a classify task); a later feature wins. A raster of class codes is
    warped onto the chips, nearest neighbour. A CSV names chips (``chip_id``) or places (``lon``, ``lat``; or ``x``,
    ``y``, ``crs``). Chips of level 0 are labelled. The same file brought twice changes nothing; each file is a layer
    of its own: of two that say something of one pixel the later counts, and undoing either takes back only its pixels.

    Args:
        lake: The workspace.
        file: Vector file, raster or CSV.
        task: Task name; may be left out where only one fits the file.
        actor: Who answers.
        sheet: CSV that maps the file's classes to the task's scheme.
        column: Column that names the class, by name or code.
        label: Class of every feature or row, by name or code, in place of a column.
        within: How far in time a dated feature (column ``datetime`` or ``date``) may lie from the acquisition that it
            is matched to: ``3d``, ``12h``. A date without time is that day's noon, UTC.
        progress: Hears each chip.

    Raises:
        InputError: The file cannot be read or does not fit; nothing was written.
    """
    path = Path(file)
    if not path.exists():
        raise MissingError("no such file of labels", asked=path)
    call = Call(
        lake=lake,
        path=path,
        task=task,
        actor=actor,
        sheet=None if sheet is None else read_sheet(sheet),
        column=column,
        label=label,
        within=parse_within(within),
        progress=progress,
    )
    with folder_lock(lake.layout.cache / "annotate.lock", "an annotate"):
        if path.suffix.lower() in (".csv", ".txt"):
            table = read_table(path, column, label)
            return _chip_rows(call, table) if isinstance(table, ChipRows) else _features(call, table)
        if is_raster(path):
            if label is not None:
                raise InputError(
                    "a raster says the class of each pixel itself", asked=f"{path.name} as {label}",
                    hint="leave the class out; a sheet maps its codes to the scheme",
                )  # fmt: skip
            with open_codes(path) as raster:
                return _raster(call, raster)
        return _features(call, read_vector(path, column, label))


def _features(call: Call, features: Features) -> AnnotateReport:
    scenes = call.scenes()
    kinds: tuple[TaskKind, ...] = ("segment", "classify") if features.is_points else ("segment",)
    act = call.act("points" if features.is_points else "polygons", *kinds)
    codes = translate(features.values, features.names, act.scheme, call.sheet)
    met = on_scenes(features, scenes)
    check_met(features, met, scenes, call.path.name)
    times = {p.scene.id: p.scene.datetime for p in met if len(p.index)}
    check_window(call.path.name, features.time_column, features.times or (), times, given=call.within is not None)
    placed, unmatched = choose_by_date(features, met, call.within)
    if unmatched and not any(len(p.index) for p in placed):
        raise InputError(
            f"no feature of {call.path.name} has an acquisition within the window",
            asked=f"within {call.within}",
            found="acquisitions " + ", ".join(sorted(f"{t:%Y-%m-%d %H:%M}" for t in times.values() if t)[:5]),
            hint="widen --within",
        )
    act.report.features = len(features)
    act.report.repaired = list(features.repaired)
    act.report.unmatched = len(unmatched)
    act.report.skipped = int((codes == UNLABELLED).sum())
    act.report.unmet = len(features) - len(np.unique(np.concatenate([p.index for p in met])))
    return (_points_to_chips if act.task.kind == "classify" else _burn)(call, act, placed, codes)


def _burn(call: Call, act: Act, placed: Sequence[OnScene], codes: UInt8) -> AnnotateReport:
    hit = np.zeros(len(codes), bool)
    tried = np.zeros(len(codes), bool)

    def masks() -> Iterator[tuple[Chip, UInt8]]:
        for on_scene in placed:
            for chip, index, geometry in on_chips(on_scene, chips_of(call.lake, on_scene.scene)):
                some = codes[index] != UNLABELLED
                tried[index[some]] = True
                inside = inside_scene(chip.window, on_scene.scene.width, on_scene.scene.height)
                burnt = burn(chip, geometry[some], codes[index[some]], inside)
                hit[index[some]] |= burnt.hit
                act.report.overlaps += burnt.overlaps
                yield chip, burnt.classes

    _add_masks(call, act, masks())
    act.report.missed = int((tried & ~hit).sum())
    if tried.any() and not hit.any():
        raise InputError(
            "no feature covers the centre of a pixel",
            found=f"{int(tried.sum())} features that meet chips",
            hint="they are smaller than a pixel; give points instead",
        )
    return act.commit(_WHAT)


def _raster(call: Call, raster: CodeRaster) -> AnnotateReport:
    act = call.act("a raster", "segment")
    scenes = call.scenes()
    met = [s for s in scenes if raster.meets(s)]
    if not met:
        raise InputError(
            f"{call.path.name} lies on no scene",
            asked=raster.describe(),
            found=f"{len(scenes)} scenes: " + ", ".join(s.id for s in scenes[:5]),
            hint="check its CRS; without one it must have the size and file name of a scene without CRS",
        )

    def codes() -> Iterator[tuple[Chip, npt.NDArray[np.int32]]]:
        for scene in met:
            for chip in chips_of(call.lake, scene):
                inside = inside_scene(chip.window, scene.width, scene.height)
                yield chip, np.where(inside, raster.on_chip(chip), UNLABELLED).astype(np.int32)

    found: set[int] = set()
    for _, values in codes():
        found.update(np.unique(values).tolist())
    table = translate_codes(found, act.scheme, call.sheet, call.path.name)
    _add_masks(call, act, ((chip, _apply(values, table)) for chip, values in codes()))
    if act.is_empty:
        raise InputError(f"{call.path.name} labels no pixel of a chip", asked=raster.describe(), found="nodata or 255")
    return act.commit(_WHAT)


def _apply(values: npt.NDArray[np.int32], table: dict[int, int]) -> UInt8:
    unique, inverse = np.unique(values, return_inverse=True)
    return np.array([table[int(v)] for v in unique], np.uint8)[inverse].reshape(values.shape)


def _add_masks(call: Call, act: Act, masks: Iterable[tuple[Chip, UInt8]]) -> None:
    count = Progress("annotating", None, "chips", call.progress)
    rest = iter(masks)
    while some := list(islice(rest, _BATCH)):
        new = []
        for chip, classes in some:
            if (classes == UNLABELLED).all():
                continue
            event_id = act.event_id(str(chip.id))
            if event_id is not None:
                new.append((chip, event_id, LabelMask.of(classes, Origin.IMPORT)))
        act.add_masks(new)
        count.advance(len(some))


def _points_to_chips(call: Call, act: Act, placed: Sequence[OnScene], codes: UInt8) -> AnnotateReport:
    import shapely

    answers = Answers(act)
    count = Progress("annotating", None, "chips", call.progress)
    for on_scene in placed:
        for chip, index, geometry in on_chips(on_scene, chips_of(call.lake, on_scene.scene)):
            inside = inside_scene(chip.window, on_scene.scene.width, on_scene.scene.height)
            for i, g in zip(index, geometry, strict=True):
                if codes[i] != UNLABELLED and any(holds(chip, (p.x, p.y), inside) for p in shapely.get_parts(g)):
                    answers.add(chip, int(codes[i]))
            count.advance()
    return answers.commit(_WHAT)


def _chip_rows(call: Call, rows: ChipRows) -> AnnotateReport:
    act = call.act("a CSV of chips", "classify")
    chips = call.lake.chips
    unknown = [f"{i!r} ({n})" for i, n in zip(rows.chip_ids, rows.names, strict=True) if i not in chips]
    if unknown:
        raise MissingError(
            "no such chip in this workspace",
            asked=few(unknown),
            found=f"{len(chips)} chips",
            hint="the form is SCENE_LEVEL_ROW_COL",
        )
    codes = translate(rows.values, rows.names, act.scheme, call.sheet)
    act.report.features = len(rows)
    act.report.skipped = int((codes == UNLABELLED).sum())
    answers = Answers(act)
    count = Progress("annotating", len(rows), "rows", call.progress)
    for chip_id, code in zip(rows.chip_ids, codes.tolist(), strict=True):
        if code != UNLABELLED:
            answers.add(chips.get(chip_id), code)
        count.advance()
    return answers.commit(_WHAT)
