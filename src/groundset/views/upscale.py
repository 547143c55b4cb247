"""A super-resolution model of one's own: an ONNX file with a card, for pictures larger than the pixels there are.

``[display] upscaler = "models/NAME.onnx"`` in the settings names it. Beside it lies its card, ``NAME.json``::

    {"title": "...", "factor": 2, "channels": 3, "range": [0, 1]}

``factor``: how many times wider and higher. ``channels``: 3 (red, green, blue). ``range``: what black and white are for
the model. It takes and gives float32 (1, channels, rows, columns). A file that does otherwise than its card is refused.
"""

from __future__ import annotations

import json
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError
from groundset.features.onnx_session import open_session

FACTORS = (2, 3, 4, 8)
LARGEST = 1024
"""Longest side of a picture that is enlarged, pixels."""
_PROBE = 16
_KEYS = {"title", "factor", "channels", "range"}

RGBA = npt.NDArray[np.uint8]


class Upscaler:
    """A model that enlarges pictures. Opened when it is first used; safe to share between threads.

    Args:
        path: The ONNX file.

    Raises:
        MissingError: The file or its card is not there.
        InputError: The card is none.
    """

    def __init__(self, path: Path) -> None:
        card = path.with_suffix(".json")
        for file in (path, card):
            if not file.is_file():
                raise MissingError("the super-resolution model is not there", asked=file,
                                   hint="[display] upscaler names an ONNX file; its card lies beside it")  # fmt: skip
        self.path = path
        self.factor, self.low, self.high = read_card(card)
        self._lock = threading.Lock()

    @property
    def mark(self) -> str:
        """Changes when the file or its card does."""
        stats = [f.stat() for f in (self.path, self.path.with_suffix(".json"))]
        return " ".join(f"{s.st_size} {s.st_mtime_ns}" for s in stats)

    def enlarge(self, picture: RGBA) -> RGBA:
        """A picture, uint8 (rows, columns, 3 or 4), ``factor`` times larger; alpha is repeated.

        Raises:
            InputError: The picture is too large, or the model does otherwise than its card says.
        """
        if max(picture.shape[:2]) > LARGEST:
            size = f"{picture.shape[1]} x {picture.shape[0]} pixels"
            raise InputError("this picture is too large to be enlarged", asked=size, found=f"at most {LARGEST}")
        with self._lock:
            session = self._session
        out = self._run(session, picture[..., :3])
        if picture.shape[2] == 3:
            return out
        alpha = picture[..., 3].repeat(self.factor, axis=0).repeat(self.factor, axis=1)
        return np.dstack([np.where(alpha[..., None] > 0, out, 0), alpha]).astype(np.uint8)

    @cached_property
    def _session(self) -> Any:
        session = open_session(self.path, threads=1, hint="export it again, or take another one")
        self._run(session, np.zeros((_PROBE, _PROBE, 3), np.uint8))
        return session

    def _run(self, session: Any, picture: RGBA) -> RGBA:
        light = picture.astype(np.float32).transpose(2, 0, 1)[None] / 255 * (self.high - self.low) + self.low
        try:
            (found,) = session.run(None, {session.get_inputs()[0].name: light})
        except Exception as error:  # noqa: BLE001  # onnxruntime has no common base class of its own
            raise self._otherwise(f"it does not take {light.shape}: {str(error)[:160]}") from None
        wanted = (1, 3, picture.shape[0] * self.factor, picture.shape[1] * self.factor)
        if np.shape(found) != wanted:
            raise self._otherwise(f"it gives {np.shape(found)} where {wanted} is meant")
        grey = (np.asarray(found)[0].transpose(1, 2, 0) - self.low) / (self.high - self.low)
        return np.asarray(np.rint(np.clip(np.nan_to_num(grey), 0, 1) * 255), np.uint8)

    def _otherwise(self, found: str) -> InputError:
        return InputError(
            "the super-resolution model does otherwise than its card says", asked=self.path, found=found,
            hint="put factor, channels and range of the card right, or take another model",
        )  # fmt: skip


def read_card(path: Path) -> tuple[int, float, float]:
    """Factor, black and white of a model.

    Raises:
        InputError: The card is not JSON, lacks a word or has one that cannot be.
    """
    try:
        said = json.loads(path.read_text())
    except ValueError as error:
        raise InputError("the card is not JSON", asked=path, found=str(error)) from None
    if not isinstance(said, dict) or set(said) - _KEYS:
        unknown = ", ".join(sorted(set(said) - _KEYS)) if isinstance(said, dict) else type(said).__name__
        raise InputError(
            "unknown words in the card", asked=path, found=unknown, hint=f"words are {', '.join(sorted(_KEYS))}"
        )
    factor, channels, span = said.get("factor"), said.get("channels", 3), said.get("range", [0, 1])
    if factor not in FACTORS or channels != 3:
        raise InputError(
            "the card states a model that cannot be used",
            asked=path,
            found=f"factor {factor}, channels {channels}",
            hint=f"factor is one of {FACTORS}, channels 3",
        )
    if not (
        isinstance(span, list)
        and len(span) == 2
        and all(isinstance(v, int | float) for v in span)
        and span[0] < span[1]
    ):
        raise InputError("range is [black, white] of the model", asked=path, found=repr(span))
    return int(factor), float(span[0]), float(span[1])
