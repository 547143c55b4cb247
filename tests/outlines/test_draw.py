"""Shapes into pixels: which pixels a shape covers, and who lies on top."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from groundset.core import InputError, Origin, Window
from groundset.outlines import Rule, Shape, rasterise

ALL = Window(0, 0, 12, 10)


def shape(geometry: Any, code: int = 1, **more: Any) -> Shape:
    return Shape(str(more.get("seq", 0)), "s", "s_0_0_0", geometry, code, more.pop("kind", "polygon"), **more)


def test_polygon_covers_the_centres_it_holds_and_no_hole() -> None:
    ring = shapely.box(1.4, 1.6, 8.4, 7).difference(shapely.box(3, 3, 5, 5))
    mask = rasterise([shape(ring, origin=Origin.IMPORT, score=0.25)], ALL)
    wanted = np.full((10, 12), 255)
    wanted[2:7, 1:8] = 1
    wanted[3:5, 3:5] = 255
    np.testing.assert_array_equal(mask.classes, wanted)
    assert set(mask.origin[mask.labelled]) == {Origin.IMPORT}
    assert set(mask.confidence[mask.labelled]) == {25}
    assert rasterise([shape(ring)], ALL, Rule(all_touched=True)).classes[1, 1] == 1


def test_order_is_origin_then_depth_then_time() -> None:
    big, small = shapely.box(0, 0, 6, 6), shapely.box(2, 2, 4, 4)
    model = shape(small, 2, origin=Origin.MODEL, depth=9, seq=9)
    assert rasterise([model, shape(big, 1, seq=1)], ALL).count() == {1: 36}
    assert rasterise([shape(small, 2, depth=1, seq=1), shape(big, 1, seq=2)], ALL).count() == {1: 32, 2: 4}
    assert rasterise([shape(small, 2, seq=2), shape(big, 1, seq=1)], ALL).count() == {1: 32, 2: 4}


def test_lines_and_points_have_the_width_stated() -> None:
    line = shape(shapely.LineString([(1, 5), (11, 5)]), kind="polyline")
    assert rasterise([line], ALL, Rule(line_width=4)).classes[3:7, 2:10].tolist() == [[1] * 8] * 4
    thin = rasterise([shape(shapely.LineString([(0.2, 0.2), (9.8, 9.6)]), kind="polyline")], ALL, Rule(line_width=0.1))
    assert (thin.classes == 1).any(axis=1).all()
    point = shape(shapely.Point(4.2, 4.7), kind="point")
    assert np.argwhere(rasterise([point], ALL, Rule(point_size=0.1)).labelled).tolist() == [[4, 4]]
    assert rasterise([point], ALL, Rule(point_size=5)).count()[1] in range(17, 24)
    with pytest.raises(InputError, match="line_width"):
        Rule(line_width=0)


def test_a_window_is_cut_out_of_the_whole() -> None:
    shapes = [shape(shapely.Point(6, 5).buffer(4.3)), shape(shapely.LineString([(0, 9), (11, 0)]), 2, kind="polyline")]
    whole = rasterise(shapes, ALL)
    part = rasterise(shapes, Window(3, 2, 6, 5))
    np.testing.assert_array_equal(part.classes, whole.classes[2:7, 3:9])
    assert not rasterise([], ALL).labelled.any()


def test_a_figure_of_eight_is_drawn_as_it_is() -> None:
    eight = shapely.Polygon([(0, 0), (8, 8), (8, 0), (0, 8)])
    mask = rasterise([shape(eight)], ALL)
    assert mask.classes[4, 1] == 1
    assert mask.classes[4, 6] == 1
    assert mask.classes[1, 4] == 255
