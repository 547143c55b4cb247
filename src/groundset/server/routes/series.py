"""``/api/series``: several dates of one place on one grid."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from groundset.series import add_series, remove_series
from groundset.server import series
from groundset.server.context import Context, Here
from groundset.server.door import Actor, needs
from groundset.server.models import NewSeries, SeriesInfo, SeriesList
from groundset.server.replies import problems

router = APIRouter(tags=["series"])


@router.get("/series", dependencies=[needs("read")])
def list_series(here: Here) -> SeriesList:
    """All series with their dates, and those that could be made of scenes that share a grid."""
    return series.everything(here.lake)


@router.post("/series", status_code=201, responses=problems(404, 409, 422, 503), dependencies=[needs("manage")])
async def make_series(said: NewSeries, here: Here, actor: Actor) -> SeriesInfo:
    """Make a series of scenes that lie on one grid; it is ordered by their times."""

    def make() -> SeriesInfo:
        return series.told(here.lake, add_series(here.lake, said.name, said.scenes, actor=actor, title=said.title))

    made = await run_in_threadpool(make)
    here.feed.stir()
    _publish(here)
    return made


@router.delete("/series/{name}", status_code=204, responses=problems(404, 409, 503), dependencies=[needs("manage")])
def delete_series(name: str, here: Here) -> Response:
    """Take a series back. Scenes, chips and answers stay."""
    remove_series(here.lake, name)
    _publish(here)
    return Response(status_code=204)


def _publish(here: Context) -> None:
    here.hub.publish("workspace", {"what": "series"})
