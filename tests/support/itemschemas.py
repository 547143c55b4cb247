"""What the published schemas say against a STAC Item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7


def errors_of(item: dict[str, Any], schemas: Path) -> list[str]:
    """What the schemas of the item's extensions say against it; their own references from the same folder."""
    resources = []
    for path in schemas.rglob("schema.json"):
        content = json.loads(path.read_text())
        uri = f"https://stac-extensions.github.io/{path.relative_to(schemas).as_posix()}"
        resources.append((uri, Resource.from_contents(content, default_specification=DRAFT7)))
    registry: Registry[object] = Registry().with_resources(resources)
    found = []
    for uri in item["stac_extensions"]:
        validator = Draft7Validator(registry.contents(uri), registry=registry)
        found += [f"{uri}: {e.json_path}: {e.message}" for e in validator.iter_errors(item)]
    return found
