"""What ``jsonschema`` complains of, told as where, value found, value wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from groundset.release._check_types import Finding, error, shorten

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MOST = 5


def explain(errors: Iterable[ValidationError], uri: str, file: str) -> list[Finding]:
    """The errors of one object against one schema as findings of level Q1, at most five."""
    found: dict[tuple[str, str, str], Finding] = {}
    for top in errors:
        leaf = _leaf(top)
        finding = error("Q1", file, f"{_where(leaf)} ({_short(uri)})", _found(leaf), _wanted(leaf))
        found.setdefault((finding.what, finding.found, finding.wanted), finding)
        if len(found) == _MOST:
            break
    return list(found.values())


def _leaf(top: ValidationError) -> ValidationError:
    """The error that explains most: of alternatives, the one that has least against the object."""
    from jsonschema.exceptions import relevance

    leaf = top
    while leaf.context:
        branches: dict[Any, list[ValidationError]] = {}
        for e in leaf.context:
            branches.setdefault(e.schema_path[0] if e.schema_path else None, []).append(e)
        best: list[ValidationError] = min(branches.values(), key=_against)
        leaf = max(best, key=lambda e: (len(e.absolute_path), relevance(e)))
    return leaf


def _against(branch: list[ValidationError]) -> tuple[bool, int, int]:
    """How little an alternative explains: it is for another kind of object, has many errors, near the top."""
    other_kind = any(list(e.absolute_path) == ["type"] for e in branch)
    return other_kind, len(branch), -max(len(e.absolute_path) for e in branch)


def _where(leaf: ValidationError) -> str:
    path = str(leaf.json_path)
    return path.removeprefix("$.") if path != "$" else "the object"


def _short(uri: str) -> str:
    parts = uri.split("#", maxsplit=1)[0].split("/")
    return f"{parts[-3]} {parts[-2]}" if uri.endswith("/schema.json") and len(parts) > 3 else f"core {parts[-1]}"


def _found(leaf: ValidationError) -> Any:
    if leaf.validator == "required" and isinstance(leaf.instance, dict):
        return f"without {', '.join(str(k) for k in leaf.validator_value if k not in leaf.instance)}"
    if leaf.validator is None and isinstance(leaf.instance, list | dict):
        return f"a field of {len(leaf.instance)} entries"
    return leaf.instance


def _wanted(leaf: ValidationError) -> str:
    if leaf.validator is None:  # the schema is just false
        return "no such field here"
    keyword, value = str(leaf.validator), leaf.validator_value
    simple = {
        "type": f"type {value}",
        "const": shorten(value),
        "enum": f"one of {shorten(value)}",
        "required": f"the fields {shorten(value)}",
        "pattern": f"text like {value}",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "minItems": f"at least {value} entries",
        "maxItems": f"at most {value} entries",
        "minLength": f"at least {value} characters",
        "uniqueItems": "each entry once",
        "not": f"not {shorten(value)}",
        "contains": f"an entry like {shorten(value)}",
        "additionalProperties": "no such fields",
    }
    return simple.get(keyword, f"{keyword} {shorten(value)}")
