"""Words that a text property can have: a filter that asks for another one is a slip of the pen, not an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from groundset.core import NOT_APPLICABLE
from groundset.query.values import PROPERTIES, Moment


def _classes(now: Moment) -> Iterable[str]:
    return () if now.scheme is None else (*(c.name for c in now.scheme), NOT_APPLICABLE)


def _values(_: Moment) -> Iterable[str]:
    from groundset.journal.payloads import VALUES

    return VALUES


def _splits(_: Moment) -> Iterable[str]:
    from groundset.release.facts import NO_SPLIT, SPLITS, UNLABELLED_SPLIT

    return (*SPLITS, NO_SPLIT, UNLABELLED_SPLIT)


def _sensors(_: Moment) -> Iterable[str]:
    from groundset.imagery import SENSORS

    return SENSORS


def _states(_: Moment) -> Iterable[str]:
    from groundset.journal.payloads import STATES

    return STATES


def words_of(name: str, now: Moment) -> tuple[str, list[str]] | None:
    """What a word of a property is called, and the words there are; None where it may be any text."""
    attribute = next((a for a in now.declared if a.name == name), None)
    if name in KNOWN and (attribute is None or name in PROPERTIES):
        kind, words = KNOWN[name]
        return kind, list(dict.fromkeys(words(now)))
    if attribute is None or attribute.kind != "choice":
        return None
    return attribute.title or name, list(attribute.choices)


KNOWN: Mapping[str, tuple[str, Callable[[Moment], Iterable[str]]]] = {
    "label": ("class", _classes),
    "labels": ("class", _classes),
    "negative": ("class", _classes),
    "value": ("kind of answer", _values),
    "split": ("split", _splits),
    "sensor": ("sensor", _sensors),
    "work": ("state of work", _states),
}
"""By property: what one of its words is called, and the words there are."""


def asked_words(op: str, args: Iterable[Any]) -> tuple[str, list[str]] | None:
    """The property and the texts that it is compared with as they are; None where it is no such comparison."""
    if op not in ("=", "<>", "in"):
        return None
    parts = [part for arg in args for part in (arg if isinstance(arg, list) else [arg])]
    names = [part["property"] for part in parts if isinstance(part, dict) and "property" in part]
    if len(names) != 1:
        return None
    return names[0], [part for part in parts if isinstance(part, str)]
