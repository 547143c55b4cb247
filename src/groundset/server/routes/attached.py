"""``/api/attached``: outside knowledge joined to chips. A file is attached by a job of the verb ``attach``."""

from __future__ import annotations

from fastapi import APIRouter

from groundset import attach
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import AttachedColumn, AttachedLayer, AttachedLayers, OfferedFiles
from groundset.server.offered import offered
from groundset.server.replies import problems

router = APIRouter(tags=["attached"])


@router.get("/attached", dependencies=[needs("read")])
def list_attached(here: Here) -> AttachedLayers:
    """The attached layers: their columns, and whether their files are as they were read."""
    return AttachedLayers(layers=[_told(state) for state in attach.states(here.lake)])


@router.get("/attached/files", dependencies=[needs("manage")])
def list_files_to_attach(here: Here) -> OfferedFiles:
    """Files in the folders that the server reads that could be attached, by their endings."""
    from groundset.attach.source import SAFE

    return offered(here.lake, here.addresses.roots, SAFE - {".txt", ".json"})


@router.delete("/attached/{name}", responses=problems(404, 409), dependencies=[needs("manage")])
def remove_attached(here: Here, name: str) -> AttachedLayers:
    """Take a layer away with its columns. The file stays, and so do labels that were made from it."""
    attach.remove(here.lake, name)
    here.hub.publish("workspace", {"what": "chips"})
    return list_attached(here)


def _told(state: attach.LayerState) -> AttachedLayer:
    layer = state.layer
    return AttachedLayer(
        name=layer.name,
        file=layer.file,
        state=state.file,
        problem=layer.problem,
        read=layer.read,
        features=layer.features,
        chips=state.chips,
        lacking=state.lacking,
        columns=[AttachedColumn(name=c.name, title=c.title, kind=c.kind) for c in layer.columns],
        notes=list(layer.notes),
    )
