"""Learning from answers: ranking, likeness, what to ask next, and how good the model is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundset.learn.classifier import Classifier, fit_classifier
    from groundset.learn.loop import Pick, suggest
    from groundset.learn.simulation import Annotator, Trace, look_alikes, simulate
    from groundset.learn.space import Space

_LAZY = {
    "Annotator": "simulation",
    "Classifier": "classifier",
    "Pick": "loop",
    "Space": "space",
    "Trace": "simulation",
    "fit_classifier": "classifier",
    "look_alikes": "simulation",
    "simulate": "simulation",
    "suggest": "loop",
}

__all__ = [
    "Annotator",
    "Classifier",
    "Pick",
    "Space",
    "Trace",
    "fit_classifier",
    "look_alikes",
    "simulate",
    "suggest",
]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: numpy alone is needed to import the package."""
    if name in _LAZY:
        value = getattr(import_module(f"groundset.learn.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'groundset.learn' has no attribute {name!r}")
