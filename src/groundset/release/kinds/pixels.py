"""Segment tasks: a class for each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from groundset.chips import Chip, Stretch
from groundset.chips.render import PixelsLike
from groundset.core import LabelMask, Origin, Scheme
from groundset.journal import MaskStore, TaskLabels
from groundset.journal.labels import methods_of
from groundset.release import stac
from groundset.release.kinds.base import LabelKind, Reasons
from groundset.release.kinds.fixed import Fixed
from groundset.release.rasters import mask_tiff, origin_tiff
from groundset.release.thumbnails import thumbnail
from groundset.release.written import MODEL_ACTOR, Batch, ChipWork, Label, Written

if TYPE_CHECKING:
    from groundset.journal import Journal
    from groundset.release.recipe import Recipe


class Pixels(LabelKind):
    """A class for each pixel: mask.tif and origin.tif."""

    name = "segment"
    unit = said = "pixels"
    told = "labelled pixels"
    word = "segmentation"
    hub = "image-segmentation"
    lead = "image, mask and who said so. Unlabelled pixels are chequered"
    thumbnail = "Image, and beside it its classes"
    rasters = ("mask", "origin")

    def label(self, batch: Batch, work: ChipWork, reasons: Reasons) -> Label | None:
        """The merged mask of a chip."""
        labels = TaskLabels(
            cast("Journal", Fixed(work.events)),
            MaskStore(batch.masks),
            batch.task,
            batch.scheme,
            reasons=reasons,
            as_of=max((e.seq for e in work.events), default=0),
        )
        models = {e.actor.removeprefix(MODEL_ACTOR) for e in work.events if e.actor.startswith(MODEL_ACTOR)}
        mask = labels.mask(work.chip)
        return _label(mask, batch.scheme, models if len(models) < 2 else _givers(batch, work, mask))

    def files(self, label: Label, chip: Chip, scheme: Scheme) -> dict[str, tuple[str, bytes]]:
        """Mask and origin."""
        if label.mask is None:
            return {}
        return {
            "mask": ("mask.tif", mask_tiff(label.mask, chip.geobox, scheme)),
            "origin": ("origin.tif", origin_tiff(label.mask, chip.geobox)),
        }

    def picture(self, pixels: PixelsLike, label: Label, scheme: Scheme, stretch: Stretch | None) -> bytes:
        """The image, and beside it the image under its classes."""
        return thumbnail(pixels, label.mask, scheme, stretch)

    def properties(self, recipe: Recipe, scheme: Scheme, written: Written) -> dict[str, Any]:  # noqa: ARG002
        """Of type raster."""
        names = [c.name for c in scheme]
        counts = [{"name": c, "count": n} for c, n in written.class_counts.items()]
        return {
            "label:type": "raster",
            "label:properties": None,
            "label:classes": [{"name": None, "classes": names}],
            "label:description": f"Class of each pixel: {', '.join(names)}",
            "label:tasks": [self.word],
            "label:methods": list(written.methods),
            "label:overviews": [{"counts": counts}],
        }

    def assets(self, scheme: Scheme) -> dict[str, dict[str, Any]]:
        """Mask and origin."""
        confidence = {"name": "confidence", "data_type": "uint8", "unit": "%", "nodata": 255}
        return {
            "mask": {
                "type": stac.COG,
                "roles": ["labels", "labels-raster"],
                "title": "Class of each pixel, 255 unlabelled",
                "bands": [{"name": "class", "data_type": "uint8", "nodata": 255}],
                "classification:classes": stac.class_fields(scheme),
            },
            "origin": {
                "type": stac.COG,
                "roles": ["metadata"],
                "title": "Origin and confidence of each pixel",
                "bands": [_origin_band(), confidence],
            },
        }

    def summaries(self, scheme: Scheme) -> dict[str, Any]:
        """The classes of the masks."""
        return {"classification:classes": stac.class_fields(scheme)}


def _origin_band() -> dict[str, Any]:
    meaning = "0 none, 1 human, 2 model, 3 region, 4 import, 5 consensus, 6 product flag"
    return {"name": "origin", "data_type": "uint8", "description": meaning}


def _givers(batch: Batch, work: ChipWork, label: LabelMask) -> set[str]:
    """The models that gave the label a pixel: among models the later one wins."""
    store = MaskStore(batch.masks)
    left = (label.origin == Origin.MODEL) & label.labelled
    out = set()
    for event in reversed([e for e in work.events if e.kind == "mask"]):
        if not left.any():
            break
        said = store.get(event.payload["sha256"], work.chip.geobox).origin == Origin.MODEL
        if (left & said).any() and event.actor.startswith(MODEL_ACTOR):
            out.add(event.actor.removeprefix(MODEL_ACTOR))
        left &= ~said
    return out


def _label(mask: LabelMask, scheme: Scheme, models: set[str]) -> Label | None:
    counts = mask.count()
    if not counts:
        return None
    origins = {Origin(code).name.lower(): n for code, n in mask.count_origins().items()}
    return Label(
        mask,
        {c.name: counts[c.code] for c in scheme if c.code in counts},
        origins,
        methods_of(mask),
        tuple(sorted(models)) if "model" in origins else (),
    )
