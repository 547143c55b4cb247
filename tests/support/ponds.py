"""Outlines in pixels of the made scene of 128 x 128."""

from __future__ import annotations

import shapely

BOWTIE = shapely.Polygon([(70, 70), (90, 90), (90, 70), (70, 90)])
RING = shapely.box(10, 10, 60, 40).difference(shapely.box(20, 20, 30, 30))
