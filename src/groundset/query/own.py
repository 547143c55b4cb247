"""Names that a workspace adds to those that every chip has: scores of its classes, attributes of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from groundset.query.learned import Want

if TYPE_CHECKING:
    from groundset.core import Scheme, SchemeClass
    from groundset.core.layout import AttributeConfig
    from groundset.query.values import Kind, Moment, Property, Value

PREFIX = "score_"
_KINDS: Mapping[str, Kind] = {"flag": "truth", "choice": "text", "number": "number"}
_ARROW = {"flag": pa.bool_(), "choice": pa.string(), "number": pa.float64()}
_PLAIN = re.compile(r"\W")


def score_name(class_name: str) -> str:
    """The property that holds the scores of a class."""
    return PREFIX + class_name


def scores_of(scheme: Scheme) -> Mapping[str, Property]:
    """Properties of the classes' scores, by name."""
    return {score_name(c.name): ("number", f"Score of {c.title}, 0-1", _getter(c)) for c in scheme.answerable}


def attributes_of(declared: Iterable[AttributeConfig], taken: Container[str] = ()) -> Mapping[str, Property]:
    """Properties of the attributes that a workspace declares, by name; a name that is ``taken`` stays what it is."""
    return {a.name: (_KINDS[a.kind], a.title or a.name, _said(a)) for a in declared if a.name not in taken}


def _said(attribute: AttributeConfig) -> Callable[[Moment], Value]:
    kind, arrow = _KINDS[attribute.kind], _ARROW[attribute.kind]

    def get(now: Moment) -> Value:
        from groundset.query.values import Value

        column = now.attribute(attribute.name)
        fits = column.type == arrow  # else it was declared anew with another kind
        return Value(kind, column if fits else pa.nulls(len(now.chips), arrow), attribute.name)

    return get


def plain(name: str) -> str:
    """A name as it can stand in a filter without double quotes: ``score_non_water`` is ``"score_non-water"``."""
    return _PLAIN.sub("_", name)


def _getter(klass: SchemeClass) -> Callable[[Moment], Value]:
    name, want = score_name(klass.name), Want(klass.code)

    def get(now: Moment) -> Value:
        from groundset.query.values import Value

        found = now.scores(want)
        if found is None:
            return Value("number", pa.nulls(len(now.chips), pa.float32()), name)
        return Value("number", pa.array(found.values, from_pandas=True), name)

    return get
