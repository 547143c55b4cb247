"""The main job on a real scene, step by step; what is there already is not done again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset._files import write_text
from groundset.core import UNLABELLED, ConflictError, LabelMask, Listener, MissingError
from groundset.demo.annotator import paint
from groundset.demo.samples import NON_WATER, WATER, Sample, choose
from groundset.demo.scores import DemoScores, cut, score_chips, table
from groundset.workspace import Workspace, create
from groundset.workspace import open as open_workspace

if TYPE_CHECKING:
    from groundset.demo.samples import UInt8
    from groundset.imagery import Scene

ACTOR = "simulated-annotator"
TASK = "pixels"
RELEASE = "v1"
BUFFER = "0.1km"
BUDGET = 300
_TITLE = "Water from 300 painted pixels: "
SPLITS = (60, 10, 30)
"""A larger test split than usual, so that a small scene is scored on enough reference."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Steps:
    """Says each step, how long it took, and whether it was found done."""

    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time one step; the text that is put into the list is said after it."""
        start = time.monotonic()
        told: list[str] = []
        yield told
        self.seconds[name] = time.monotonic() - start
        first, *rest = " ".join(told).splitlines()
        self.say(
            "\n".join([f"  {name:<9}{first}  ({self.seconds[name]:.1f} s)", *(f"{'':<11}{line}" for line in rest)])
        )


def demo(
    root: Path,
    *,
    sample: str | Sample = "auto",
    executor: Executor | None = None,
    progress: Listener | None = None,
    say: Say = print,
) -> str:
    """Run the main job in ``root`` and return its summary.

    Args:
        root: Folder of the workspace; a second run in it finds everything done.
        sample: ``auto``, ``sentinel2``, ``itaipu``, ``wake``, or a sample of one's own.
        executor: Runs the work wide.
        progress: Hears each step.
        say: Hears a line a step.
    """
    chosen = choose(sample) if isinstance(sample, str) else sample
    say(f"sample {chosen.name}: {chosen.title}")
    steps = Steps(say)
    with _workspace(root, chosen) as ws:
        scenes = _ingest(ws, chosen, steps, executor, progress)
        splits = _plan(ws, chosen)
        painted = _label(ws, chosen, scenes[0], splits, steps)
        with steps.step("segment") as told:
            segmented = ws.segment(task=TASK, executor=executor, progress=progress)
            told.append(segmented.summary())
        scores = _score(ws, chosen, scenes[0], splits, segmented.model, steps)
        release = _release(ws, chosen, steps, executor, progress)
        with steps.step("check") as told:
            report = release.check(progress=progress)
            told.append(", ".join(f"{level} {report.status(level)}" for level in ("Q0", "Q1", "Q2", "Q3")))
        return _summary(ws, chosen, painted, scores, steps, release.path)


@contextmanager
def _workspace(root: Path, sample: Sample) -> Iterator[Workspace]:
    name = f"demo-{sample.name}"
    try:
        ws = open_workspace(root)
    except MissingError:
        with create(root, scheme="water", name=name) as made:
            config = made.lake.layout.config
        # a JSON string is a TOML string
        told = f"[release]\ntitle = {json.dumps(_TITLE + sample.title)}\ndescription = {json.dumps(sample.credit)}\n"
        write_text(config, f"{config.read_text()}\n{told}")
        ws = open_workspace(root)
    with ws:
        if ws.lake.config.name != name:
            raise ConflictError(
                "this folder holds another workspace",
                asked=f"{name} in {root}",
                found=ws.lake.config.name,
                hint="name another folder, or remove this one",
            )
        yield ws


def _ingest(
    ws: Workspace, sample: Sample, steps: Steps, executor: Executor | None, progress: Listener | None
) -> list[Scene]:
    from groundset.core import Grid
    from groundset.ingest import ingest

    ids = ws.lake.scenes.ids()
    with steps.step("scene") as told:
        scenes = [ws.lake.scenes.get(i) for i in ids] or sample.scenes()
        shape = f"{scenes[0].width} x {scenes[0].height} pixels, bands {', '.join(scenes[0].bands.names)}"
        told.append(f"{scenes[0].id}: {shape}" + (", found" if ids else ""))
    with steps.step("ingest") as told:
        told.append(
            ingest(ws.lake, scenes, grid=Grid(sample.chip_size), executor=executor, progress=progress).summary()
        )
    return scenes


def _plan(ws: Workspace, sample: Sample) -> dict[str, str]:
    """Which chips may be painted and which are scored: the release's own split, made before there is any label."""
    from groundset.release import plan_splits

    chips = [c for c in ws.lake.chips.chips() if c.valid_fraction > 0]
    return plan_splits(chips, fractions=SPLITS, block=sample.block, buffer=BUFFER, seed=sample.seed).splits


