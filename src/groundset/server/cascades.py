"""What the routes of cascades ask of their room, as the HTTP contract's models."""

from __future__ import annotations

from typing import Any

import numpy as np

from groundset.cascade import Record, annotation
from groundset.cascade.said import NEGATIVE, POSITIVE, VALUES
from groundset.cascade.settle import told
from groundset.cascade.state import Drawn, LevelState, State, drawn_of
from groundset.cascade.walk import DECISIONS
from groundset.core import ConflictError, GroundsetError, MissingError
from groundset.server import listing
from groundset.server.context import Context
from groundset.server.jobs import ACTIVE
from groundset.server.models import cascade as models

_DIGITS = 4


def row(ctx: Context, record: Record) -> dict[str, Any]:
    """What a list tells of a cascade."""
    found = _class(ctx, record.task, record.code)
    return {
        "id": record.id, "task": record.task, "code": record.code, "class": found[0], "title": found[1],
        "color": found[2], "scenes": list(record.scenes), "levels": list(record.levels), "level": record.level,
        "done": record.done, "recall": record.recall, "actor": record.actor, "at": record.at,
    }  # fmt: skip


def rows(ctx: Context, task: str | None, scene: str | None) -> models.CascadeRows:
    """All cascades, latest first."""
    if task is not None:
        ctx.lake.config.task(task)
    found = ctx.cascades.all(task=task, scene=scene)
    return models.CascadeRows(cascades=[models.CascadeRow(**row(ctx, record)) for record in found])


def whole(ctx: Context, record: Record) -> models.Cascade:
    """One cascade with its state."""
    state = ctx.cascades.state(record)
    job = _job(ctx, record.id)
    yes, no, unsure = state.answers
    said = state.saved
    return models.Cascade(
        **row(ctx, record),
        grid=[_level(level) for level in state.levels],
        share_looked_at=state.share_looked_at,
        looked_at=state.looked_at,
        finest=state.finest,
        recall_estimate=_recall(state),
        saved=models.CascadeSaved(chips=said.chips, bytes=said.bytes, seconds=said.seconds, says=said.says()),
        answers=models.CascadeAnswers(positive=yes, negative=no, unsure=unsure),
        conflicts=state.conflicts,
        problems=list(state.problems),
        can=models.CascadeCan(
            advance=state.stuck is None and job is None,
            back=job is None,
            make=bool(state.missing) and job is None,
            why="Chips are being made." if job is not None else state.stuck,
        ),
        job=job,
        head=ctx.index.now().head,
    )


def start(ctx: Context, said: models.CascadeIn, actor: str) -> models.Cascade:
    """Begin a cascade."""
    record = ctx.cascades.start(
        said.class_, actor=actor, task=said.task, scenes=said.scenes, levels=said.levels, recall=said.recall,
        name=said.name,
    )  # fmt: skip
    return _changed(ctx, record)


def choose(ctx: Context, name: str, recall: float, actor: str) -> models.Cascade:
    """Choose another recall."""
    return _changed(ctx, ctx.cascades.choose(ctx.cascades.get(name), recall, actor=actor))


def advance(ctx: Context, name: str, recall: float | None, actor: str) -> models.Cascade:
    """Leave a level, and begin to make the chips of the next one."""
    record = ctx.cascades.get(name)
    _idle(ctx, record)
    record = ctx.cascades.advance(record, actor=actor, recall=recall)
    _begin(ctx, record, actor)
    return _changed(ctx, record)


def make(ctx: Context, name: str, actor: str) -> models.Cascade:
    """Begin to make chips that are looked at and are not there."""
    record = ctx.cascades.get(name)
    _idle(ctx, record)
    _begin(ctx, record, actor)
    return _changed(ctx, record)


def back(ctx: Context, name: str, actor: str) -> models.Cascade:
    """Take the last step back."""
    record = ctx.cascades.get(name)
    _idle(ctx, record)
    before = whole(ctx, record)
    left = ctx.cascades.back(record, actor=actor)
    if left is None:
        ctx.hub.publish("cascade", {"id": record.id})
        return before.model_copy(update={"gone": True, "head": ctx.index.now().head})
    return _changed(ctx, left)


