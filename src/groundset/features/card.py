"""What an ONNX encoder wants and gives: a JSON card beside the model file, or inside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError, MissingError

Physical = npt.NDArray[np.float32]

METADATA = "groundset"
"""Key of the model's own metadata under which a card may lie, as JSON text."""
LAYOUTS = ("NCHW", "NHWC")
FREE = ("title", "description", "license", "source")
_TEXT = ("model", "tokenizer", "prompt")
"""Keys that are for people."""
_KEYS = ("bands", "unit", "scale", "range", "mean", "std", "size", "layout", "input", "output", "dim", "text", *FREE)
_EXAMPLE = '{"bands": ["blue", "green", "red", "nir"], "unit": "1", "range": [0, 1], "size": 224}'
_WIDER = 0.1
_FAINT = 0.002
_SPREADS = 5.0


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """A description of an encoder's model file.

    Args:
        bands: Names or common names, in the order of the model's channels.
        low: Smallest value that is expected, after ``scale``.
        high: Largest one.
        unit: Unit of the physical values; None where the card does not say.
        scale: What physical values are multiplied with, such as 10000 for reflectance that is kept so.
        mean: Taken off each band, after ``scale``; empty for none.
        std: What each band is divided by then.
        size: Side in pixels that chips are resized to; None leaves it to the model, or leaves them as they are.
        layout: ``NCHW`` or ``NHWC``.
        input: Name of the model's input; None takes the only one.
        output: Name of the model's output; None takes the first that is a vector.
        dim: Length of a vector; None where the card does not say.
        text: The text half of the pair that it is of: ``model`` and ``tokenizer``, files beside the card, ``prompt``.
        said: The card as it was written.
        source: Where it was read.
    """

    bands: tuple[str, ...]
    low: float
    high: float
    unit: str | None
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int | None
    layout: str
    input: str | None
    output: str | None
    dim: int | None
    text: Mapping[str, str]
    said: Mapping[str, Any]
    source: str

    def positions(self, bands: BandSet) -> list[int]:
        """Where the wanted bands are in a band set, in the model's order.

        Raises:
            InputError: One is missing, or has another unit.
        """
        out = []
        for name in self.bands:
            try:
                out.append(bands.index(name))
            except MissingError as error:
                raise InputError(
                    "the chips lack a band that the encoder wants",
                    asked=f"{name}, of {', '.join(self.bands)}",
                    found=", ".join(f"{b.name} ({b.common_name})" if b.common_name else b.name for b in bands),
                    hint=f"correct bands in {self.source}, or ingest scenes with this band and its common name",
                ) from error
        for i in out:
            unit = bands[i].unit
            if self.unit is not None and unit is not None and _unit(unit) != _unit(self.unit):
                raise InputError(
                    "the encoder wants another unit",
                    asked=f"{bands[i].name} in {self.unit}",
                    found=f"{bands[i].name} in {unit}",
                    hint=f"take an encoder that was made for {unit}, or correct unit and scale in {self.source}",
                )
        return out

    def check_values(self, samples: Sequence[Physical], bands: BandSet) -> None:
        """Refuse chips whose numbers are on another scale: (bands, rows, columns) each, physical, NaN nodata.

        Raises:
            InputError: Half of a band's values lie outside of what the card expects, or all bands are all but 0 in it.
        """
        width = self.high - self.low
        faint = []
        for name, i in zip(self.bands, self.positions(bands), strict=True):
            values = np.concatenate([s[i][np.isfinite(s[i])] for s in samples]) * np.float32(self.scale)
            if not values.size:
                continue
            low, middle, high = (float(v) for v in np.percentile(values, (2, 50, 98)))
            if not self.low - _WIDER * width <= middle <= self.high + _WIDER * width:
                raise self._other_scale(name, low, high)
            if max(abs(low - self.low), abs(high - self.low)) < _FAINT * width:
                faint.append((name, low, high))
        if faint and len(faint) == len(self.bands):
            raise self._other_scale(*faint[0])

    def normalised(self, planes: Physical) -> Physical:
        """Physical planes (bands, rows, columns) as the model wants them; without data stands the card's middle."""
        from groundset.features.resize import filled

        scaled = planes * np.float32(self.scale)
        neutral = self.mean or (((self.low + self.high) / 2),)
        out = filled(scaled, np.broadcast_to(np.array(neutral, np.float32), (len(self.bands),)))
        if self.mean:
            out = (out - _column(self.mean)) / _column(self.std)
        return np.ascontiguousarray(out, np.float32)

    def _other_scale(self, band: str, low: float, high: float) -> InputError:
        times = "" if self.scale == 1 else f", after times {self.scale:g}"
        return InputError(
            "the encoder wants values on another scale",
            asked=f"{band} between {self.low:g} and {self.high:g}{f' ({self.unit})' if self.unit else ''}",
            found=f"{band} between {low:g} and {high:g} for nearly all pixels{times}",
            hint="name the sensor when scenes are ingested, so that their scale is known, "
            f"or correct scale and range in {self.source}",
        )


