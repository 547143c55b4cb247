"""Features into class arrays, chip by chip."""

from __future__ import annotations

from typing import Any

import numpy as np
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from onscenes import box

from groundset.chips import cut, scene_windows
from groundset.core import UNLABELLED, Band, BandSet, Grid
from groundset.imagery import BandSource, Scene
from groundset.ingest._annotate.burn import burn, inside_scene

SPAN = st.lists(st.floats(-60, 560), min_size=2, max_size=2, unique=True).map(sorted)
BOX = st.tuples(SPAN, SPAN, st.integers(0, 2)).map(lambda b: (b[0][0], b[1][0], b[0][1], b[1][1], b[2]))


@given(
    st.lists(BOX, min_size=1, max_size=6),
    st.sampled_from([(64, 64), (100, 60), (256, 256)]),
)
@settings(max_examples=25, deadline=None)
def test_chips_together_are_the_whole_scene(boxes: list[tuple[float, float, float, float, int]], grid: Any) -> None:
    """Burnt chip by chip, with any size and stride, is the same as burnt at once; overlaps are counted exactly."""
    from rasterio.features import rasterize

    geobox = GeoBox((500, 510), Affine(10, 0, 600_000, 0, -10, 4_200_000), "EPSG:32630")
    scene = Scene("s", geobox, BandSet((Band("b1"),)), ((BandSource("x"),),))
    shapes = np.array([box(scene, *b[:4]) for b in boxes], object)
    codes = np.array([b[4] for b in boxes], np.uint8)

    def whole(code: int | None = None) -> Any:
        some = [(g, int(c)) for g, c in zip(shapes, codes, strict=True) if code in (None, c)]
        if not some:
            return np.full((500, 510), UNLABELLED, np.uint8)
        return rasterize(some, (500, 510), fill=UNLABELLED, transform=Affine(*geobox.transform[:6]), dtype="uint8")

    wanted = whole()
    several = sum((whole(c) != UNLABELLED).astype(int) for c in np.unique(codes)) > 1
    for row, col, window in scene_windows(scene, Grid(*grid)):
        inside = inside_scene(window, 510, 500)
        burnt = burn(cut(scene, 0, row, col, window), shapes, codes, inside)
        part = np.s_[window.y_off : min(window.bottom, 500), window.x_off : min(window.right, 510)]
        np.testing.assert_array_equal(burnt.classes[inside].reshape(wanted[part].shape), wanted[part])
        assert (burnt.classes[~inside] == UNLABELLED).all()
        assert burnt.overlaps == several[part].sum()
