"""The verb: train on the labelled pixels of a task, propose a mask for every chip, write it all down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from groundset._files import folder_lock
from groundset.chips import Chip
from groundset.core import InputError, Listener, Progress, Scheme, safe_name
from groundset.core.layout import TaskConfig
from groundset.journal import NewEvent
from groundset.lake import Lake
from groundset.segment import foreign, state
from groundset.segment.dates import Seen
from groundset.segment.evaluate import evaluate
from groundset.segment.mlm import foreign_item, model_item
from groundset.segment.model import TrainedModel
from groundset.segment.proposing import ModelRef, Proposed, propose_all
from groundset.segment.report import SegmentReport
from groundset.segment.request import check_request
from groundset.segment.sampling import ACTOR, TrainingSet, band_sets, collect, other_numbers
from groundset.segment.score import Score
from groundset.segment.segmenter import get_segmenter, segmenter_names
from groundset.segment.store import save_foreign, save_model
from groundset.series import at_place


class Clock:
    """Seconds by step, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def segment(
    lake: Lake,
    *,
    task: str | None = None,
    model: str = "forest",
    seed: int = 0,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> SegmentReport:
    """Train one model for a task over all chips and scenes, and propose a mask for every chip.

    The masks are answers of the actor ``model:NAME``, entered as one act that one undo takes back. A pixel that a
    person labelled stays theirs: who wins a pixel is settled when labels are derived. Run again with the same labels,
    chips and settings it does nothing; with new labels its new masks supersede its former ones.

    Args:
        lake: The workspace.
        task: A ``segment`` task; may be left out where there is one.
        model: A segmenter (``forest``, ``boost``, ``linear``), or the path of an ONNX or skops file with its
            description beside it.
        seed: Of all that is random.
        executor: Where to run wide; None uses this process, its threads and all cores.
        progress: Hears how far it is.

    Raises:
        InputError: No chips, too few labels, bands that do not fit; a model file that is broken or badly described.
        ConflictError: Another run is under way.
    """
    seen = Seen(lake, check_request(lake, task=task, model=model))
    scheme, chips = lake.scheme(seen.task.name), seen.chips()
    with folder_lock(lake.layout.cache / "segment.lock", "a segment run"):
        if model in segmenter_names():
            return _trained(seen, scheme, chips, model, seed, executor, progress)
        return _foreign(lake, seen.task, scheme, chips, Path(model), executor, progress)


def _trained(
    seen: Seen, scheme: Scheme, chips: list[Chip], kind: str, seed: int,
    executor: Executor | None, progress: Listener | None,
) -> SegmentReport:  # fmt: skip
    lake, task = seen.lake, seen.task.name
    make = partial(get_segmenter, kind, seed)
    name = safe_name(f"{task}-{kind}")
    folder, clock = lake.layout.models / name, Clock()
    settings = make().settings | ({"last": seen.last} if seen.two else {})
    mark = state.fingerprint(kind, settings, seed, chips, [*band_sets(lake, chips), *seen.pairs()], scheme)
    if (known := state.unchanged(lake, folder, mark, task, needs_labels=True)) is not None:
        return SegmentReport(name, folder, known, unchanged=True)
    with clock.step("labels"):
        labels = lake.labels(task)
        training = collect(seen, labels, scheme, seed=seed, listener=progress)
    with clock.step("score"):
        size = max(c.window.width for c in training.chips)
        scored = evaluate(training.features, training.codes, training.places, scheme, make, chip_size=size, seed=seed)
    with clock.step("train"):
        fitted = make().fit(training.features, training.codes)
    score, note = (scored, None) if isinstance(scored, Score) else (None, scored)
    trained = TrainedModel(name, fitted, training.spec, training.fill)
    read = [*(chip.id.scene for chip in chips), *seen.last.values()]
    note = " ".join(filter(None, (note, other_numbers(lake, read)))) or None
    facts = _facts(training, scheme, labels.as_of, seed, score, note)
    bands = lake.scenes.get(training.chips[0].id.scene).bands
    item = model_item(
        name, fitted, training.spec, bands, scheme, training.chips,
        created=_time_of(lake, labels.as_of), training=facts,
    )  # fmt: skip
    save_model(folder, trained, scheme, item)
    proposed = _propose(seen, ModelRef.of(folder, foreign=False), name, mark, chips, scheme, executor, progress, clock)
    return SegmentReport(
        name, folder, len(proposed), sum(p.pixels for p in proposed), facts["trained"], facts["labelled"], score, note,
        clock.seconds,
    )  # fmt: skip


def _foreign(
    lake: Lake, about: TaskConfig, scheme: Scheme, chips: list[Chip], file: Path,
    executor: Executor | None, progress: Listener | None,
) -> SegmentReport:  # fmt: skip
    task = about.name
    clock = Clock()
    with clock.step("model"):
        opened = foreign.open_model(file, scheme)
        for bands in band_sets(lake, chips):
            foreign.check_bands(opened.card, bands)
    name = opened.name
    folder = lake.layout.models / name
    files = [p for p in (opened.card.path, opened.card.source, opened.card.sheet) if p is not None]
    mark = state.fingerprint("file", state.sums(files), 0, chips, band_sets(lake, chips), scheme)
    if (known := state.unchanged(lake, folder, mark, task, needs_labels=False)) is not None:
        return SegmentReport(name, folder, known, unchanged=True)
    save_foreign(folder, files, scheme, foreign_item(name, opened.card, created=_modified(opened.card.path)))
    ref = ModelRef.of(file, foreign=True)
    one = Seen(lake, replace(about, about="date", series=None))  # it reads one date, as it was trained
    proposed = _propose(one, ref, name, mark, chips, scheme, executor, progress, clock)
    note = "Somebody else's model: no score, label some pixels and run groundset check or segment to measure it."
    return SegmentReport(name, folder, len(proposed), sum(p.pixels for p in proposed), note=note, seconds=clock.seconds)


def _propose(
    seen: Seen, ref: ModelRef, name: str, mark: str, chips: list[Chip], scheme: Scheme,
    executor: Executor | None, progress: Listener | None, clock: Clock,
) -> list[Proposed]:  # fmt: skip
    lake, task = seen.lake, seen.task.name
    with clock.step("masks"):
        told = Progress("proposing masks", len(chips), "chips", progress)
        proposed = propose_all(seen, ref, chips, scheme, executor, told)
    with clock.step("journal"):
        before = lake.journal.head()
        # A chip without a pixel of data stays without an answer; an empty mask is said only to take back a former one.
        former = {e.chip_id for e in lake.journal.current(task, kind="mask", actor=ACTOR + name)}
        proposed = [p for p in proposed if p.pixels or p.chip_id in former]
        if not proposed:
            raise InputError("no chip has a pixel to propose a class for", found=f"{len(chips)} chips without data")
        # Ids from what is said and when: sent twice it is one act, said again after an undo it is another.
        made = [
            NewEvent(
                "mask", task, p.chip_id, {"sha256": p.sha256, "strokes": 0},
                id=str(uuid5(NAMESPACE_URL, f"{task} {p.chip_id} {p.sha256} {mark} {before}")),
            )
            for p in proposed
        ]  # fmt: skip
        made = [at_place(lake.config, event) for event in made]
        payload = {"verb": "segment", "model": name, "fingerprint": mark}
        done = lake.journal.append_bulk(made, actor=ACTOR + name, payload=payload)
        if done.status == "refused":
            raise InputError("the journal refused the masks", found=done.error)
        state.remember(lake.layout.models / name, mark, lake.journal.head(), len(proposed))
    return proposed


def _facts(
    training: TrainingSet, scheme: Scheme, as_of: int, seed: int, score: Score | None, note: str | None
) -> dict[str, Any]:
    return {
        "journal_event": as_of,
        "seed": seed,
        "chips": len(training.chips),
        "trained": {scheme.find(c).name: n for c, n in training.used.items()},
        "labelled": {scheme.find(c).name: n for c, n in training.labelled.items()},
        "score": None if score is None else score.to_dict(),
        "note": note,
    }


def _time_of(lake: Lake, seq: int) -> datetime:
    return next((e.at for e in lake.journal.events(since=seq - 1, limit=1)), datetime.now(UTC))


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
