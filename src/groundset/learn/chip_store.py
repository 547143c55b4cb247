"""A chip classifier on disk: ``models/TASK-chips/`` with model.skops, encoder.json, scheme.csv and item.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError, Scheme
from groundset.learn.chip_model import ChipModel
from groundset.learn.chip_score import ChipScore
from groundset.segment.mlm import FILE, MLM, described, mlm_name, outline, rfc3339, span
from groundset.segment.store import describe, load_skops, replacing

MODEL_FILE = "model.skops"
ENCODER_FILE = "encoder.json"
CLASSES = "classification:classes"
_KEPT = "groundset:training"


def save_chip_model(
    folder: Path, model: ChipModel, scheme: Scheme, encoder: Mapping[str, Any], item: dict[str, Any]
) -> None:
    """Write a model folder whole; one that was there under this name is replaced. Numbers only, never a pickle."""
    import skops.io

    with replacing(folder) as inside:
        skops.io.dump(model.arrays(), inside / MODEL_FILE)
        (inside / ENCODER_FILE).write_text(json.dumps(dict(encoder), indent=1), encoding="utf-8")
        describe(inside, MODEL_FILE, scheme, item)


def load_chip_model(folder: Path) -> tuple[ChipModel, dict[str, Any], dict[str, Any]]:
    """The model, its encoder (``encoder.json``) and its training facts.

    Raises:
        MissingError: There is no such model, or a file of it is not there.
        InputError: It is no chip classifier, or broken.
    """
    for name in ("item.json", ENCODER_FILE, MODEL_FILE):
        if not (folder / name).is_file():
            there = sorted(p.parent.name for p in folder.parent.glob(f"*/{ENCODER_FILE}"))
            raise MissingError(
                "no such chip classifier",
                asked=folder / name,
                found=", ".join(there) or "none",
                hint="groundset predict without --model trains one",
            )
    try:
        encoder = json.loads((folder / ENCODER_FILE).read_text(encoding="utf-8"))
        item = json.loads((folder / "item.json").read_text(encoding="utf-8"))
        facts: dict[str, Any] = item["properties"][_KEPT]
        scores = {int(code): ChipScore.from_dict(told) for code, told in facts["scores"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("the model's description is broken", asked=folder, found=error) from error
    model = ChipModel.of_arrays(load_skops(folder / MODEL_FILE))
    return replace(model, scores=scores), encoder, facts


def chip_model_item(
    name: str,
    model: ChipModel,
    scheme: Scheme,
    encoder: Mapping[str, Any],
    *,
    bounds: npt.NDArray[np.float64],
    times: Sequence[datetime | None],
    created: datetime,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The STAC Item (with the MLM extension) of a chip classifier.

    Args:
        name: Of the model folder.
        model: What was learned.
        scheme: Its classes.
        encoder: What its features are: ``encoder.json``.
        bounds: West, south, east, north of the training chips, float64 (n, 4); NaN where a chip has no place.
        times: Acquisition times of the training chips.
        created: Time of the last journal event that it learned from.
        facts: About the training, kept as ``groundset:training``.
    """
    placed = bounds[np.isfinite(bounds).all(axis=1)]
    geometry: dict[str, Any] | None = None
    item: dict[str, Any] = {"type": "Feature", "stac_version": "1.1.0", "stac_extensions": [MLM, FILE], "id": name}
    if len(placed):
        geometry, item["bbox"] = outline([*placed[:, :2].min(axis=0), *placed[:, 2:].max(axis=0)])
    total = model.scores.get(-1)
    one = model.kind == "one"
    properties: dict[str, Any] = {
        **span(times, created),
        "created": rfc3339(created),
        "title": f"Chip classifier for {scheme.name}, {', '.join(c['name'] for c in _output(model, scheme)[CLASSES])}",
        "mlm:name": mlm_name(name),
        "mlm:architecture": "LogisticRegression",
        "mlm:framework": "scikit-learn",
        "mlm:tasks": ["scene-classification"],
        "mlm:pretrained": False,
        "mlm:accelerator": None,
        "mlm:total_parameters": int(model.weights.size + model.bias.size),
        "mlm:input": [_input(model, encoder)],
        "mlm:output": [_output(model, scheme)],
        "bands": [{"name": b} for b in encoder.get("bands", [])],
        _KEPT: {**facts, "score": None if total is None else total.to_dict(),
                "scores": {str(c): s.to_dict() for c, s in model.scores.items()}},
        "groundset:calibration": [
            {"class": None if one else int(c), "slope": _number(a), "offset": _number(b)}
            for c, a, b in zip([-1] if one else model.classes, model.slope, model.offset, strict=True)
        ],
    }  # fmt: skip
    return {**item, "geometry": geometry, "properties": properties, "links": [], "assets": _assets()}


def _input(model: ChipModel, encoder: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "chip features",
        "bands": [],
        "input": {"shape": [-1, model.space.d], "dim_order": ["batch", "embedding"], "data_type": "float32"},
        "description": f"features of the encoder {encoder['name']}, see encoder.json",
        "value_scaling": None,
        "pre_processing_function": {"format": "groundset-encoder", "expression": dict(encoder)},
    }


def _output(model: ChipModel, scheme: Scheme) -> dict[str, Any]:
    return {
        "name": "confidence of each class",
        "tasks": ["scene-classification"],
        "result": {"shape": [-1, len(model.classes)], "dim_order": ["batch", "class"], "data_type": "float32"},
        CLASSES: described(model.classes.tolist(), scheme),
    }


def _assets() -> dict[str, Any]:
    return {
        "model": {
            "href": f"./{MODEL_FILE}",
            "type": "application/zip",
            "title": "Weights, space and calibration as arrays, saved with skops",
            "roles": ["mlm:model"],
            "mlm:artifact_type": "skops.io.dump",
        },
        "encoder": {"href": f"./{ENCODER_FILE}", "type": "application/json", "roles": ["metadata"]},
        "scheme": {"href": "./scheme.csv", "type": "text/csv", "roles": ["metadata"]},
    }


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
