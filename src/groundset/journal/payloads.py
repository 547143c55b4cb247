"""What each kind of event may say, and how it is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from groundset.core import UNLABELLED, InputError, Origin, check_name
from groundset.core.layout import ATTRIBUTE_NAME
from groundset.journal.events import KINDS, STANDING_KINDS, NewEvent, parse_id

UNSAID = "unlabelled"
"""Value of an answer that takes a class's answer away: nothing is said about it any more."""

VALUES = ("positive", "negative", "unsure", "not-applicable")
"""Values of an answer that says something, and so of a label."""

MAX_BYTES = 16 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
_LAYER = re.compile(r"[A-Za-z0-9._:-]{0,64}")
_ORIGINS = tuple(origin.value for origin in Origin if origin is not Origin.NONE)
_GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
SHAPE_KINDS = ("box", "oriented-box", "polygon", "polyline", "point")
"""What a shape was drawn as (``properties.kind``)."""

CASCADE_STEPS = ("start", "recall", "advance")
"""Steps of a cascade; one is taken back by an undo of its event."""

STATES = ("complete", "incomplete")
"""How far the work on a chip is, as an actor says."""

AttributeValue = bool | float | str | None
LONGEST_TEXT = 1_000
"""Characters of an attribute's value, or of the reason why a chip cannot be answered."""

LONGEST_NOTE = 2_000
LONGEST_TOOL = 32
MOST_ATTRIBUTES = 64
"""Attributes of one shape."""

ALL_SUBJECTS = "*"
"""Subject of an answer that lists all classes of a chip: it supersedes the single ones before it."""


def answer(
    code: int,
    value: str = "positive",
    *,
    reason: str | None = None,
    origin: Origin = Origin.HUMAN,
    confidence: float | None = None,
) -> dict[str, Any]:
    """Payload of an answer about one class of a chip; ``confidence`` (0-1) is what a model gives it."""
    out: dict[str, Any] = {"class": code, "value": value}
    if confidence is not None:
        out["confidence"] = confidence
    if reason is not None:
        out["reason"] = reason
    if origin != Origin.HUMAN:
        out["origin"] = int(origin)
    return out


def answers(codes: Iterable[int], *, origin: Origin = Origin.HUMAN) -> dict[str, Any]:
    """Payload of an answer that lists all classes of a chip; those not listed are not there."""
    out: dict[str, Any] = {"classes": sorted(set(codes))}
    if origin != Origin.HUMAN:
        out["origin"] = int(origin)
    return out


def training(*, use: bool) -> dict[str, Any]:
    """Payload that says whether a chip trains the task's model; its label stays."""
    return {"use": use}


def attribute(name: str, value: AttributeValue) -> dict[str, Any]:
    """Payload that says something of a chip's situation; None says nothing any more."""
    return {"name": name, "value": value}


