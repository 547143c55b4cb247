"""The long verbs as jobs run them: options in, a summary and a result out. A further verb is one entry more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundset.core import Listener, MissingError
from groundset.server._guard import Guard, scenes_or_public
from groundset.server.addresses import Addresses
from groundset.server.job_files import readable
from groundset.server.job_options import (
    AttachOptions,
    CascadeOptions,
    CheckOptions,
    EncodeOptions,
    IngestOptions,
    Options,
    PredictOptions,
    ReleaseOptions,
    SegmentOptions,
)

if TYPE_CHECKING:
    from groundset.server.models import Verb
    from groundset.workspace import Workspace

SHOWN = 100
"""Findings of a check that its job tells; all of them are in the release's last check."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job."""

    summary: str
    result: dict[str, Any] | None = None
    changed: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Run:
    """What a verb works with."""

    workspace: Workspace
    executor: Executor | None
    progress: Listener
    addresses: Addresses
    actor: str | None = None


def segment(run: Run, options: SegmentOptions) -> Outcome:
    """``groundset segment``."""
    from groundset.segment import segmenter_names

    own = options.model in segmenter_names()
    model = options.model if own else str(run.addresses.path(options.model))
    report = run.workspace.segment(
        task=options.task, model=model, seed=options.seed, executor=run.executor, progress=run.progress
    )
    return Outcome(report.summary(), changed=("models",))


def encode(run: Run, options: EncodeOptions) -> Outcome:
    """``groundset encode``."""
    encoder = run.addresses.encoder(options.encoder)
    report = run.workspace.encode(encoder, executor=run.executor, progress=run.progress)
    told = {"encoder": report.encoder, "chips": report.chips, "skipped": report.skipped, "notes": list(report.notes)}
    return Outcome(report.summary(), told, ("features",))


def predict(run: Run, options: PredictOptions) -> Outcome:
    """``groundset predict``."""
    report = run.workspace.predict(
        task=options.task,
        encoder=options.encoder,
        threshold=options.threshold,
        model=options.model,
        seed=options.seed,
        progress=run.progress,
    )
    told = {k: v for k, v in report.to_dict().items() if k != "model"}
    return Outcome(report.summary(), told, ("models",))


def release(run: Run, options: ReleaseOptions) -> Outcome:
    """``groundset release``."""
    made = run.workspace.release(
        options.name,
        task=options.task,
        splits=options.splits,
        block=options.block,
        buffer=options.buffer,
        license=options.license,
        seed=options.seed,
        unlabelled=options.unlabelled,
        scenes=options.scenes,
        executor=run.executor,
        progress=run.progress,
    )
    return Outcome(made.summary(), {"name": made.name}, ("releases",))


def check(run: Run, options: CheckOptions) -> Outcome:
    """``groundset check``; what it says is kept."""
    from groundset import release as room

    path = run.workspace.lake.layout.releases / options.release
    before = room.kept.checksum(path)
    report = room.check(path, progress=run.progress)
    told = room.kept.as_kept(report, before)
    few = {**told, "release": options.release, "findings": told["findings"][:SHOWN], "all": len(told["findings"])}
    levels = ", ".join(f"{level} {report.status(level)}" for level in room.LEVELS)
    return Outcome(f"{options.release}: {report.chips} chips; {levels}", few, ("releases",))


def ingest(run: Run, options: IngestOptions) -> Outcome:
    """``groundset ingest``, of what may be read alone."""
    may = run.addresses
    said = options.model_dump(exclude={"source"}, exclude_none=True)
    sources = [may.source(source) for source in options.sources]
    said |= {name: readable(run.workspace.lake, may, name, said[name]) for name in ("aoi", "stratify") if name in said}
    report = run.workspace.ingest(*sources, **said, allow=may, executor=run.executor, progress=run.progress)
    return Outcome(report.summary(), changed=("scenes", "chips"))


def attach(run: Run, options: AttachOptions) -> Outcome:
    """``groundset attach``, of files that may be read alone."""
    said = options.model_dump(exclude={"file"}, exclude_none=True)
    path = run.addresses.path(options.file)
    report = run.workspace.attach(path, **said, actor=run.actor, strict=True, progress=run.progress)
    told = {"layer": report.layer.name, "columns": [c.name for c in report.layer.columns], "chips": report.chips}
    return Outcome(report.summary(), told, ("chips",))


def cascade(run: Run, options: CascadeOptions) -> Outcome:
    """``groundset cascade make``."""
    room = run.workspace.cascade_room
    made = room.make(room.get(options.cascade), executor=run.executor, progress=run.progress)
    return Outcome(made.summary(), {"cascade": options.cascade, "level": made.level, "chips": made.chips}, ("chips",))


VERBS: Mapping[Verb, Callable[[Run, Any], Outcome]] = {
    "ingest": ingest,
    "segment": segment,
    "encode": encode,
    "predict": predict,
    "cascade": cascade,
    "attach": attach,
    "release": release,
    "check": check,
}


def run_verb(run: Run, verb: Verb, options: Options) -> Outcome:
    """Do it.

    Raises:
        MissingError: There is no such verb.
    """
    if verb not in VERBS:
        raise MissingError("no such verb", asked=verb, found=", ".join(VERBS))
    with _guarded(run, verb):
        return VERBS[verb](run, options)


def _guarded(run: Run, verb: Verb) -> AbstractContextManager[object]:
    """What a job reads from the network goes through a guard, wherever an address or a redirect leads."""
    if run.addresses.private:
        return nullcontext()
    return Guard() if verb == "ingest" else Guard(scenes_or_public(lambda: [run.workspace.root]))
