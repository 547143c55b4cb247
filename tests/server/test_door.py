"""Who may do what."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from groundset.core import InputError
from groundset.server.app import ROUTERS
from groundset.server.door import PERMISSIONS, actor_name, may, permission_of
from groundset.server.models import Permission, Role

ROLES: tuple[Role, ...] = get_args(Role)


def test_each_role_may_what_those_before_it_may() -> None:
    for less, more in pairwise(ROLES):
        assert PERMISSIONS[less] < PERMISSIONS[more]
    assert PERMISSIONS["admin"] == set(get_args(Permission))
    assert not may("annotator", "review")
    assert may("reviewer", "review")


def test_every_route_names_the_permission_that_it_needs(client: TestClient) -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes)
    assert [route.path for route in routes if permission_of(route) is None] == []
    operations = {(f"/api{r.path_format}", m.lower()) for r in routes for m in r.methods or ()}
    document = client.get("/api/openapi.json").json()
    assert {(path, method) for path, there in document["paths"].items() for method in there} == operations
    assert len(operations) > 20


def test_what_changes_something_needs_more_than_reading() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    unsafe = {r.path for r in routes if (r.methods or set()) - {"GET", "HEAD"} and permission_of(r) == "read"}
    assert unsafe == {"/session", "/chips/{chip_id}/prompt", "/sql"}, (
        "one's own session; a question with a body, nothing is kept"
    )


def test_the_document_says_the_permission_and_the_problems_of_each_operation(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert {op["x-permission"] for op in operations} <= set(get_args(Permission))
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        for status in ("401", "403", "422", "default"):
            assert "application/problem+json" in operation["responses"][status]["content"]
    assert document["paths"]["/api/annotations"]["post"]["x-permission"] == "annotate"
    assert {"AnnotationIn", "Problem"} <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in str(document)


def test_a_role_that_may_not_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.server.door.PERMISSIONS", {**PERMISSIONS, "admin": frozenset({"read"})})
    assert client.get("/api/annotations").status_code == 200
    response = client.post("/api/annotations", json=[])
    assert response.status_code == 403
    assert response.json()["asked"] == "annotate"


def test_names() -> None:
    assert actor_name("  Zoë Müller ") == "Zoë Müller"
    assert actor_name("Zoe\u0308") == "Zoë"
    for bad in ("", "  ", "model:forest", "Model:x", "a\x00b", "a\nb", "a\u202eb", "\ud83d", "x" * 121):
        with pytest.raises(InputError):
            actor_name(bad)
