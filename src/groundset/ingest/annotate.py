"""Labels from a file: points, polygons, rasters, CSV, an existing map. One file is one act that can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from groundset.lake import Lake

from groundset._files import folder_lock, sha256_file
from groundset.chips import Chip
from groundset.core import UNLABELLED, InputError, LabelMask, Listener, MissingError, Origin, Progress
from groundset.core.layout import Config, TaskConfig, TaskKind
from groundset.imagery.scene import Scene
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.answers import Answers
from groundset.ingest._annotate.burn import burn, holds, inside_scene
from groundset.ingest._annotate.classes import translate, translate_codes
from groundset.ingest._annotate.dates import check_window, parse_within
from groundset.ingest._annotate.features import Features, read_vector
from groundset.ingest._annotate.place import OnScene, check_met, choose_by_date, on_chips, on_scenes
from groundset.ingest._annotate.raster import CodeRaster, is_raster, open_codes
from groundset.ingest._annotate.report import AnnotateReport
from groundset.ingest._annotate.table import ChipRows, read_table
from groundset.taxonomy import Sheet, read_sheet

LEVEL = 0
"""Labels from files go to the coarsest level's chips."""


def annotate(
    lake: Lake,
    file: str | Path,
    *,
    task: str | None = None,
    actor: str,
    sheet: str | Path | None = None,
    column: str = "class",
    within: str | timedelta | None = None,
    progress: Listener | None = None,
) -> AnnotateReport:
    """Bring the labels of a file into the journal, as one bulk act with origin 4 (import).

    Polygons and points of any CRS are put on each scene that they meet: a polygon labels the pixels whose centre it
    holds, a point its pixel (or its chip, in a classify task); a later feature wins. A raster of class codes is
    warped onto the chips, nearest neighbour. A CSV names chips (``chip_id``) or places (``lon``, ``lat``; or ``x``,
    ``y``, ``crs``). The same file brought twice changes nothing; a second file adds to what the actor said before.

    Args:
        lake: The workspace.
        file: Vector file, raster or CSV.
        task: Task name; may be left out where only one fits the file.
        actor: Who answers.
        sheet: CSV that maps the file's class codes to the task's scheme.
        column: Column that names the class, by name or code.
        within: How far in time a dated feature (column ``datetime`` or ``date``) may lie from the acquisition that it
            is matched to: ``3d``, ``12h``. A date without time is that day's noon, UTC.
        progress: Hears each chip.

    Raises:
        InputError: The file cannot be read or does not fit; nothing was written.
    """
    path = Path(file)
    if not path.exists():
        raise MissingError("no such file of labels", asked=path)
    window = parse_within(within)
    mapping = None if sheet is None else read_sheet(sheet)
    scenes = _scenes(lake)
    with folder_lock(lake.layout.root / ".annotate.lock", "annotate"):
        if path.suffix.lower() in (".csv", ".txt"):
            table = read_table(path, column)
            if isinstance(table, ChipRows):
                act = _start(lake, path, _fit(lake.config, task, "a CSV of chips", "classify"), actor, sheet, column)
                return _chip_rows(act, table, mapping, progress)
            return _features(lake, path, table, scenes, task, actor, sheet, column, mapping, window, progress)
        if is_raster(path):
            act = _start(lake, path, _fit(lake.config, task, "a raster", "segment"), actor, sheet, column)
            with open_codes(path) as raster:
                return _raster(act, raster, scenes, mapping, progress)
        found = read_vector(path, column)
        return _features(lake, path, found, scenes, task, actor, sheet, column, mapping, window, progress)


