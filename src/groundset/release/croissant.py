"""croissant.json: Croissant 1.1 with GeoCroissant 1.0.

Written as plain JSON-LD; the vocabularies are https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html and
https://docs.mlcommons.org/croissant/docs/croissant-geo-spec.html.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from groundset._files import sha256_file
from groundset.core import Band
from groundset.release._croissant_outlines import outline_objects, outline_records
from groundset.release._report_html import metres, percent
from groundset.release._report_map import rings
from groundset.release.facts import ReleaseFacts
from groundset.release.licence import page

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "geocr": "http://mlcommons.org/croissant/geo/",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TABLE = "chips.parquet"
_COLUMNS: dict[str, tuple[str, str, str]] = {
    "id": ("id", "sc:Text", "Chip id, SCENE_LEVEL_ROW_COL"),
    "ml-aoi:split": ("split", "cr:Split", "train, validate or test; empty inside the buffer between splits"),
    "datetime": ("datetime", "sc:DateTime", "Acquisition time"),
    "label": ("label", "sc:Text", "Class of the chip"),
}
_FILES = {
    "image": ("image.tif", "The imagery, native values and type, all bands"),
    "mask": ("mask.tif", "Class code of each pixel, 255 unlabelled"),
    "origin": ("origin.tif", "Who said so (band 1) and confidence in percent (band 2)"),
    "labels": ("labels.geojson", "Outlines on the chip, in degrees and in pixels"),
    "thumbnail": ("thumbnail.png", "A picture for people"),
}


_FORMATS = {"png": "image/png", "tif": "image/tiff", "geojson": "application/geo+json"}


def croissant(folder: Path, facts: ReleaseFacts) -> dict[str, Any]:
    """The description as JSON values; the same facts and files give the same values.

    Args:
        folder: The release, with ``chips.parquet`` already written.
        facts: What the description says.
    """
    there = _files_of(facts)
    out: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/geo/1.0"],
        "name": re.sub(r"[^A-Za-z0-9_. -]+", "-", facts.title),
        "alternateName": facts.title,
        "description": facts.description or facts.title,
        "license": _license(facts),
        "version": _version(facts.name),
        "datePublished": facts.created.strftime("%Y-%m-%d"),
        "dateCreated": facts.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "citeAs": f"https://doi.org/{facts.doi}" if facts.doi else f"{facts.title}, release {facts.name}",
        "keywords": ["Earth observation", "training data", *(c.title for c in facts.scheme)],
        "url": f"https://doi.org/{facts.doi}" if facts.doi else None,
        **_creators(facts),
        **_where_and_when(facts),
        **_bands(list(facts.bands)),
        "geocr:samplingStrategy": _sampling(facts),
        "geocr:spatialBias": _bias(facts),
        "rai:dataAnnotationProtocol": _annotation(facts),
        "distribution": [
            *_table_object(folder),
            *outline_objects(folder),
            *(_file_set(key) for key in there),
        ],
        "recordSet": [
            *_chip_records(folder, facts),
            *outline_records(folder),
            *([_thumbnail_records()] if "thumbnail" in there else []),
        ],
    }
    return {k: v for k, v in out.items() if v is not None}


def _license(facts: ReleaseFacts) -> str:
    return (facts.license_stated and page(facts.license)) or facts.license


def _version(name: str) -> str:
    """The release's number as MAJOR.MINOR.PATCH, which Croissant asks for; 1.0.0 where the name has none."""
    found = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", name)
    return ".".join(str(int(n or 0)) for n in found.groups()) if found else "1.0.0"


def _creators(facts: ReleaseFacts) -> dict[str, Any]:
    named: list[dict[str, Any]] = []
    for p in facts.providers:
        url = {"url": str(p["url"])} if p.get("url") else {}
        named.append({"@type": "sc:Organization", "name": str(p.get("name", "")), **url})
    return {"creator": named} if named else {}


def _where_and_when(facts: ReleaseFacts) -> dict[str, Any]:
    times = sorted(c.datetime for c in facts.chips)
    out: dict[str, Any] = {}
    if times:
        out["temporalCoverage"] = f"{times[0]:%Y-%m-%d}/{times[-1]:%Y-%m-%d}"
    points = [p for c in facts.chips if c.footprint for ring in rings(c.footprint) for p in ring]
    if points:
        lons, lats = [p[0] for p in points], [p[1] for p in points]
        box = f"{min(lats):.6f} {min(lons):.6f} {max(lats):.6f} {max(lons):.6f}"
        out["spatialCoverage"] = {"@type": "sc:Place", "geo": {"@type": "sc:GeoShape", "box": box}}
    systems = sorted({c.crs for c in facts.chips if c.crs})
    if systems:
        out["geocr:coordinateReferenceSystem"] = ", ".join(systems)
    sizes = sorted({b.gsd for b in facts.bands if b.gsd})
    if sizes:
        out["geocr:spatialResolution"] = {"@type": "QuantitativeValue", "value": sizes[0], "unitText": "m"}
    return out


