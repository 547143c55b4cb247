"""``/api/tasks/TASK/arrangement`` and ``/api/backdrops``: what the views of the pixel editor show."""

from __future__ import annotations

from fastapi import APIRouter

from groundset.core import GroundsetError
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import Arrangement, Backdrop
from groundset.server.replies import problems
from groundset.views.arrangements import arrangement, save_arrangement
from groundset.views.backdrops import backdrop

router = APIRouter(tags=["views"])


@router.get("/backdrops", dependencies=[needs("read")])
def list_backdrops(here: Here) -> list[Backdrop]:
    """Web maps of the settings; of one with a mistake `problem` says it."""
    return [_told(name, said) for name, said in here.lake.config.tiles.items()]


@router.get("/tasks/{task}/arrangement", responses=problems(422), dependencies=[needs("read")])
def get_arrangement(task: str, here: Here) -> Arrangement:
    """What the views of a task show; no groups where nobody has kept any."""
    return Arrangement(groups=[list(group) for group in arrangement(here.lake, task)])


@router.put("/tasks/{task}/arrangement", responses=problems(422, 503), dependencies=[needs("annotate")])
def put_arrangement(task: str, said: Arrangement, here: Here) -> Arrangement:
    """Keep it for everybody who labels the task; no groups take it away."""
    save_arrangement(here.lake, task, said.groups)
    here.hub.publish("workspace", {"what": "arrangements"})
    return get_arrangement(task, here)


def _told(name: str, said: dict[str, object]) -> Backdrop:
    try:
        found = backdrop(name, said)
    except GroundsetError as error:
        return Backdrop(
            name=name,
            title=str(said.get("title") or name),
            url="",
            attribution=str(said.get("attribution") or ""),
            max_zoom=0,
            problem=": ".join(part for part in (error.message, error.asked) if part),
        )
    return Backdrop(
        name=found.name,
        title=found.title,
        url=found.url,
        attribution=found.attribution,
        max_zoom=found.max_zoom,
    )
