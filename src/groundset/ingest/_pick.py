"""Which chips of its scenes an ingest makes: all, those in an area, those of a sample."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundset.core import Grid, InputError
from groundset.imagery import Scene
from groundset.ingest._frame import in_area
from groundset.ingest._part import Place
from groundset.ingest.sampling import Sampling, all_places, chosen, refuse_sampled
from groundset.lake import Lake

Picked = Callable[[Scene, Sequence[Place]], Sequence[Place]]


def pick(
    lake: Lake, scenes: Sequence[Scene], grid: Grid, area: Mapping[str, Any] | None, sampling: Sampling | None
) -> Picked:
    """What is left of the chips of a scene.

    Raises:
        ConflictError: A sample stands in the way.
        InputError: No chip lies in the area, or the sample cannot be drawn.
    """
    if sampling is None:
        refuse_sampled(lake, scenes)
        if area is None:
            return lambda _, places: places
    inside: dict[str, list[Place]] = {}
    for scene in scenes:
        places = all_places(scene, grid)
        inside[scene.id] = places if area is None else in_area(scene, places, area)
    if area is not None and scenes and not any(inside.values()):
        raise InputError("no chip lies in this area", asked="aoi", found=f"{len(scenes)} scenes", hint="check its CRS")
    if sampling is None:
        kept = {scene_id: {p[:2] for p in places} for scene_id, places in inside.items()}
    else:
        key = "" if area is None else hashlib.sha256(json.dumps(area, sort_keys=True).encode()).hexdigest()
        kept = dict(chosen(lake, scenes, grid, sampling, inside, key))
    return lambda scene, places: [p for p in places if p[:2] in kept.get(scene.id, ())]
