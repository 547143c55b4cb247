"""What somebody else's model wants and gives: read from an MLM item or a short TOML beside the model file."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError

Float32 = npt.NDArray[np.float32]

_NEEDS = {
    "min-max": ("minimum", "maximum"),
    "z-score": ("mean", "stddev"),
    "clip": ("minimum", "maximum"),
    "clip-min": ("minimum",),
    "clip-max": ("maximum",),
    "offset": ("value",),
    "scale": ("value",),
}
_KEYS = ("bands", "classes", "scaling", "patch_size", "values", "activation", "sheet", "input", "output", "model")
VALUES = ("physical", "stored")
ACTIVATIONS = ("none", "softmax", "sigmoid")


@dataclass(frozen=True, slots=True)
class Scaling:
    """One entry of ``mlm:input.value_scaling``; parameters as the extension names them."""

    type: str
    parameters: dict[str, float]

    def apply(self, plane: Float32) -> Float32:
        """The scaled values of one band."""
        p = self.parameters
        match self.type:
            case "min-max":
                out = (plane - p["minimum"]) / (p["maximum"] - p["minimum"])
            case "z-score":
                out = (plane - p["mean"]) / p["stddev"]
            case "offset":
                out = plane - p["value"]
            case "scale":
                out = plane / p["value"]
            case _:
                out = np.clip(plane, p.get("minimum"), p.get("maximum"))
        return out.astype(np.float32)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A description of a model file.

    Args:
        path: The model file.
        bands: Names or common names, in the order of the model's channels.
        classes: (code, name) of each output channel, in order, as the model's author calls them.
        scaling: For all bands (one) or each (as many as bands); empty for none.
        patch_size: Side in pixels of what an image model takes; None where the model itself says so.
        values: Whether scaling starts from physical or from stored values.
        activation: What makes probabilities of the output.
        sheet: Maps the model's classes to the task's scheme; without it they are found by name.
        input: Name of the model's input; None takes the only one.
        output: Name of the model's output; None takes the first that fits.
        source: The file that said all this.
    """

    path: Path
    bands: tuple[str, ...]
    classes: tuple[tuple[int, str], ...]
    scaling: tuple[Scaling, ...] = ()
    patch_size: int | None = None
    values: str = "physical"
    activation: str = "none"
    sheet: Path | None = None
    input: str | None = None
    output: str | None = None
    source: Path = field(default_factory=Path)

    def scaled(self, planes: Float32) -> Float32:
        """(bands, rows, columns) as the model wants them; NaN stays NaN."""
        if not self.scaling:
            return planes
        per_band = self.scaling * len(self.bands) if len(self.scaling) == 1 else self.scaling
        return np.stack([s.apply(p) for s, p in zip(per_band, planes, strict=True)])


def read_card(path: Path) -> ModelCard:
    """The description that lies beside a model: STEM.toml, STEM.json, item.json; or ``path`` is the description itself.

    Raises:
        MissingError: No model file, or no description beside it; says what to write.
        InputError: The description is wrong; names the file and the key.
    """
    if not path.is_file():
        raise MissingError("no such model file", asked=path, hint="name a segmenter (forest, boost, linear) or a file")
    if path.suffix in (".toml", ".json"):
        return _read(path, None)
    if path.suffix not in (".onnx", ".skops"):
        raise InputError("a model file is .onnx or .skops", asked=path, hint="pickles are not read: they can run code")
    for beside in (path.with_suffix(".toml"), path.with_suffix(".json"), path.parent / "item.json"):
        if beside.is_file():
            return _read(beside, path)
    raise MissingError(
        "no description beside the model",
        asked=f"{path.stem}.toml, {path.stem}.json or item.json in {path.parent}",
        hint='write a TOML with bands = ["green", "nir"] and classes = ["land", "water"], or an MLM item',
    )


def _read(source: Path, path: Path | None) -> ModelCard:
    try:
        text = source.read_text(encoding="utf-8")
        data = tomllib.loads(text) if source.suffix == ".toml" else json.loads(text)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError("the model's description cannot be read", asked=source, found=error) from error
    settings = data if source.suffix == ".toml" else _settings_of_item(data, source)
    return _card(settings, source, path)


