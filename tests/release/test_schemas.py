"""Validation against the published schemas: right, quick, honest about what could not be checked."""

from __future__ import annotations

import copy
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft7Validator

from groundset.release._check_compile import UnsupportedSchemaError, compile_schema, same
from groundset.release._check_schema_store import SchemaMissingError, SchemaStore, cache_path
from groundset.release.schemas import Validator

EXT = "https://stac-extensions.github.io"
DATA = Path(os.environ.get("GROUNDSET_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
CORE_ITEM = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"


@pytest.fixture(scope="module")
def schemas() -> Path:
    folder = DATA / "stac-schemas"
    if not folder.is_dir():
        pytest.skip(f"no schemas at {folder} (GROUNDSET_TEST_DATA)")
    return folder


@pytest.fixture(scope="module")
def validator(schemas: Path) -> Validator:
    return Validator(schemas, network=False)


def an_item(*extensions: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "x",
        "stac_extensions": [f"{EXT}/{e}/schema.json" for e in extensions],
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
        "bbox": [0, 0, 1, 1],
        "properties": {
            "datetime": "2020-01-01T00:00:00Z",
            "label:type": "raster",
            "label:properties": None,
            "label:description": "d",
            "label:classes": [{"name": None, "classes": ["a", "b"]}],
            "label:tasks": ["segmentation"],
            "label:methods": ["manual"],
            "ml-aoi:split": "train",
            "proj:code": "EPSG:32632",
        },
        "links": [{"rel": "source", "href": "x.json"}],
        "assets": {
            "image": {
                "href": "./image.tif",
                "roles": ["data"],
                "file:checksum": "1220" + "a" * 64,
                "file:size": 10,
                "bands": [{"name": "B01", "eo:common_name": "red", "raster:scale": 0.5, "data_type": "uint16"}],
            }
        },
    }


FULL = ("label/v1.0.1", "ml-aoi/v0.2.0", "file/v2.1.0", "projection/v2.0.0", "raster/v2.0.0", "eo/v2.0.0")


def test_a_good_item_has_no_findings(validator: Validator) -> None:
    assert validator.validate(an_item(*FULL)) == []
    assert validator.unchecked == {}


@pytest.mark.parametrize(
    ("where", "value", "found", "wanted"),
    [
        (("bbox",), [1], "[1]", "at least 4 entries"),
        (("geometry",), {"type": "Polygon"}, "without coordinates", "coordinates"),
        (("id",), 3, "3", "type string"),
        (("links",), [{"rel": "self"}], "without href", "href"),
        (("properties", "label:classes"), {"name": "x"}, '{"name": "x"}', "type array"),
        (("properties", "proj:code"), 5, "5", "string"),
        (("properties", "ml-aoi:split"), "none", "none", '"train", "test", "validate"'),
        (("properties", "datetime"), "2020", "2020", "Z"),
        (("assets", "image", "file:size"), "many", "many", "type integer"),
        (("assets", "image", "file:checksum"), "xyz", "xyz", "text like"),
    ],
)
def test_a_broken_item_is_named_with_found_and_wanted(
    validator: Validator, where: tuple[str, ...], value: object, found: str, wanted: str
) -> None:
    item = an_item(*FULL)
    at: Any = item
    for key in where[:-1]:
        at = at[key]
    at[where[-1]] = value
    messages = [f.message for f in validator.validate(item, "items/x/x.json")]
    hits = [m for m in messages if m.startswith("items/x/x.json: ") and where[-1] in m]
    assert any(f"found: {found}" in m and wanted in m.split("wanted: ")[1] for m in hits), messages


def test_other_kinds_and_versions_are_named(validator: Validator) -> None:
    assert "found: Thing" in validator.validate({"type": "Thing"}, "a.json")[0].message
    assert "found: 1.0.0" in validator.validate({"type": "Feature", "stac_version": "1.0.0"}, "a.json")[0].message
    catalog = {"type": "Catalog", "stac_version": "1.1.0", "id": "c", "description": "d", "links": []}
    assert validator.validate(catalog) == []
    assert "without links" in validator.validate({k: v for k, v in catalog.items() if k != "links"})[0].message


def test_an_object_nested_too_deep_is_a_finding(validator: Validator) -> None:
    item = an_item()
    deep: Any = item["properties"]
    for _ in range(5000):
        deep["proj:bbox"] = {}
        deep = deep["proj:bbox"]
    assert isinstance(validator.validate(item), list)


# -- the compiled form says what jsonschema says ---------------------------------------------------------------------


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 400) | st.floats(allow_nan=False) | st.sampled_from(["", "a", "image"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "href", "type"]), inner),
    max_leaves=5,
)


