"""Making a release, and making it again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundset._files import atomic_dir
from groundset.chips import Chip
from groundset.core import ConflictError, Listener, Progress, Scheme, safe_name
from groundset.imagery import Scene
from groundset.release import _json
from groundset.release._batches import batches
from groundset.release._wide import wide
from groundset.release.chip_files import write_batch
from groundset.release.facts import GROUND_CHIPS
from groundset.release.kinds.base import Labels
from groundset.release.kinds.of import KINDS
from groundset.release.licence import OTHER, spdx
from groundset.release.maker import Maker, Origin, places_written, split
from groundset.release.plan import places_of
from groundset.release.recipe import Recipe, read_recipe, versions
from groundset.release.release import Release
from groundset.release.request import check_request, check_times, no_labels
from groundset.release.series import PlaceLabels, series_of
from groundset.release.unlabelled import apart, distinct, with_unlabelled
from groundset.release.written import Batch, Written
from groundset.taxonomy import read_scheme

if TYPE_CHECKING:
    from groundset.core.layout import TaskConfig
    from groundset.lake import Lake


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
    unlabelled: bool = False,
    scenes: Sequence[str] = (),
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> Release:
    """Freeze the labels of a task with imagery, splits and description in ``releases/NAME``.

    It appears whole or not at all, and is never changed afterwards. Chips without a label are left out, unless
    ``unlabelled`` keeps them. In an outline task a chip has a label where a shape lies on it or it is marked complete.

    Args:
        lake: The workspace.
        name: Name of the release; must be new.
        task: The task (default: the segment task that has labels, where exactly one has; else the only task with
            labels). The summary names it.
        splits: Shares of train, validate and test.
        block: Side of a spatial block (``"1km"``); None to choose.
        buffer: Smallest distance between chips of two splits.
        license: SPDX name (default: that of ``[release]``, else ``other``).
        seed: Seed of all choices.
        unlabelled: Keep chips without a label too, for semi-supervised work, in the split ``unlabelled``: those of the
            levels and bands of the labelled ones, outside of the blocks of validate and test and of their buffer.
        scenes: Only chips of these scenes (default: of all); those with other bands need a release of their own.
        executor: Writes chips wide; processes are best.
        progress: Hears each step.

    Raises:
        ConflictError: The release exists.
        InputError: No labels, no task named and several to choose from, scenes without a time or with other bands
            (names them), bad options, or a split without a class where ``block`` is given.
        MissingError: No scene of a name in ``scenes``.
    """
    chosen = check_request(
        lake, name, task=task, splits=splits, block=block, buffer=buffer, license=license, scenes=scenes
    )
    target = lake.layout.releases / name
    labels = KINDS[chosen.kind].labels(lake, chosen.name, scenes=scenes)
    if not KINDS[chosen.kind].there(labels):
        raise no_labels(chosen.name, KINDS[chosen.kind].how)
    series = series_of(lake, chosen, labels, scenes)
    scheme = lake.scheme(chosen.name)
    recipe = _recipe(lake, name, chosen, labels, scheme, splits, block, buffer, license, seed)
    if chosen.kind == "outline":
        recipe = replace(recipe, ground=GROUND_CHIPS)
    recipe = replace(recipe, about=chosen.about, series=series, scenes=tuple(sorted(set(scenes))))
    if unlabelled:
        recipe = replace(recipe, parts=tuple(sorted(lake.chips.parts())))
    origin = Origin(scheme, lake.root / "sheets", lake.layout.models)
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
    labels = KINDS[recipe.kind].labels(lake, recipe.task, recipe.seq, recipe.scenes)
    now = replace(recipe, versions=versions())
    changes = (source / "CHANGELOG.md").read_text("utf-8")
    origin = Origin(scheme, source / "sheets", source / "models", changes)
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
    origin: Origin,
    labels: Labels,
    target: Path,
    executor: Executor | None,
    progress: Listener | None,
) -> Release:
    if recipe.about != "date":
        labels = PlaceLabels(lake, labels, recipe.series)
    chips = _chips(lake, labels)
    scenes = _scenes(lake, chips)
    with atomic_dir(target, all_ours=target.parent == lake.layout.releases) as root:
        (root / "items").mkdir()
        todo = list(_batches(lake, recipe, origin.scheme, labels, chips, scenes, root / "items"))
        done = _write(todo, "writing chips", executor, progress)
        if not done:
            raise no_labels(recipe.task)
        splits = None
        if recipe.parts:
            splits = split(recipe, places_written(recipe, origin.scheme, [chips[w.id] for w in done], done))
            rest = _rest(lake, recipe, done, chips, scenes)
            near = apart(places_of([chips[w.id] for w in done]), splits, places_of(list(rest.values())))
            kept = {i: chip for (i, chip), good in zip(rest.items(), near, strict=True) if good}
            todo = [
                replace(batch, unlabelled=True, work=tuple(replace(w, events=(), on_chip=None) for w in batch.work))
                for batch in _batches(lake, recipe, origin.scheme, labels, kept, scenes, root / "items")
            ]
            new = _write(todo, "writing unlabelled chips", executor, progress)
            plain = {i for i, chip in {**chips, **kept}.items() if chip.geobox.crs is None}
            stays = distinct(done, splits, new, plain)
            for one in new:
                if one.id not in stays:
                    shutil.rmtree(root / "items" / one.id)
            splits = with_unlabelled(splits, sorted(stays), len(rest) - len(stays))
            chips = {**chips, **kept}
            done = sorted([*done, *(w for w in new if w.id in stays)], key=lambda w: w.id)
        Maker(lake, recipe, origin, labels, root, chips, scenes, done, splits).finish(progress)
    return Release(target)


def _write(todo: Sequence[Batch], what: str, executor: Executor | None, progress: Listener | None) -> list[Written]:
    """Write the files of chips; what became of them, sorted by id."""
    count = Progress(what, sum(len(batch.work) for batch in todo), "chips", progress)
    done: list[Written] = []
    with closing(wide(executor, write_batch, todo)) as finished:
        for batch, written in finished:
            done += written
            count.advance(len(batch.work))
    return sorted(done, key=lambda w: w.id)


def _rest(
    lake: Lake,
    recipe: Recipe,
    done: Sequence[Written],
    chips: Mapping[str, Chip],
    scenes: dict[str, Scene],
) -> dict[str, Chip]:
    """The chips with data but without a label, of the levels and bands of those with one; their scenes join ``scenes``.

    Chips whose scene has no time cannot be released, and are left out.
    """
    labelled = {w.id for w in done}
    levels = {chips[i].id.level for i in labelled}
    bands = scenes[chips[next(iter(labelled))].id.scene].bands
    out = {}
    for chip in (chip for part in recipe.parts for chip in lake.chips.chips(part)):
        own = str(chip.id)
        if recipe.scenes and chip.id.scene not in recipe.scenes:
            continue
        if own in labelled or chip.id.level not in levels or chip.valid_fraction <= 0:
            continue
        scene = scenes.get(chip.id.scene) or lake.scenes.get(chip.id.scene)
        if scene.bands == bands and scene.datetime is not None:
            scenes[scene.id] = scene
            out[own] = chip
    return out


def _recipe(
    lake: Lake,
    name: str,
    task: TaskConfig,
    labels: Labels,
    scheme: Scheme,
    splits: Sequence[float],
    block: str | float | None,
    buffer: str | float,
    license: str | None,  # noqa: A002
    seed: int,
) -> Recipe:
    config = lake.config.release
    stated = license or config.license
    return Recipe(
        name=name,
        collection_id=f"{safe_name(lake.config.name)}-{name}",
        task=task.name,
        kind=task.kind,
        multi=task.multi,
        scheme_name=scheme.name,
        seq=labels.as_of,
        created=_json.rfc3339(KINDS[task.kind].latest(labels)),
        fractions=tuple(float(f) for f in splits),
        block=block,
        buffer=buffer,
        seed=seed,
        title=config.title or f"{lake.config.name} {name}",
        description=config.description or f"Labels of the task {task.name} of {lake.config.name}, made with Groundset.",
        license=spdx(stated) if stated else OTHER,
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


def _chips(lake: Lake, labels: Labels) -> dict[str, Chip]:
    wanted = set(labels.chip_ids)
    return {str(c.id): c for c in lake.chips.chips() if str(c.id) in wanted}


def _scenes(lake: Lake, chips: Mapping[str, Chip]) -> dict[str, Scene]:
    """The scenes of the chips; each must have a time."""
    scenes = {i: lake.scenes.get(i) for i in sorted({c.id.scene for c in chips.values()})}
    check_times(scenes.values())
    return scenes


def _batches(
    lake: Lake,
    recipe: Recipe,
    scheme: Scheme,
    labels: Labels,
    chips: Mapping[str, Chip],
    scenes: Mapping[str, Scene],
    folder: Path,
) -> Iterator[Batch]:
    """The chips, some neighbours at a time, each with all that a worker needs to know."""
    stretches: dict[str, Any] = {}
    kind = KINDS[recipe.kind]
    by_scene: dict[str, list[Chip]] = {}
    for chip in chips.values():
        by_scene.setdefault(chip.id.scene, []).append(chip)
        part = lake.chips.row(chip.id)[0]
        if part not in stretches:
            stretches[part] = lake.quicklooks.stretch(part) if lake.quicklooks.has(part) else None
    for scene_id, members in sorted(by_scene.items()):
        for some in batches(scenes[scene_id], members, lake.layout.cache):
            work = (kind.work(labels, c, stretches[lake.chips.row(c.id)[0]]) for c in some)
            yield Batch(
                folder=folder,
                scene=scenes[scene_id],
                cache=lake.layout.cache,
                masks=lake.layout.masks,
                task=recipe.task,
                kind=recipe.kind,
                multi=recipe.multi,
                scheme=scheme,
                work=tuple(work),
            )


def _told(versions_: Mapping[str, str]) -> str:
    return ", ".join(f"{k} {v}" for k, v in versions_.items())
