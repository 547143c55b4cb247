"""Q2 of the outlines of a release as a whole: one split a shape, and the same shapes in every file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from groundset.core import Scheme
from groundset.release._check_chips import Seen
from groundset.release._check_folder import Folder
from groundset.release._check_outlines import NEAR, SeenShape
from groundset.release._check_types import Finding, error
from groundset.release.facts import SPLITS
from groundset.release.kinds.coco import categories, coco_path
from groundset.release.kinds.outline_table import SIDES, TABLE

_MOST = 20
_COLUMNS = ("shape_id", "chip_id", "split", "class", "category_id", "area_pixels", "bbox_pixels")


def shapes(folder: Folder, scheme: Scheme | None, seen: Sequence[Seen], ground: int | None) -> list[Finding]:
    """What there is to say of the outlines of an outline task's release; at most 20 findings a kind.

    Shapes on more chips than ``ground`` may lie in several splits.
    """
    if scheme is None:
        return []
    chips = {str(folder.items[s.path].get("id")): s for s in seen}
    splits = {name: _split(folder.items[s.path]) for name, s in chips.items()}
    out = [*_leaks(chips, splits, ground)][:_MOST]
    out += [*_table(folder, chips, splits)][:_MOST]
    for split in SPLITS:
        here = {name: s for name, s in chips.items() if splits[name] == split}
        if here:
            out += [*_coco(folder, scheme, split, here)][:_MOST]
    return out


def _split(item: Mapping[str, Any]) -> str:
    properties = item.get("properties")
    return str(properties.get("groundset:split")) if isinstance(properties, dict) else ""


def _leaks(chips: Mapping[str, Seen], splits: Mapping[str, str], ground: int | None) -> Iterator[Finding]:
    """A shape on chips of two splits, unless it is ground."""
    first: dict[str, str] = {}
    on = Counter(shape.id for seen in chips.values() for shape in seen.shapes)
    for name, seen in chips.items():
        for shape in seen.shapes if splits[name] in SPLITS else ():
            if ground is not None and on[shape.id] > ground:
                continue
            other = first.setdefault(shape.id, name)
            if splits[other] != splits[name]:
                what = f"shape {shape.id} lies in two splits"
                yield error("Q2", seen.path, what, f"split {splits[name]}", f"split {splits[other]}, as on {other}")


def _table(folder: Folder, chips: Mapping[str, Seen], splits: Mapping[str, str]) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if TABLE not in folder.files:
        yield error("Q2", TABLE, "missing file", "no such file", "GeoParquet of all outlines")
        return
    try:
        table = pq.read_table(folder.root / TABLE, columns=list(_COLUMNS))
        rows = table.to_pylist()
        geo = json.loads((pq.read_schema(folder.root / TABLE).metadata or {})[b"geo"])
        version = geo["version"]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as reason:
        yield error("Q2", TABLE, "not readable", str(reason), f"GeoParquet with {', '.join(_COLUMNS)}")
        return
    if version != "1.1.0":
        yield error("Q2", TABLE, "GeoParquet version", version, "1.1.0")
    wanted = {(name, shape.id): shape for name, seen in chips.items() for shape in seen.shapes}
    found = {(row["chip_id"], row["shape_id"]): row for row in rows}
    if len(found) != len(rows):
        yield error("Q2", TABLE, "rows of one shape and chip", f"{len(rows) - len(found)} twice", "each once")
    yield from _missing(TABLE, found.keys(), wanted.keys())
    for key in sorted(found.keys() & wanted.keys()):
        row, shape = found[key], wanted[key]
        box = [row["bbox_pixels"][side] for side in SIDES]
        told = row["class"], row["category_id"], row["split"]
        if told != (shape.name, shape.category, splits[key[0]]) or not _same(box, row["area_pixels"], shape):
            yield error("Q2", TABLE, f"row of shape {key[1]} on {key[0]}", [*told, *box], _told(shape))


def _coco(folder: Folder, scheme: Scheme, split: str, chips: Mapping[str, Seen]) -> Iterator[Finding]:
    path = coco_path(split)
    content = folder.json(path)
    try:
        images = {i["id"]: i for i in content["images"]}
        annotations = {a["id"]: a for a in content["annotations"]}
        named = {i["chip_id"] for i in images.values()}
        found = {(images[a["image_id"]]["chip_id"], a["shape_id"]): a for a in annotations.values()}
        whole = len(annotations) == len(content["annotations"]) == len(found) and len(images) == len(content["images"])
        listed = content["categories"]
    except (TypeError, KeyError, AttributeError) as reason:
        text = "no such file" if path not in folder.files else repr(reason)
        yield error("Q2", path, "not readable as COCO", text, "images, annotations and categories")
        return
    if not whole:
        yield error("Q2", path, "ids of images and annotations", "some twice", "each once")
    if listed != categories(scheme):
        yield error("Q2", path, "categories", listed, categories(scheme))
    yield from _missing(path, named, chips.keys(), "image of chip")
    for image in images.values():
        if image.get("file_name") not in folder.files:
            yield error("Q2", path, f"image {image.get('id')}", image.get("file_name"), "a file of the release")
    wanted = {(name, shape.id): shape for name, seen in chips.items() for shape in seen.shapes}
    yield from _missing(path, found.keys(), wanted.keys())
    for key in sorted(found.keys() & wanted.keys()):
        image = images[found[key]["image_id"]]
        yield from _annotation(path, key, found[key], wanted[key], (image["height"], image["width"]))


def _annotation(
    path: str, key: tuple[str, str], told: Mapping[str, Any], shape: SeenShape, size: tuple[int, int]
) -> Iterator[Finding]:
    what = f"annotation of shape {key[1]} on {key[0]}"
    try:
        left, top, width, height = map(float, told["bbox"])
        same = _same([left, top, left + width, top + height], float(told["area"]), shape)
    except (TypeError, ValueError, KeyError):
        same = False
    if not same or told.get("category_id") != shape.category or told.get("iscrowd") != int(shape.ignore):
        yield error("Q2", path, what, [told.get("category_id"), told.get("bbox"), told.get("area")], _told(shape))
        return
    if not _fits(told.get("segmentation"), shape, size):
        yield error("Q2", path, f"{what}: segmentation", told.get("segmentation"), "rings, or runs, inside its box")


def _fits(segmentation: Any, shape: SeenShape, size: tuple[int, int]) -> bool:
    """Whether rings lie in the box, or runs make an image of this size."""
    try:
        if isinstance(segmentation, dict):
            counts = np.array(segmentation["counts"], np.int64)
            whole = counts.sum() == size[0] * size[1] and segmentation["size"] == list(size)
            return bool(whole and (counts >= 0).all() and counts[1::2].sum() > 0)
        points = np.concatenate([np.array(ring, float).reshape(-1, 2) for ring in segmentation])
    except (TypeError, ValueError, KeyError, IndexError):
        return False
    bounds = [*points.min(axis=0), *points.max(axis=0)]
    return all(len(ring) >= 6 for ring in segmentation) and bool(np.allclose(bounds, shape.box, rtol=0, atol=NEAR))


def _same(box: Sequence[float], area: float, shape: SeenShape) -> bool:
    return bool(np.allclose([*box, area], [*shape.box, shape.area], rtol=1e-6, atol=NEAR))


def _told(shape: SeenShape) -> str:
    return f"{shape.name} ({shape.category}), {list(shape.box)}, {shape.area}, as labels.geojson has it"


def _missing(path: str, found: Any, wanted: Any, what: str = "shape") -> Iterator[Finding]:
    for key in sorted(wanted - found):
        yield error("Q2", path, f"{what} {_name(key)}", "nothing", "what the chip's files have")
    for key in sorted(found - wanted):
        yield error("Q2", path, f"{what} {_name(key)}", "more than the chips' files have", "no such")


def _name(key: Any) -> str:
    return key if isinstance(key, str) else f"{key[1]} on {key[0]}"
