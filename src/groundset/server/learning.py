"""What the machine makes of the labels, as the HTTP contract's models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundset.core.layout import DEFAULT_ENCODER
from groundset.learn.calibration import Calibration
from groundset.learn.curves import Curve as KeptCurve
from groundset.learn.snapshot import Snapshot
from groundset.learn.standing import ClassStanding, class_standings, problems
from groundset.server import listing
from groundset.server.context import Context
from groundset.server.models import (
    ClassRanking,
    Curve,
    CurvePoint,
    Histogram,
    Ranking,
    ReliabilityBin,
    SuggestedChip,
    Suggestions,
)


def histogram(
    ctx: Context,
    *,
    task: str | None,
    class_: str | None,
    filter: str | None,  # noqa: A002
    like: Sequence[str],
    method: str,
    encoder: str | None,
    bins: int,
) -> Histogram:
    """Scores of a class or a likeness, counted."""
    found = ctx.ranker.histogram(filter, task=task, class_=class_, like=like, method=method, encoder=encoder, bins=bins)
    return Histogram(**found._asdict())


def suggestions(
    ctx: Context,
    *,
    task: str | None,
    class_: str | None,
    n: int,
    filter: str | None,  # noqa: A002
    doubted: float,
    encoder: str | None,
    seed: int,
) -> Suggestions:
    """Chips to answer next."""
    found = ctx.ranker.suggest(class_, task=task, n=n, filter=filter, doubted=doubted, encoder=encoder, seed=seed)
    rows = listing.rows(found.hits, ctx.index.moment(task))
    chips = [
        SuggestedChip.model_construct(chip=chip, reason=reason, score=score)
        for chip, reason, score in zip(rows, found.reasons, found.scores, strict=True)
    ]
    return Suggestions.model_construct(
        task=found.task, code=found.code, strategy=found.strategy, head=found.head, chips=chips
    )


def ranking(ctx: Context, task: str | None, encoder: str | None) -> Ranking:
    """The state of a task's model."""
    snapshot = ctx.ranker.state(task, encoder)
    classes = class_standings(snapshot)
    return Ranking(
        task=snapshot.training.task.name,
        encoder=snapshot.features.encoder if snapshot.features.matrices else ctx.lake.config.encoder or DEFAULT_ENCODER,
        encoders=ctx.ranker.encoders(),
        chips=len(snapshot.features.chips),
        without_features=snapshot.features.missing,
        head=ctx.index.now().head,
        classes=[_class(c) for c in classes],
        problems=problems(snapshot, classes),
    )


def curve(ctx: Context, task: str | None, class_: str | None, encoder: str | None) -> Curve:
    """How accuracy grew with labels."""
    snapshot: Snapshot = ctx.ranker.state(task, encoder)
    code = None if class_ is None else snapshot.training.scheme.find(class_).code
    found: KeptCurve = ctx.ranker.curve(snapshot, code)
    told: dict[str, Any] = {"task": snapshot.training.task.name, "code": code, "state": found.state}
    told |= {"says": found.says, "head": ctx.index.now().head}
    result = found.result
    if result is not None:
        told |= {
            "folds": result.folds,
            "points": [_point(p) for p in result.points],
            "forecast": [_point(p) for p in result.forecast],
            "enough": result.enough,
        }
    return Curve(**told)


def _class(told: ClassStanding) -> ClassRanking:
    known: Calibration | None = told.calibration
    more: dict[str, Any] = {} if known is None else {
        "error": round(known.error, 4),
        "accuracy": round(known.accuracy, 4),
        "folds": known.folds,
        "reliability": [
            ReliabilityBin(low=b.low, high=b.high, confidence=b.confidence, share=b.share, count=b.count)
            for b in known.bins
        ],
    }  # fmt: skip
    return ClassRanking(
        code=told.code, name=told.name, positive=told.positive, negative=told.negative, removed=told.removed,
        meaning=told.meaning, **more,
    )  # fmt: skip


def _point(point: Any) -> CurvePoint:
    return CurvePoint(labels=point.labels, mean=point.mean, low=point.low, high=point.high)
