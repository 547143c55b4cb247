"""Somebody's ONNX model as an encoder: ``onnx:FILE``, kept in the workspace as ``features/onnx-STEM``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import atomic, sha256_file, write_text
from groundset.core import BandSet, ConflictError, InputError, MissingError, safe_name
from groundset.features.card import EncoderCard, card_beside, card_inside, no_card, read_card
from groundset.features.resize import resized

Physical = npt.NDArray[np.float32]

PREFIX = "onnx:"
FOLDER = "onnx-"
MODEL_FILE = "model.onnx"
CARD_FILE = "card.json"
_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
_TRIED = 64
"""Side of the chip on which a model that takes any size is tried."""


@dataclass(frozen=True, slots=True)
class OnnxKind:
    """An ONNX model with its card: makes an encoder for each band set.

    Args:
        name: ``onnx-STEM``.
        model: The model file.
        card: What it wants.
        sha256: Of the model file.
    """

    name: str
    model: Path
    card: EncoderCard
    sha256: str

    @classmethod
    def of_file(cls, path: Path) -> OnnxKind:
        """A model file with a card beside it (STEM.json) or inside it, opened and tried once.

        Raises:
            MissingError: No such file, or no card.
            InputError: It is no whole ONNX model, or is not as its card says.
        """
        if not path.is_file():
            raise MissingError("no such encoder file", asked=path, hint="say onnx:FILE with the path of an .onnx file")
        found = card_beside(path)
        if found is None:
            found = card_inside(_session(path, _stamp(path)).get_modelmeta().custom_metadata_map, path)
        if found is None:
            raise no_card(path)
        kind = cls(folder_name(path), path, read_card(*found), sha256_file(path))
        _graph(path, _stamp(path), kind.card)
        return kind

    @classmethod
    def kept(cls, folder: Path) -> OnnxKind:
        """The model that :meth:`keep` put into a feature folder."""
        model = folder / MODEL_FILE
        card = read_card(json.loads((folder / CARD_FILE).read_text(encoding="utf-8")), str(folder / CARD_FILE))
        return cls(folder.name, model, card, sha256_file(model))

    def keep(self, folder: Path) -> OnnxKind:
        """Copy model and card into a feature folder, so that scenes that come later can be encoded; once.

        Raises:
            ConflictError: Features there were made by another file of this name.
        """
        if self.check_kept(folder):
            return OnnxKind.kept(folder)
        with atomic(folder / MODEL_FILE) as beside:
            shutil.copyfile(self.model, beside)
        write_text(folder / CARD_FILE, json.dumps(dict(self.card.said), indent=2) + "\n")
        return OnnxKind.kept(folder)

    def check_kept(self, folder: Path) -> bool:
        """Whether a feature folder has this very model and card.

        Raises:
            ConflictError: Features there were made by another file of this name.
        """
        there = folder / MODEL_FILE
        if not there.is_file() or not (folder / CARD_FILE).is_file():
            return False
        kept = OnnxKind.kept(folder)
        same = kept.sha256 == self.sha256
        if same and kept.card.said == self.card.said:
            return True
        if any(folder.glob("[!.]*.npy")):
            how = "with another card" if same else f"sha256 {self.sha256[:12]}"
            first = "with its card" if same else f"sha256 {kept.sha256[:12]}"
            raise changed(self.name, asked=f"{self.model}, {how}", found=f"{there}, {first}")
        return False

    def fit(self, samples: Sequence[Physical], bands: BandSet, *, seed: int = 0) -> OnnxEncoder:  # noqa: ARG002
        """The encoder for a band set; nothing is learned, the samples only show whether their scale is right.

        Raises:
            InputError: A band is missing, or has another unit or scale.
        """
        self.card.check_values(samples, bands)
        return OnnxEncoder(self, bands.names, tuple(self.card.positions(bands)))

    def load(self, folder: Path) -> OnnxEncoder:
        """The encoder that :meth:`OnnxEncoder.save` wrote.

        Raises:
            ConflictError: The model file is not the one whose features are kept.
        """
        spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
        if spec["sha256"] != self.sha256:
            raise changed(self.name, asked=f"{self.model}, {self.sha256[:12]}", found=f"{spec['sha256'][:12]} in {folder}")
        return OnnxEncoder(self, tuple(spec["bands"]), tuple(spec["positions"]))


@dataclass(frozen=True, slots=True)
class OnnxEncoder:
    """An ONNX encoder of one band set.

    Args:
        kind: The model.
        band_names: Names of the bands that chips have, in order.
        positions: Which of them the model wants, in its order.
    """

    kind: OnnxKind
    band_names: tuple[str, ...]
    positions: tuple[int, ...]

    @property
    def name(self) -> str:
        """``onnx-STEM``."""
        return self.kind.name

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands of the chips, in order."""
        return self.band_names

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return _graph(self.kind.model, _stamp(self.kind.model), self.kind.card).dim

    def encode(self, physical: Physical, bands: BandSet) -> Physical:
        """Float32 (n, bands, rows, columns), physical values, NaN nodata -> float32 (n, dim), always finite.

        A chip without any data stands at 0.

        Raises:
            InputError: Other bands; or the model fails, or gives values that are not finite.
        """
        if bands.names != self.band_names:
            raise InputError("this encoder was made for other bands", asked=", ".join(bands.names),
                             found=", ".join(self.band_names), hint="fit one of its own for each band set")  # fmt: skip
        card = self.kind.card
        graph = _graph(self.kind.model, _stamp(self.kind.model), card)
        out = np.zeros((len(physical), graph.dim), np.float32)
        for i, chip in enumerate(physical):
            planes = chip[list(self.positions)]
            if np.isfinite(planes).any():
                out[i] = graph.run(resized(card.normalised(planes), graph.side)[None])[0]
        if not np.isfinite(out).all():
            raise InputError("the encoder's model gives values that are not finite", asked=self.kind.model,
                             found=f"{int((~np.isfinite(out)).sum())} of {out.size}",
                             hint="check range, mean and std in its card")  # fmt: skip
        return out

    def spec(self) -> dict[str, Any]:
        """What the numbers mean."""
        return {
            "name": self.name,
            "method": "ONNX model",
            "sha256": self.kind.sha256,
            "dim": self.dim,
            "bands": list(self.band_names),
            "positions": list(self.positions),
            "card": dict(self.kind.card.said),
        }

    def save(self, folder: Path) -> None:
        """Write ``spec.json``; the model lies one folder up, see :meth:`OnnxKind.keep`."""
        (folder / "spec.json").write_text(json.dumps(self.spec(), indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Graph:
    """An open session whose input and output are known to fit its card."""

    session: Any
    input: str
    dtype: Any
    output: str
    layout: str
    side: int | None
    batch: int
    dim: int

    def run(self, images: Physical) -> Physical:
        """Float32 (n, bands, side, side), ready for the model -> float32 (n, dim); maps are averaged over their area."""
        images = images if self.layout == "NCHW" else images.transpose(0, 2, 3, 1)
        given = np.repeat(images, self.batch, axis=0) if self.batch > 1 else images
        try:
            (answer,) = self.session.run([self.output], {self.input: np.ascontiguousarray(given, self.dtype)})
        except Exception as error:
            raise InputError(
                "the encoder's model failed on its input",
                asked=f"{self.input}: {given.shape}",
                found=str(error).splitlines()[0],
                hint="check size, bands and layout in its card",
            ) from error
        vectors = np.asarray(answer, np.float32)[: len(images)]
        if vectors.ndim == 4:
            vectors = vectors.mean(axis=(2, 3) if self.layout == "NCHW" else (1, 2))
        return vectors.reshape(len(images), -1)


def folder_name(file: str | Path) -> str:
    """``onnx-STEM`` of a model file, safe as a folder's name."""
    return FOLDER + safe_name(Path(file).stem)[:100]


def changed(name: str, *, asked: object, found: object) -> ConflictError:
    """An encoder's file is not the one that its features were made with."""
    return ConflictError(
        f"the encoder {name} changed since its features were computed",
        asked=asked,
        found=found,
        hint="give the new file another name to have both, or put the former one back",
    )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise MissingError("the encoder's model file is gone", asked=path, hint="encode with it once more") from None
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4)
def _session(path: Path, stamp: tuple[int, int]) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same bits on every executor
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(
            "this is not a whole ONNX model that can run here",
            asked=path,
            found=f"{stamp[0]} bytes: {str(error).splitlines()[0]}",
            hint="copy it again, or export it again for a CPU, with its weights in the same file",
        ) from error


@lru_cache(maxsize=4)
def _opened(path: Path, stamp: tuple[int, int], card: str, source: str) -> Graph:
    return _checked(_session(path, stamp), read_card(json.loads(card), source), path)


def _graph(path: Path, stamp: tuple[int, int], card: EncoderCard) -> Graph:
    return _opened(path, stamp, json.dumps(dict(card.said)), card.source)


def _checked(session: Any, card: EncoderCard, path: Path) -> Graph:
    given = _pick(session.get_inputs(), card.input, "input", card)
    if len(given.shape) != 4 or given.type not in _FLOATS:
        raise InputError("the encoder's input is no image of float values", asked=path,
                         found=f"{given.name}: {given.type} {given.shape}",
                         hint="it must be (n, bands, rows, columns) or (n, rows, columns, bands)")  # fmt: skip
    batch, *rest = given.shape
    channels, high, wide = rest if card.layout == "NCHW" else (rest[2], rest[0], rest[1])
    if isinstance(channels, int) and channels != len(card.bands):
        raise InputError("the card names another number of bands than the encoder takes",
                         asked=f"{len(card.bands)} bands ({', '.join(card.bands)})",
                         found=f"input {given.name} of shape {given.shape} as {card.layout}: {channels} channels",
                         hint=f"correct bands or layout in {card.source}")  # fmt: skip
    fixed = {v for v in (high, wide) if isinstance(v, int)}
    if len(fixed) > 1 or (card.size is not None and fixed - {card.size}):
        raise InputError("the encoder takes another size than its card says", asked=card.size or "a square",
                         found=f"input {given.name} of shape {given.shape}",
                         hint=f"correct size in {card.source}")  # fmt: skip
    side = fixed.pop() if fixed else card.size
    output = _output(session.get_outputs(), card)
    graph = Graph(session, given.name, _FLOATS[given.type], output.name, card.layout, side,
                  batch if isinstance(batch, int) else 1, 0)  # fmt: skip
    tried = graph.run(np.zeros((1, len(card.bands), side or _TRIED, side or _TRIED), np.float32))
    if card.dim is not None and card.dim != tried.shape[1]:
        raise InputError("the encoder gives vectors of another length than its card says", asked=f"dim {card.dim}",
                         found=f"output {output.name}: {tried.shape[1]} values", hint=f"correct dim in {card.source}")  # fmt: skip
    return replace(graph, dim=int(tried.shape[1]))


def _pick(nodes: list[Any], name: str | None, what: str, card: EncoderCard) -> Any:
    if name is None and len(nodes) == 1:
        return nodes[0]
    for node in nodes:
        if node.name == name:
            return node
    raise InputError(f"the encoder has no such {what}", asked=name or f"one {what}",
                     found=", ".join(f"{n.name} {n.shape}" for n in nodes), hint=f"name it in {card.source}")  # fmt: skip


def _output(nodes: list[Any], card: EncoderCard) -> Any:
    if card.output is not None:
        node = _pick(nodes, card.output, "output", card)
        fits = [node] if len(node.shape) in (2, 4) and node.type in _FLOATS else []
    else:
        floats = [n for n in nodes if n.type in _FLOATS]
        fits = [n for n in floats if len(n.shape) == 2] or [n for n in floats if len(n.shape) == 4]
    if not fits:
        raise InputError("the encoder has no output that is a vector for each chip",
                         asked=card.output or "(n, dim), or a map (n, dim, rows, columns) to average",
                         found=", ".join(f"{n.name}: {n.type} {n.shape}" for n in nodes),
                         hint=f"name the right one as output in {card.source}, or export the model with one")  # fmt: skip
    return fits[0]
