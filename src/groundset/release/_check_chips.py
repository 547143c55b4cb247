"""What a chip's files hold, against what its item says. Runs in any process."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, BandSet, GroundsetError, Origin
from groundset.release._check_folder import Stated, local_path
from groundset.release._check_outlines import Frame, SeenShape, outlines
from groundset.release._check_stac import validate
from groundset.release._check_sums import check_file
from groundset.release._check_types import Finding, error
from groundset.release.facts import NO_SPLIT, SPLITS, UNLABELLED_SPLIT
from groundset.release.moments import Moments

_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Job:
    """Chips to look at, small and picklable.

    Args:
        root: The release.
        cache: Folder of the schemas, None for the default one.
        codes: Class name -> code, of the release's scheme.
        kind: What chips have: masks (segment), outlines (outline), or classes (classify).
        items: Path and content of each item.
        files: Path, size and what is said of each file of these items, the items themselves among them.
    """

    root: Path
    cache: Path | None
    codes: Mapping[str, int]
    kind: str
    items: tuple[tuple[str, Mapping[str, Any]], ...]
    files: tuple[tuple[str, int, tuple[Stated, ...]], ...]


@dataclass(slots=True)
class Seen:
    """What was seen of one chip. ``image`` is a digest of its pixels, None where they are all the same.

    ``masked`` is true where the file says with a mask of its own which pixels are data, which is coarser than what the
    statistics were made from.
    """

    path: str
    image: str | None = None
    moments: Moments | None = None
    masked: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    shapes: list[SeenShape] = field(default_factory=list)


def look(job: Job) -> tuple[list[Finding], list[Seen]]:
    """Checksums, schemas and pixels of some chips."""
    import rasterio

    findings = [f for path, size, stated in job.files for f in check_file(job.root, path, size, stated)]
    findings += validate(job.items, job.cache)
    seen = []
    # each chip lies in a folder of its own: listing it for side files at every opening would be most of the opening
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        for path, item in job.items:
            found, one = _chip(job, path, item)
            findings += found
            seen.append(one)
    return findings, seen


def _chip(job: Job, path: str, item: Mapping[str, Any]) -> tuple[list[Finding], Seen]:
    seen = Seen(path)
    properties = item.get("properties")
    if not isinstance(properties, dict):
        return [], seen  # told by the schema
    findings = list(_words(job, path, properties))
    rasters = {}
    for key in ("image", "mask", "origin"):
        raster = _open(job, path, item, key, findings)
        if raster is not None:
            rasters[key] = raster
    if "image" in rasters:
        findings += _image(path, item, rasters["image"], seen)
    findings += _grids(rasters, properties)
    if "mask" in rasters:
        findings += _mask(job, properties, rasters["mask"], rasters.get("origin"), seen)
    elif job.kind == "outline" and not _unlabelled(item):
        findings += _outlines(job, path, item, rasters.get("image"), seen)
    elif job.kind == "classify":
        seen.counts = _answers(properties)
    return findings, seen


def _outlines(job: Job, path: str, item: Mapping[str, Any], image: _Raster | None, seen: Seen) -> list[Finding]:
    assets = item.get("assets")
    asset = assets.get("labels") if isinstance(assets, dict) else None
    target = local_path(path, asset.get("href")) if isinstance(asset, dict) else None
    if target is None:
        return [error("Q2", path, "asset labels", "nothing", "an asset labels")]
    if not (job.root / target).is_file():
        return []  # told by Q0
    frame = None
    if image is not None:
        wkt = None if image.crs is None else str(image.crs.to_wkt())
        frame = Frame((image.data.shape[1], image.data.shape[2]), image.transform, wkt)
    findings, seen.shapes = outlines(job.root, target, item["properties"], job.codes, frame)
    seen.counts = dict(Counter(shape.name for shape in seen.shapes))
    return [*findings, *_counts(target, "label:overviews", _overview(item["properties"]), seen.counts, "shapes")]


def _answers(properties: Mapping[str, Any]) -> dict[str, int]:
    label = properties.get("label")
    return dict.fromkeys([str(n) for n in (label if isinstance(label, list) else [label]) if n is not None], 1)


def _words(job: Job, path: str, properties: Mapping[str, Any]) -> Iterator[Finding]:
    if properties.get("datetime") is None:
        yield error("Q2", path, "datetime", properties.get("datetime"), "the acquisition time")
    split, ml = properties.get("groundset:split"), properties.get("ml-aoi:split")
    known = (*SPLITS, NO_SPLIT, UNLABELLED_SPLIT)
    if split not in known:
        yield error("Q2", path, "groundset:split", split, f"one of {', '.join(known)}")
    elif ml != (split if split in SPLITS else None):
        wanted = split if split in SPLITS else f"no ml-aoi:split, for groundset:split is {split}"
        yield error("Q2", path, "ml-aoi:split", ml, wanted)
    if split == UNLABELLED_SPLIT:
        if properties.get("label") is not None or "label:classes" in properties:
            yield error("Q2", path, "label", properties.get("label"), "none in the split unlabelled")
        return
    classes = properties.get("label:classes")
    names = (
        classes[0].get("classes") if isinstance(classes, list) and classes and isinstance(classes[0], dict) else None
    )
    if names != list(job.codes):
        yield error("Q2", path, "label:classes", names, list(job.codes))
    for name in _answers(properties) if job.kind == "classify" else ():
        if name not in job.codes:
            yield error("Q2", path, "label", name, f"one of {', '.join(job.codes)}")


@dataclass(slots=True)
class _Raster:
    """A file's pixels and grid."""

    path: str
    data: npt.NDArray[Any]
    valid: npt.NDArray[np.bool_]
    masked: bool
    crs: Any
    transform: tuple[float, ...]  # the first six numbers
    nodata: float | None
    classes: Any


