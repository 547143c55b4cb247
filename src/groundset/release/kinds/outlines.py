"""Outline tasks: boxes, polygons, lines and points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from groundset.chips import Chip, Stretch
from groundset.chips.render import PixelsLike
from groundset.core import PEOPLE_ORIGINS, Scheme
from groundset.release import stac
from groundset.release.facts import GROUND_CHIPS, SPLITS, ShapeSizes
from groundset.release.kinds.base import ChipOf, LabelKind, Labels, Reasons
from groundset.release.kinds.coco import coco_path, write_coco
from groundset.release.kinds.geojson import NAME, labels_geojson
from groundset.release.kinds.outline_table import TABLE, write_outlines
from groundset.release.kinds.parts import OnChip
from groundset.release.kinds.said import OutlineLabels
from groundset.release.thumbnails import outlined
from groundset.release.written import MODEL_ACTOR, Batch, ChipWork, Label, Written

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.release.recipe import Recipe


class Outlines(LabelKind):
    """Shapes: labels.geojson of each chip, and all of them as a table and as COCO."""

    name = "outline"
    unit = told = said = "shapes"
    word = "detection"
    hub = "object-detection"
    lead = "image and outlines"
    thumbnail = "Image, and beside it its outlines"
    how = "draw shapes on the page, or bring them from a file: groundset annotate DIR FILE --task TASK"

    def there(self, labels: Labels) -> bool:
        """Whether a shape lies on a chip of the release: negatives alone are no dataset."""
        return cast("OutlineLabels", labels).shapes > 0

    def labels(self, lake: Lake, task: str, as_of: int | None = None, scenes: Collection[str] = ()) -> OutlineLabels:
        """Shapes and marks of chips."""
        return OutlineLabels(lake, task, as_of, scenes)

    def latest(self, labels: Labels) -> datetime:
        """Time of the last shape or mark."""
        return cast("OutlineLabels", labels).latest()

    def work(self, labels: Labels, chip: Chip, stretch: Stretch | None) -> ChipWork:
        """The shapes, cut already."""
        return ChipWork(chip, (), stretch, cast("OutlineLabels", labels).on(chip.id))

    def label(self, batch: Batch, work: ChipWork, reasons: Reasons) -> Label | None:  # noqa: ARG002
        """Shapes by class and origin."""
        on = work.on_chip or OnChip()
        codes = Counter(part.code for part in on.parts)
        people = any(part.origin in PEOPLE_ORIGINS for part in on.parts) or (on.complete and not on.parts)
        models = any(part.origin not in PEOPLE_ORIGINS for part in on.parts)
        actors = {part.actor for part in on.parts if part.actor.startswith(MODEL_ACTOR)}
        return Label(
            None,
            {c.name: codes[c.code] for c in batch.scheme if c.code in codes},
            dict(sorted(Counter(part.origin.name.lower() for part in on.parts).items())),
            (("manual",) if people else ()) + (("automated",) if models else ()),
            tuple(sorted(actor.removeprefix(MODEL_ACTOR) for actor in actors)),
            on_chip=on,
        )

    def files(self, label: Label, chip: Chip, scheme: Scheme) -> dict[str, tuple[str, bytes]]:
        """The shapes."""
        if label.on_chip is None:
            return {}
        return {"labels": (NAME, labels_geojson(label.on_chip, chip, scheme))}

    def picture(self, pixels: PixelsLike, label: Label, scheme: Scheme, stretch: Stretch | None) -> bytes:
        """The image, and beside it the image with its outlines."""
        parts = None if label.on_chip is None else [(p.geometry, p.code) for p in label.on_chip.parts]
        return outlined(pixels, parts, scheme, stretch)

    def properties(self, recipe: Recipe, scheme: Scheme, written: Written) -> dict[str, Any]:  # noqa: ARG002
        """Of type vector, the class of each feature in ``class``."""
        names = [c.name for c in scheme]
        on = written.on_chip or OnChip()
        titles = {c.code: c.name for c in scheme}
        area: dict[str, float] = dict.fromkeys(written.class_counts, 0.0)
        for part in on.parts:
            area[titles[part.code]] += part.area
        counts = [{"name": c, "count": n} for c, n in written.class_counts.items()]
        return {
            "label:type": "vector",
            "label:properties": ["class"],
            "label:classes": [{"name": "class", "classes": names}],
            "label:description": f"Outlines of {', '.join(names)}",
            "label:tasks": [self.word],
            "label:methods": list(written.methods),
            "label:overviews": [{"property_key": "class", "counts": counts}],
            "groundset:class_areas": {c: round(a, 2) for c, a in area.items()},
            "groundset:complete": on.complete,
        }

    def assets(self, scheme: Scheme) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        """The shapes."""
        title = "Outlines, cut at the chip's edge, in degrees and in pixels of the chip"
        return {"labels": {"type": stac.GEOJSON, "roles": ["labels", "labels-vector"], "title": title}}

    def finish(self, root: Path, scheme: Scheme, chips: Sequence[ChipOf]) -> None:
        """The table of all shapes, and COCO files."""
        rows = write_outlines(root / TABLE, scheme, chips)
        write_coco(root, scheme, chips, rows)

    def sizes(self, scheme: Scheme, chips: Sequence[ChipOf]) -> dict[str, ShapeSizes]:
        """Of each class."""
        out = {}
        for c in scheme:
            parts = [p for one in chips for p in (one.written.on_chip or OnChip()).parts if p.code == c.code]
            area = np.array([p.area for p in parts], float)
            out[c.name] = ShapeSizes(
                shapes=len({p.id for p in parts}),
                on_chips=len(parts),
                clipped=sum(p.clipped for p in parts),
                smallest=float(area.min()) if len(area) else None,
                median=float(np.median(area)) if len(area) else None,
                largest=float(area.max()) if len(area) else None,
                area=round(float(area.sum()), 2),
            )
        return out

    def notes(self, labels: Labels, chips: Sequence[ChipOf]) -> tuple[str, ...]:
        """What was repaired, what was left out, and whether there are negatives."""
        said = cast("OutlineLabels", labels)
        on = [one.written.on_chip for one in chips if one.written.on_chip is not None]
        splits: dict[str, set[str]] = {}
        for one in chips:
            for part in (one.written.on_chip or OnChip()).parts if one.split in SPLITS else ():
                splits.setdefault(part.id, set()).add(one.split)
        ground = sum(len(found) > 1 for found in splits.values())
        told = [
            (
                sum(not one.complete for one in on),
                "chip",
                f"of {len(on):,} not marked complete: more shapes may be there",
            ),
            (len(said.open), "chip", "left out, marked incomplete or as not to be told"),
            (len(said.repaired), "shape", "with crossing edges repaired, all parts kept"),
            (len(said.empty), "shape", "without an area left out"),
            (ground, "shape", f"on more than {GROUND_CHIPS} chips: ground, of which each split has its part"),
            (len(said.twice), "shape", "left out, each just like another one of its class"),
        ]
        return tuple(f"{n:,} {noun}{'' if n == 1 else 's'} {text}" for n, noun, text in told if n)

    def documents(self) -> Mapping[str, tuple[str, str, list[str]]]:
        """The table and the COCO files."""
        table = ("application/vnd.apache.parquet", "All outlines as GeoParquet", ["labels", "labels-vector"])
        coco = {
            coco_path(split): (stac.JSON, f"Outlines of split {split} as COCO instances", ["labels"])
            for split in SPLITS
        }
        return {TABLE: table, **coco}