def _label(ws: Workspace, sample: Sample, scene: Scene, splits: dict[str, str], steps: Steps) -> dict[str, int]:
    with steps.step("label") as told:
        there = ws.lake.journal.current(TASK, kind="mask", actor=ACTOR)
        if there:
            told.append("found")
        else:
            training = [chip for chip, split in splits.items() if split == "train"]
            strokes = paint(
                reference_chips(ws, sample, scene, training), (WATER, NON_WATER), budget=BUDGET, seed=sample.seed
            )
            ws.annotate(strokes, actor=ACTOR, task=TASK)
            there = ws.lake.journal.current(TASK, kind="mask", actor=ACTOR)
        masks = [ws.lake.masks.get(str(e.payload["sha256"])) for e in there]
        counts = {c.name: sum(int((m.classes == c.code).sum()) for m in masks) for c in ws.scheme(TASK).answerable}
        told.append(f"{sum(counts.values())} pixels painted on {len(masks)} chips ({_counts(counts)})")
    return counts


def reference_chips(ws: Workspace, sample: Sample, scene: Scene, chips: Sequence[str]) -> dict[str, UInt8]:
    """The reference of these chips alone: uint8 (rows, columns) by chip id, 255 unknown or no data."""
    from groundset.imagery import SceneReader

    reference = sample.reference(scene.geobox)
    out = {}
    with SceneReader(scene) as reader:
        for chip_id in chips:
            chip = ws.lake.chips.get(chip_id)
            out[chip_id] = np.where(reader.read(chip.window).nodata, np.uint8(UNLABELLED), cut(reference, chip))
    return out


def _release(ws: Workspace, sample: Sample, steps: Steps, executor: Executor | None, progress: Listener | None) -> Any:
    from groundset.workspace import Release

    path = ws.lake.layout.releases / RELEASE
    with steps.step("release") as told:
        if path.is_dir():
            release = Release(path)
            told.append("found;")
        else:
            release = ws.release(
                RELEASE,
                task=TASK,
                splits=SPLITS,
                block=sample.block,
                buffer=BUFFER,
                license=sample.license,
                seed=sample.seed,
                executor=executor,
                progress=progress,
            )
        told.append(release.summary())
    return release


def _score(
    ws: Workspace, sample: Sample, scene: Scene, splits: dict[str, str], model: Path, steps: Steps
) -> DemoScores:
    """Score the labels as they are now, which the release will freeze, and note it with the model for the report."""
    from groundset.segment import record_scores

    kept = ws.root / "demo.json"
    with steps.step("score") as told:
        state = {"head": ws.lake.journal.head(), "sample": sample.name}
        if kept.is_file():
            found = json.loads(kept.read_text())
            if found["state"] == state:
                told.append("found")
                return DemoScores(**found["scores"])
        test = [chip for chip, split in splits.items() if split == "test"]
        reference = reference_chips(ws, sample, scene, test)
        labels = ws.lake.labels(TASK)
        predicted: dict[str, LabelMask] = {c: labels.mask(ws.lake.chips.get(c)) for c in test}
        chips = {c: ws.lake.chips.get(c) for c in test}
        scores = score_chips(scene, chips, predicted, reference, ws.scheme(TASK))
        record_scores(model, scores.titled())
        write_text(kept, json.dumps({"state": state, "scores": scores.as_dict()}, indent=2))
        told.append(f"{scores.pixels} reference pixels on {scores.chips} test chips")
    return scores


def _summary(
    ws: Workspace, sample: Sample, painted: dict[str, int], scores: DemoScores, steps: Steps, release: Path
) -> str:
    status = ws.status()
    took = ", ".join(f"{name} {value:.1f}" for name, value in steps.seconds.items())
    return "\n".join(
        [
            "",
            f"chips    {status.chips:,} of {sample.chip_size} x {sample.chip_size} pixels",
            f"labels   {_counts(painted)} pixels painted; {status.annotated_chips[TASK]:,} chips have a mask",
            f"scored   on {scores.chips} test chips that no stroke came near, 95 % intervals over chips:",
            table(scores),
            f"seconds  {took}",
            f"imagery  {sample.credit}",
            f"report   {release / 'report.html'}",
        ]
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
