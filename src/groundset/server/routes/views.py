"""``/api/views``: the workspace's own views, listed among the layers of every scene that has their bands."""

from __future__ import annotations

from fastapi import APIRouter, Response

from groundset.chips import OwnView as Own
from groundset.chips import own_view
from groundset.core import GroundsetError
from groundset.server.context import Context, Here
from groundset.server.door import needs
from groundset.server.models import NewView, OwnView
from groundset.server.replies import problems
from groundset.views.own import remove_view, save_view

router = APIRouter(tags=["views"])


@router.get("/views", dependencies=[needs("read")])
def list_views(here: Here) -> list[OwnView]:
    """All of them; of one with a mistake in the settings `problem` says it."""
    return [_told(name, said) for name, said in here.lake.config.views.items()]


@router.post("/views", status_code=201, responses=problems(409, 422, 503), dependencies=[needs("annotate")])
def add_view(said: NewView, here: Here) -> OwnView:
    """Keep a view; a mistake in its expression is told with its column."""
    values = said.model_dump(exclude={"name", "replace"})
    kept = save_view(here.lake, said.name, values, replace=said.replace)
    _publish(here)
    return _model(kept)


@router.delete("/views/{name}", status_code=204, responses=problems(404, 503), dependencies=[needs("annotate")])
def delete_view(name: str, here: Here) -> Response:
    """Take a view away. Nothing that was answered depends on it."""
    remove_view(here.lake, name)
    _publish(here)
    return Response(status_code=204)


def _publish(here: Context) -> None:
    here.hub.publish("workspace", {"what": "views"})


def _told(name: str, said: dict[str, object]) -> OwnView:
    try:
        return _model(own_view(name, said))
    except GroundsetError as error:
        title, expression = str(said.get("title") or name), str(said.get("expression") or "")
        return OwnView(name=name, title=title, expression=expression, problem=error.message)


def _model(view: Own) -> OwnView:
    return OwnView(
        name=view.name,
        title=view.title,
        expression=view.expression,
        ramp=view.ramp,
        ranges=list(view.ranges),
        stretch=view.stretch,
    )
