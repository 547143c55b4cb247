"""What the routes of regions ask of the rooms."""

from __future__ import annotations

import json

import numpy as np

from groundset.segment.live.segments import segments
from groundset.segment.regions import Candidates
from groundset.series import chip_of
from groundset.server.context import Context
from groundset.server.pixels import Made
from groundset.views.chips import npy

NOWHERE = np.iinfo(np.uint16).max


def regions(ctx: Context, chip_id: str, task: str | None, model: str) -> Made:
    """The tree of a chip and what a model says of its nodes."""
    chip = chip_of(ctx.lake, ctx.lake.config.task(task, "segment"), chip_id)
    mark, make = segments(ctx.lake, ctx.regions, ctx.assistant, chip, task, model)
    return "r" + mark, lambda: told(make())


def leaves(ctx: Context, chip_id: str, task: str | None) -> Made:
    """The leaf of each pixel; without a task those of the chip's own date."""
    about = None if task is None else ctx.lake.config.task(task, "segment")
    chip = ctx.lake.chips.get(chip_id) if about is None else chip_of(ctx.lake, about, chip_id)

    def make() -> bytes:
        found = ctx.regions.of(chip, about)
        if found.leaf_count > NOWHERE:  # only where single pixels stand apart, each in nodata
            return npy(np.where(found.leaves < 0, np.iinfo(np.uint32).max, found.leaves).astype(np.uint32))
        return npy(np.where(found.leaves < 0, NOWHERE, found.leaves).astype(np.uint16))

    return "l" + ctx.regions.mark(chip, about), make


def told(found: Candidates) -> bytes:
    """Candidates as JSON, see :class:`~groundset.server.models.Regions`; written at once, since the lists are long."""
    tree = found.tree
    rows, cols = tree.leaves.shape
    percent = None if found.probability is None else np.rint(found.probability * 100).astype(int).tolist()
    scores = zip(np.round(found.score.astype(np.float64), 4).tolist(), found.there.tolist(), strict=True)
    answer = {
        "rows": rows,
        "cols": cols,
        "leaves": tree.leaf_count,
        "parent": tree.parent.tolist(),
        "size": tree.size.tolist(),
        "height": [float(f"{h:.4g}") for h in tree.height.tolist()],
        "contrast": np.round(tree.contrast.astype(np.float64), 3).tolist(),
        "bbox": tree.bbox.tolist(),
        "classes": found.codes.tolist(),
        "probability": percent,
        "score": [score if there else None for score, there in scores],
        "start": found.best,
        "extras": [extra.to_dict() for extra in found.extras],
    }
    return json.dumps(answer, separators=(",", ":")).encode()
