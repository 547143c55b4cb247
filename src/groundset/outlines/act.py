"""Shapes into the journal: one event a shape, many of them one act that one undo takes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from groundset.core import InputError, Origin
from groundset.journal import Appended, NewEvent, new_id
from groundset.outlines.places import Places
from groundset.outlines.shape import Shape

Append = Callable[[Sequence[NewEvent], str], list[Appended]]
"""Appends events of an actor, and returns once they are on disk."""


def stated(shapes: Sequence[Shape], task: str, places: Places) -> list[NewEvent]:
    """An event for each shape, in order; each names the shape's chip."""
    texts: list[str] = [""] * len(shapes)
    by_scene: dict[str, list[int]] = {}
    for i, shape in enumerate(shapes):
        by_scene.setdefault(shape.scene, []).append(i)
    for scene_id, places_of in by_scene.items():
        geometry = np.empty(len(places_of), object)
        geometry[:] = [shapes[i].geometry for i in places_of]
        written = places.written(geometry, scene_id, [shapes[i].chip_id for i in places_of])
        for i, text in zip(places_of, written, strict=True):
            texts[i] = text
    out = []
    for shape, text in zip(shapes, texts, strict=True):
        feature = {"type": "Feature", "geometry": json.loads(text), "properties": shape.properties()}
        body = _payload(shape.id, shape.origin, places.coordinates(shape.scene), [feature])
        out.append(NewEvent("shapes", task, shape.chip_id, body))
    return out


def removed(shape: Shape, task: str) -> NewEvent:
    """An event that takes a shape away from its chip."""
    return NewEvent("shapes", task, shape.chip_id, _payload(shape.id, shape.origin, "pixel", []))


def write(
    events: Iterable[NewEvent], *, task: str, actor: str, append: Append, what: Mapping[str, Any]
) -> tuple[str | None, int]:
    """Append events as one act.

    Args:
        events: Its members.
        task: The task that they are about.
        actor: Who says it.
        append: Appends events.
        what: What the act says of itself.

    Returns:
        Id of the act (None where there is nothing to say), and how many members it has.

    Raises:
        InputError: The journal refuses one of them.
    """
    own = new_id()
    members = [NewEvent(e.kind, e.task, e.chip_id, e.payload, e.id, None, own) for e in events]
    if not members:
        return None, 0
    bulk = NewEvent("bulk", task=task, payload={"count": len(members), **what}, id=own)
    done = append([bulk, *members], actor)
    refused = [one for one in done if one.status == "refused"]
    if refused:
        raise InputError("the journal refuses these shapes", asked=f"{len(refused)} of them", found=refused[0].error)
    return own, len(members)


def _payload(layer: str, origin: Origin, coordinates: str, features: list[dict[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "type": "FeatureCollection", "features": features, "coordinates": coordinates, "layer": layer,
    }  # fmt: skip
    return out if origin == Origin.HUMAN else {**out, "origin": int(origin)}