def panel(ctx: Context, name: str, n: int, seed: int) -> models.CascadePanel:
    """Chips of the level that is worked on to answer next."""
    record = ctx.cascades.get(name)
    view = ctx.cascades.view(record)
    level = record.level
    if view.position(level).max(initial=-1) < 0:
        raise MissingError(
            f"no chip of level {level} is there", asked=record.id, found="the level was deleted or not made yet",
            hint=f"make it: POST /api/cascades/{record.id}/make",
        )  # fmt: skip
    asked = view.ask(n, seed)
    ids = [view.pyramid.chip_id(level, cell) for cell, _ in asked]
    places = ctx.index.now().chips.places
    hits = ctx.index.rows([places[chip] for chip in ids if chip in places], task=record.task).hits
    by_id = {hit.id: listing.row(hit) for hit in hits}
    decision, scores = view.walked(level).decision, view.scores(level)
    chips = [
        models.CascadeChip(
            chip=by_id[chip], reason=told.reason, score=_number(scores[cell]), decision=DECISIONS[decision[cell]]
        )
        for chip, (cell, told) in zip(ids, asked, strict=True)
        if chip in by_id
    ]
    learned = view.learned(level)[0]
    candidate, value = view.candidate(level), view.said[level].value
    return models.CascadePanel(
        id=record.id,
        level=level,
        meaning=learned.meaning,
        strategy="typical" if learned.meaning == "none" else "mixed",
        head=ctx.index.now().head,
        chips=chips,
        left=int((candidate & (value == 0)).sum()),
        answered=int((candidate & (value != 0)).sum()),
    )


def cells(ctx: Context, name: str, level: int, scene: str | None, *, lonlat: bool) -> models.CascadeCells:
    """The cells of a level in one scene."""
    record = ctx.cascades.get(name)
    scene = scene or record.scenes[0]
    if scene not in record.scenes:
        raise MissingError("this cascade does not look there", asked=scene, found=", ".join(record.scenes))
    view = ctx.cascades.view(record)
    view.begun_level(level)
    where = record.scenes.index(scene)
    tree, walked, said, score = view.pyramid.level(level), view.walked(level), view.said[level], view.scores(level)
    at = np.flatnonzero(walked.candidate & (tree.scene == where))
    extent = view.pyramid.extents[where]
    return models.CascadeCells.model_construct(
        scene=scene, level=level, chip_size=tree.size, width=extent.width, height=extent.height,
        head=ctx.index.now().head, row=tree.row[at].tolist(), col=tree.col[at].tolist(), x=tree.x[at].tolist(),
        y=tree.y[at].tolist(), decision=[DECISIONS[d] for d in walked.decision[at].tolist()],
        score=[_number(s) for s in score[at]], label=[VALUES[v] or None for v in said.value[at].tolist()],
        trains=said.trains[at].tolist(), made=(view.position(level)[at] >= 0).tolist(), conflict=said.torn[at].tolist(),
        ring=_rings(ctx, scene, tree.x[at], tree.y[at], tree.size) if lonlat else None,
    )  # fmt: skip


def histogram(ctx: Context, name: str, level: int, recall: float | None, bins: int) -> models.CascadeHistogram:
    """Scores of a level, counted, and the threshold for a recall."""
    view = ctx.cascades.view(ctx.cascades.get(name))
    view.begun_level(level)
    score, value, candidate = view.scores(level), view.said[level].value, view.candidate(level)
    known = candidate & np.isfinite(score)
    edges = np.linspace(0, 1, bins + 1)
    counts = [np.histogram(score[known & which], edges)[0].tolist() for which in
              (np.ones(len(value), bool), value == POSITIVE, value == NEGATIVE)]  # fmt: skip
    drawn = drawn_of(view, level, recall)
    return models.CascadeHistogram(
        level=level, edges=edges.round(6).tolist(), counts=counts[0], positive=counts[1], negative=counts[2],
        threshold=_threshold(drawn),
    )  # fmt: skip


def conflicts(ctx: Context, name: str) -> models.CascadeConflicts:
    """Answers that contradict each other, and what would settle them."""
    record = ctx.cascades.get(name)
    found = told(ctx.cascades.view(record), _class(ctx, record.task, record.code)[1])
    return models.CascadeConflicts.model_validate(
        {
            "conflicts": [
                {
                    "kind": one.kind, "level": one.level, "parent": one.parent, "children": list(one.children),
                    "says": one.says,
                    "choices": [{"says": choice.says, "events": list(choice.events)} for choice in one.choices],
                }
                for one in found
            ]
        }
    )  # fmt: skip


