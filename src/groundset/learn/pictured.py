"""Images by words: how well the chips of an encoder fit a text, by the text half of the pair that it is of."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core.layout import DEFAULT_ENCODER
from groundset.features import kept_encoders
from groundset.features.text import has_text, kept_text, text_mark
from groundset.query.learned import Scores

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.learn.matrix import Features

KEPT = 8
"""Texts whose cosines are kept."""


class Pictured:
    """Cosines of texts and chips, worked out once. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str, str], tuple[Features, Scores]] = OrderedDict()

    def encoder(self, encoder: str | None = None) -> str | None:
        """The encoder that knows words: the named one, else the workspace's, else the first; None where none does."""
        there = self._there()
        if encoder in there:
            return encoder
        own = self._lake.config.encoder or DEFAULT_ENCODER
        return own if own in there else next(iter(there), None)

    def mark(self) -> tuple[str, ...]:
        """Changes when what is found by words may: an encoder came to know some, or its features were written."""
        folder = self._lake.layout.features
        return tuple(
            f"{name} {text_mark(folder / name)} {(folder / name).stat().st_mtime_ns}" for name in self._there()
        )

    def scores(self, text: str, features: Features) -> Scores:
        """The cosine of a text and each chip.

        Args:
            text: Words.
            features: Of an encoder with a text half.

        Returns:
            ``order`` has the cosines, float32 (chips,), NaN where a chip has none; ``values`` those below 0 as 0.

        Raises:
            MissingError, ConflictError, InputError: The text half cannot be used as it is.
        """
        folder = self._lake.features(features.encoder).folder
        key = (features.encoder, text_mark(folder), text)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] is features:
                self._known.move_to_end(key)
                return known[1]
        cosines = _cosines(kept_text(folder).encode(text), features)
        told = Scores(np.maximum(cosines, 0), cosines, "similarity", int(np.isnan(cosines).sum()))
        with self._lock:
            self._known[key] = features, told
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return told

    def _there(self) -> list[str]:
        folder = self._lake.layout.features
        return [name for name in kept_encoders(folder) if has_text(folder / name)]


def _cosines(vector: npt.NDArray[np.float32], features: Features) -> npt.NDArray[np.float32]:
    out = np.full(len(features.chips), np.nan, np.float32)
    for matrix in features.matrices:
        start = 0
        for block in matrix.blocks:
            rows = matrix.at[start : start + len(block.X)]
            start += len(block.X)
            if block.X.shape[1] == len(vector):  # as stored: what a model reads may be another space
                sizes = np.sqrt(np.einsum("ij,ij->i", block.X, block.X))
                with np.errstate(divide="ignore", invalid="ignore"):
                    cosines = (block.X @ vector) / sizes
                out[rows] = np.where(np.isfinite(cosines), np.clip(cosines, -1, 1), np.float32(np.nan))
    return out
