"""Whether a segment run can begin: told before any pixel is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundset.core import InputError, MissingError, of_option
from groundset.lake import Lake
from groundset.segment.segmenter import segmenter_names

if TYPE_CHECKING:
    from groundset.core.layout import TaskConfig

FILES = (".onnx", ".skops")


def is_file(model: str) -> bool:
    """Whether a model is meant as a file, not as a segmenter's name."""
    return Path(model).exists() or Path(model).suffix.lower() in (*FILES, ".toml", ".json") or "/" in model


def check_request(lake: Lake, *, task: str | None = None, model: str = "forest") -> TaskConfig:
    """Refuse what :func:`groundset.segment.segment` cannot do; the arguments are its own.

    Returns:
        The task to segment.

    Raises:
        InputError: No such task, no chips, or a model that is to be trained and nothing is labelled.
        MissingError: No such segmenter.
    """
    with of_option("task"):
        chosen = lake.config.task(task, "segment")
    own = model in segmenter_names()
    if not own and not is_file(model):
        raise no_segmenter(model)
    if not len(lake.chips):
        raise InputError("there are no chips to segment", asked=lake.root, hint="run groundset ingest first")
    if own and not lake.journal.count(chosen.name):
        raise InputError(
            "a model needs labelled pixels of two classes at least",
            asked=f"task = {chosen.name}",
            found="no labelled chip",
            hint="label some first (groundset annotate)",
        )
    return chosen


def no_segmenter(model: str) -> MissingError:
    """There is none of this name."""
    return MissingError(
        "no such segmenter",
        asked=f"model = {model}",
        found=", ".join(segmenter_names()),
        hint=f"take one of these, or a file: {', '.join(FILES)}",
    )
