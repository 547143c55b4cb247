"""Which models may propose: those that follow the labels, and those that lie in the workspace's ``models/``."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from groundset.core import InputError, MissingError, Scheme
from groundset.core.ids import check_name
from groundset.lake import Lake
from groundset.segment.features import FeatureSpec
from groundset.segment.foreign import open_model
from groundset.segment.live.learner import live_names
from groundset.segment.model import Proposer, TrainedModel
from groundset.segment.store import load_model

DEFAULT = "linear"
Kind = Literal["live", "trained", "foreign", "prompt"]
_FILES = (".onnx", ".skops")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be named.

    Args:
        name: A segmenter, or a folder in ``models/``.
        kind: ``live`` follows each stroke, ``trained`` was trained by ``groundset segment``, ``foreign`` is somebody
            else's, ``prompt`` answers clicks and boxes.
        says: What it is, for people.
    """

    name: str
    kind: Kind
    says: str


_SAYS = {
    "linear": "Logistic regression, follows each stroke",
    "forest": "Random forest, follows each stroke",
    "boost": "Boosted trees, follow each stroke",
    "committee": "Linear and forest together, for many small answers",
}


def choices(lake: Lake, dates: int | None = None) -> list[ModelChoice]:
    """All models that can be named in this workspace, the default first.

    Args:
        lake: The workspace.
        dates: Only those trained here that see so many dates of a place; None: any.
    """
    names = sorted(live_names(), key=lambda n: (n != DEFAULT, n))
    out = [ModelChoice(n, "live", _SAYS.get(n, "Follows each stroke")) for n in names]
    folders = lake.layout.models.iterdir() if lake.layout.models.is_dir() else ()
    for folder in sorted(f for f in folders if f.is_dir() and _is_name(f.name)):
        kind = kind_of(folder)
        if kind is not None and not (kind == "trained" and dates not in (None, _dates(folder))):
            out.append(ModelChoice(folder.name, kind, _title(kind)))
    return out


def kind_of(folder: Path) -> Kind | None:
    """What a folder of ``models/`` holds; None where it is nothing that says classes of pixels."""
    from groundset.segment.prompts import is_promptable

    if (folder / "features.json").is_file() and (folder / "model.skops").is_file():
        return "trained"
    if is_promptable(folder):
        return "prompt"
    return "foreign" if _file_of(folder) is not None else None


def sees_two(model: Proposer) -> bool:
    """Whether a model reads two dates of a place."""
    return isinstance(model, TrainedModel) and model.spec.dates == 2


def _dates(folder: Path) -> int:
    try:
        return FeatureSpec.from_dict(json.loads((folder / "features.json").read_text(encoding="utf-8"))).dates
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return 1


def _file_of(folder: Path) -> Path | None:
    """Somebody else's model, or its description: where one lies beside the other."""
    files = sorted(f for f in folder.iterdir() if f.suffix in _FILES)
    for file in files:
        if file.with_suffix(".toml").is_file() or file.with_suffix(".json").is_file():
            return file
    if files and (folder / "original-item.json").is_file():
        return folder / "original-item.json"
    return files[0] if files and _says_pixels(folder / "item.json") else None


def _says_pixels(item: Path) -> bool:
    try:
        properties = json.loads(item.read_text(encoding="utf-8"))["properties"]
        return "semantic-segmentation" in properties.get("mlm:tasks", [])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _is_name(name: str) -> bool:
    try:
        check_name(name, "model")
    except InputError:
        return False
    return True


def _title(kind: Kind) -> str:
    if kind == "prompt":
        return "Answers clicks and boxes"
    return "Trained here, does not follow strokes" if kind == "trained" else "Brought from elsewhere"


class Shelf:
    """The models of ``models/``, opened once in each version. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()
        self._open: dict[tuple[str, Scheme], tuple[str, Proposer]] = {}

    def get(self, name: str, scheme: Scheme) -> tuple[str, Proposer]:
        """The version and the model of this name.

        Raises:
            MissingError: There is none.
            InputError: It answers clicks, or a file of it is broken.
        """
        folder = self._lake.layout.models / name
        known = kind_of(folder) if _is_name(name) and folder.is_dir() else None
        if known is None:
            found = [c.name for c in choices(self._lake) if c.kind != "prompt"]
            raise MissingError("no such model", asked=name[:200], found=", ".join(found))
        if known == "prompt":
            raise InputError("this model answers clicks and boxes, it proposes no whole mask", asked=name)
        version = _version(folder)
        with self._lock:
            kept = self._open.get((name, scheme))
            if kept is None or kept[0] != version:
                kept = version, _opened(folder, known, scheme)
                self._open[name, scheme] = kept
            return kept


def _opened(folder: Path, kind: Kind, scheme: Scheme) -> Proposer:
    if kind == "trained":
        return load_model(folder)
    file = _file_of(folder)
    if file is None:
        raise MissingError("the model folder has no model with a description beside it", asked=folder)
    return open_model(file, scheme)


def _version(folder: Path) -> str:
    files = sorted(f for f in folder.iterdir() if f.is_file())
    return repr([(f.name, s.st_size, s.st_mtime_ns) for f in files if (s := f.stat())])
