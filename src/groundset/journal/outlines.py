"""Statements about outlines: which stand where several speak of one, and whether they can be drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundset.core import PRECEDENCE, InputError, Origin
from groundset.journal.events import Event
from groundset.journal.payloads import removed

_RANK = {int(origin): len(PRECEDENCE) - i for i, origin in enumerate(PRECEDENCE)}


def without_outdated(events: Iterable[Event]) -> list[Event]:
    """Events of a chip, in order, less those about an outline that another one overrides, or that remove it.

    Of what several actors say of one outline (one ``layer``), people's word goes before a model's and the later before
    the earlier. Events of other kinds, and shapes without a layer, all stay.
    """
    events = list(events)
    best: dict[str, Event] = {}
    for event in events:
        layer = event.payload.get("layer") if event.kind == "shapes" else None
        if layer and (layer not in best or _strength(event) > _strength(best[layer])):
            best[layer] = event
    kept = {event.seq for event in best.values() if not removed(event.payload)}
    return [e for e in events if e.kind != "shapes" or not e.payload.get("layer") or e.seq in kept]


def check_geometries(payload: Mapping[str, Any]) -> None:
    """Refuse shapes that nobody could draw: open rings, too few points, no finite numbers. Crossing ones are fine.

    Raises:
        InputError: Names the feature.
    """
    import shapely

    features = payload["features"]
    read = shapely.from_geojson([json.dumps(f["geometry"]) for f in features], on_invalid="ignore") if features else ()
    for i, geometry in enumerate(read):
        if geometry is None or geometry.is_empty or not all(map(math.isfinite, geometry.bounds)):
            raise InputError(
                f"feature {i} has a geometry that cannot be drawn",
                asked=repr(features[i]["geometry"])[:120],
                hint="rings are closed and have four points or more, lines two",
            )


def _strength(event: Event) -> tuple[int, int]:
    return _RANK[event.payload.get("origin", Origin.HUMAN)], event.seq
