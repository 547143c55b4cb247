"""``/api/classes``, ``/api/tasks``, ``/api/attributes``: what can be answered, added while people work."""

from __future__ import annotations

from fastapi import APIRouter

from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models import Attribute, NewClass, NewTask, SchemeClass, Task
from groundset.server.problems import LaterError
from groundset.server.replies import problems

router = APIRouter(tags=["scheme"])


@router.post("/classes", status_code=201, responses=problems(404, 409, 422, 503), dependencies=[needs("annotate")])
def add_class(said: NewClass, here: Here, actor: Actor) -> SchemeClass:  # noqa: ARG001
    """Add a class to a scheme. It gets the next free code; no other class changes."""
    raise LaterError("classes are added by the next version")


@router.post("/tasks", status_code=201, responses=problems(409, 422, 503), dependencies=[needs("manage")])
def add_task(said: NewTask, here: Here, actor: Actor) -> Task:  # noqa: ARG001
    """Add a classify task, with the workspace's scheme or one of its own."""
    raise LaterError("tasks are added by the next version")


@router.post("/attributes", status_code=201, responses=problems(409, 422, 503), dependencies=[needs("annotate")])
def add_attribute(said: Attribute, here: Here, actor: Actor) -> Attribute:  # noqa: ARG001
    """Add something that people may say of a chip's situation."""
    raise LaterError("attributes are added by the next version")
