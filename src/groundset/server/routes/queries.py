"""``/api/queries``: queries kept by name for everybody; ``/api/sql``: questions in SQL, which only read."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from groundset.query.saved import Query as Asked
from groundset.query.saved import Saved, SavedQueries
from groundset.server import sql
from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models.queries import QueryIn, SavedQuery, SqlAnswer, SqlIn
from groundset.server.replies import problems

router = APIRouter(tags=["queries"])
Name = Annotated[str, Path(max_length=200, description="Name of a saved query")]


@router.get("/queries", responses=problems(422), dependencies=[needs("read")])
def list_queries(here: Here) -> list[SavedQuery]:
    """All saved queries, by name."""
    return [_told(one) for one in SavedQueries(here.lake).all()]


@router.put("/queries/{name}", responses=problems(409, 422, 503), dependencies=[needs("annotate")])
def put_query(
    name: Name,
    said: QueryIn,
    here: Here,
    actor: Actor,
    replace: Annotated[bool, Query(description="Whether one of this name is replaced; else 409")] = False,
) -> SavedQuery:
    """Keep a query for everybody; `undo` brings back what was there before."""
    query = Asked(said.filter.strip(), tuple(said.like), said.sort, said.task, said.class_, said.method, said.encoder)
    kept = SavedQueries(here.lake).save(name, query, by=actor, index=here.index, replace=replace)
    here.hub.publish("workspace", {"what": "queries"})
    return _told(kept)


@router.delete("/queries/{name}", responses=problems(404, 422, 503), dependencies=[needs("annotate")])
def delete_query(name: Name, here: Here, actor: Actor) -> SavedQuery:
    """Take a query away, and tell what it was; `undo` brings it back."""
    gone = SavedQueries(here.lake).remove(name, by=actor)
    here.hub.publish("workspace", {"what": "queries"})
    return _told(gone)


@router.post("/queries/{name}/undo", responses=problems(404, 422, 503), dependencies=[needs("annotate")])
def undo_query(name: Name, here: Here, actor: Actor) -> SavedQuery | None:
    """Take the last change of a name back; null where it has no query again."""
    left = SavedQueries(here.lake).undo(name, by=actor)
    here.hub.publish("workspace", {"what": "queries"})
    return None if left is None else _told(left)


@router.post(
    "/sql",
    response_model=SqlAnswer,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **problems(422, 503),
    },
    dependencies=[needs("read")],
)
def ask_sql(
    said: SqlIn,
    here: Here,
    f: Annotated[Literal["json", "csv", "parquet"], Query(description="Form of the answer")] = "json",
) -> Response:
    """Ask the views scenes, chips, labels, annotations, scores and attributes in SQL; nothing can be written.

    A process of its own answers, with limits of time, memory and rows.
    """
    return Response(sql.ask(here.lake.root, said.sql, form=f, limit=said.limit), media_type=sql.TYPES[f])


def _told(saved: Saved) -> SavedQuery:
    asked = saved.query
    return SavedQuery.model_validate(
        {
            "name": saved.name, "by": saved.by, "at": saved.at, "filter": asked.filter, "like": list(asked.like),
            "sort": asked.sort, "task": asked.task, "class": asked.class_, "method": asked.method,
            "encoder": asked.encoder,
        }
    )  # fmt: skip
