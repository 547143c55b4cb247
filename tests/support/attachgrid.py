"""A grid of chips on known ground."""

from __future__ import annotations

from datetime import UTC, datetime

from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.chips import Chip
from groundset.core import ChipId, Window

CRS, SIDE, PIXEL = "EPSG:32631", 10, 10.0
X, Y = 500_000.0, 4_700_000.0
"""Upper left corner of the grid; a chip is 100 m a side."""
DAYS = {"may": datetime(2020, 5, 1, 10, tzinfo=UTC), "june": datetime(2020, 6, 1, 10, tzinfo=UTC)}
ROWS = COLS = 4


def chips_of(scene: str, rows: range, crs: str | None = CRS, when: datetime | None = None) -> list[Chip]:
    """Chips of 10 x 10 pixels of 10 m, row by row."""
    out = []
    for row in rows:
        for col in range(COLS):
            at = Affine(PIXEL, 0, X + col * 100, 0, -PIXEL, Y - row * 100)
            box = GeoBox((SIDE, SIDE), at, crs)
            out.append(Chip(ChipId(scene, 0, row, col), Window(col * SIDE, row * SIDE, SIDE, SIDE), box, datetime=when))
    return out
