"""Strokes as clients send them, and layers as they are told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from groundset.journal import Appended
from groundset.journal.events import format_time
from groundset.server import answers
from groundset.server.context import Context
from groundset.server.door import Visitor, may
from groundset.server.models import (
    BackRow,
    LabelObject,
    LabelObjects,
    LayerStrokes,
    StrokeIn,
    StrokeResult,
    StrokeResults,
    StrokeRow,
    WorkState,
)
from groundset.server.problems import TooLargeError
from groundset.views import Stroke
from groundset.views.strokes import Kept

MOST_STROKES = 200
"""Strokes that one request may bring."""


def take(ctx: Context, who: Visitor, actor: str, body: bytes) -> StrokeResults:
    """Keep what can be kept, and say of each what became of it, in the order sent.

    Raises:
        InputError: The body is no JSON list.
        TooLargeError: It holds too many strokes.
        ServiceError: The workspace is not where it was, or cannot be written; whoever sends it again loses nothing.
    """
    said = answers.parse_batch(body)
    if len(said) > MOST_STROKES:
        raise TooLargeError(
            "too many strokes in one request", asked=f"{len(said):,}", found=f"at most {MOST_STROKES} are taken",
            hint="send them in parts",
        )  # fmt: skip
    answers.check_there(ctx.lake)
    read = [_read_one(one) for one in said]
    kept = iter(
        ctx.views.strokes.put(
            [one for one in read if isinstance(one, Stroke)], actor, may_review=may(who.role, "review")
        )
    )
    return StrokeResults(results=[_result(next(kept) if isinstance(one, Stroke) else Kept(one)) for one in read])


def told(ctx: Context, actor: str, chip_id: str, task: str | None, layer: str, limit: int) -> LayerStrokes:
    """An actor's layer of a chip."""
    found = ctx.views.strokes.told(chip_id, task, actor, layer)
    undo, redo, seconds = found.history
    work = found.work
    return LayerStrokes(
        event=found.event,
        mark=found.mark + "n",
        undo=[StrokeRow(**one._asdict()) for one in undo[:limit]],
        redo=[BackRow(**one._asdict(), by=by) for one, by in redo[:limit]],
        undo_count=len(undo),
        redo_count=len(redo),
        strokes=sum(one.strokes for one in undo),
        seconds=seconds,
        work=None if work is None else WorkState(**_told_work(work.payload), at=format_time(work.at)),
    )


def objects(ctx: Context, actor: str, chip_id: str, task: str | None, layer: str) -> LabelObjects:
    """The objects of an actor's layer."""
    found = ctx.views.strokes.objects(chip_id, task, actor, layer)
    return LabelObjects(objects=[LabelObject.model_validate(one) for one in found])


def _told_work(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in ("state", "difficulty", "note", "cannot_tell") if name in payload}


def _read_one(said: Any) -> Stroke | Appended:
    """One stroke, or why it is none."""
    own = said.get("id") if isinstance(said, dict) else None
    shown = own[:64] if isinstance(own, str) and own.isprintable() else ""
    try:
        one = StrokeIn.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        return Appended(shown, "refused", error=f"{where + ': ' if where else ''}{first['msg']}")
    try:
        patch = base64.b64decode(one.patch, validate=True)
    except (binascii.Error, ValueError) as error:
        return Appended(shown, "refused", error=f"patch: this is not base64 ({error})")
    return Stroke(
        one.id, one.chip_id, one.tool, _window(one.window), patch, one.task, one.layer, one.base, one.seconds,
        None if one.objects is None else [o.model_dump(by_alias=True) for o in one.objects], one.bulk,
    )  # fmt: skip


def _window(said: Sequence[int]) -> tuple[int, int, int, int]:
    x, y, width, height = said
    return x, y, width, height


def _result(one: Kept) -> StrokeResult:
    done = one.result
    return StrokeResult(id=done.id, status=done.status, seq=done.seq, error=done.error, conflict=one.conflict)
