"""Write the OpenAPI to ui/openapi.json, from which the page's types are made; ``--check`` fails on a difference.

No workspace is opened: what the API says does not depend on one. Models that no route names yet are included.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from groundset.server import models, openapi
from groundset.server.app import ROUTERS

TARGET = Path(__file__).resolve().parent.parent / "ui" / "openapi.json"


def document() -> dict[str, Any]:
    """The OpenAPI as the server tells it, with every model of ``groundset.server.models``."""
    app = FastAPI(title="Groundset", version="1", separate_input_output_schemas=False)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    openapi.install(app, ROUTERS)
    told = app.openapi()
    known = [model for _, model in inspect.getmembers(models, inspect.isclass) if issubclass(model, BaseModel)]
    _, extra = models_json_schema(
        [(model, "validation") for model in known if model is not models.Model],
        ref_template="#/components/schemas/{model}",
    )
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in extra.get("$defs", {}).items():
        schemas.setdefault(name, schema)
    return {**told, "components": {**told["components"], "schemas": dict(sorted(schemas.items()))}}


def text() -> str:
    """The OpenAPI as it is committed."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare."""
    if "--check" not in arguments:
        TARGET.write_text(text(), encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text():
        return 0
    print("ui/openapi.json is not what the server says; run `make ui-types` and commit", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
