"""STAC validation against the published schemas, compiled once and used for every item."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin

from groundset.release._check_compile import Test, UnsupportedSchemaError, compile_schema
from groundset.release._check_explain import explain
from groundset.release._check_schema_store import CORE, STAC_VERSION, SchemaMissingError, SchemaStore
from groundset.release._check_types import Finding, error, not_checked, shorten

_KINDS = {"Feature": "item", "Collection": "collection", "Catalog": "catalog"}


class Validator:
    """Validates STAC Items, Collections and Catalogs, each against the core schema and those of its extensions.

    Schemas come from what pystac ships, from a cache on disk (``GROUNDSET_STAC_SCHEMAS``, else
    ``~/.cache/groundset/stac-schemas``) and from the network, which fills the cache. Safe to share between threads.

    Args:
        cache: Folder of the cache, ``NAME/vX.Y.Z/schema.json``.
        network: Whether a missing schema may be fetched.
    """

    def __init__(self, cache: Path | None = None, *, network: bool = True) -> None:
        self.store = SchemaStore(cache, network=network)
        self.unchecked: dict[str, str] = {}
        self._compiled: dict[str, _Compiled] = {}
        self._lock = threading.RLock()

    def validate(self, stac: Mapping[str, Any], file: str = "") -> list[Finding]:
        """What is wrong with one STAC object, as findings of level Q1; at most five a schema.

        A schema that cannot be had gives a ``not-checked`` finding and is kept in :attr:`unchecked`.

        Args:
            stac: The parsed JSON object.
            file: Its path, for the findings.
        """
        kind = _KINDS.get(str(stac.get("type")))
        if kind is None:
            return [error("Q1", file, "type of the STAC object", stac.get("type"), "Feature, Collection or Catalog")]
        if stac.get("stac_version") != STAC_VERSION:
            return [error("Q1", file, "STAC version", stac.get("stac_version"), STAC_VERSION)]
        core = f"{CORE}/{kind}-spec/json-schema/{kind}.json"
        extensions = stac.get("stac_extensions") or []
        named = [u for u in extensions if isinstance(u, str)] if isinstance(extensions, list) else []
        found: list[Finding] = []
        for uri in (core, *dict.fromkeys(named)):
            found += self._against(uri, stac, file)
        return found

    def _against(self, uri: str, stac: Mapping[str, Any], file: str) -> list[Finding]:
        try:
            compiled = self._compiled.get(uri) or self._compile(uri)
            if compiled.quick is not None and compiled.quick(stac):
                return []
            return explain(compiled.full.iter_errors(stac), uri, file)
        except SchemaMissingError as reason:
            self.unchecked[uri] = str(reason)
            return [not_checked("Q1", file, f"not checked against {uri}", str(reason), "the schema")]
        except RecursionError:
            return [error("Q1", file, f"({uri})", "nested too deep to be read", "a STAC object")]

    def _compile(self, uri: str) -> _Compiled:
        with self._lock:
            if uri in self._compiled:
                return self._compiled[uri]
            schemas = self._closure(uri)
            try:
                quick: Test | None = compile_schema(uri, schemas.__getitem__)
            except UnsupportedSchemaError:
                quick = None
            self._compiled[uri] = _Compiled(quick, _full(uri, schemas))
            return self._compiled[uri]

    def _closure(self, uri: str) -> dict[str, Mapping[str, Any]]:
        """The schema and all that it refers to, by address."""
        known: dict[str, Mapping[str, Any]] = {}
        todo = [uri]
        while todo:
            at = urldefrag(todo.pop())[0]
            if at not in known:
                known[at] = self.store.get(at)
                todo += [urljoin(at, ref) for ref in _references(known[at])]
        return known


class _Compiled(NamedTuple):
    """``quick`` says yes or no (None: not compiled), ``full`` says why."""

    quick: Test | None
    full: Any


def _full(uri: str, schemas: Mapping[str, Mapping[str, Any]]) -> Any:
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft7Validator, validator_for
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    resources = [(at, Resource.from_contents(s, default_specification=DRAFT7)) for at, s in schemas.items()]
    registry: Registry[Any] = Registry().with_resources(resources).crawl()
    validator = validator_for(schemas[uri], default=Draft7Validator)
    try:
        validator.check_schema(schemas[uri])
    except SchemaError as reason:
        raise SchemaMissingError(f"its address serves no valid JSON schema: {shorten(reason.message)}") from reason
    return validator(schemas[uri], registry=registry)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