def _open(job: Job, path: str, item: Mapping[str, Any], key: str, findings: list[Finding]) -> _Raster | None:
    import rasterio

    assets = item.get("assets")
    asset = assets.get(key) if isinstance(assets, dict) else None
    if not isinstance(asset, dict):
        needed = job.kind == "segment" and not _unlabelled(item)
        if key == "image" or (needed and key in ("mask", "origin")):
            findings.append(error("Q2", path, f"asset {key}", "nothing", f"an asset {key}"))
        return None
    target = local_path(path, asset.get("href"))
    if target is None or not (job.root / target).is_file():
        return None  # told by Q0 and Q1
    try:
        with rasterio.open(job.root / target) as src:
            data = src.read()
            own_mask = src.nodata is None and key == "image" and _has_mask(src)
            valid = np.broadcast_to(src.dataset_mask() > 0, data.shape) if own_mask else np.ones(data.shape, bool)
            grid = tuple(src.transform)[:6]
            return _Raster(
                target, data, valid, own_mask, src.crs, grid, src.nodata, asset.get("classification:classes")
            )
    except (rasterio.errors.RasterioError, ValueError, MemoryError) as reason:
        findings.append(error("Q2", target, "not readable as a raster", str(reason) or "broken", "a GeoTIFF"))
        return None


def _unlabelled(item: Mapping[str, Any]) -> bool:
    properties = item.get("properties")
    return isinstance(properties, dict) and properties.get("groundset:split") == UNLABELLED_SPLIT


def _has_mask(src: Any) -> bool:
    from rasterio.enums import MaskFlags

    return any(MaskFlags.per_dataset in flags for flags in src.mask_flag_enums)


def _image(path: str, item: Mapping[str, Any], image: _Raster, seen: Seen) -> Iterator[Finding]:
    from groundset.imagery.scene_item import band_from_fields

    fields = item["assets"]["image"].get("bands")
    try:
        bands = BandSet(tuple(band_from_fields(f) for f in fields))
    except (TypeError, KeyError, ValueError, AttributeError, GroundsetError):
        yield error("Q2", path, "bands of the asset image", fields, "name, data_type, scale and offset of each band")
        return
    if len(bands) != len(image.data):
        yield error("Q2", image.path, "number of bands", len(image.data), f"{len(bands)}, as in {path}")
        return
    if bands.dtype != image.data.dtype:
        yield error("Q2", image.path, "data type", image.data.dtype.name, f"{bands.dtype.name}, as in {path}")
        return
    valid = image.valid & bands.valid(image.data)
    share = round(float(valid.all(axis=0).mean()), 6)
    stated = item["properties"].get("groundset:valid_fraction")
    if not _near(stated, share):
        yield error("Q2", path, "groundset:valid_fraction", stated, f"{share}, as counted in {image.path}")
    seen.moments, seen.masked = Moments.of(bands.to_physical(image.data, valid)), image.masked
    if bool((seen.moments.maximum > seen.moments.minimum).any()):  # empty and flat chips may well be alike
        seen.image = hashlib.sha256(image.data.tobytes()).hexdigest()


def _near(found: Any, wanted: float) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found - wanted) <= _NEAR


def _grids(rasters: Mapping[str, _Raster], properties: Mapping[str, Any]) -> Iterator[Finding]:
    image = rasters.get("image")
    for key, raster in rasters.items():
        if key == "image":
            yield from _stated_grid(raster, properties)
        elif image is not None:
            yield from _same_grid(raster, image)


def _same_grid(raster: _Raster, image: _Raster) -> Iterator[Finding]:
    by = f", as {image.path}"
    if raster.data.shape[1:] != image.data.shape[1:]:
        yield error("Q2", raster.path, "shape", _shape(raster), _shape(image) + by)
    if raster.crs != image.crs:
        yield error("Q2", raster.path, "CRS", _crs(raster), _crs(image) + by)
    if not _same_transform(raster.transform, image.transform):
        yield error("Q2", raster.path, "transform", raster.transform, f"{list(image.transform)}{by}")


