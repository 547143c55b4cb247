"""The OpenAPI document: what FastAPI derives, with the permission of each route and its problem details told truly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from groundset.server.door import permission_of
from groundset.server.models import AnnotationIn, Problem, StrokeIn

_REF = "#/components/schemas/{model}"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
_COMMON = {
    "401": "Nobody knows who asks",
    "403": "Not allowed, or no name given yet",
    "422": "The request is not of the form that this address takes",
    "default": "What else went wrong",
}
_EXTRA: tuple[type[BaseModel], ...] = (Problem, AnnotationIn, StrokeIn)


def body_of(model: type[BaseModel], *, most: int) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads its own body: a list of ``model``."""
    schema = {"type": "array", "maxItems": most, "items": {"$ref": _REF.format(model=model.__name__)}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let ``app``, which has these routers under ``/api``, describe itself so."""
    derive = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _told(derive(), routers)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way


def _told(document: dict[str, Any], routers: Sequence[APIRouter]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in _EXTRA:
        told_of = model.model_json_schema(ref_template=_REF)
        for name, part in told_of.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas.setdefault(model.__name__, told_of)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for route, operation in _operations(document, routers):
        operation["x-permission"] = permission_of(route)
        _tell_problems(operation["responses"])
    return document


def _operations(document: dict[str, Any], routers: Sequence[APIRouter]) -> Iterator[tuple[APIRoute, dict[str, Any]]]:
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                yield route, document["paths"][f"/api{route.path_format}"][method.lower()]


def _tell_problems(responses: dict[str, Any]) -> None:
    for status, words in _COMMON.items():
        said = responses.setdefault(status, {"description": words})
        content = said.setdefault("content", {})
        if _model(content) == "HTTPValidationError":
            said["description"] = words
            del content["application/json"]
        content.update(_PROBLEM)
    for said in responses.values():
        content = said.get("content", {})
        if _model(content) == "Problem":  # a route names the model; its media type is ours to say
            del content["application/json"]
            content.update(_PROBLEM)


def _model(content: dict[str, Any]) -> str:
    """Name of the model that a response's JSON is of."""
    reference: str = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2]
