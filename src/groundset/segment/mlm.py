"""A model described as a STAC Item with the Machine Learning Model extension (mlm v1.5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from groundset.chips import Chip
from groundset.core import BandSet, Scheme
from groundset.segment.card import ModelCard
from groundset.segment.features import LATER, FeatureSpec, band_keys
from groundset.segment.segmenter import Segmenter

MLM = "https://stac-extensions.github.io/mlm/v1.5.2/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
FEATURES_FORMAT = "groundset-pixel-features"
"""``format`` of the pre-processing expression: the expression is :meth:`FeatureSpec.to_dict`."""

_ARCHITECTURES = {
    "forest": ("RandomForest", "scikit-learn"),
    "boost": ("LightGBM", "LightGBM"),
    "linear": ("LogisticRegression", "scikit-learn"),
}


def model_item(
    name: str,
    segmenter: Segmenter,
    spec: FeatureSpec,
    bands: BandSet,
    scheme: Scheme,
    chips: Sequence[Chip],
    *,
    created: datetime,
    training: dict[str, Any],
) -> dict[str, Any]:
    """The item of a trained model; geometry and time are those of the chips that it learned from.

    Args:
        name: Of the model folder.
        segmenter: Fitted.
        spec: Its features.
        bands: Bands of a training scene, for their descriptions.
        scheme: The classes.
        chips: The training chips.
        created: Time of the last journal event that it learned from.
        training: Facts about the training, kept as ``groundset:training``.
    """
    architecture, framework = _ARCHITECTURES.get(segmenter.name, (type(segmenter.estimator).__name__, "scikit-learn"))
    geometry, bbox = _footprint(chips)
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [MLM, FILE],
        "id": name,
        "geometry": geometry,
        "properties": {
            **span((c.datetime for c in chips), created),
            "created": rfc3339(created),
            "title": f"{architecture} for {scheme.name}, {len(segmenter.classes)} classes",
            "mlm:name": mlm_name(name),
            "mlm:architecture": architecture,
            "mlm:framework": framework,
            "mlm:framework_version": _version(framework),
            "mlm:tasks": ["semantic-segmentation"],
            "mlm:pretrained": False,
            "mlm:accelerator": None,
            "mlm:hyperparameters": {k: v for k, v in segmenter.settings.items() if v is not None},
            "mlm:input": [_input(spec)],
            "mlm:output": [output(segmenter.classes.tolist(), scheme)],
            "bands": [_band(bands, key) for key in spec.inputs],
            "groundset:training": training,
        },
        "links": [],
        "assets": {
            "model": {
                "href": "./model.skops",
                "type": "application/zip",
                "title": "The fitted estimator, saved with skops",
                "roles": ["mlm:model"],
                "mlm:artifact_type": "skops.io.dump",
            },
            "features": {"href": "./features.json", "type": "application/json", "roles": ["metadata"]},
            "scheme": {"href": "./scheme.csv", "type": "text/csv", "roles": ["metadata"]},
        },
    }
    if bbox is not None:
        item["bbox"] = bbox
    return item


def foreign_item(name: str, card: ModelCard, *, created: datetime) -> dict[str, Any]:
    """The item of somebody else's model, from what its description says. Where it was trained is not known."""
    onnx = card.path.suffix == ".onnx"
    side = card.patch_size or -1
    kinds = [
        {"value": code, "name": re.sub(r"[^0-9A-Za-z_-]+", "-", text), "title": text} for code, text in card.classes
    ]
    dims = ["batch", "bands", "height", "width"]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [MLM, FILE],
        "id": name,
        "geometry": None,
        "properties": {
            "datetime": rfc3339(created),
            "title": f"{card.path.name}, brought from elsewhere",
            "mlm:name": mlm_name(name),
            "mlm:architecture": "unknown",
            "mlm:framework": "ONNX" if onnx else "scikit-learn",
            "mlm:tasks": ["semantic-segmentation"],
            "mlm:input": [
                {
                    "name": card.input or "input",
                    "bands": list(card.bands),
                    "input": {"shape": [-1, len(card.bands), side, side], "dim_order": dims, "data_type": "float32"},
                    "value_scaling": [{"type": s.type, **s.parameters} for s in card.scaling] or None,
                }
            ],
            "mlm:output": [
                {
                    "name": card.output or "output",
                    "tasks": ["semantic-segmentation"],
                    "result": {
                        "shape": [-1, len(kinds), side, side],
                        "dim_order": ["batch", "class", "height", "width"],
                        "data_type": "float32",
                    },
                    "classification:classes": kinds,
                }
            ],
            "bands": [{"name": b} for b in card.bands],
            "groundset:values": card.values,
            "groundset:activation": card.activation,
        },
        "links": [],
        "assets": {
            "model": {
                "href": f"./{card.path.name}",
                "type": "application/octet-stream",
                "roles": ["mlm:model"],
                "mlm:artifact_type": "onnx.save" if onnx else "skops.io.dump",
            },
            "scheme": {"href": "./scheme.csv", "type": "text/csv", "roles": ["metadata"]},
        },
    }


