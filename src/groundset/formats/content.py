"""What the answers of a task are made of, counted by capability: what a format must hold to lose nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from groundset.chips import Chip
from groundset.core import NO_CONFIDENCE, LabelMask, Origin
from groundset.core.layout import TaskConfig
from groundset.formats.capability import Capability
from groundset.imagery import Scene
from groundset.journal import Event
from groundset.lake import Lake

_KINDS = {
    "box": Capability.BOXES,
    "oriented-box": Capability.ORIENTED_BOXES,
    "polygon": Capability.POLYGONS,
    "polyline": Capability.LINES,
    "point": Capability.POINTS,
}
_GEOMETRIES = {
    "Polygon": Capability.POLYGONS,
    "MultiPolygon": Capability.POLYGONS,
    "LineString": Capability.LINES,
    "MultiLineString": Capability.LINES,
    "Point": Capability.POINTS,
    "MultiPoint": Capability.POINTS,
}
_OTHERS = (int(Origin.REGION), int(Origin.IMPORT), int(Origin.CONSENSUS))


def count_content(
    lake: Lake, task: TaskConfig, chips: Sequence[Chip], masks: Iterable[LabelMask] = ()
) -> Counter[Capability]:
    """How often each capability is needed for the answers of a task that stand.

    Args:
        lake: The workspace.
        task: A task of kind segment or outline.
        chips: The chips that are looked at.
        masks: Their masks, one for each chip and actor.
    """
    ids = [str(chip.id) for chip in chips]
    counts: Counter[Capability] = Counter()
    actors: dict[str, set[str]] = {}
    for event in lake.journal.current(task.name, chip_ids=ids):
        actors.setdefault(str(event.chip_id), set()).add(event.actor)
        _count_event(counts, event)
    counts[Capability.ANNOTATORS] = sum(len(some) > 1 for some in actors.values())
    for event in lake.journal.current(task.name, kind="work", chip_ids=ids):
        _count_work(counts, event.payload)
    for mask in masks:
        _count_mask(counts, mask)
    counts[Capability.ATTRIBUTES] += len(lake.journal.attributes(ids))
    for scene in {chip.id.scene for chip in chips}:
        _count_scene(counts, lake.scenes.get(scene))
    counts[Capability.VIEWS] = len(lake.config.views)
    return +counts


def _count_event(counts: Counter[Capability], event: Event) -> None:
    payload = event.payload
    counts[Capability.TIME] += bool(payload.get("seconds"))
    if event.kind == "mask":
        counts[Capability.MASKS] += 1
        counts[Capability.INSTANCES] += "objects" in payload
    if event.kind == "shapes":
        for feature in payload["features"]:
            _count_shape(counts, feature)


def _count_shape(counts: Counter[Capability], feature: Mapping[str, Any]) -> None:
    geometry, said = feature["geometry"], feature["properties"]
    counts[_KINDS.get(str(said.get("kind")), _GEOMETRIES[geometry["type"]])] += 1
    parts = geometry["coordinates"] if geometry["type"].startswith("Multi") else [geometry["coordinates"]]
    counts[Capability.MULTI_PART] += len(parts) > 1
    counts[Capability.HOLES] += geometry["type"].endswith("Polygon") and any(len(rings) > 1 for rings in parts)
    counts[Capability.ATTRIBUTES] += bool(said.get("attributes"))
    counts[Capability.SCORES] += said.get("score") is not None
    counts[Capability.Z_ORDER] += said.get("depth") is not None
    counts[Capability.INSTANCES] += 1


def _count_work(counts: Counter[Capability], payload: Mapping[str, Any]) -> None:
    counts[Capability.PROGRESS] += payload.get("state") == "complete"
    counts[Capability.DIFFICULTY] += payload.get("difficulty") is not None
    counts[Capability.NOTES] += bool(payload.get("note"))
    counts[Capability.CANNOT_TELL] += bool(payload.get("cannot_tell"))


def _count_mask(counts: Counter[Capability], mask: LabelMask) -> None:
    said = set(np.unique(np.where(mask.named, Origin.HUMAN, mask.origin)[mask.labelled]).tolist())
    counts[Capability.PROVENANCE] += len(said) > 1
    counts[Capability.ORIGINS] += bool(said.intersection(_OTHERS))
    counts[Capability.CONFIDENCE] += bool((mask.confidence != NO_CONFIDENCE).any())
    counts[Capability.UNLABELLED] += not mask.labelled.all()


def _count_scene(counts: Counter[Capability], scene: Scene) -> None:
    counts[Capability.CRS] += scene.geobox.crs is not None
    counts[Capability.BANDS] += len(scene.bands) > 3 or scene.bands.dtype.itemsize > 1
