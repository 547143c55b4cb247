"""``/api/cascades``: one class looked for in large scenes, coarse to fine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from groundset.server import cascades
from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models import cascade as models
from groundset.server.replies import problems

router = APIRouter(tags=["cascades"])
TaskName = Annotated[str | None, Query(description="A classify task (default: any)", max_length=200)]
SceneName = Annotated[str | None, Query(description="A scene of the cascade (default: its first one)", max_length=200)]


@router.get("/cascades", responses=problems(422), dependencies=[needs("read")])
def list_cascades(here: Here, task: TaskName = None, scene: SceneName = None) -> models.CascadeRows:
    """The cascades that stand, latest first."""
    return cascades.rows(here, task, scene)


@router.post("/cascades", status_code=201, responses=problems(404, 409, 422), dependencies=[needs("annotate")])
def start_cascade(here: Here, actor: Actor, body: models.CascadeIn) -> models.Cascade:
    """Begin to look for a class. A grid with fewer levels than asked for gets them, where the chip size divides."""
    return cascades.start(here, body, actor)


@router.get("/cascades/{name}", responses=problems(404), dependencies=[needs("read")])
def get_cascade(here: Here, name: str) -> models.Cascade:
    """One cascade: how far it is, what it keeps, how sure that is, what it saved."""
    return cascades.whole(here, here.cascades.get(name))


@router.patch("/cascades/{name}", responses=problems(404, 422), dependencies=[needs("annotate")])
def change_cascade(here: Here, actor: Actor, name: str, body: models.CascadeChange) -> models.Cascade:
    """Choose another recall for the levels to come."""
    return cascades.choose(here, name, body.recall, actor)


@router.post(
    "/cascades/{name}/advance", status_code=202, responses=problems(404, 409, 422), dependencies=[needs("annotate")]
)
def advance_cascade(here: Here, actor: Actor, name: str, body: models.CascadeStep | None = None) -> models.Cascade:
    """Leave the level that is worked on; a job makes the chips of the next one that lie in chips which go on."""
    return cascades.advance(here, name, None if body is None else body.recall, actor)


@router.post("/cascades/{name}/back", responses=problems(404, 409), dependencies=[needs("annotate")])
def take_cascade_back(here: Here, actor: Actor, name: str) -> models.Cascade:
    """Take the last step back; at the very start the cascade itself (``gone``). Chips stay, and are not made again."""
    return cascades.back(here, name, actor)


@router.post("/cascades/{name}/make", status_code=202, responses=problems(404, 409), dependencies=[needs("annotate")])
def make_cascade_chips(here: Here, actor: Actor, name: str) -> models.Cascade:
    """Make chips that are looked at and are not there: a level was deleted, or a coarser answer changed."""
    return cascades.make(here, name, actor)


@router.get("/cascades/{name}/suggest", responses=problems(404, 422), dependencies=[needs("read")])
def get_cascade_panel(
    here: Here,
    name: str,
    n: Annotated[int, Query(ge=1, le=1000)] = 50,
    seed: Annotated[int, Query(ge=0, lt=2**32)] = 0,
) -> models.CascadePanel:
    """Chips of the level that is worked on to answer next."""
    return cascades.panel(here, name, n, seed)


@router.get("/cascades/{name}/levels/{level}/cells", responses=problems(404, 422), dependencies=[needs("read")])
def get_cascade_cells(
    here: Here,
    name: str,
    level: int,
    scene: SceneName = None,
    lonlat: Annotated[bool, Query(description="Tell the corners in degrees too")] = False,
) -> models.CascadeCells:
    """The cells of a level that are looked at, to be drawn over the scene."""
    return cascades.cells(here, name, level, scene, lonlat=lonlat)


@router.get("/cascades/{name}/levels/{level}/histogram", responses=problems(404, 422), dependencies=[needs("read")])
def get_cascade_histogram(
    here: Here,
    name: str,
    level: int,
    recall: Annotated[float | None, Query(gt=0, le=1, description="Try this one; nothing is written")] = None,
    bins: Annotated[int, Query(ge=2, le=200)] = 40,
) -> models.CascadeHistogram:
    """Scores of a level, and the threshold for a recall."""
    return cascades.histogram(here, name, level, recall, bins)


@router.get("/cascades/{name}/conflicts", responses=problems(404), dependencies=[needs("read")])
def get_cascade_conflicts(here: Here, name: str) -> models.CascadeConflicts:
    """Answers of parents and children that contradict each other, and what would settle them."""
    return cascades.conflicts(here, name)


@router.get("/scenes/{scene_id}/cascades", responses=problems(404, 422), dependencies=[needs("read")])
def get_scene_cascades(here: Here, scene_id: str, task: TaskName = None) -> models.SceneCascades:
    """What the cascades keep of a scene, one class after another."""
    return cascades.of_scene(here, scene_id, task)
