"""Imported layers moved, crossed polygons repaired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from ponds import BOWTIE, RING

from groundset.core import InputError, MissingError
from groundset.lake import Lake
from groundset.outlines import Shapes, bring_file, repair, shift
from groundset.outlines.act import Append
from groundset.outlines.change import mended


def test_a_layer_is_moved_and_one_undo_takes_it_back(
    lake: Lake, shapes: Shapes, file: Callable[..., Path], say: Callable[..., str], append: Append
) -> None:
    report = bring_file(lake, file((RING, {"class": 1}), (BOWTIE, {"class": 0})), task="ponds", actor="anna")
    with pytest.raises(InputError, match="farther"):
        shift(shapes, 1e9, 0, scene="s", actor="ben", append=append)
    say("own", shapely.box(1, 1, 5, 5))
    before = {s.id: s for s in shapes.of("ponds")}
    done = shift(shapes, 300, -50, scene="s", actor="ben", append=append, source=report.layer)
    assert done.shapes == 2
    after = {s.id: s for s in shapes.of("ponds")}
    for own, shape in before.items():
        step = (0, 0) if own == "own" else (30, 5)
        moved = shapely.affinity.translate(shape.geometry, *step)
        assert after[own].geometry.equals_exact(moved, 1e-6)
        assert (after[own].origin, after[own].source) == (shape.origin, shape.source)
    ring = next(s for s in after.values() if s.code == 1 and s.id != "own")
    assert ring.chip_id == shapes.places.homes(shapely.points([ring.geometry.point_on_surface().coords[0]]), "s")[0]
    assert before[ring.id].chip_id not in lake.labels("ponds").chip_ids
    lake.journal.undo(str(done.bulk), actor="ben")
    assert {s.id: s.geometry for s in shapes.of("ponds")} == {own: s.geometry for own, s in before.items()}
    assert {s.id: s.chip_id for s in shapes.of("ponds")} == {own: s.chip_id for own, s in before.items()}


def test_crossed_ones_are_repaired_with_all_parts(lake: Lake, shapes: Shapes, say: Callable[..., str],
                                                  append: Append) -> None:  # fmt: skip
    event = say("x", BOWTIE, attributes={"name": "a"}, kind="box")
    say("fine", RING)
    assert repair(shapes, actor="ben", append=append, ids=["fine"]).bulk is None
    done = repair(shapes, actor="ben", append=append)
    assert (done.shapes, done.left) == (1, ())
    (one,) = shapes.get("ponds", ["x"])
    assert one.problem is None
    assert (one.geometry.geom_type, len(one.geometry.geoms), one.geometry.area) == ("MultiPolygon", 2, 200)
    assert (one.attributes, one.kind) == ({"name": "a"}, "polygon")
    lake.journal.undo(str(done.bulk), actor="ben")
    (one,) = shapes.get("ponds", ["x"])
    assert one.geometry.equals_exact(BOWTIE)
    assert lake.journal.get(event) is not None


def test_what_has_no_area_is_left_and_named(shapes: Shapes, say: Callable[..., str], append: Append) -> None:
    say("flat", shapely.Polygon([(0, 0), (5, 0), (2, 0)]))
    done = repair(shapes, actor="ben", append=append)
    assert (done.shapes, done.bulk, done.left) == (0, None, ("flat",))
    assert mended(shapely.LineString([(0, 0), (1, 1)])) is None


def test_wrong_questions(shapes: Shapes, append: Append) -> None:
    how: dict[str, Any] = {"scene": "s", "actor": "ben", "append": append}
    with pytest.raises(InputError, match="finite"):
        shift(shapes, float("nan"), 0, **how)
    with pytest.raises(MissingError, match="no such shapes"):  # nothing was said yet
        shift(shapes, 1, 0, **how)
    with pytest.raises(MissingError, match="no such shape"):
        repair(shapes, actor="ben", append=append, ids=["nobody"])
