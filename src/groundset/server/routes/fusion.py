"""``/api/fusion``: labels of several scenes of one place, brought together on the chips of one."""

from __future__ import annotations

from fastapi import APIRouter

from groundset.server import fusion
from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models.fusion import FusedLabels, FuseLabels
from groundset.server.replies import problems

router = APIRouter(tags=["scenes"])


@router.post("/fusion", responses=problems(404, 409, 422, 503), dependencies=[needs("review")])
def fuse_labels(here: Here, actor: Actor, said: FuseLabels) -> FusedLabels:
    """Bring the labels that people gave on several scenes together, as one act; again nothing is doubled.

    Answers about chips meet by the share of a chip that they cover, masks pixel by pixel. What is written has the
    origin consensus (`agree`) or import, so that what people say of a chip itself wins. `POST /api/annotations` of kind
    undo with `bulk` takes it back.
    """
    return fusion.fused(here, actor, said)
