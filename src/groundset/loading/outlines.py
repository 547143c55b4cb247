"""labels.geojson of a chip as arrays that detectors are trained with."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError


def detections(
    data: bytes, where: str, lookup: npt.NDArray[np.uint8], codes: tuple[int, ...], shape: tuple[int, int]
) -> dict[str, npt.NDArray[Any]]:
    """Boxes, labels and masks of a chip, as torchvision's detection models name them.

    Args:
        data: The file.
        where: Its address, for messages.
        lookup: From the release's codes to those wanted, uint8 (256,).
        codes: The codes wanted, in order: the first one is label 1, since 0 is the background. Others are left out.
        shape: Rows and columns of the chip.

    Returns:
        ``boxes`` float32 (n, 4) of left, top, right, bottom in pixels, ``labels`` int64 (n,), ``masks`` uint8
        (n, rows, columns) of 0 and 1, bottom first. Shapes inside of which nothing can be told are left out.

    Raises:
        InputError: The file is broken.
    """
    import shapely

    from groundset.outlines.cover import instance

    try:
        told = [f["properties"] for f in json.loads(data)["features"]]
        kept = [(p, int(lookup[p["code"]])) for p in told if not p["ignore"] and lookup[p["code"]] in codes]
        boxes = np.array([p["bbox_pixels"] for p, _ in kept], np.float32).reshape(-1, 4)
        labels = np.array([codes.index(code) + 1 for _, code in kept], np.int64)
        geometry = [shapely.geometry.shape(p["geometry_pixels"]) for p, _ in kept]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise InputError("a file of the release is broken", asked=where, found=repr(error)) from error
    masks = np.zeros((len(kept), *shape), np.uint8)
    for i, one in enumerate(geometry):
        masks[i] = instance(one, shape)
    return {"boxes": boxes, "labels": labels, "masks": masks}