def mlm_name(name: str) -> str:
    """A name that ``mlm:name`` allows: it begins with a letter and has at least three characters."""
    return name if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]", name) else f"model-{name.strip('._-')}-x"


def output(codes: Sequence[int], scheme: Scheme) -> dict[str, Any]:
    """``mlm:output``: a probability per class; the classes in column order."""
    return {
        "name": "class probabilities",
        "tasks": ["semantic-segmentation"],
        "result": {
            "shape": [-1, len(codes), -1, -1],
            "dim_order": ["batch", "class", "height", "width"],
            "data_type": "float32",
        },
        "classification:classes": described(codes, scheme),
    }


def described(codes: Sequence[int], scheme: Scheme) -> list[dict[str, Any]]:
    """``classification:classes`` of these codes, in their order."""
    return [
        {
            "value": c.code,
            "name": re.sub(r"[^0-9A-Za-z_-]+", "-", c.name),
            "title": c.title,
            "color_hint": c.color[1:].upper(),
        }
        for c in map(scheme.find, codes)
    ]


def _input(spec: FeatureSpec) -> dict[str, Any]:
    return {
        "name": "physical values",
        "bands": list(spec.inputs),
        "input": {
            "shape": [-1, len(spec.inputs), -1, -1],
            "dim_order": ["batch", "bands", "height", "width"],
            "data_type": "float32",
        },
        "description": "physical = stored * scale + offset; per-pixel features are computed from them",
        "value_scaling": None,
        "pre_processing_function": {"format": FEATURES_FORMAT, "expression": spec.to_dict()},
    }


def _band(bands: BandSet, key: str) -> dict[str, Any]:
    band = bands[band_keys(bands).index(key.removesuffix(LATER))]
    out: dict[str, Any] = {"name": key, "raster:scale": band.scale, "raster:offset": band.offset}
    if band.name != key:
        out["description"] = f"{band.name}{f' of {band.sensor}' if band.sensor else ''}"
    if band.center_wavelength is not None:
        out["eo:center_wavelength"] = band.center_wavelength
    return out


def _footprint(chips: Sequence[Chip]) -> tuple[dict[str, Any] | None, list[float] | None]:
    shapes = [c.footprint for c in chips]
    shapes = [s for s in shapes if s is not None]
    if not shapes:
        return None, None
    import shapely

    return outline(shapely.total_bounds(shapes).tolist())


def outline(bounds: Sequence[float]) -> tuple[dict[str, Any], list[float]]:
    """GeoJSON rectangle and bbox of west, south, east, north in degrees."""
    west, south, east, north = box = [float(round(v, 7)) for v in bounds]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}, box


def span(times: Iterable[datetime | None], created: datetime) -> dict[str, Any]:
    """STAC's time fields for what was made from images of these times."""
    known = sorted(t for t in times if t is not None)
    if not known:  # STAC wants a time; without an acquisition time there is only that of the labels
        return {"datetime": rfc3339(created)}
    if known[0] == known[-1]:
        return {"datetime": rfc3339(known[0])}
    return {"datetime": None, "start_datetime": rfc3339(known[0]), "end_datetime": rfc3339(known[-1])}


def rfc3339(time: datetime) -> str:
    """UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _version(framework: str) -> str:
    from importlib.metadata import version

    package = "lightgbm" if framework == "LightGBM" else "scikit-learn"
    return ".".join((*version(package).split(".")[:3], "0", "0")[:3])