def _stated_grid(image: _Raster, properties: Mapping[str, Any]) -> Iterator[Finding]:
    shape, transform, code = (properties.get(f"proj:{k}") for k in ("shape", "transform", "code"))
    if shape is not None and list(image.data.shape[1:]) != shape:
        yield error("Q2", image.path, "shape", list(image.data.shape[1:]), f"{shape}, as proj:shape says")
    told = _numbers(transform)
    if image.crs is not None and told is not None and not _same_transform(image.transform, told):
        yield error("Q2", image.path, "transform", list(image.transform), f"{transform}, as proj:transform says")
    if isinstance(code, str) and _crs(image) != code:
        yield error("Q2", image.path, "CRS", _crs(image), f"{code}, as proj:code says")


def _numbers(transform: Any) -> tuple[float, ...] | None:
    """The six numbers of a transform, None where they are not that (which the schema tells)."""
    if not isinstance(transform, list) or len(transform) < 6:
        return None
    return tuple(transform[:6]) if all(isinstance(v, int | float) for v in transform) else None


def _same_transform(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    pixel = max(abs(one[0]), abs(one[1]), 1e-12)
    return len(one) == len(two) and all(
        abs(a - b) <= 1e-6 * pixel + 1e-12 * abs(b) for a, b in zip(one, two, strict=False)
    )


def _shape(raster: _Raster) -> str:
    return " x ".join(map(str, raster.data.shape[1:]))


def _crs(raster: _Raster) -> str:
    if raster.crs is None:
        return "none"
    epsg = raster.crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(raster.crs.to_wkt())


def _mask(
    job: Job, properties: Mapping[str, Any], mask: _Raster, origin: _Raster | None, seen: Seen
) -> Iterator[Finding]:
    if mask.data.dtype != np.uint8 or len(mask.data) != 1:
        found = f"{len(mask.data)} x {mask.data.dtype.name}"
        yield error("Q2", mask.path, "bands and data type of the mask", found, "1 x uint8")
        return
    pixels = np.bincount(mask.data.ravel(), minlength=256)
    names = {code: name for name, code in job.codes.items()}
    foreign = [c for c in np.flatnonzero(pixels).tolist() if c not in names and c != UNLABELLED]
    if foreign:
        allowed = ", ".join(map(str, job.codes.values()))
        yield error("Q2", mask.path, "codes that are not in the scheme", foreign, f"{allowed} or {UNLABELLED}")
    if mask.nodata != UNLABELLED:
        yield error("Q2", mask.path, "nodata value", mask.nodata, UNLABELLED)
    yield from _mask_classes(job, mask)
    seen.counts = {name: int(pixels[code]) for name, code in job.codes.items() if pixels[code]}
    yield from _counts(mask.path, "groundset:class_counts", properties.get("groundset:class_counts"), seen.counts)
    yield from _counts(mask.path, "label:overviews", _overview(properties), seen.counts)
    if origin is not None:
        yield from _origin(properties, mask, origin)


def _mask_classes(job: Job, mask: _Raster) -> Iterator[Finding]:
    listed = mask.classes if isinstance(mask.classes, list) else []
    codes = [c.get("value") for c in listed if isinstance(c, dict) and c.get("value") != UNLABELLED]
    if codes != list(job.codes.values()):
        yield error("Q2", mask.path, "classification:classes of the item", codes, list(job.codes.values()))


def _overview(properties: Mapping[str, Any]) -> Any:
    overviews = properties.get("label:overviews")
    try:
        return {str(c["name"]): c["count"] for o in overviews or [] for c in o["counts"]}
    except (TypeError, KeyError):
        return overviews


def _counts(path: str, what: str, stated: Any, found: Mapping[str, int], unit: str = "pixels") -> Iterator[Finding]:
    clean = {k: v for k, v in stated.items() if v} if isinstance(stated, dict) else stated
    if clean != dict(found):
        yield error("Q2", path, f"{what}: {unit} of each class", dict(found), f"{stated}, as the item says")


def _origin(properties: Mapping[str, Any], mask: _Raster, origin: _Raster) -> Iterator[Finding]:
    if origin.data.dtype != np.uint8 or len(origin.data) != 2:
        found = f"{len(origin.data)} x {origin.data.dtype.name}"
        yield error("Q2", origin.path, "bands and data type of origin.tif", found, "2 x uint8")
        return
    values = np.bincount(origin.data[0].ravel(), minlength=256)
    known = {int(o): o.name.lower() for o in Origin}
    foreign = [v for v in np.flatnonzero(values).tolist() if v not in known]
    if foreign:
        yield error("Q2", origin.path, "origins", foreign, f"one of {list(known)}")
    if mask.data.shape[1:] != origin.data.shape[1:]:
        return
    labelled = mask.data[0] != UNLABELLED
    nobody = int((labelled & (origin.data[0] == Origin.NONE)).sum())
    if nobody:
        yield error("Q2", origin.path, "labelled pixels without an origin", nobody, 0)
    of = np.bincount(origin.data[0][labelled], minlength=256)
    found_counts = {name: int(of[value]) for value, name in known.items() if value and of[value]}
    what = "groundset:origin_counts"
    yield from _counts(origin.path, what, properties.get(what), found_counts)
