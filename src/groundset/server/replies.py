"""Answers that are not JSON: bytes with a strong ETag, and 304 where the browser has them already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Query, Request, Response

from groundset.server.door import needs
from groundset.server.models import Permission, Problem

LayerName = Annotated[
    str,
    Query(
        description="Name of a layer, index or view, band names joined by commas, or `=EXPRESSION` (three joined by "
        "`;` for red, green, blue); then any of `@ramp=NAME`, `@range=LOW,HIGH`, `@stretch=chip|scene`. On the wall "
        "also `label:TASK`",
        max_length=2000,
    ),
]
"""Parameter of a route: how pixels are shown."""
BandNames = Annotated[str | None, Query(description="Names joined by commas; all by default", max_length=4000)]
"""Parameter of a route: which bands are wanted."""
NPY = "application/octet-stream"
"""Media type of .npy files."""
CHANGING = "private, no-cache"
"""Kept by the browser, but asked for again each time: a 304 costs little, and a label is never an old one."""


def etag(mark: str) -> str:
    """A mark as a strong ETag."""
    return f'"{mark}"'


def marks(header: str | None) -> tuple[str, ...]:
    """The marks in If-Match or If-None-Match; ``*`` stands for any."""
    if header is None:
        return ()
    return tuple(tag.strip().removeprefix("W/").strip('"') for tag in header.split(",") if tag.strip())


def fresh(request: Request, mark: str) -> bool:
    """Whether the browser has what this mark stands for."""
    told = marks(request.headers.get("if-none-match"))
    return mark in told or "*" in told


def reply(
    request: Request,
    mark: str,
    media_type: str | Callable[[bytes], str],
    make: Callable[[], bytes],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Bytes with their ETag; 304 and nothing made where the browser has them.

    Args:
        request: What was asked.
        mark: Changes when the bytes do.
        media_type: Of the bytes, or how to tell it from them.
        make: Makes the bytes.
        headers: Further headers.
    """
    common = {"ETag": etag(mark), "Cache-Control": CHANGING, **(headers or {})}
    if fresh(request, mark):
        return Response(status_code=304, headers=common)
    data = make()
    kind = media_type if isinstance(media_type, str) else media_type(data)
    return Response(data, headers=common, media_type=kind)


def described(content: Mapping[str, str], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI says of a route that answers bytes: media types with what they hold, and its problems."""
    out: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "; ".join(content.values()),
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in content},
        },
        304: {"description": "Unchanged since the ETag in If-None-Match"},
    }
    return out | problems(*statuses)


def binary(permission: Permission, content: Mapping[str, str]) -> dict[str, Any]:
    """Keywords of a route that answers with bytes made of imagery.

    Args:
        permission: Who may ask.
        content: Media types with what they hold, as in :func:`described`.
    """
    return {
        "response_class": Response,
        "responses": described(content, 404, 409, 422, 503),
        "dependencies": [needs(permission)],
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem responses of a route for its OpenAPI."""
    return {status: {"model": Problem, "description": _WORDS[status]} for status in statuses}


_WORDS = {
    403: "Not for you to say",
    404: "There is no such thing",
    409: "A file of the scene is not where it was; the problem names it",
    412: "Somebody answered since the ETag in If-Match",
    413: "The body is too large",
    422: "The request does not fit what there is; the problem says how",
    503: "A remote file could not be read now",
}
