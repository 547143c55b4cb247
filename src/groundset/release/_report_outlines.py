"""Outlines over a picture of a chip, as SVG."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from groundset.core import Scheme
from groundset.release._report_html import h


def over(picture: str, labels: Path, scheme: Scheme, shape: tuple[int, int]) -> str:
    """A picture (markup that begins with a span) with the outlines of ``labels.geojson`` over it.

    Args:
        picture: Markup of the picture.
        labels: The file.
        scheme: Colours and titles.
        shape: Rows and columns of the chip.
    """
    rows, cols = shape
    colours = {c.code: (c.color, c.title) for c in scheme}
    paths = []
    for feature in json.loads(labels.read_text("utf-8"))["features"]:
        said = feature["properties"]
        colour, title = colours[said["code"]]
        line = "".join(_path(shapely.geometry.shape(said["geometry_pixels"])))
        paths.append(f'<path d="{line}" class="rim"/>')
        paths.append(f'<path d="{line}" style="stroke:{h(colour)}"><title>{h(title)}</title></path>')
    svg = f'<svg viewBox="0 0 {cols} {rows}" preserveAspectRatio="none" aria-hidden="true">{"".join(paths)}</svg>'
    begin, found, end = picture.partition("<img")
    return f'{begin}<span class="over"><img{end.replace("<em>", svg + "</span><em>", 1)}' if found else picture


def _path(geometry: Any) -> Iterator[str]:
    """SVG path data; a point is a line of no length, which a round cap makes a dot."""
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield _line(ring.coords[:-1]) + "Z"
        elif part.geom_type == "Point":
            yield _line([part.coords[0], part.coords[0]])
        else:
            yield _line(part.coords)


def _line(coords: Any) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in coords)
