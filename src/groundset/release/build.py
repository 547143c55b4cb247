"""Making a release, and making it again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundset._files import atomic_dir, write_text
from groundset.chips import Chip
from groundset.core import ConflictError, InputError, Listener, Progress, Scheme, check_name, safe_name
from groundset.imagery import Scene
from groundset.release import _json
from groundset.release._wide import wide
from groundset.release.changes import changelog, former_labels, labels_of, licence
from groundset.release.chip_files import Batch, ChipWork, Written, write_batch
from groundset.release.collection import (
    collection_base,
    copy_model,
    item_file,
    write_collection,
    write_scene,
)
from groundset.release.documents import write_documents
from groundset.release.facts import (
    BandStatistics,
    ChipFacts,
    FileFacts,
    ModelFacts,
    Provenance,
    ReleaseFacts,
    SourceFacts,
)
from groundset.release.items import chip_item, outlines_of, public_hrefs
from groundset.release.moments import statistics
from groundset.release.plan import places_of
from groundset.release.rasters import image_bands
from groundset.release.recipe import Recipe, read_recipe, versions
from groundset.release.release import Release
from groundset.release.splits import Splits, assign_splits
from groundset.release.table import write_table
from groundset.taxonomy import read_scheme, write_scheme

if TYPE_CHECKING:
    from groundset.core.layout import TaskConfig
    from groundset.journal import TaskLabels
    from groundset.lake import Lake

_BATCH = 32
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the parts come from that may have changed in the workspace since: the workspace, or the first release."""

    scheme: Scheme
    sheets: Path
    models: Path
    changes: str | None = None


