"""Whether a job may begin: what can be told wrong at once is not put into the queue."""

from __future__ import annotations

import getpass
from pathlib import Path

from groundset.core import InputError, MissingError, of_option
from groundset.server import release_files
from groundset.server.context import Context
from groundset.server.job_files import readable
from groundset.server.job_options import (
    AnyJob,
    AttachJob,
    AttachOptions,
    CascadeJob,
    CheckJob,
    EncodeJob,
    EncodeOptions,
    IngestJob,
    IngestOptions,
    PredictJob,
    PredictOptions,
    ReleaseJob,
    ReleaseOptions,
    SegmentJob,
    SegmentOptions,
    given,
)
from groundset.server.models import Job


def start(ctx: Context, asked: AnyJob, actor: str | None) -> Job:
    """Check what was asked for, and put it into the queue.

    Raises:
        InputError: It cannot work; says why.
    """
    _check(ctx, asked)
    return ctx.jobs.submit(asked.verb, given(asked.options), actor=actor or getpass.getuser())


def _check(ctx: Context, asked: AnyJob) -> None:
    if isinstance(asked, CheckJob):
        release_files.folder(ctx.lake.layout, asked.options.release)
    elif isinstance(asked, ReleaseJob):
        _release(ctx, asked.options)
    elif isinstance(asked, SegmentJob):
        _segmenter(ctx, asked.options)
    elif isinstance(asked, EncodeJob):
        _encode(ctx, asked.options)
    elif isinstance(asked, PredictJob):
        _predict(ctx, asked.options)
    elif isinstance(asked, IngestJob):
        _ingest(ctx, asked.options)
    elif isinstance(asked, AttachJob):
        _attach(ctx, asked.options)
    elif isinstance(asked, CascadeJob):
        ctx.cascades.get(asked.options.cascade)


def _release(ctx: Context, options: ReleaseOptions) -> None:
    from groundset.release import check_request, percentages

    percentages(options.splits)
    check_request(
        ctx.lake,
        options.name,
        task=options.task,
        splits=options.splits,
        block=options.block,
        buffer=options.buffer,
        license=options.license,
        scenes=options.scenes,
    )


def _segmenter(ctx: Context, options: SegmentOptions) -> None:
    from groundset.segment import check_request, segmenter_names
    from groundset.segment.request import FILES, no_segmenter

    if options.model not in segmenter_names():
        if Path(options.model).suffix.lower() not in FILES:
            raise no_segmenter(options.model)
        with of_option("model"):
            ctx.addresses.path(options.model)
    check_request(ctx.lake, task=options.task, model=options.model)


def _encode(ctx: Context, options: EncodeOptions) -> None:
    from groundset.ingest.encode import check_request

    with of_option("encoder"):
        name = ctx.addresses.encoder(options.encoder)
        check_request(ctx.lake, name)


def _predict(ctx: Context, options: PredictOptions) -> None:
    from groundset.learn.predict import check_request

    check_request(
        ctx.lake, task=options.task, encoder=options.encoder, threshold=options.threshold, model=options.model
    )


def _attach(ctx: Context, options: AttachOptions) -> None:
    from groundset.attach.layer import layer_name
    from groundset.attach.source import SAFE

    with of_option("file"):
        path = ctx.addresses.path(options.file)
        if not path.is_file():
            raise InputError("this is not a file", asked=options.file)
        if path.suffix.lower() not in SAFE:
            raise InputError(
                "files of this kind are not attached from the page", asked=path.name, found=", ".join(sorted(SAFE)),
                hint="attach it on the command line, or save it as one of these",
            )  # fmt: skip
    with of_option("name"):
        layer_name(options.name, path)
    if options.label is not None:
        with of_option("label"):
            ctx.lake.scheme(ctx.lake.config.task(options.task, "classify").name).find(options.label)


def _ingest(ctx: Context, options: IngestOptions) -> None:
    from groundset.imagery.stac_search import APIS
    from groundset.ingest import check_request

    if (options.stac is None) == (not options.sources):
        raise InputError("an ingest has sources, or a STAC API to search", hint="say source or stac, and only one")
    if options.stac is not None and options.stac not in APIS:
        if not options.stac.startswith(("http://", "https://")):
            raise MissingError(
                "no such STAC API", asked=f"stac = {options.stac}", found=", ".join(APIS), hint="or an address"
            )
        ctx.addresses(options.stac)
    with of_option("source"):
        sources = [ctx.addresses.source(source) for source in options.sources]
    for name in ("aoi", "stratify"):
        value = getattr(options, name)
        if value is not None:
            with of_option(name):
                readable(ctx.lake, ctx.addresses, name, value)
    ctx.lake.refresh()  # another process may have made the first ingest
    check_request(
        ctx.lake,
        sources,
        sensor=options.sensor,
        time=options.time,
        bands=options.bands,
        scene_id=options.scene_id,
        chip_size=options.chip_size,
        stride=options.stride,
        edge=options.edge,
        levels=options.levels,
    )