def of_scene(ctx: Context, scene: str, task: str | None) -> models.SceneCascades:
    """The annotation of a scene by its cascades."""
    chosen = ctx.lake.config.task(task, "classify").name
    classes = []
    for kept in annotation(ctx.lake, scene, chosen):
        name, title, color = _class(ctx, chosen, kept.code)
        told_of: dict[str, Any] = {"class": name, "title": title, "color": color, "code": kept.code}
        classes.append(
            models.CascadeClass(
                **told_of, cascade=kept.cascade, level=kept.level, chip_size=kept.size, done=kept.done,
                row=kept.row.tolist(), col=kept.col.tolist(), x=kept.x.tolist(), y=kept.y.tolist(),
                by=["person" if p else "model" for p in kept.person.tolist()],
            )
        )  # fmt: skip
    return models.SceneCascades(scene=scene, task=chosen, classes=classes)


def _changed(ctx: Context, record: Record) -> models.Cascade:
    ctx.hub.publish("cascade", {"id": record.id})
    return whole(ctx, record)


def _job(ctx: Context, name: str) -> str | None:
    """The job that makes chips for a cascade, while it is under way."""
    mine = (j for j in ctx.jobs.all() if j.verb == "cascade" and j.options.get("cascade") == name)
    return next((job.id for job in mine if job.state in ACTIVE), None)


def _idle(ctx: Context, record: Record) -> None:
    job = _job(ctx, record.id)
    if job is not None:
        raise ConflictError("chips are being made for this cascade", asked=record.id, found=f"job {job}",
                            hint="wait until it has ended, or stop it")  # fmt: skip


def _begin(ctx: Context, record: Record, actor: str) -> None:
    view = ctx.cascades.view(record)
    if any(view.missing(level).any() for level in view.begun):
        ctx.jobs.submit("cascade", {"cascade": record.id}, actor=actor)


def _level(level: LevelState) -> models.CascadeLevel:
    return models.CascadeLevel(
        level=level.level, chip_size=level.chip_size, cells=level.cells, candidates=level.candidates, made=level.made,
        missing=level.missing, kept=level.kept, rejected=level.rejected, undecided=level.undecided,
        positive=level.positive, negative=level.negative, unsure=level.unsure, removed=level.removed,
        state=level.state, threshold=None if level.drawn is None else _threshold(level.drawn),
        went_on_at=level.left_at,
    )  # fmt: skip


def _threshold(drawn: Drawn) -> models.CascadeThreshold:
    t = drawn.threshold
    return models.CascadeThreshold(
        score=drawn.score, recall=t.recall, estimate=t.estimate, low=t.low, high=t.high, positives=t.positives,
        bags=drawn.bags, enough=t.enough, keeps=drawn.keeps, rejects=drawn.rejects, says=t.says(),
    )  # fmt: skip


def _recall(state: State) -> models.CascadeRecall | None:
    if state.recall is None:
        return None
    value, low, high = state.recall
    says = (
        f"The levels left keep about {value:.1%} of the positive chips ({low:.1%} to {high:.1%}), as far as is known."
    )
    return models.CascadeRecall(value=value, low=low, high=high, positives=state.positives, says=says)


def _class(ctx: Context, task: str, code: int) -> tuple[str, str, str]:
    """Name, title and colour of a class; of one that left the scheme its code."""
    try:
        found = ctx.lake.scheme(task).find(code)
    except GroundsetError:
        return str(code), f"Class {code}", "#808080"
    return found.name, found.title, found.color


def _number(value: np.floating[Any]) -> float | None:
    return None if np.isnan(value) else round(float(value), _DIGITS)


def _rings(ctx: Context, scene: str, x: Any, y: Any, size: int) -> list[list[list[float]]] | None:
    """Corners of cells in degrees, from the upper left one on; None without a CRS."""
    from pyproj import Transformer

    box = ctx.lake.scenes.get(scene).geobox
    if box.crs is None:
        return None
    to_degrees = Transformer.from_crs(box.crs.to_wkt(), "EPSG:4326", always_xy=True)
    col = np.stack([x, x + size, x + size, x], axis=1).astype(float)
    row = np.stack([y, y, y + size, y + size], axis=1).astype(float)
    a = box.affine
    lon, lat = to_degrees.transform(a.a * col + a.b * row + a.c, a.d * col + a.e * row + a.f)
    return [[list(corner) for corner in ring] for ring in np.stack([lon, lat], axis=2).round(7).tolist()]
