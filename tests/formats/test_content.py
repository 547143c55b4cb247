"""What a format would lose is counted from what there is."""

from __future__ import annotations

from collections import Counter

from groundset.formats import Capability, losses_of
from groundset.formats.content import _count_shape, _count_work


def test_shapes_are_counted_by_what_they_need():
    counts: Counter[Capability] = Counter()
    ring = [[0, 0], [9, 0], [9, 9], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 1]]
    properties = {"class": 1, "kind": "polygon", "depth": 2, "score": 0.5, "attributes": {"roof": "flat"}}
    _count_shape(
        counts, {"geometry": {"type": "MultiPolygon", "coordinates": [[ring, hole], [ring]]}, "properties": properties}
    )
    _count_shape(
        counts, {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"class": 1, "kind": "box"}}
    )
    assert counts == {
        Capability.POLYGONS: 1, Capability.BOXES: 1, Capability.HOLES: 1, Capability.MULTI_PART: 1,
        Capability.Z_ORDER: 1, Capability.SCORES: 1, Capability.ATTRIBUTES: 1, Capability.INSTANCES: 2,
    }  # fmt: skip
    left = losses_of(counts, [Capability.POLYGONS, Capability.BOXES, Capability.INSTANCES])
    assert [str(loss) for loss in left][:2] == ["shapes with holes: 1", "shapes of several parts: 1"]


def test_work_is_counted():
    counts: Counter[Capability] = Counter()
    _count_work(counts, {"state": "complete", "cannot_tell": "haze"})
    assert +counts == {Capability.PROGRESS: 1, Capability.CANNOT_TELL: 1}


def test_every_capability_is_explained():
    from groundset.formats import MEANING

    assert set(MEANING) == set(Capability)
