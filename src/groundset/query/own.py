"""Names that a workspace adds to those that every chip has: scores of its classes, attributes of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from groundset.query.learned import Want

if TYPE_CHECKING:
    from groundset.core import Scheme, SchemeClass
    from groundset.query.values import Moment, Property, Value

PREFIX = "score_"
_PLAIN = re.compile(r"\W")


def score_name(class_name: str) -> str:
    """The property that holds the scores of a class."""
    return PREFIX + class_name


def scores_of(scheme: Scheme) -> Mapping[str, Property]:
    """Properties of the classes' scores, by name."""
    return {score_name(c.name): ("number", f"Score of {c.title}, 0-1", _getter(c)) for c in scheme.answerable}


def aliases(names: Mapping[str, Any]) -> dict[str, str]:
    """Names that need no double quotes, for those that do: ``score_non_water`` is ``"score_non-water"``."""
    plain = {_PLAIN.sub("_", name): name for name in names}
    return {alias: name for alias, name in plain.items() if alias not in names}


def _getter(klass: SchemeClass) -> Any:
    name, want = score_name(klass.name), Want(klass.code)

    def get(now: Moment) -> Value:
        from groundset.query.values import Value

        found = now.scores(want)
        if found is None:
            return Value("number", pa.nulls(len(now.chips), pa.float32()), name)
        return Value("number", pa.array(found.values, from_pandas=True), name)

    return get