def mask_payload(
    sha256: str, *, layer: str = "", strokes: int | None = None, seconds: float | None = None,
    reasons: Mapping[str, int] | None = None, tool: str | None = None, base: str | None = None,
    objects: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Payload of a mask that lies in the mask store.

    Args:
        sha256: Name of the mask; it holds only what this answer says, not what was said before.
        layer: Masks of one actor in different layers stand side by side, in one layer the later supersedes the former;
            at most 64 of the characters ``A-Z a-z 0-9 . _ : -``. A model's masks have none, so that a rerun supersedes.
        strokes: Strokes drawn.
        seconds: Time spent; of a stroke, active seconds since the stroke before.
        reasons: Pixels by reason why they cannot be answered.
        tool: What a stroke was drawn with.
        base: Id of the event of the layer that a stroke was drawn on.
        objects: Name (SHA-256) of the file of the layer's objects.
    """
    parts = {
        "sha256": sha256, "layer": layer or None, "strokes": strokes, "seconds": seconds,
        "reasons": dict(reasons) if reasons else None, "tool": tool, "base": base, "objects": objects,
    }  # fmt: skip
    return {k: v for k, v in parts.items() if v is not None}


def work(
    state: str, *, difficulty: int | None = None, note: str | None = None, cannot_tell: str | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Payload that says how far an actor's work on a chip is.

    Args:
        state: ``complete`` or ``incomplete``.
        difficulty: 1 (easy) to 5.
        note: What else is to be said, at most 2,000 characters.
        cannot_tell: Why the chip cannot be labelled, at most 1,000 characters.
        seconds: Active seconds since the act before.
    """
    parts = {
        "state": state, "difficulty": difficulty, "note": note or None, "cannot_tell": cannot_tell or None,
        "seconds": seconds,
    }  # fmt: skip
    return {k: v for k, v in parts.items() if v is not None}


def removed(payload: Mapping[str, Any]) -> bool:
    """Whether shapes say that the outline of their layer is no more."""
    return bool(payload.get("layer")) and not payload["features"]


def check(event: NewEvent) -> str:
    """Check an event's form and return its payload as canonical JSON text.

    Raises:
        InputError: The form is wrong; says which part.
    """
    if event.kind not in KINDS:
        raise InputError("unknown kind of event", asked=repr(event.kind), hint=f"kinds are {', '.join(KINDS)}")
    _check_about(event)
    for name, value in (("task", event.task), ("chip_id", event.chip_id)):
        if value is not None and (not isinstance(value, str) or len(value) > 512 or _UNREADABLE.search(value)):
            raise InputError(f"{name} is text of at most 512 characters", asked=repr(value)[:80])
    if (event.undoes is not None) != (event.kind == "undo"):
        raise InputError("an undo, and only an undo, names the event that it undoes", asked=event.kind)
    if event.bulk is not None and event.kind in ("bulk", "undo"):
        raise InputError(f"an event of kind {event.kind} cannot be a member of a bulk act", asked=event.bulk)
    if not isinstance(event.payload, Mapping):
        raise InputError("a payload is a JSON object", found=type(event.payload).__name__)
    _CHECKS[event.kind](event.payload)
    return _canonical(event.payload)


def _check_about(event: NewEvent) -> None:
    if event.kind == "cascade" and (not event.task or event.chip_id):
        raise InputError("a step of a cascade is about a task, and about no chip", asked=event.chip_id or "no task")
    if event.kind not in STANDING_KINDS:
        return
    if event.kind == "attribute" and event.task is not None:
        raise InputError("an attribute is of the chip, whatever the task", asked=event.task, hint="leave the task out")
    for name, value in (("task", event.task), ("chip_id", event.chip_id)):
        if not value and (name, event.kind) != ("task", "attribute"):
            raise InputError(f"an event of kind {event.kind} needs a {name}")


def subject(kind: str, payload: Mapping[str, Any]) -> str:
    """What is spoken of: a single answer's class, ``*`` for a list; a layer of masks or shapes, an attribute's name."""
    if kind in ("mask", "shapes"):
        return str(payload.get("layer", ""))
    if kind == "attribute":
        return str(payload["name"])
    if kind != "answer":
        return ""
    return ALL_SUBJECTS if "classes" in payload else str(payload["class"])


def _canonical(payload: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(payload), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError("a payload must be JSON", found=str(error)) from None
    except RecursionError:
        raise InputError("this payload is nested too deep") from None
    if "\\ud" in text:
        _check_characters(payload)
    if len(text) > MAX_BYTES:
        raise InputError("this payload is too large", found=f"{len(text):,} bytes", asked=f"at most {MAX_BYTES:,}")
    return text


def _check_characters(payload: Mapping[str, Any]) -> None:
    """Refuse halves of characters (lone surrogates): JSON can escape them, but nobody can read them back as UTF-8."""
    try:
        json.dumps(dict(payload), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError("a payload holds half a character (a lone surrogate)") from None


def _code(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < UNLABELLED:
        raise InputError("a class is named by its code, a whole number 0 to 254", asked=repr(value))
    return value


def _count(payload: Mapping[str, Any], name: str) -> None:
    value = payload.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise InputError(f"{name} is a whole number from 0", asked=repr(value))


def _text(payload: Mapping[str, Any], name: str, *, needed: bool = False, most: int | None = None) -> None:
    value = payload.get(name)
    if value is None and not needed:
        return
    if not isinstance(value, str) or (needed and not value.strip()):
        raise InputError(f"{name} is text" + (" and must be there" if needed else ""), asked=repr(value)[:80])
    if most is not None and len(value) > most:
        raise InputError(f"{name} is text of at most {most:,} characters", found=f"{len(value):,}")


def _origin(payload: Mapping[str, Any]) -> None:
    value = payload.get("origin", int(Origin.HUMAN))
    if isinstance(value, bool) or value not in _ORIGINS:
        raise InputError("unknown origin", asked=repr(value), hint=f"origins are {_ORIGINS}")


def _answer(payload: Mapping[str, Any]) -> None:
    if ("class" in payload) == ("classes" in payload):
        raise InputError("an answer has either class or classes", found=sorted(payload))
    _text(payload, "reason", most=LONGEST_TEXT)
    _origin(payload)
    _share(payload, "confidence")
    if "classes" in payload:
        codes = payload["classes"]
        if not isinstance(codes, list | tuple) or len({_code(c) for c in codes}) != len(codes):
            raise InputError("classes is a list of different class codes", asked=repr(codes))
        return
    _code(payload["class"])
    if payload.get("value") not in (*VALUES, UNSAID):
        hint = f"values are {', '.join((*VALUES, UNSAID))}"
        raise InputError("unknown value", asked=repr(payload.get("value"))[:80], hint=hint)


def _share(payload: Mapping[str, Any], name: str) -> None:
    value = payload.get(name)
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1):
        raise InputError(f"{name} is a number from 0 to 1", asked=repr(value)[:80])


def _training(payload: Mapping[str, Any]) -> None:
    if not isinstance(payload.get("use"), bool):
        raise InputError("use is true or false", asked=repr(payload.get("use")))


def _attribute(payload: Mapping[str, Any]) -> None:
    name, value = payload.get("name"), payload.get("value")
    if not isinstance(name, str) or not ATTRIBUTE_NAME.fullmatch(name):
        raise InputError("an attribute has a name", asked=repr(name)[:80], hint="small letters, digits and _")
    if "value" not in payload or not (value is None or isinstance(value, bool | int | float | str)):
        raise InputError("an attribute has a value: true, false, text, a number, or null", asked=repr(value)[:80])
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise InputError(f"a value is text of at most {LONGEST_TEXT} characters", found=len(value))


def _mask(payload: Mapping[str, Any]) -> None:
    if not isinstance(payload.get("sha256"), str) or not _SHA256.fullmatch(payload["sha256"]):
        raise InputError("a mask is named by the sha256 of its file", asked=repr(payload.get("sha256")))
    _layer(payload)
    _count(payload, "strokes")
    _seconds(payload)
    _text(payload, "tool", most=LONGEST_TOOL)
    if payload.get("base") is not None:
        parse_id(payload["base"])
    objects = payload.get("objects")
    if objects is not None and (not isinstance(objects, str) or not _SHA256.fullmatch(objects)):
        raise InputError("objects are named by the sha256 of their file", asked=repr(objects)[:80])
    reasons = payload.get("reasons", {})
    if not isinstance(reasons, Mapping):
        raise InputError("reasons says how many pixels have which reason", asked=repr(reasons))
    for name in reasons:
        _count(reasons, name)


def _seconds(payload: Mapping[str, Any]) -> None:
    seconds = payload.get("seconds")
    if seconds is not None and (not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0):
        raise InputError("seconds is a number from 0", asked=repr(seconds))


def _layer(payload: Mapping[str, Any]) -> None:
    layer = payload.get("layer", "")
    if not isinstance(layer, str) or not _LAYER.fullmatch(layer):
        raise InputError("a layer is named by at most 64 letters, digits and . _ : -", asked=repr(layer)[:80])


def _work(payload: Mapping[str, Any]) -> None:
    if payload.get("state") not in STATES:
        raise InputError(f"a state of work is {' or '.join(STATES)}", asked=repr(payload.get("state"))[:80])
    difficulty = payload.get("difficulty")
    if difficulty is not None and (type(difficulty) is not int or not 1 <= difficulty <= 5):
        raise InputError("a difficulty is a whole number from 1 (easy) to 5", asked=repr(difficulty)[:80])
    _text(payload, "note", most=LONGEST_NOTE)
    _text(payload, "cannot_tell", most=LONGEST_TEXT)
    _seconds(payload)


def _shapes(payload: Mapping[str, Any]) -> None:
    if payload.get("type") != "FeatureCollection" or not isinstance(payload.get("features"), list):
        raise InputError("shapes are a GeoJSON FeatureCollection", found=repr(payload.get("type")))
    if payload.get("coordinates") not in ("pixel", "map"):
        raise InputError(
            "shapes say which coordinates they are in",
            asked=repr(payload.get("coordinates")),
            hint='give "coordinates": "pixel" (column, row from the chip\'s upper left corner) or "map" (its CRS)',
        )
    _origin(payload)
    _layer(payload)
    for i, feature in enumerate(payload["features"]):
        geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
        if not isinstance(geometry, Mapping) or geometry.get("type") not in _GEOMETRIES:
            raise InputError(f"feature {i} has no geometry", hint=f"types are {', '.join(_GEOMETRIES)}")
        properties = feature.get("properties")
        if not isinstance(properties, Mapping):
            raise InputError(f"feature {i} has no properties", hint="its class stands in properties.class")
        _code(properties.get("class"))
        _shape(properties)


def _shape(properties: Mapping[str, Any]) -> None:
    """What an editor says of a shape beside its class; properties of other names are a file's own."""
    kind, depth, attributes = properties.get("kind"), properties.get("depth"), properties.get("attributes")
    if kind is not None and kind not in SHAPE_KINDS:
        raise InputError("unknown kind of shape", asked=repr(kind)[:80], hint=f"kinds are {', '.join(SHAPE_KINDS)}")
    _share(properties, "score")
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool)):
        raise InputError("a depth is a whole number, the higher the nearer", asked=repr(depth)[:80])
    if attributes is None:
        return
    if not isinstance(attributes, Mapping) or len(attributes) > MOST_ATTRIBUTES:
        raise InputError(
            f"attributes of a shape are at most {MOST_ATTRIBUTES} values by name", asked=repr(attributes)[:80]
        )
    for name, value in attributes.items():
        if not isinstance(name, str) or not (value is None or isinstance(value, bool | int | float | str)):
            raise InputError("an attribute is true, false, text, a number, or null", asked=f"{name!r}: {value!r}"[:80])
        if isinstance(value, str):
            _text(attributes, name, most=LONGEST_TEXT)


def _cascade(payload: Mapping[str, Any]) -> None:
    """A step of a cascade: its name, and what the step says."""
    check_name(str(payload.get("cascade")), "cascade")
    step = payload.get("step")
    if step not in CASCADE_STEPS:
        raise InputError(f"a step of a cascade is {' or '.join(CASCADE_STEPS)}", asked=repr(step)[:80])
    _share(payload, "recall")
    if payload.get("recall") is None:
        raise InputError("a step of a cascade says which recall is chosen")
    if step == "start":
        _code(payload.get("class"))
        for name, kind in (("scenes", str), ("levels", int)):
            values = payload.get(name)
            if not isinstance(values, list) or not values or not all(type(value) is kind for value in values):
                raise InputError(f"a cascade has a list of {name}", asked=repr(values)[:80])
    elif step == "advance":
        _count(payload, "level")
        if not isinstance(payload.get("rejected"), Mapping):
            raise InputError("a level that is left says which chips it rejected, by scene")
        if not isinstance(payload.get("empty", {}), Mapping):
            raise InputError("a level that is left says which chips have no data, by scene")


def _scheme(payload: Mapping[str, Any]) -> None:
    _text(payload, "name", needed=True)
    if not isinstance(payload.get("sha256"), str) or not _SHA256.fullmatch(payload["sha256"]):
        raise InputError("a scheme is named by the sha256 of its file", asked=repr(payload.get("sha256")))


def _anything(payload: Mapping[str, Any]) -> None:
    """Undo and bulk say what their client likes."""


_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "answer": _answer,
    "mask": _mask,
    "shapes": _shapes,
    "training": _training,
    "attribute": _attribute,
    "work": _work,
    "cascade": _cascade,
    "undo": _anything,
    "bulk": _anything,
    "comment": lambda payload: _text(payload, "text", needed=True),
    "scheme": _scheme,
}
