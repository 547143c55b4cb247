"""The OpenAPI document is true: whatever is asked, the answer is one that it describes, and never an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import BASE, TOKEN, make_workspace
from starlette.testclient import TestClient

from groundset.server.app import ROUTERS, create_app
from groundset.server.context import Settings

HEADERS = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
EXAMPLES = 15
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance]
ENDLESS = ("/api/events",)
OPERATIONS = sorted(
    (method, f"/api{route.path_format}")
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
    if f"/api{route.path_format}" not in ENDLESS
)
KNOWN = {"chip_id": "s_0_0_0", "scene_id": "s", "task": "pixels", "name": "v1", "part": "s_0", "rows": "0-3"}
"""Values that lead somewhere, given to half of the questions."""


@schemathesis.serializer("image/tiff", "application/x-npy", "application/octet-stream")
def as_bytes(_context: object, value: object) -> bytes:
    """A body that is no JSON: whatever bytes come up."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("schemathesis") / "lake"
    with make_workspace(root) as ws:
        ws.annotate(["s_0_0_1"], "water", actor="ben", task="chips")
        ws.annotate({"s_0_0_0": np.ones((32, 32), np.uint8)}, actor="ben", task="pixels")
        app = create_app(ws, Settings(TOKEN, ui=root))
        with TestClient(app, base_url=BASE, headers=HEADERS, raise_server_exceptions=False) as client:
            yield client


@pytest.fixture(scope="module")
def document(served: TestClient) -> BaseSchema:
    return schemathesis.openapi.from_dict(served.get("/api/openapi.json").json())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_described(method: str, path: str, document: BaseSchema, served: TestClient) -> None:
    turn = count()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(asked(document[path][method]))
    def ask(case: Case) -> None:
        if next(turn) % 2:
            lead_somewhere(case)
        kwargs = {k: v for k, v in case.as_transport_kwargs(base_url=BASE).items() if v is not None and k != "cookies"}
        if "json" in kwargs:  # halves of characters are escaped, as any JSON writer would
            kwargs |= {"content": json.dumps(kwargs.pop("json")).encode()}
        if isinstance(kwargs.get("data"), bytes | str):
            kwargs |= {"content": kwargs.pop("data")}
        response = served.request(**kwargs)
        assert response.status_code < 500, response.text
        if response.status_code >= 400 and not response.text.startswith('{"results"'):
            assert response.headers["content-type"] == "application/problem+json"
        case.validate_response(response, checks=CHECKS)

    ask()


def asked(operation: APIOperation) -> SearchStrategy[Case]:
    """Questions as the document allows them, and others where there are any."""
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not [*operation.path_parameters, *operation.query, *operation.headers, *operation.body]:
        return right
    return right | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def lead_somewhere(case: Case) -> None:
    """What is named is there."""
    for there in (case.path_parameters, case.query):
        for name in there or {}:
            there[name] = KNOWN.get(name, there[name])
