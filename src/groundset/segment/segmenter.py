"""What a segmenter is, and where the known ones are found."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from groundset.core import MissingError

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

GROUP = "groundset.segmenters"


@runtime_checkable
class Segmenter(Protocol):
    """Learns the class of a pixel from a few labelled ones.

    ``name`` is the one it is registered under; ``classes`` holds the class codes seen in training, ascending;
    ``estimator`` is the scikit-learn compatible object that is saved with skops; ``settings`` go into the model card.
    """

    name: str
    settings: dict[str, Any]
    estimator: Any

    @property
    def classes(self) -> UInt8:
        """Class codes in the order of the columns of :meth:`predict_proba`."""
        ...

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,)."""
        ...

    def predict_proba(self, features: Float32) -> Float32:
        """Probabilities (n, classes) for features (n, features) of any memory order."""
        ...


Factory = Callable[[int], Segmenter]
"""Makes an unfitted segmenter from a seed."""

_BUILT_IN = {
    "forest": "groundset.segment.forest:Forest.make",
    "boost": "groundset.segment.boost:Boost.make",
    "linear": "groundset.segment.linear:Linear.make",
}
"""The same entries as in pyproject.toml, for a source tree whose metadata is older than it."""


def segmenter_names() -> tuple[str, ...]:
    """Names of all installed segmenters, the built-in ones first."""
    return tuple(dict.fromkeys((*_BUILT_IN, *_installed())))


@cache
def _installed() -> dict[str, EntryPoint]:
    """The entry points by name: reading what all packages say takes longer than fitting a model to a few strokes."""
    return {e.name: e for e in entry_points(group=GROUP)}


def get_segmenter(name: str, seed: int = 0) -> Segmenter:
    """An unfitted segmenter by name, from the entry-point group ``groundset.segmenters``.

    Raises:
        MissingError: No such segmenter; names those that there are.
    """
    found = _installed()
    if name in found:
        return _factory(found[name])(seed)
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        factory: Any = import_module(module)
        for part in attribute.split("."):
            factory = getattr(factory, part)
        made: Segmenter = factory(seed)
        return made
    near = get_close_matches(name, segmenter_names(), 1)
    raise MissingError(
        "no such segmenter",
        asked=name,
        found=", ".join(segmenter_names()),
        hint=f"did you mean {near[0]}?" if near else "take one of these, or a path to an .onnx or .skops file",
    )


def _factory(entry: EntryPoint) -> Factory:
    factory: Factory = entry.load()
    return factory


def entropy(probabilities: Float32) -> Float32:
    """Shannon entropy in bits over the last axis, from (..., classes) to (...); 0 where a class is certain."""
    p = np.clip(probabilities, 1e-12, 1)
    out: Float32 = -(p * np.log2(p)).sum(axis=-1)
    return np.maximum(out, 0).astype(np.float32)
