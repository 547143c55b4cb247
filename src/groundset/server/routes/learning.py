"""``/api/suggest``, ``/histogram``, ``/ranking``, ``/curve``: what the machine makes of the labels."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from groundset.server import learning
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import Curve, Histogram, Ranking, Suggestions
from groundset.server.replies import problems

router = APIRouter(tags=["learning"])
TaskName = Annotated[str | None, Query(description="A classify task (default: the one that `label` speaks of)")]
ClassName = Annotated[str | None, Query(alias="class", description="Name or code of a class")]
Filter = Annotated[str | None, Query(description="OGC CQL2 text: only chips that it keeps")]
EncoderName = Annotated[str | None, Query(description="Encoder whose features count (default: the workspace's)")]
Like = Annotated[
    list[str] | None,
    Query(
        description="Chips that are examples of what is looked for; or a rectangle, `SCENE@x_off,y_off,width,height`"
    ),
]
Method = Annotated[str, Query(description="logistic (default), rocchio or mean (generalized mean)")]


@router.get("/suggest", responses=problems(404, 422), dependencies=[needs("read")])
def get_suggestions(
    here: Here,
    task: TaskName = None,
    class_: ClassName = None,
    n: Annotated[int, Query(ge=1, le=1000)] = 50,
    filter: Filter = None,  # noqa: A002
    doubted: Annotated[float, Query(ge=0, le=1, description="Share of labelled chips that the model doubts")] = 0.1,
    encoder: EncoderName = None,
    seed: Annotated[int, Query(ge=0, lt=2**32)] = 0,
) -> Suggestions:
    """Which chips to answer next: typical ones at first, then those between classes, no two nearly alike."""
    return learning.suggestions(
        here, task=task, class_=class_, n=n, filter=filter, doubted=doubted, encoder=encoder, seed=seed
    )


@router.get("/histogram", responses=problems(404, 422), dependencies=[needs("read")])
def get_histogram(
    here: Here,
    task: TaskName = None,
    class_: ClassName = None,
    filter: Filter = None,  # noqa: A002
    like: Like = None,
    method: Method = "logistic",
    encoder: EncoderName = None,
    bins: Annotated[int, Query(ge=2, le=200)] = 40,
) -> Histogram:
    """Scores of a class, or of a likeness, counted."""
    return learning.histogram(
        here, task=task, class_=class_, filter=filter, like=like or (), method=method, encoder=encoder, bins=bins
    )


@router.get("/ranking", responses=problems(404, 422), dependencies=[needs("read")])
def get_ranking(here: Here, task: TaskName = None, encoder: EncoderName = None) -> Ranking:
    """The state of a task's model: labels that train, calibration, what stands in the way."""
    return learning.ranking(here, task, encoder)


@router.get("/curve", responses=problems(404, 422), dependencies=[needs("read")])
def get_curve(here: Here, task: TaskName = None, class_: ClassName = None, encoder: EncoderName = None) -> Curve:
    """How accuracy grew with labels, and how it may go on.

    Worked out behind the request; a `ranking` event tells when it is there.
    """
    return learning.curve(here, task, class_, encoder)
