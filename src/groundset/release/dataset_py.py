"""dataset.py: the few lines that load a release with torchgeo alone."""

from __future__ import annotations

import json
from string import Template

from groundset.release._report_html import template
from groundset.release.facts import ReleaseFacts

_TARGETS = {
    "segment": '"mask": torch.as_tensor(read(self.items[i], "mask")[0].astype("int64"))',
    "classify": '"label": json.loads(self.items[i].read_text(encoding="utf-8"))["properties"]["label"]',
}


def render_dataset_py(facts: ReleaseFacts) -> str:
    """The script as text.

    Chips on the ground are pairs of torchgeo RasterDatasets, one pair a chip, so that chips of one place and two
    times never mix and every mask stays with its image. Chips without a CRS, and tasks without masks, use torchgeo's
    NonGeoDataset; samples of outline tasks are what torchvision's detection models are trained with.
    """
    # a docstring of somebody else's words: as a JSON string it can end neither the string nor the line
    title = json.dumps(facts.title)[1:-1].replace('\\"', "'").replace("\\", "/")
    if facts.kind == "outline":
        return Template(template("dataset_outlines.txt")).substitute(title=title)
    on_the_ground = facts.kind == "segment" and all(c.crs for c in facts.chips)
    if on_the_ground:
        return Template(template("dataset_geo.txt")).substitute(title=title)
    return Template(template("dataset_plain.txt")).substitute(title=title, target=_TARGETS[facts.kind])