def _card(settings: dict[str, Any], source: Path, path: Path | None) -> ModelCard:
    for key in settings:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            raise _wrong(source, key, "unknown key", hint=f"did you mean {near[0]}?" if near else ", ".join(_KEYS))
    for key in ("bands", "classes"):
        if not isinstance(settings.get(key), list) or not settings[key]:
            raise _wrong(source, key, settings.get(key), hint=f"write {key} as a list in the model's order")
    if path is None and "model" not in settings:
        raise _wrong(source, "model", None, hint='write model = "file.onnx"')
    bands = tuple(str(b) for b in settings["bands"])
    scaling = _scaling(settings.get("scaling"), len(bands), source)
    patch = settings.get("patch_size")
    if patch is not None and (not isinstance(patch, int) or patch < 1):
        raise _wrong(source, "patch_size", patch, hint="a number of pixels")
    sheet = settings.get("sheet")
    return ModelCard(
        path or source.parent / str(settings["model"]),
        bands,
        _classes(settings["classes"], source),
        scaling,
        patch,
        _one_of(settings, "values", VALUES, source),
        _one_of(settings, "activation", ACTIVATIONS, source),
        None if sheet is None else source.parent / str(sheet),
        settings.get("input"),
        settings.get("output"),
        source,
    )


def _classes(listed: list[Any], source: Path) -> tuple[tuple[int, str], ...]:
    out = []
    for i, c in enumerate(listed):
        if isinstance(c, dict):
            if not isinstance(c.get("value"), int) or not 0 <= c["value"] < 255:
                raise _wrong(source, "classes", c, hint="a class has value (0 to 254) and name")
            out.append((c["value"], str(c.get("name", c["value"]))))
        else:
            out.append((i, str(c)))
    if len({code for code, _ in out}) < len(out):
        raise _wrong(source, "classes", listed, hint="each class needs a value of its own")
    return tuple(out)


def _scaling(listed: Any, bands: int, source: Path) -> tuple[Scaling, ...]:
    if listed is None:
        return ()
    entries = listed if isinstance(listed, list) else [listed]
    if len(entries) not in (1, bands):
        raise _wrong(
            source, "scaling", f"{len(entries)} entries", hint=f"one for all bands, or one for each of {bands}"
        )
    out = []
    for entry in entries:
        kind = entry.get("type") if isinstance(entry, dict) else entry
        if kind not in _NEEDS:
            raise _wrong(source, "scaling", kind, hint=f"types that are known: {', '.join(_NEEDS)}")
        numbers = {k: v for k, v in entry.items() if k != "type"}
        missing = [k for k in _NEEDS[kind] if not isinstance(numbers.get(k), int | float)]
        if missing:
            raise _wrong(source, "scaling", entry, hint=f"{kind} needs the number {missing[0]}")
        if numbers.get("stddev") == 0 or (kind == "scale" and numbers["value"] == 0):
            raise _wrong(source, "scaling", entry, hint="this divides by zero")
        if kind == "min-max" and numbers["minimum"] == numbers["maximum"]:
            raise _wrong(source, "scaling", entry, hint="this divides by zero")
        out.append(Scaling(kind, {k: float(v) for k, v in numbers.items() if isinstance(v, int | float)}))
    return tuple(out)


def _settings_of_item(item: Any, source: Path) -> dict[str, Any]:
    """The TOML form of an MLM item."""
    try:
        properties = item["properties"]
        model_input, output = properties["mlm:input"][0], properties["mlm:output"][0]
        shape = dict(zip(model_input["input"]["dim_order"], model_input["input"]["shape"], strict=True))
        hrefs = [a["href"] for a in item["assets"].values() if "mlm:model" in a.get("roles", [])]
        settings: dict[str, Any] = {
            "bands": [b if isinstance(b, str) else b["name"] for b in model_input.get("bands", [])],
            "classes": output.get("classification:classes", []),
        }
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            "this is not an MLM item", asked=source, found=f"{type(error).__name__}: {error}",
            hint="mlm:input and mlm:output with bands, shape, dim_order and classification:classes are needed",
        ) from error  # fmt: skip
    side = shape.get("height", -1)
    more = {
        "scaling": model_input.get("value_scaling"),
        "patch_size": side if side > 0 else None,
        "model": hrefs[0] if hrefs else None,
        "values": properties.get("groundset:values"),
        "activation": properties.get("groundset:activation"),
        "sheet": properties.get("groundset:sheet"),
    }
    if model_input.get("pre_processing_function"):
        raise _wrong(
            source,
            "pre_processing_function",
            model_input["pre_processing_function"],
            hint="only value_scaling is applied",
        )
    return settings | {k: v for k, v in more.items() if v is not None}


def _one_of(settings: dict[str, Any], key: str, allowed: tuple[str, ...], source: Path) -> str:
    value = settings.get(key, allowed[0])
    if value not in allowed:
        raise _wrong(source, key, value, hint=f"take one of {', '.join(allowed)}")
    return str(value)


def _wrong(source: Path, key: str, found: Any, *, hint: str) -> InputError:
    return InputError(f"the model's description is wrong at {key}", asked=source, found=found, hint=hint)