def _features(
    lake: Lake,
    path: Path,
    features: Features,
    scenes: Sequence[Scene],
    task: str | None,
    actor: str,
    sheet: str | Path | None,
    column: str,
    mapping: Sheet | None,
    within: timedelta | None,
    progress: Listener | None,
) -> AnnotateReport:
    kinds: tuple[TaskKind, ...] = ("segment", "classify") if features.is_points else ("segment",)
    chosen = _fit(lake.config, task, "points" if features.is_points else "polygons", *kinds)
    codes = translate(features.values, features.names, lake.scheme(chosen.name), mapping)
    met = on_scenes(features, scenes)
    check_met(features, met, scenes, path.name)
    times = {p.scene.id: p.scene.datetime for p in met if len(p.index)}
    check_window(path.name, features.time_column, features.times or (), times, given=within is not None)
    placed, unmatched = choose_by_date(features, met, within)
    if unmatched and not any(len(p.index) for p in placed):
        raise InputError(
            f"no feature of {path.name} has an acquisition within the window",
            asked=f"within {within}",
            found=", ".join(sorted({f"{t:%Y-%m-%d %H:%M}" for t in times.values() if t is not None})[:5]),
            hint="widen --within",
        )
    act = _start(lake, path, chosen, actor, sheet, column, within)
    act.report.features = len(features)
    act.report.repaired = list(features.repaired)
    act.report.unmatched = len(unmatched)
    act.report.skipped = int((codes == UNLABELLED).sum())
    met_any = np.unique(np.concatenate([p.index for p in met]))
    act.report.unmet = len(features) - len(met_any)
    if chosen.kind == "classify":
        return _points_to_chips(act, placed, codes, progress)
    return _burn(act, placed, codes, progress)


def _burn(
    act: Act, placed: Sequence[OnScene], codes: npt.NDArray[np.uint8], progress: Listener | None
) -> AnnotateReport:
    hit = np.zeros(len(codes), bool)
    tried = np.zeros(len(codes), bool)

    def masks() -> Iterator[tuple[Chip, npt.NDArray[np.uint8]]]:
        for on_scene in placed:
            for chip, index, geometry in on_chips(on_scene, _chips(act.lake, on_scene.scene)):
                some = codes[index] != UNLABELLED
                tried[index[some]] = True
                inside = inside_scene(chip.window, on_scene.scene.width, on_scene.scene.height)
                burnt = burn(chip, geometry[some], codes[index[some]], inside)
                hit[index[some]] |= burnt.hit
                act.report.overlaps += burnt.overlaps
                yield chip, burnt.classes

    _add_masks(act, masks(), progress)
    act.report.missed = int((tried & ~hit).sum())
    if not hit.any() and tried.any():
        raise InputError("no feature covers the centre of a pixel", found=f"{int(tried.sum())} features too small")
    return act.commit({"verb": "annotate"})


def _raster(
    act: Act, raster: CodeRaster, scenes: Sequence[Scene], mapping: Sheet | None, progress: Listener | None
) -> AnnotateReport:
    met = [s for s in scenes if raster.meets(s)]
    if not met:
        raise InputError(
            f"{raster.path.name} lies on no scene",
            asked=raster.describe(),
            found=f"{len(scenes)} scenes: " + ", ".join(s.id for s in scenes[:5]),
            hint="check its CRS; without one it must have the size and file name of a scene without CRS",
        )
    found: set[int] = set()
    for scene in met:
        for chip in _chips(act.lake, scene):
            found.update(np.unique(raster.on_chip(chip)).tolist())
    table = translate_codes(found, act.scheme, mapping, raster.path.name)

    def masks() -> Iterator[tuple[Chip, npt.NDArray[np.uint8]]]:
        for scene in met:
            for chip in _chips(act.lake, scene):
                codes = raster.on_chip(chip)
                classes = np.full(codes.shape, UNLABELLED, np.uint8)
                for value in np.unique(codes).tolist():
                    classes[codes == value] = table[value]
                classes[~inside_scene(chip.window, scene.width, scene.height)] = UNLABELLED
                if (classes != UNLABELLED).any():
                    yield chip, classes

    _add_masks(act, masks(), progress)
    return act.commit({"verb": "annotate"})


def _add_masks(
    act: Act, masks: Iterable[tuple[Chip, npt.NDArray[np.uint8]]], progress: Listener | None, batch: int = 256
) -> None:
    count = Progress("annotating", None, "chips", progress)
    waiting: list[tuple[Chip, npt.NDArray[np.uint8]]] = []
    for pair in masks:
        waiting.append(pair)
        if len(waiting) == batch:
            _flush(act, waiting, count)
            waiting = []
    _flush(act, waiting, count)


