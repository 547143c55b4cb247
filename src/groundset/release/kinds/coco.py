"""annotations/instances_SPLIT.json: the shapes as COCO has them, for detectors.

The format is that of https://cocodataset.org/#format-data: boxes are left, top, width, height in pixels; a shape with
holes is an uncompressed run-length code (columns first), every other one its rings. Shapes of the not-applicable class
say where nothing can be told: they are crowds (``iscrowd`` 1), which scores leave out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from groundset._files import write_text
from groundset.core import Scheme
from groundset.outlines.cover import covers, instance
from groundset.release._json import rfc3339
from groundset.release.facts import SPLITS
from groundset.release.kinds.base import ChipOf
from groundset.release.kinds.categories import category_ids
from groundset.release.kinds.outline_table import Row
from groundset.release.kinds.parts import Part


def coco_path(split: str) -> str:
    """Path of a split's file from the release's root."""
    return f"annotations/instances_{split}.json"


def write_coco(root: Path, scheme: Scheme, chips: Sequence[ChipOf], rows: Sequence[Row]) -> None:
    """Write a file for each split that has chips; chips without a split, or without a label, are in none.

    Ids of images and annotations count over the whole release, so that the files can be joined. Paths of images are
    relative to the release.

    Args:
        root: The release.
        scheme: The classes.
        chips: The release's chips.
        rows: Their shapes, numbered.
    """
    numbers = {of.written.id: i for i, of in enumerate(chips, start=1)}
    shapes: dict[str, list[Row]] = {}
    for row in rows:
        shapes.setdefault(row.of.written.id, []).append(row)
    for split in SPLITS:
        here = [of for of in chips if of.split == split]
        if here:
            (root / "annotations").mkdir(exist_ok=True)
            found = [row for of in here for row in shapes.get(of.written.id, ())]
            write_text(root / coco_path(split), _coco(scheme, here, found, numbers))


def _coco(scheme: Scheme, chips: Sequence[ChipOf], rows: Sequence[Row], numbers: dict[str, int]) -> str:
    ids = category_ids(scheme)
    other = scheme.not_applicable
    content = {
        "info": {"description": "Outlines in pixels of the images; made with Groundset"},
        "licenses": [],
        "categories": categories(scheme),
        "images": [_image(of, numbers[of.written.id]) for of in chips],
        "annotations": [
            _annotation(
                row, numbers[row.of.written.id], ids[row.part.code], other is not None and row.part.code == other.code
            )
            for row in rows
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def categories(scheme: Scheme) -> list[dict[str, Any]]:
    """The classes by number; ``code`` is that of the scheme."""
    ids = category_ids(scheme)
    ordered = sorted(scheme, key=lambda c: ids[c.code])
    return [
        {"id": ids[c.code], "name": c.name, "supercategory": c.parent or "", "code": c.code, "color": c.color}
        for c in ordered
    ]


def _image(of: ChipOf, number: int) -> dict[str, Any]:
    rows, cols = (int(n) for n in of.chip.geobox.shape)
    return {
        "id": number,
        "file_name": f"items/{of.written.id}/image.tif",
        "width": cols,
        "height": rows,
        "date_captured": rfc3339(of.datetime),
        "chip_id": of.written.id,
    }


def _annotation(row: Row, image: int, category: int, crowd: bool) -> dict[str, Any]:
    part = row.part
    left, top, right, bottom = part.box
    rows, cols = (int(n) for n in row.of.chip.geobox.shape)
    out = {
        "id": row.number,
        "image_id": image,
        "category_id": category,
        "bbox": [left, top, round(right - left, 4), round(bottom - top, 4)],
        "area": part.area,
        "iscrowd": int(crowd),
        "segmentation": segmentation(part, (rows, cols), crowd=crowd),
        "shape_id": part.id,
    }
    return out if part.score is None else {**out, "score": part.score}


def segmentation(part: Part, shape: tuple[int, int], *, crowd: bool = False) -> Any:
    """Rings of a shape as lists of x, y; with holes, or as a crowd, a run-length code.

    Args:
        part: The shape on its chip.
        shape: Rows and columns of the chip.
        crowd: Whether it marks a crowd.
    """
    area = covers(part.geometry, shape)
    faces = [f for f in shapely.get_parts(area) if f.geom_type == "Polygon"]
    if crowd or any(len(f.interiors) for f in faces):
        return rle(instance(part.geometry, shape))
    return [[round(float(v), 4) for xy in f.exterior.coords[:-1] for v in xy] for f in faces]


def rle(mask: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """COCO's uncompressed run-length code of a mask (rows, columns) of 0 and 1: lengths of runs, zeros first."""
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [len(flat)]])).tolist()
    rows, cols = mask.shape
    return {"size": [int(rows), int(cols)], "counts": [0, *runs] if len(flat) and flat[0] else runs}
