"""Whether a job may begin: what can be told wrong at once is not put into the queue."""

from __future__ import annotations

import getpass

from groundset.core import ConflictError, InputError, check_name
from groundset.server import release_files
from groundset.server.context import Context
from groundset.server.job_options import (
    CheckJob,
    IngestJob,
    ReleaseJob,
    SegmentJob,
    SegmentOptions,
    given,
)
from groundset.server.models import Job


def start(ctx: Context, asked: IngestJob | SegmentJob | ReleaseJob | CheckJob, actor: str | None) -> Job:
    """Check what was asked for, and put it into the queue.

    Raises:
        InputError: It cannot work; says why.
    """
    _check(ctx, asked)
    return ctx.jobs.submit(asked.verb, given(asked.options), actor=actor or getpass.getuser())


def _check(ctx: Context, asked: IngestJob | SegmentJob | ReleaseJob | CheckJob) -> None:
    if isinstance(asked, CheckJob):
        release_files.folder(ctx.lake.layout, asked.options.release)
    elif isinstance(asked, ReleaseJob):
        name = check_name(asked.options.name, "release")
        if (ctx.lake.layout.releases / name).exists():
            raise ConflictError("there is a release of this name already", asked=name, hint="take another name")
    elif isinstance(asked, SegmentJob):
        _segmenter(ctx, asked.options)
    else:
        _ingest(ctx, asked)


def _segmenter(ctx: Context, options: SegmentOptions) -> None:
    from groundset.segment import segmenter_names

    ctx.lake.config.task(options.task, "segment")
    if options.model not in segmenter_names():
        raise InputError("no such segmenter", asked=options.model, found=", ".join(segmenter_names()))


def _ingest(ctx: Context, asked: IngestJob) -> None:
    raise InputError("nothing to ingest")
