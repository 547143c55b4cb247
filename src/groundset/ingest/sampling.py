"""A designed sample of chips over many scenes in place of every chip, drawn before a pixel is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundset.chips import scene_windows
from groundset.core import ChipId, ConflictError, Grid, InputError
from groundset.imagery import Scene
from groundset.ingest._frame import covered, middles
from groundset.ingest._part import Place
from groundset.ingest.designs import ALLOCATIONS, Allocation, allocate, least_distance, spaced, stratified
from groundset.ingest.sampled import Design, Drawn, SampleStore
from groundset.lake import Lake

Strata = Callable[[Scene, Sequence[Place]], Sequence[str]]
"""The stratum of each chip of a scene."""
ALL = "all"
_PLAIN = "stratified simple random sampling without replacement; inclusion = chosen / chips of the stratum"
_SPACED = (
    "one chip in each chosen cell of a randomly laid grid whose inner parts lie the least distance apart, cells chosen "
    "systematically along a Morton curve; inclusion = the product of both phases (double expansion estimator)"
)


@dataclass(frozen=True, slots=True)
class Sampling:
    """What sample is wanted.

    Args:
        size: Chips.
        allocation: How they are shared among strata: ``proportional`` to their chips, or ``equal``.
        min_distance: Least distance between the middles of two chips, metres; None for none.
        seed: Of the random numbers.
        strata: Tells the stratum of each chip; None: all are one.
        stratify: What the strata are made from, for people.
        key: Stands for it: another file is another design.
    """

    size: int
    allocation: Allocation = "proportional"
    min_distance: float | None = None
    seed: int = 0
    strata: Strata | None = None
    stratify: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError("a sample has at least one chip", asked=f"sample = {self.size}")
        if self.allocation not in ALLOCATIONS:
            raise InputError("no such allocation", asked=self.allocation, found=", ".join(ALLOCATIONS))
        if self.min_distance is not None and not 0 < self.min_distance < 1e7:
            raise InputError("the least distance is in metres, above 0", asked=f"min_distance = {self.min_distance:g}")


def chosen(
    lake: Lake,
    scenes: Sequence[Scene],
    grid: Grid,
    sampling: Sampling,
    places: Mapping[str, Sequence[Place]],
    area: str,
) -> Mapping[str, set[tuple[int, int]]]:
    """The chips to make, (row, column) by scene id: those of the sample that was drawn before, or of one drawn now.

    Args:
        lake: The workspace; the caller holds its ingest lock.
        scenes: The scenes.
        grid: How they are cut.
        sampling: What is wanted.
        places: Chips that may be chosen, by scene id.
        area: Stands for what keeps others out (an area of interest).

    Raises:
        ConflictError: Of one of these scenes there is another sample, or every chip.
        InputError: The sample cannot be drawn; says why.
    """
    store = SampleStore(lake.root)
    ids = tuple(sorted(s.id for s in scenes))
    name = _id(ids, grid, sampling, area)
    if name not in {d.id for d in store.designs()}:
        _refuse_others(lake, store, ids)
        design, drawn = draw(scenes, places, sampling, lake, name)
        store.put(design, drawn)
    out: dict[str, set[tuple[int, int]]] = {}
    for chip_id in store.get(name).chip_ids:
        chip = ChipId.parse(chip_id)
        out.setdefault(chip.scene, set()).add((chip.row, chip.col))
    return out


def refuse_sampled(lake: Lake, scenes: Sequence[Scene]) -> None:
    """Refuse to add every chip of a scene that was sampled: the sample would be one no more.

    Raises:
        ConflictError: Of one of them a sample was drawn.
    """
    store = SampleStore(lake.root)
    if not store.stamp():
        return
    ids = {s.id for s in scenes}
    for design in store.designs():
        both = sorted(ids.intersection(design.scenes))
        if both and _made(lake, store, design):
            raise ConflictError(
                "this scene was sampled: with all of its chips it would be no sample any more",
                asked=", ".join(both[:3]), found=f"a sample of {design.chosen:,} of {design.population:,} chips",
                hint=f"say --sample {design.size} and its other options again, or take another workspace",
            )  # fmt: skip


def draw(
    scenes: Sequence[Scene], places: Mapping[str, Sequence[Place]], sampling: Sampling, lake: Lake, name: str = ""
) -> tuple[Design, Drawn]:
    """Draw a sample of the chips that have data, as a coarse look at each scene tells."""
    frame: list[tuple[Scene, Place]] = []
    strata: list[str] = []
    for scene in scenes:
        there = covered(scene, places[scene.id], lake.layout.cache)
        frame += [(scene, place) for place in there]
        told = [ALL] * len(there) if sampling.strata is None else list(sampling.strata(scene, there))
        strata += told
    if not frame:
        raise InputError(
            "there is no chip to sample", found=f"{len(scenes)} scenes", hint="check the area and the files"
        )
    names = sorted(set(strata))
    codes = np.array([names.index(s) for s in strata], np.int64)
    sizes = np.bincount(codes, minlength=len(names)).tolist()
    counts = allocate(sizes, sampling.size, sampling.allocation)
    rng = np.random.default_rng([sampling.seed, len(frame)])
    method = _PLAIN
    if sampling.min_distance is not None and (at := _middles(frame)) is not None:
        lon, lat = at
        share = np.array([n / size for n, size in zip(counts, sizes, strict=True)])[codes]
        if least_distance(lon, lat) >= sampling.min_distance:
            got = stratified(codes, counts, rng)
        else:
            method = _SPACED
            got = spaced(lon, lat, share, sampling.size, sampling.min_distance, rng)
    else:
        got = stratified(codes, counts, rng)
    ids = [str(ChipId(frame[i][0].id, 0, *frame[i][1][:2])) for i in got.at.tolist()]
    taken = np.bincount(codes[got.at], minlength=len(names)).tolist()
    design = Design(
        name, sampling.size, len(ids), len(frame), method, sampling.seed, sampling.allocation, sampling.stratify,
        sampling.min_distance, {n: (a, b) for n, a, b in zip(names, sizes, taken, strict=True)},
        tuple(sorted(s.id for s in scenes)),
    )  # fmt: skip
    return design, Drawn(ids, got.inclusion.tolist(), [strata[i] for i in got.at.tolist()])


def _middles(frame: Sequence[tuple[Scene, Place]]) -> Any:
    lon, lat = middles(frame)
    gone = sorted({scene.id for (scene, _), x in zip(frame, lon.tolist(), strict=True) if not np.isfinite(x)})
    if gone:
        raise InputError(
            "a distance between chips needs to know where they are", asked="min_distance",
            found=f"no CRS: {', '.join(gone[:3])}", hint="leave --min-distance out, or these scenes",
        )  # fmt: skip
    return lon, lat


def _refuse_others(lake: Lake, store: SampleStore, ids: Sequence[str]) -> None:
    for design in store.designs():
        both = sorted(set(ids).intersection(design.scenes))
        if not both:
            continue
        if not _made(lake, store, design):
            store.remove(design.id)  # it was drawn, and never used
            continue
        raise ConflictError(
            "another sample was drawn of this scene: a further draw would change the probabilities of its chips",
            asked=", ".join(both[:3]),
            found=f"{design.chosen:,} of {design.population:,} chips of {len(design.scenes)} scenes",
            hint=f"say --sample {design.size} with the same options and scenes to go on, or take another workspace",
        )
    there = [i for i in ids if lake.chips.batches(i, 0) and not any(i in d.scenes for d in store.designs())]
    if there:
        raise ConflictError(
            "chips of this scene are there already, and no sample chose them", asked=", ".join(there[:3]),
            hint="sample scenes that are new, or take another workspace",
        )  # fmt: skip


def _made(lake: Lake, store: SampleStore, design: Design) -> bool:
    """Whether a chip of a design is there."""
    scenes = {ChipId.parse(chip_id).scene for chip_id in store.get(design.id).chip_ids}
    return any(lake.chips.batches(scene, 0) for scene in scenes)


def _id(scenes: Sequence[str], grid: Grid, sampling: Sampling, area: str) -> str:
    how = [sampling.size, sampling.allocation, sampling.min_distance, sampling.seed, sampling.key]
    said = [scenes, repr(grid), *how, area]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]


def all_places(scene: Scene, grid: Grid) -> list[Place]:
    """Every chip of level 0 of a scene."""
    return list(scene_windows(scene, grid, 0))