def _bands(bands: list[Band]) -> dict[str, Any]:
    spectral = []
    for b in bands:
        if b.center_wavelength:
            one = {"@type": "geocr:SpectralBand", "name": b.name, "geocr:centerWavelength": _nm(b.center_wavelength)}
            spectral.append(
                {**one, **({"geocr:bandwidth": _nm(b.full_width_half_max)} if b.full_width_half_max else {})}
            )
    out: dict[str, Any] = {
        "geocr:bandConfiguration": {
            "@type": "geocr:BandConfiguration",
            "geocr:totalBands": len(bands),
            "geocr:bandNameList": [b.name for b in bands],
        }
    }
    return {**out, "geocr:spectralBandMetadata": spectral} if spectral else out


def _nm(micrometres: float) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "value": round(1000 * micrometres, 3), "unitText": "nm"}


def _sampling(facts: ReleaseFacts) -> str:
    split = facts.split
    shapes = sorted({c.shape for c in facts.chips})
    size = f"{shapes[0][1]} x {shapes[0][0]} pixels" if len(shapes) == 1 else "several sizes"
    shares = ", ".join(f"{s} {percent(n / len(facts.chips))}" for s, n in split.chips.items() if n)
    near = (
        "" if split.smallest_distance_m is None else f"; splits are at least {metres(split.smallest_distance_m)} apart"
    )
    return f"Chips of {size} on a regular grid; split by {split.method} ({shares}){near}"


def _bias(facts: ReleaseFacts) -> str:
    scenes = ", ".join(s.id for s in facts.sources[:5]) + (" and others" if len(facts.sources) > 5 else "")
    return f"{len(facts.chips)} chips of {len(facts.sources)} scenes ({scenes}); nothing from elsewhere."


def _annotation(facts: ReleaseFacts) -> str:
    methods = sorted({m for c in facts.chips for m in c.methods})
    return f"Methods over all chips: {', '.join(methods) or 'none'}; told for each chip as label:methods."


def _table_object(folder: Path) -> list[dict[str, Any]]:
    path = folder / _TABLE
    if not path.is_file():
        return []
    return [
        {
            "@type": "cr:FileObject",
            "@id": _TABLE,
            "name": _TABLE,
            "description": "stac-geoparquet of all items",
            "contentUrl": _TABLE,
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": sha256_file(path),
        }
    ]


def _chip_records(folder: Path, facts: ReleaseFacts) -> list[dict[str, Any]]:
    """One record a chip, all of it from the table.

    The files are named, not read: mlcroissant turns a GeoTIFF into an 8-bit picture, which imagery does not survive.
    """
    import pyarrow.parquet as pq

    if not (folder / _TABLE).is_file():
        return []
    names = pq.read_schema(folder / _TABLE).names
    fields: dict[str, dict[str, Any]] = {}
    for column, (name, kind, description) in _COLUMNS.items():
        if column in names and name not in fields:
            fields[name] = _field(name, kind, description, column)
    for key in _files_of(facts) if "assets" in names else ():
        fields[key] = _field(key, "sc:Text", f"{_FILES[key][1]}; path from items/ID/", "assets", f"$.{key}.href")
    if "image" in fields:
        fields["image"] |= _bands(list(facts.bands))
    if "mask" in fields:
        one = {"@type": "geocr:BandConfiguration", "geocr:totalBands": 1, "geocr:bandNameList": ["class"]}
        fields["mask"]["geocr:bandConfiguration"] = one
    record_set = {"@type": "cr:RecordSet", "@id": "chips", "name": "chips", "description": "One record a chip"}
    return [{**record_set, "key": {"@id": "chips/id"}, "field": list(fields.values())}]


def _field(name: str, kind: str, description: str, column: str, path: str | None = None) -> dict[str, Any]:
    source: dict[str, Any] = {"fileObject": {"@id": _TABLE}, "extract": {"column": column}}
    if path is not None:
        source["transform"] = {"jsonPath": path}
    return {
        "@type": "cr:Field",
        "@id": f"chips/{name}",
        "name": name,
        "description": description,
        "dataType": ["sc:Text", kind] if kind == "cr:Split" else kind,
        "source": source,
    }


def _files_of(facts: ReleaseFacts) -> list[str]:
    return [key for key in _FILES if any(key in c.files for c in facts.chips)]


def _file_set(key: str) -> dict[str, Any]:
    name, description = _FILES[key]
    return {
        "@type": "cr:FileSet",
        "@id": f"{key}-files",
        "name": f"{key} files",
        "description": description,
        "encodingFormat": _FORMATS[name.rpartition(".")[2]],
        "includes": f"items/*/{name}",
    }


def _thumbnail_records() -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": "thumbnails/picture",
        "name": "picture",
        "description": _FILES["thumbnail"][1],
        "dataType": "sc:ImageObject",
        "source": {"fileSet": {"@id": "thumbnail-files"}, "extract": {"fileProperty": "content"}},
    }
    described = "One picture a chip"
    record_set = {"@type": "cr:RecordSet", "@id": "thumbnails", "name": "thumbnails", "description": described}
    return {**record_set, "field": [field]}