def _flush(act: Act, waiting: Sequence[tuple[Chip, npt.NDArray[np.uint8]]], count: Progress) -> None:
    new = []
    for chip, classes in waiting:
        if (classes == UNLABELLED).all():
            continue
        event_id = act.event_id(str(chip.id))
        if event_id is None:
            act.report.known += 1
        else:
            new.append((chip, event_id, classes))
    bases = act.bases([str(c.id) for c, _, _ in new]) if new else {}
    for chip, event_id, classes in new:
        base = bases.get(str(chip.id))
        before = None if base is None else act.lake.masks.get(base)
        act.add_mask(chip, event_id, LabelMask.of(classes, Origin.IMPORT), before)
    count.advance(len(waiting))


def _points_to_chips(
    act: Act, placed: Sequence[OnScene], codes: npt.NDArray[np.uint8], progress: Listener | None
) -> AnnotateReport:
    import shapely

    answers = Answers(act)
    count = Progress("annotating", None, "chips", progress)
    for on_scene in placed:
        for chip, index, geometry in on_chips(on_scene, _chips(act.lake, on_scene.scene)):
            inside = inside_scene(chip.window, on_scene.scene.width, on_scene.scene.height)
            for i, g in zip(index, geometry, strict=True):
                if codes[i] != UNLABELLED and any(holds(chip, (p.x, p.y), inside) for p in shapely.get_parts(g)):
                    answers.add(chip, int(codes[i]))
            count.advance()
    return answers.commit()


def _chip_rows(act: Act, rows: ChipRows, mapping: Sheet | None, progress: Listener | None) -> AnnotateReport:
    unknown = [(i, n) for i, n in zip(rows.chip_ids, rows.names, strict=True) if i not in act.lake.chips]
    if unknown:
        raise MissingError(
            "no such chip in this workspace",
            asked=", ".join(f"{i!r} ({n})" for i, n in unknown[:5]) + (" ..." if len(unknown) > 5 else ""),
            found=f"{len(act.lake.chips)} chips",
            hint="the form is SCENE_LEVEL_ROW_COL",
        )
    codes = translate(rows.values, rows.names, act.scheme, mapping)
    act.report.features = len(rows)
    act.report.skipped = int((codes == UNLABELLED).sum())
    answers = Answers(act)
    count = Progress("annotating", len(rows), "rows", progress)
    for chip_id, code in zip(rows.chip_ids, codes.tolist(), strict=True):
        if code != UNLABELLED:
            answers.add(act.lake.chips.get(chip_id), code)
        count.advance()
    return answers.commit()


def _fit(config: Config, task: str | None, what: str, *kinds: TaskKind) -> TaskConfig:
    named = next((t for t in config.tasks if t.name == task), None)
    if named is not None and named.kind not in kinds:
        fits = ", ".join(t.name for t in config.tasks if t.kind in kinds) or "no task of this workspace"
        raise InputError(
            f"{what} cannot answer a {named.kind} task",
            asked=named.name,
            found=f"{what} fit: {fits}",
            hint="name one of these with --task",
        )
    return config.task(task, *kinds)


def _start(
    lake: Lake,
    path: Path,
    task: TaskConfig,
    actor: str,
    sheet: str | Path | None,
    column: str,
    within: timedelta | None = None,
) -> Act:
    sha256 = sha256_file(path) if path.is_file() else _folder_sum(path)
    how = {"column": column, "sheet": None if sheet is None else sha256_file(Path(sheet)), "within": str(within)}
    source: dict[str, object] = {"file": path.name, "sha256": sha256}
    if sheet is not None:
        source["sheet"] = Path(sheet).name
    kind = "answer" if task.kind == "classify" else "mask"
    report = AnnotateReport(source=path.name, task=task.name, kind=kind)
    return Act(lake, task, actor, key=f"{sha256}|{json.dumps(how, sort_keys=True)}", source=source, report=report)


def _folder_sum(path: Path) -> str:
    import hashlib

    sums = [f"{p.relative_to(path)} {sha256_file(p)}" for p in sorted(path.rglob("*")) if p.is_file()]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


def _scenes(lake: Lake) -> list[Scene]:
    with_chips = {part.rpartition("_")[0] for part in lake.chips.parts()}
    scenes = [lake.scenes.get(i) for i in lake.scenes.ids() if i in with_chips]
    if not scenes:
        raise InputError("there are no chips to label yet", found=lake.root, hint="run groundset ingest first")
    return scenes


def _chips(lake: Lake, scene: Scene) -> list[Chip]:
    return list(lake.chips.chips(f"{scene.id}_{LEVEL}"))
