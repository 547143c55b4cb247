"""What the routes of the assistant ask of the rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from groundset.core import InputError
from groundset.core.rle import Rle, bbox_of
from groundset.segment.prompts import Outlined, Point
from groundset.server.context import Context
from groundset.server.models import (
    AssistantInfo,
    PlaceToPaint,
    PromptIn,
    PromptMask,
    PromptMasks,
    RunLengths,
)
from groundset.views.chips import npy


@dataclass(frozen=True, slots=True)
class FoundProposal:
    """A proposal to send: its mark, the event that it knows of last, and what makes the bytes."""

    mark: str
    head: int
    make: Callable[[], bytes]


def proposal(
    ctx: Context, chip_id: str, task: str | None, model: str, window: str | None, smoothing: str
) -> FoundProposal:
    """A class for each pixel, from what was painted so far."""
    part = None if window is None else _window(window)
    mark, make, head = ctx.assistant.prepare(task, chip_id, model=model, window=part, smoothing=smoothing)
    return FoundProposal(mark, head, lambda: npy(make().stack()))


def state(ctx: Context, task: str | None, model: str) -> AssistantInfo:
    """What the assistant knows."""
    name = ctx.lake.config.task(task, "segment").name
    return AssistantInfo.model_validate({"task": name, **asdict(ctx.assistant.state(name, model))})


def places(ctx: Context, task: str | None, n: int, near: str | None, model: str) -> list[PlaceToPaint]:
    """Where to paint next."""
    return [PlaceToPaint(**asdict(p)) for p in ctx.assistant.next(task, n, near, model)]


def prompt(ctx: Context, chip_id: str, task: str | None, asked: PromptIn) -> PromptMasks:
    """Outlines of what is pointed at."""
    ctx.lake.config.task(task, "segment")
    points = [Point(p.x, p.y, p.positive) for p in asked.points]
    found = ctx.prompters.ask(asked.model, chip_id, points, asked.box)
    return PromptMasks(masks=[_mask(one) for one in found])


def _mask(one: Outlined) -> PromptMask:
    runs = Rle.of(one.mask)
    return PromptMask(
        score=round(one.score, 4),
        rle=RunLengths(size=runs.size, counts=list(runs.counts)),
        bbox=bbox_of(one.mask),
    )


def _window(text: str) -> tuple[int, int, int, int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(p.strip().isascii() and p.strip().isdigit() and len(p) < 10 for p in parts):
        raise InputError(
            "a window is x,y,width,height in pixels of the chip", asked=f"window = {text[:80]}",
            hint="four whole numbers joined by commas",
        )  # fmt: skip
    x, y, width, height = (int(p) for p in parts)
    return x, y, width, height
