"""``/api/classes``, ``/api/tasks``, ``/api/attributes``: what can be answered, added while people work."""

from __future__ import annotations

from typing import TypeVar

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from groundset import _additions, attach
from groundset.core.layout import AttributeConfig
from groundset.server import overview
from groundset.server.context import Context, Here
from groundset.server.door import Actor, needs
from groundset.server.making import classes_of
from groundset.server.models import Attribute, NewClass, NewTask, SchemeClass, Task
from groundset.server.replies import problems

router = APIRouter(tags=["scheme"])
T = TypeVar("T")


@router.post("/classes", status_code=201, responses=problems(404, 409, 422, 503), dependencies=[needs("annotate")])
async def add_class(said: NewClass, here: Here, actor: Actor) -> SchemeClass:
    """Add a class to a scheme. It gets the next free code; no other class changes."""

    def add() -> SchemeClass:
        new = _additions.add_class(
            here.lake, said.name, actor=actor, task=said.task, title=said.title, color=said.color,
            definition=said.definition,
        )  # fmt: skip
        return overview.scheme_class(new)

    return _told(here, await run_in_threadpool(add))


@router.post("/tasks", status_code=201, responses=problems(409, 422, 503), dependencies=[needs("manage")])
async def add_task(said: NewTask, here: Here, actor: Actor) -> Task:
    """Add a task, with the workspace's scheme or one of its own."""

    def add() -> Task:
        classes = None if said.classes is None else classes_of(said.classes)
        new = _additions.add_task(
            here.lake, said.name, actor=actor, kind=said.kind, multi=said.multi, classes=classes, about=said.about,
            series=said.series,
        )  # fmt: skip
        return overview.task(here.lake, here.index, new)

    return _told(here, await run_in_threadpool(add))


@router.post("/attributes", status_code=201, responses=problems(409, 422, 503), dependencies=[needs("annotate")])
async def add_attribute(said: Attribute, here: Here, actor: Actor) -> Attribute:
    """Add something that people may say of a chip's situation."""

    def add() -> Attribute:
        new = AttributeConfig(said.name, said.kind, said.title or None, tuple(said.choices), said.minimum, said.maximum)
        attach.refuse_attached(here.lake, new.name)
        return overview.attribute(_additions.add_attribute(here.lake, new, actor=actor))

    return _told(here, await run_in_threadpool(add))


def _told(here: Context, added: T) -> T:
    """Pages that are open hear of it at once."""
    here.feed.stir()
    return added