def build(
    lake: Lake,
    name: str,
    *,
    task: str | None = None,
    splits: Sequence[float] = (70, 15, 15),
    block: str | float | None = None,
    buffer: str | float = "0.1km",
    license: str | None = None,  # noqa: A002  # STAC's own name
    seed: int = 0,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> Release:
    """Freeze the labels of a task with imagery, splits and description in ``releases/NAME``.

    It appears whole or not at all, and is never changed afterwards. Chips without a label are left out.

    Args:
        lake: The workspace.
        name: Name of the release; must be new.
        task: A segment or classify task (default: the only one with labels).
        splits: Shares of train, validate and test.
        block: Side of a spatial block (``"1km"``); None to choose.
        buffer: Smallest distance between chips of two splits.
        license: SPDX name (default: that of ``[release]``, else ``other``).
        seed: Seed of all choices.
        executor: Writes chips wide; processes are best.
        progress: Hears each step.

    Raises:
        ConflictError: The release exists.
        InputError: No labels, scenes without a time (names them), bad options, or a split without a class where
            ``block`` is given.
    """
    target = lake.layout.releases / check_name(name, "release")
    if target.exists():
        raise ConflictError(
            "this release is there already, and releases are never changed",
            found=target,
            hint="take another name, such as the next version",
        )
    chosen = _task(lake, task)
    labels = lake.labels(chosen.name)
    scheme = lake.scheme(chosen.name)
    recipe = _recipe(lake, name, chosen, labels, scheme, splits, block, buffer, license, seed)
    origin = _Origin(scheme, lake.root / "sheets", lake.layout.models)
    return _make(lake, recipe, origin, labels, target, executor, progress)


def rebuild(
    lake: Lake,
    release_path: str | Path,
    *,
    to: str | Path,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> Release:
    """Make a release again in a new folder, from the journal as it was then; every checksum comes out the same.

    Args:
        lake: The workspace that it was made from; newer annotations do not matter.
        release_path: The release; its own scheme, sheets and models are taken.
        to: A folder that is not there yet, or empty.
        executor: Writes chips wide.
        progress: Hears each step.

    Raises:
        ConflictError: ``to`` holds something; or a file came out different, naming files and versions.
    """
    source, target = Path(release_path), Path(to)
    recipe = read_recipe(source)
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if target.exists():
        raise ConflictError("a release is made again in an empty folder", found=target, hint="name another folder")
    scheme = replace(read_scheme(source / "scheme.csv"), name=recipe.scheme_name)
    labels = lake.labels(recipe.task, as_of=recipe.seq)
    now = replace(recipe, versions=versions())
    changes = (source / "CHANGELOG.md").read_text("utf-8")
    origin = _Origin(scheme, source / "sheets", source / "models", changes)
    made = _make(lake, now, origin, labels, target, executor, progress)
    different = made.differences(source)
    if different:
        raise ConflictError(
            "the release came out different",
            asked=f"{source} with {_told(recipe.versions)}",
            found=f"{', '.join(different[:5])}{' ...' if len(different) > 5 else ''} with {_told(now.versions)}",
            hint=f"compare with {target}",
        )
    return made


def _make(
    lake: Lake,
    recipe: Recipe,
    origin: _Origin,
    labels: TaskLabels,
    target: Path,
    executor: Executor | None,
    progress: Listener | None,
) -> Release:
    chips = _chips(lake, labels)
    scenes = _scenes(lake, chips)
    with atomic_dir(target) as root:
        (root / "items").mkdir()
        batches = list(_batches(lake, recipe, origin.scheme, labels, chips, scenes, root / "items"))
        count = Progress("writing chips", len(chips), "chips", progress)
        done: list[Written] = []
        with closing(wide(executor, write_batch, batches)) as finished:
            for batch, written in finished:
                done += written
                count.advance(len(batch.work))
        if not done:
            raise _no_labels(recipe.task)
        _Maker(lake, recipe, origin, labels, root, chips, scenes, sorted(done, key=lambda w: w.id)).finish(progress)
    return Release(target)


class _Maker:
    """The second half: all that needs to know every chip."""

    def __init__(
        self,
        lake: Lake,
        recipe: Recipe,
        origin: _Origin,
        labels: TaskLabels,
        root: Path,
        chips: Mapping[str, Chip],
        scenes: Mapping[str, Scene],
        written: list[Written],
    ) -> None:
        self.lake, self.recipe, self.origin, self.labels, self.root = lake, recipe, origin, labels, root
        self.written, self.scenes = written, scenes
        self.chips = [chips[w.id] for w in written]
        self.outlines = outlines_of(self.chips)
        used = {c.id.scene for c in self.chips}
        self.bands = image_bands(_same_bands({i: s for i, s in scenes.items() if i in used}))

    def finish(self, progress: Listener | None) -> None:
        root, recipe, scheme = self.root, self.recipe, self.origin.scheme
        splits = self._splits()
        stats = self._statistics(splits)
        items, files = self._items(splits, progress)
        used = {c.id.scene for c in self.chips}
        scenes = [write_scene(root, s) for i, s in sorted(self.scenes.items()) if i in used]
        names = sorted({m for w in self.written for m in w.models})
        models = tuple(copy_model(self.origin.models, root, m) for m in names)
        base = collection_base(recipe, scheme, self.bands, items, stats)
        write_table(root / "chips.parquet", items, base)
        write_scheme(root / "scheme.csv", scheme)
        (root / "sheets").mkdir()
        for sheet in sorted(self.origin.sheets.glob("*.csv")):
            shutil.copyfile(sheet, root / "sheets" / sheet.name)
        changes = self._changes(items)
        write_text(root / "CHANGELOG.md", changes)
        write_text(root / "LICENSE", licence(recipe))
        facts = self._facts(splits, stats, models, changes)
        _json.write(root, "release.json", _record(facts, recipe))
        write_documents(root, facts)
        write_collection(root, base, files, scenes, names)

    def _splits(self) -> Splits:
        other = self.origin.scheme.not_applicable
        classes = [{c: n for c, n in w.class_counts.items() if other is None or c != other.name} for w in self.written]
        places = places_of(self.chips, classes, [w.fingerprint for w in self.written])
        recipe = self.recipe
        return assign_splits(
            places, fractions=recipe.fractions, block=recipe.block, buffer=recipe.buffer, seed=recipe.seed
        )

    def _statistics(self, splits: Splits) -> tuple[BandStatistics, ...]:
        return statistics((w.moments for w in self.written if splits.splits[w.id] == "train"), self.bands.names)

    def _items(self, splits: Splits, progress: Listener | None) -> tuple[list[dict[str, Any]], list[FileFacts]]:
        count = Progress("describing chips", len(self.written), "chips", progress)
        items, files = [], []
        for chip, outline, written in zip(self.chips, self.outlines, self.written, strict=True):
            scene = self.scenes[chip.id.scene]
            actors = len(self.labels.actors(written.id))
            split = splits.splits[written.id]
            item = chip_item(self.recipe, self.origin.scheme, self.bands, scene, chip, outline, written, split, actors)
            items.append(item)
            files.append(item_file(self.root, item))
            count.advance()
        return items, files

    def _changes(self, items: Iterable[Mapping[str, Any]]) -> str:
        former = self.recipe.former
        if self.origin.changes is not None and not (self.lake.layout.releases / str(former)).is_dir():
            return self.origin.changes  # the former release is gone: what was said of it stands
        before = None if former is None else former_labels(self.lake.layout.releases / former)
        return changelog(self.recipe, labels_of(items), before)

    def _facts(
        self, splits: Splits, stats: tuple[BandStatistics, ...], models: tuple[ModelFacts, ...], changes: str
    ) -> ReleaseFacts:
        recipe = self.recipe
        return ReleaseFacts(
            name=recipe.name,
            title=recipe.title,
            description=recipe.description,
            license=recipe.license,
            license_stated=recipe.license_stated,
            created=datetime.fromisoformat(recipe.created),
            task=recipe.task,
            kind=recipe.kind,
            scheme=self.origin.scheme,
            bands=self.bands,
            chips=[
                self._chip_facts(c, o[0], w, splits)
                for c, o, w in zip(self.chips, self.outlines, self.written, strict=True)
            ],
            split=splits.report,
            statistics=stats,
            sources=self._sources(),
            provenance=Provenance(recipe.seq, recipe.seed, recipe.call, recipe.versions),
            models=models,
            providers=recipe.providers,
            doi=recipe.doi,
            former=recipe.former,
            changes=changes,
            warnings=splits.report.warnings,
        )

    def _chip_facts(
        self, chip: Chip, footprint: Mapping[str, Any] | None, written: Written, splits: Splits
    ) -> ChipFacts:
        assert chip.datetime is not None
        rows, cols = chip.geobox.shape
        crs = chip.geobox.crs
        return ChipFacts(
            id=written.id,
            scene_id=chip.id.scene,
            split=splits.splits[written.id],
            datetime=chip.datetime,
            shape=(int(rows), int(cols)),
            crs=None if crs is None else f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt(),
            footprint=footprint,
            group=chip.group,
            class_counts=written.class_counts,
            origin_counts=written.origin_counts,
            methods=written.methods,
            actors=len(self.labels.actors(written.id)),
            valid_fraction=written.valid_fraction,
            files=written.files,
        )

    def _sources(self) -> tuple[SourceFacts, ...]:
        counts: dict[str, int] = {}
        for chip in self.chips:
            counts[chip.id.scene] = counts.get(chip.id.scene, 0) + 1
        out = []
        for scene_id, n in sorted(counts.items()):
            scene = self.scenes[scene_id]
            assert scene.datetime is not None
            hrefs = (f"scenes/{scene_id}.json", *public_hrefs(scene))
            out.append(SourceFacts(scene_id, scene.sensor, scene.datetime, hrefs, n))
        return tuple(out)


def _task(lake: Lake, name: str | None) -> TaskConfig:
    if name is not None:
        chosen = lake.config.task(name, "segment", "classify")
    else:
        tasks = [t for t in lake.config.tasks if t.kind != "outline" and lake.journal.count(t.name)]
        if not tasks:
            raise _no_labels(None)
        if len(tasks) > 1:
            raise InputError(
                "more than one task has labels", found=", ".join(t.name for t in tasks), hint="name one with --task"
            )
        chosen = tasks[0]
    if not lake.journal.count(chosen.name):
        raise _no_labels(chosen.name)
    return chosen


def _no_labels(task: str | None) -> InputError:
    return InputError(
        "there are no labels to release",
        asked=None if task is None else f"task {task}",
        found="no annotated chip",
        hint="annotate some chips first (groundset annotate), then propose the rest (groundset segment)",
    )


def _recipe(
    lake: Lake,
    name: str,
    task: TaskConfig,
    labels: TaskLabels,
    scheme: Scheme,
    splits: Sequence[float],
    block: str | float | None,
    buffer: str | float,
    license: str | None,  # noqa: A002
    seed: int,
) -> Recipe:
    config = lake.config.release
    stated = license or config.license
    if stated is not None and not _LICENSE.fullmatch(stated):
        raise InputError("a licence is an SPDX name", asked=repr(stated), hint="such as CC-BY-4.0, or leave it out")
    used = [e for chip in labels.chip_ids for e in labels.events(chip)]
    return Recipe(
        name=name,
        collection_id=f"{safe_name(lake.config.name)}-{name}",
        task=task.name,
        kind=task.kind,
        multi=task.multi,
        scheme_name=scheme.name,
        seq=labels.as_of,
        created=_json.rfc3339(max(e.at for e in used)),
        fractions=tuple(float(f) for f in splits),
        block=block,
        buffer=buffer,
        seed=seed,
        title=config.title or f"{lake.config.name} {name}",
        description=config.description or f"Labels of the task {task.name} of {lake.config.name}, made with Groundset.",
        license=stated or "other",
        license_stated=stated is not None,
        providers=tuple(dict(p) for p in config.providers),
        doi=config.doi,
        former=_former(lake),
        versions=versions(),
    )


def _former(lake: Lake) -> str | None:
    """The release whose labels are the newest, of those that are there."""
    there = [p for p in lake.layout.releases.glob("*/release.json") if not p.parent.name.startswith(".")]
    known = [(read_recipe(p.parent).seq, p.stat().st_mtime_ns, p.parent.name) for p in there]
    return max(known)[2] if known else None


def _chips(lake: Lake, labels: TaskLabels) -> dict[str, Chip]:
    wanted = set(labels.chip_ids)
    return {str(c.id): c for c in lake.chips.chips() if str(c.id) in wanted}


def _scenes(lake: Lake, chips: Mapping[str, Chip]) -> dict[str, Scene]:
    """The scenes of the chips; each must have a time."""
    scenes = {i: lake.scenes.get(i) for i in sorted({c.id.scene for c in chips.values()})}
    timeless = [i for i, s in scenes.items() if s.datetime is None]
    if timeless:
        raise InputError(
            "a release needs the acquisition time of every scene",
            found=f"no time for {', '.join(timeless[:10])}{' ...' if len(timeless) > 10 else ''}",
            hint="ingest them again with --time, such as --time 2024-06-01T10:30:00Z",
        )
    return scenes


def _same_bands(scenes: Mapping[str, Scene]) -> Any:
    """The bands that all scenes share; a release has one."""
    first = next(iter(scenes.values()))
    for scene in scenes.values():
        if scene.bands != first.bands:
            raise InputError(
                "the scenes of a release must have the same bands",
                asked=f"{first.id}: {', '.join(first.bands.names)}",
                found=f"{scene.id}: {', '.join(scene.bands.names)}, or other scales, nodata or types",
                hint="make one workspace for each set of bands",
            )
    return first.bands


def _batches(
    lake: Lake,
    recipe: Recipe,
    scheme: Scheme,
    labels: TaskLabels,
    chips: Mapping[str, Chip],
    scenes: Mapping[str, Scene],
    folder: Path,
) -> Iterator[Batch]:
    """Chips in the order in which they lie in their scene, a few at a time."""
    stretches: dict[str, Any] = {}
    ordered = sorted(chips.values(), key=lambda c: (c.id.scene, c.id.level, c.window.y_off, c.window.x_off))
    by_scene: dict[str, list[ChipWork]] = {}
    for chip in ordered:
        part = lake.chips.row(chip.id)[0]
        if part not in stretches:
            stretches[part] = lake.quicklooks.stretch(part) if lake.quicklooks.has(part) else None
        work = ChipWork(chip, tuple(labels.events(chip.id)), stretches[part])
        by_scene.setdefault(chip.id.scene, []).append(work)
    for scene_id, work_list in by_scene.items():
        for start in range(0, len(work_list), _BATCH):
            yield Batch(
                folder=folder,
                scene=scenes[scene_id],
                cache=lake.layout.cache,
                masks=lake.layout.masks,
                task=recipe.task,
                segment=recipe.kind == "segment",
                multi=recipe.multi,
                scheme=scheme,
                work=tuple(work_list[start : start + _BATCH]),
            )


def _record(facts: ReleaseFacts, recipe: Recipe) -> dict[str, Any]:
    """``release.json``."""
    return {
        "recipe": recipe.as_json(),
        "chips": len(facts.chips),
        "class_counts": facts.class_counts,
        "split": asdict(facts.split),
        "statistics": [asdict(s) for s in facts.statistics],
        "models": [asdict(m) for m in facts.models],
    }


def _told(versions_: Mapping[str, str]) -> str:
    return ", ".join(f"{k} {v}" for k, v in versions_.items())
