"""Models on disk: ``models/NAME/`` with model.skops, features.json, scheme.csv and item.json. Never a pickle."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from groundset._files import atomic_dir, multihash, sha256_file, write_text
from groundset.core import InputError, MissingError, Scheme
from groundset.segment.features import FeatureSpec
from groundset.segment.model import TrainedModel
from groundset.segment.segmenter import get_segmenter

TRUSTED = (
    "collections.OrderedDict",
    "collections.defaultdict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "numpy.dtype",
    "sklearn.tree._tree.Tree",
)
"""Types beyond those that skops trusts by itself, which the built-in segmenters need and nothing else does."""


def load_skops(path: Path) -> Any:
    """A scikit-learn compatible object from a skops file.

    Raises:
        MissingError: No such file.
        InputError: It is no skops file, is cut short, or holds types that are not trusted; names them.
    """
    import skops.io

    if not path.is_file():
        raise MissingError("no such model file", asked=path)
    try:
        untrusted = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
    except Exception as error:
        raise _broken(path, error) from error
    if untrusted:
        raise InputError(
            "this model holds types that could run code of their own, so it is not loaded",
            asked=path,
            found=", ".join(untrusted),
            hint="save a plain scikit-learn or LightGBM estimator with skops, or take ONNX",
        )
    try:
        return skops.io.load(path, trusted=list(TRUSTED))
    except Exception as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> InputError:
    size = path.stat().st_size
    return InputError(
        "this is not a whole skops file",
        asked=path,
        found=f"{size} bytes, {type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'unreadable'}",
        hint="copy it again, or save it again with skops.io.dump",
    )


def save_model(folder: Path, model: TrainedModel, scheme: Scheme, item: dict[str, Any]) -> None:
    """Write a model folder whole; one that was there under this name is replaced.

    Args:
        folder: ``models/NAME``.
        model: What to save.
        scheme: The classes that its codes mean.
        item: The STAC Item without the checksum and size of the model file, which are filled in here.
    """
    import skops.io

    described = {
        "segmenter": model.segmenter.name,
        **model.spec.to_dict(),
        "fill": [float(v) for v in model.fill],
    }
    with replacing(folder) as inside:
        skops.io.dump(model.segmenter.estimator, inside / "model.skops")
        (inside / "features.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        describe(inside, "model.skops", scheme, item)


def save_foreign(folder: Path, files: Sequence[Path], scheme: Scheme, item: dict[str, Any]) -> None:
    """Keep somebody else's model beside ours: copies of ``files`` (the model first) and the item that describes it."""
    with replacing(folder) as inside:
        for file in files:
            shutil.copyfile(file, inside / (file.name if file.name != "item.json" else "original-item.json"))
        describe(inside, files[0].name, scheme, item)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``folder`` once it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)) / folder.name
    try:
        with atomic_dir(fresh) as inside:
            yield inside
        if folder.exists():
            folder.rename(fresh.with_name("old"))
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)


def describe(folder: Path, model_file: str, scheme: Scheme, item: dict[str, Any]) -> None:
    """Write scheme.csv and item.json into a model folder, the item with the model file's checksum and size."""
    from groundset.taxonomy import write_scheme

    write_scheme(folder / "scheme.csv", scheme)
    asset = item["assets"]["model"]
    asset["file:checksum"] = multihash(sha256_file(folder / model_file))
    asset["file:size"] = (folder / model_file).stat().st_size
    (folder / "item.json").write_text(json.dumps(item, indent=1), encoding="utf-8")


def load_model(folder: Path) -> TrainedModel:
    """Read a model folder that :func:`save_model` wrote; it predicts the same as what was saved.

    Raises:
        MissingError: A file of it is not there.
        InputError: A file of it is broken, or the model holds types that are not trusted.
    """
    for name in ("features.json", "model.skops"):
        if not (folder / name).is_file():
            raise MissingError("the model folder is not whole", asked=folder / name, found=_listing(folder))
    try:
        described = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        spec, fill = FeatureSpec.from_dict(described), np.array(described["fill"], np.float32)
        name = str(described["segmenter"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("the model's feature list is broken", asked=folder / "features.json", found=error) from error
    if len(fill) != len(spec.names):
        raise InputError("the model's feature list is broken", asked=f"{len(spec.names)} features", found=len(fill))
    segmenter = get_segmenter(name)
    segmenter.estimator = load_skops(folder / "model.skops")
    wanted = getattr(segmenter.estimator, "n_features_in_", len(fill))
    if wanted != len(fill):
        raise InputError("model and feature list differ", asked=f"{wanted} features", found=f"{len(fill)} listed")
    return TrainedModel(folder.name, segmenter, spec, fill)


def _listing(folder: Path) -> Sequence[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else ()


def record_scores(folder: Path, scores: Mapping[str, Mapping[str, Any]]) -> None:
    """Write scores against a reference into a model's item, where releases find them (``groundset:scores``).

    Args:
        folder: ``models/NAME``.
        scores: :meth:`Score.to_dict` by a title for people; a baseline may stand beside the model.
    """
    path = folder / "item.json"
    item = json.loads(path.read_text(encoding="utf-8"))
    item["properties"]["groundset:scores"] = dict(scores)
    write_text(path, json.dumps(item, indent=2) + "\n")