def card_beside(model: Path) -> tuple[dict[str, Any], str] | None:
    """The card in ``STEM.json`` beside a model, and the file's name; None where there is none.

    Raises:
        InputError: It is not JSON.
    """
    path = model.with_suffix(".json")
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8")), str(path)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError("the encoder's card cannot be read", asked=path, found=error) from error


def card_inside(metadata: Mapping[str, str], model: Path) -> tuple[dict[str, Any], str] | None:
    """The card in a model's own metadata, and where that is; None where there is none."""
    if METADATA not in metadata:
        return None
    where = f"the metadata {METADATA} of {model.name}"
    try:
        return json.loads(metadata[METADATA]), where
    except ValueError as error:
        raise InputError("the encoder's card cannot be read", asked=where, found=error) from error


def no_card(model: Path) -> MissingError:
    """There is no card."""
    return MissingError(
        "no card with this encoder",
        asked=f"{model.stem}.json in {model.parent}, or the metadata {METADATA} in the model",
        hint=f"write one, such as {_EXAMPLE}",
    )


def read_card(said: Any, source: str) -> EncoderCard:
    """A card from its JSON values.

    Raises:
        InputError: It is wrong; names the key.
    """
    if not isinstance(said, dict):
        raise InputError("an encoder's card is a JSON object", asked=source, hint=f"such as {_EXAMPLE}")
    for key in said:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            raise _wrong(source, key, "unknown key", f"did you mean {near[0]}?" if near else ", ".join(_KEYS))
    bands = said.get("bands")
    if not isinstance(bands, list) or not bands or not all(isinstance(b, str) and b for b in bands):
        raise _wrong(source, "bands", bands, "list names or common names in the model's order")
    mean, std = (_numbers(said, key, len(bands), source) for key in ("mean", "std"))
    if bool(mean) != bool(std) or any(s <= 0 for s in std):
        raise _wrong(source, "std" if mean else "mean", said.get("std"), "give both, and no std of 0 or less")
    low, high = _range(said.get("range"), mean, std, source)
    return EncoderCard(
        bands=tuple(bands),
        low=low,
        high=high,
        unit=_text(said, "unit", source),
        scale=_scale(said.get("scale", 1), source),
        mean=mean,
        std=std,
        size=_whole(said, "size", source),
        layout=_layout(said.get("layout", LAYOUTS[0]), source),
        input=_text(said, "input", source),
        output=_text(said, "output", source),
        dim=_whole(said, "dim", source),
        text=_half(said.get("text", {}), source),
        said=said,
        source=source,
    )


def _half(value: Any, source: str) -> dict[str, str]:
    right = isinstance(value, dict) and all(isinstance(v, str) for v in value.values()) and set(value) <= set(_TEXT)
    named = [value[key] for key in _TEXT[:2] if key in value] if right else []
    if not right or (value and len(named) < 2) or any(Path(file).name != file for file in named):
        raise _wrong(
            source, "text", value, "name the files model and tokenizer beside the card, and a prompt where there is one"
        )
    return dict(value)


def _range(value: Any, mean: tuple[float, ...], std: tuple[float, ...], source: str) -> tuple[float, float]:
    if value is None and mean:
        pairs = list(zip(mean, std, strict=True))
        return min(m - _SPREADS * s for m, s in pairs), max(m + _SPREADS * s for m, s in pairs)
    right = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]
    if not right:
        raise _wrong(source, "range", value, "say between what values the model expects its bands, such as [0, 1]")
    return float(value[0]), float(value[1])


def _numbers(said: Mapping[str, Any], key: str, bands: int, source: str) -> tuple[float, ...]:
    value = said.get(key)
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) not in (1, bands) or not all(map(_is_number, listed)):
        raise _wrong(source, key, value, f"one number for all bands, or one for each of {bands}")
    return tuple(float(v) for v in (listed * bands if len(listed) == 1 else listed))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)


def _scale(value: Any, source: str) -> float:
    if not _is_number(value) or value == 0:
        raise _wrong(source, "scale", value, "a number that physical values are multiplied with")
    return float(value)


def _layout(value: Any, source: str) -> str:
    if value not in LAYOUTS:
        raise _wrong(source, "layout", value, f"take one of {', '.join(LAYOUTS)}")
    return str(value)


def _text(said: Mapping[str, Any], key: str, source: str) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(source, key, value, "a text")
    return value


def _whole(said: Mapping[str, Any], key: str, source: str) -> int | None:
    value = said.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65_536):
        raise _wrong(source, key, value, "a whole number from 1")
    return value


def _column(values: Sequence[float]) -> Physical:
    return np.array(values, np.float32)[:, None, None]


def _unit(text: str) -> str:
    plain = text.strip().lower()
    return {"reflectance": "1", "kelvin": "k", "decibel": "db", "linear": "1", "": "1"}.get(plain, plain)


def _wrong(source: str, key: str, found: Any, hint: str) -> InputError:
    return InputError(f"the encoder's card is wrong at {key}", asked=source, found=found, hint=hint)