def _paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*at, key)
        yield from _paths(value, (*at, key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_compiled_schemas_agree_with_jsonschema_on_mutated_items(validator: Validator, data: st.DataObject) -> None:
    item = copy.deepcopy(an_item(*FULL))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from([p for p in _paths(item) if p[0] != "stac_extensions"]))
        at: Any = item
        for key in path[:-1]:
            at = at[key]
        if data.draw(st.booleans()):
            at[path[-1]] = data.draw(_JSON)
        else:
            del at[path[-1]]
    for uri in (CORE_ITEM, *item["stac_extensions"]):
        validator._against(uri, item, "")
        compiled = validator._compiled[uri]
        assert compiled.quick is not None
        assert compiled.quick(item) == compiled.full.is_valid(item), uri


_SIMPLE = st.sampled_from(
    [
        {"type": "integer"}, {"type": ["string", "null"]}, {"const": 1}, {"const": True}, {"enum": [1, "a", None]},
        {"minimum": 2}, {"exclusiveMaximum": 3}, {"minLength": 1}, {"maxItems": 1}, {"uniqueItems": True},
        {"contains": {"type": "null"}}, {"required": ["a"]}, {"pattern": "^a"}, {"minProperties": 1},
        {"dependencies": {"a": ["b"], "b": {"required": ["c"]}}}, {"propertyNames": {"minLength": 2}},
        {"items": [{"type": "null"}, True], "additionalItems": False}, {"items": {"type": "number"}}, True, False,
        {"patternProperties": {"^a": {"type": "null"}}, "additionalProperties": {"type": "number"}},
        {"properties": {"a": {"type": "null"}}, "additionalProperties": False}, {"$ref": "#/definitions/x"},
    ]
)  # fmt: skip
_SCHEMA = st.recursive(
    _SIMPLE,
    lambda inner: (
        st.builds(lambda k, v: {k: v}, st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1))
        | st.builds(lambda v: {"not": v}, inner)
        | st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner)
        | st.builds(lambda a, b: {"properties": {"a": a, "b": b}}, inner, inner)
        | st.builds(lambda a: {"items": a}, inner)
    ),
    max_leaves=6,
)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 4) | st.sampled_from([1.0, 2.5, "", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "ab"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(schema=_SCHEMA, value=_VALUE)
def test_compiled_schemas_agree_with_jsonschema_on_any_schema(schema: Any, value: Any) -> None:
    root = {"allOf": [schema], "definitions": {"x": {"type": ["object", "null"], "required": ["a"]}}}
    expected = Draft7Validator(root).is_valid(value)
    assert compile_schema("mem:x", lambda _: root)(value) == expected


def test_schemas_that_refer_to_themselves_and_unknown_keywords() -> None:
    tree = {"properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}
    test = compile_schema("mem:t", lambda _: tree)
    assert test({"n": 1, "child": {"child": {"n": 2}}})
    assert not test({"child": {"child": {"n": "x"}}})
    with pytest.raises(UnsupportedSchemaError):
        compile_schema("mem:t", lambda _: {"multipleOf": 2})
    with pytest.raises(UnsupportedSchemaError):
        compile_schema("mem:t", lambda _: {"$schema": "https://json-schema.org/draft/2020-12/schema"})
    assert not same(a=True, b=1)
    assert same(1, 1.0)


# -- where the schemas come from --------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    asked: list[str]
    schema: bytes


@pytest.fixture
def server() -> Iterator[_Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            body = server.schema if self.path.startswith("/good") else b"<html>"
            self.send_response(404 if self.path.startswith("/none") else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    server.asked = []
    server.schema = json.dumps({"required": ["wanted-field"]}).encode()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_cache_fills_itself_on_first_use(server: _Server, tmp_path: Path) -> None:
    uri = f"http://127.0.0.1:{server.server_port}/good/v1.0.0/schema.json"
    item = {**an_item(), "stac_extensions": [uri]}
    first = Validator(tmp_path / "cache").validate(item)
    assert "without wanted-field" in first[0].message
    again = Validator(tmp_path / "cache", network=False)
    assert again.validate(item) == first
    assert server.asked == ["/good/v1.0.0/schema.json"]


@pytest.mark.parametrize(("path", "reason"), [("/none", "answers 404"), ("/html", "does not serve a JSON schema")])
def test_an_address_without_a_schema_is_not_checked(server: _Server, tmp_path: Path, path: str, reason: str) -> None:
    uri = f"http://127.0.0.1:{server.server_port}{path}/v1.0.0/schema.json"
    validator = Validator(tmp_path)
    findings = validator.validate({**an_item(), "stac_extensions": [uri]}, "i.json")
    assert [f.severity for f in findings] == ["not-checked"]
    assert reason in validator.unchecked[uri]
    assert list(tmp_path.iterdir()) == []


def test_without_network_and_cache_the_core_is_checked_and_the_rest_named(tmp_path: Path) -> None:
    validator = Validator(tmp_path, network=False)
    findings = validator.validate({**an_item("label/v1.0.1"), "id": 3}, "i.json")
    assert [f.severity for f in findings] == ["error", "not-checked"]
    assert list(validator.unchecked) == [f"{EXT}/label/v1.0.1/schema.json"]


def test_a_dead_host_is_asked_once(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path)
    dead = "http://127.0.0.1:9"
    for name in ("a", "b"):
        with pytest.raises(SchemaMissingError, match="cannot be reached"):
            store.get(f"{dead}/{name}/v1.0.0/schema.json")
    assert store._dead == {"127.0.0.1:9"}
    with pytest.raises(SchemaMissingError, match="not an http address"):
        store.get("file:///etc/passwd")


def test_only_the_publishing_hosts_get_the_short_path() -> None:
    assert cache_path(f"{EXT}/label/v1.0.1/schema.json#") == "label/v1.0.1/schema.json"
    assert cache_path("https://evil.example/label/v1.0.1/schema.json").startswith("_other/evil.example/")
    assert ".." not in cache_path("https://evil.example/../../x.json").split("/")
