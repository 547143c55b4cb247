"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from groundset.core import (
    ConflictError,
    GroundsetError,
    InputError,
    MissingError,
    QueryError,
    ServiceError,
    StoppedError,
)
from groundset.server.headers import common
from groundset.server.models import Problem
from groundset.server.models.base import Place

MEDIA_TYPE = "application/problem+json"
NOBODY = "say who you are"
"""Title of the problem of those who bring neither token nor session."""

_STATUS: tuple[tuple[type[GroundsetError], int], ...] = (
    (MissingError, 404),
    (ConflictError, 409),
    (InputError, 422),
    (ServiceError, 503),
    (StoppedError, 503),
)


class ForbiddenError(GroundsetError):
    """Known, but not allowed to do this."""

    status = 403


class UnauthorizedError(GroundsetError):
    """Nobody knows who is asking."""

    status = 401


class MisdirectedError(GroundsetError):
    """Asked under a name that is not ours: a page of somebody else's may stand behind it."""

    status = 421


class TooLargeError(GroundsetError):
    """More than one request may bring."""

    status = 413


class TooManyError(GroundsetError):
    """Too many at once."""

    status = 429


def problem(error: GroundsetError) -> Problem:
    """An error of ours as problem details."""
    status = getattr(error, "status", None) or next((s for kind, s in _STATUS if isinstance(error, kind)), 500)
    told = Problem(
        title=error.message, status=status, detail=str(error), asked=error.asked, found=error.found, hint=error.hint
    )
    if isinstance(error, QueryError):
        told.near = list(error.near) or None
        if error.start is not None and error.end is not None:
            told.position = Place(start=error.start, end=error.end, line=error.line, column=error.column)
    return told


def respond(told: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Problem details as a response."""
    content = {k: _sendable(v) for k, v in told.model_dump(exclude_none=True).items()}
    return JSONResponse(content, told.status, headers, media_type=MEDIA_TYPE)


def _sendable(value: object) -> object:
    """Text from a request may hold what is no character (lone surrogates); an answer may not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _where(loc: tuple[int | str, ...]) -> str:
    """Where in a request a mistake is; of a job's options the option alone, as its other mistakes are told."""
    if "options" in loc[:-1]:
        loc = loc[loc.index("options") + 1 :]
    return ".".join(str(part) for part in loc)


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with problem details."""

    @app.exception_handler(GroundsetError)
    async def _ours(_request: Request, error: GroundsetError) -> JSONResponse:
        return respond(problem(error))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
        return respond(Problem(title="the body of the request ended before its end", status=400))  # nobody reads it

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        title = HTTPStatus(error.status_code).phrase
        return respond(
            Problem(title=title, status=error.status_code, detail=str(error.detail)), dict(error.headers or {})
        )

    @app.exception_handler(Exception)
    async def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
        return respond(  # the server's log has the rest
            Problem(
                title="something went wrong in the server",
                status=500,
                detail=type(error).__name__,
                hint="the terminal in which it runs says more; trying again may help",
            ),
            common(),
        )

    @app.exception_handler(RequestValidationError)
    async def _form(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = _where(first["loc"])
        return respond(
            Problem(
                title="the request is not of the form that this address takes",
                status=422,
                detail="; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:10]),
                asked=f"{where} = {str(first.get('input'))[:80]}",
                hint="see /api/openapi.json",
            )
        )
