"""JSON Schema (draft 07) compiled into plain Python functions that only say yes or no.

``jsonschema`` walks the schema anew for every object, which is most of the time that validating a release takes. What
is compiled here answers the same question some twenty times faster; only what it refuses is shown to ``jsonschema``,
which has the last word and finds the reason. A schema that uses a keyword not known here is not compiled at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

Test = Callable[[Any], bool]
Maker = Callable[[Any, Mapping[str, Any], "_Compiler", str], Test]

_DRAFT7 = "http://json-schema.org/draft-07/schema"
_LATER = frozenset({"$anchor", "$dynamicRef", "$recursiveRef", "dependentRequired", "dependentSchemas", "prefixItems"})
_LATER_TOO = frozenset({"minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties"})
_KEYS = 4096  # property names whose tests are remembered, for each object of a schema


class UnsupportedSchemaError(Exception):
    """This schema uses something that is not compiled; ``jsonschema`` alone must judge."""


def compile_schema(uri: str, get: Callable[[str], Mapping[str, Any]]) -> Test:
    """A function that says whether an object is valid against the schema at ``uri``.

    Args:
        uri: Address of the schema, no fragment.
        get: The schema of an address, for ``$ref`` too.

    Raises:
        UnsupportedSchemaError: It is no draft 07 schema, or uses keywords that are not compiled.
    """
    return _Compiler(get).reference(uri)


class _Compiler:
    """Compiles each referenced place once; places that refer to themselves are bound late."""

    def __init__(self, get: Callable[[str], Mapping[str, Any]]) -> None:
        self._get = get
        self._done: dict[str, Test] = {}

    def reference(self, full: str) -> Test:
        if full in self._done:
            return self._done[full]
        self._done[full] = _late(self._done, full)
        uri, pointer = urldefrag(full)
        root = self._get(uri)
        if str(root.get("$schema", _DRAFT7)).rstrip("#") != _DRAFT7:
            raise UnsupportedSchemaError(str(root.get("$schema")))
        self._done[full] = self.compile(_at(root, pointer), uri)
        return self._done[full]

    def compile(self, schema: Any, base: str) -> Test:
        if isinstance(schema, bool):
            return _yes if schema else _no
        if not isinstance(schema, Mapping):
            raise UnsupportedSchemaError(f"{schema!r} is no schema")
        if "$ref" in schema:  # draft 07: what stands beside it does not count
            return self.reference(urljoin(base, schema["$ref"]))
        tests = list(self._tests(schema, base))
        if len(tests) == 1:
            return tests[0]
        return _every(tuple(tests)) if tests else _yes

    def _tests(self, schema: Mapping[str, Any], base: str) -> Iterator[Test]:
        for key, value in sorted(schema.items(), key=lambda kv: _ORDER.get(kv[0], len(_ORDER))):
            if key in _LATER or key in _LATER_TOO:
                raise UnsupportedSchemaError(key)
            if key in _MAKERS:
                yield _MAKERS[key](value, schema, self, base)
        if any(k in schema for k in ("properties", "patternProperties", "additionalProperties")):
            yield _object(schema, self, base)


def _at(root: Mapping[str, Any], pointer: str) -> Any:
    node: Any = root
    try:
        for part in [unquote(p).replace("~1", "/").replace("~0", "~") for p in pointer.split("/") if p]:
            node = node[int(part)] if isinstance(node, list) else node[part]
    except (LookupError, ValueError, TypeError) as error:
        raise UnsupportedSchemaError(f"nothing at #{pointer}") from error
    return node


def _late(done: Mapping[str, Test], full: str) -> Test:
    def test(x: Any) -> bool:
        return done[full](x)

    return test


def _yes(_: Any) -> bool:
    return True


def _no(_: Any) -> bool:
    return False


def _every(tests: tuple[Test, ...]) -> Test:
    def test(x: Any) -> bool:
        for t in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if not t(x):
                return False
        return True

    return test


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


_TYPES: dict[str, Test] = {
    "object": lambda x: isinstance(x, dict),
    "array": lambda x: isinstance(x, list),
    "string": lambda x: isinstance(x, str),
    "boolean": lambda x: isinstance(x, bool),
    "null": lambda x: x is None,
    "number": _is_number,
    "integer": lambda x: (isinstance(x, int) and not isinstance(x, bool)) or (isinstance(x, float) and x.is_integer()),
}


def _type(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    tests = tuple(_TYPES[name] for name in ([value] if isinstance(value, str) else value))
    return tests[0] if len(tests) == 1 else lambda x: any(t(x) for t in tests)


def same(a: Any, b: Any) -> bool:
    """JSON equality: 1 is 1.0, but true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def _const(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    return (lambda x: x == value) if isinstance(value, str) else (lambda x: same(x, value))


def _enum(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    if all(isinstance(v, str) for v in value):
        allowed = frozenset(value)
        return lambda x: isinstance(x, str) and x in allowed
    return lambda x: any(same(x, v) for v in value)


def _required(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    names = frozenset(value)
    return lambda x: not isinstance(x, dict) or names <= x.keys()


def _pattern(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    search = re.compile(value).search
    return lambda x: not isinstance(x, str) or search(x) is not None


def _all_of(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    return _every(tuple(compiler.compile(v, base) for v in value))


def _any_of(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    tests = tuple(compiler.compile(v, base) for v in value)
    return lambda x: any(t(x) for t in tests)


def _one_of(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    tests = tuple(compiler.compile(v, base) for v in value)

    def test(x: Any) -> bool:
        hits = 0
        for t in tests:
            if t(x):
                hits += 1
                if hits > 1:
                    return False
        return hits == 1

    return test


def _not(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    test = compiler.compile(value, base)
    return lambda x: not test(x)


def _if(value: Any, schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    when = compiler.compile(value, base)
    then, other = compiler.compile(schema.get("then", True), base), compiler.compile(schema.get("else", True), base)
    return lambda x: then(x) if when(x) else other(x)


def _items(value: Any, schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    if isinstance(value, list):
        each = tuple(compiler.compile(v, base) for v in value)
        rest = compiler.compile(schema.get("additionalItems", True), base)
        return lambda x: (
            not isinstance(x, list)
            or (all(t(y) for t, y in zip(each, x, strict=False)) and all(map(rest, x[len(each) :])))
        )
    test = compiler.compile(value, base)
    return lambda x: not isinstance(x, list) or all(map(test, x))


def _contains(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    test = compiler.compile(value, base)
    return lambda x: not isinstance(x, list) or any(map(test, x))


def _unique(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    if not value:
        return _yes

    def test(x: Any) -> bool:
        if not isinstance(x, list):
            return True
        if all(isinstance(y, str) for y in x):
            return len(set(x)) == len(x)
        return not any(same(y, z) for i, y in enumerate(x) for z in x[:i])

    return test


def _names(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    test = compiler.compile(value, base)
    return lambda x: not isinstance(x, dict) or all(map(test, x))


def _dependencies(value: Any, _schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    needs = {
        k: _required(v, {}, compiler, base) if isinstance(v, list) else compiler.compile(v, base)
        for k, v in value.items()
    }
    return lambda x: not isinstance(x, dict) or all(test(x) for k, test in needs.items() if k in x)


def _size(kind: type[Sized], sign: int) -> Maker:
    def make(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
        return lambda x: not isinstance(x, kind) or sign * (len(x) - value) >= 0

    return make


def _bound(accept: Callable[[Any, Any], bool]) -> Maker:
    def make(value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
        return lambda x: not _is_number(x) or accept(x, value)

    return make


def _unsupported(_value: Any, _schema: Mapping[str, Any], _compiler: _Compiler, _base: str) -> Test:
    raise UnsupportedSchemaError("multipleOf")


def _object(schema: Mapping[str, Any], compiler: _Compiler, base: str) -> Test:
    """``properties``, ``patternProperties`` and ``additionalProperties``, which depend on one another."""
    fixed = {k: compiler.compile(v, base) for k, v in schema.get("properties", {}).items()}
    patterns = tuple(
        (re.compile(k).search, compiler.compile(v, base)) for k, v in schema.get("patternProperties", {}).items()
    )
    rest = compiler.compile(schema.get("additionalProperties", True), base)
    if not patterns and rest is _yes:
        return _known_only(fixed)

    known: dict[str, tuple[Test, ...]] = {}

    def tests_of(k: str) -> tuple[Test, ...]:
        tests = [t for search, t in patterns if search(k)] + ([fixed[k]] if k in fixed else [])
        found = tuple(t for t in tests or [rest] if t is not _yes)
        if len(known) < _KEYS:
            known[k] = found
        return found

    def test(x: Any) -> bool:
        if isinstance(x, dict):
            for k, v in x.items():
                tests = known.get(k)
                for t in tests_of(k) if tests is None else tests:
                    if not t(v):
                        return False
        return True

    return test


def _known_only(fixed: Mapping[str, Test]) -> Test:
    pairs = tuple(fixed.items())

    def test(x: Any) -> bool:
        if isinstance(x, dict):
            for k, t in pairs:
                if k in x and not t(x[k]):
                    return False
        return True

    return test


_MAKERS: dict[str, Maker] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "required": _required,
    "pattern": _pattern,
    "minLength": _size(str, 1),
    "maxLength": _size(str, -1),
    "minItems": _size(list, 1),
    "maxItems": _size(list, -1),
    "minProperties": _size(dict, 1),
    "maxProperties": _size(dict, -1),
    "minimum": _bound(lambda x, limit: bool(x >= limit)),
    "maximum": _bound(lambda x, limit: bool(x <= limit)),
    "exclusiveMinimum": _bound(lambda x, limit: bool(x > limit)),
    "exclusiveMaximum": _bound(lambda x, limit: bool(x < limit)),
    "multipleOf": _unsupported,
    "uniqueItems": _unique,
    "propertyNames": _names,
    "dependencies": _dependencies,
    "not": _not,
    "contains": _contains,
    "items": _items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "if": _if,
}
_ORDER = {name: i for i, name in enumerate(_MAKERS)}
