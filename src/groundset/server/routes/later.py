"""Parts of the contract that this version does not answer yet: they say so."""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter

from groundset.server.door import needs
from groundset.server.problems import LaterError

router = APIRouter(tags=["later"])


@router.get("/suggest", dependencies=[needs("read")], response_model=None)
async def suggest() -> NoReturn:
    """Which chips to answer next. Not answered by this version."""
    raise LaterError("suggestions come with the next version", hint="take /api/chips, sorted as you like")


@router.get("/histogram", dependencies=[needs("read")], response_model=None)
async def histogram() -> NoReturn:
    """How sure the model is, by class. Not answered by this version."""
    raise LaterError("histograms of scores come with the next version", hint="GET /api/labels counts the answers")
