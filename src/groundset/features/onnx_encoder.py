"""Somebody's ONNX model as an encoder: ``onnx:FILE``, kept in the workspace as ``features/onnx-STEM``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import atomic, sha256_file, write_text
from groundset.core import BandSet, ConflictError, InputError, MissingError, safe_name
from groundset.features.card import EncoderCard, card_beside, card_inside, no_card, read_card
from groundset.features.onnx_graph import metadata, open_graph
from groundset.features.resize import resized

Physical = npt.NDArray[np.float32]

PREFIX = "onnx:"
FOLDER = "onnx-"
MODEL_FILE = "model.onnx"
CARD_FILE = "card.json"


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
            found = card_inside(metadata(path), path)
        if found is None:
            raise no_card(path)
        kind = cls(folder_name(path), path, read_card(*found), sha256_file(path))
        open_graph(path, kind.card)
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
            raise changed(
                self.name, asked=f"{self.model}, {self.sha256[:12]}", found=f"{spec['sha256'][:12]} in {folder}"
            )
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
        return open_graph(self.kind.model, self.kind.card).dim

    def encode(self, physical: Physical, bands: BandSet) -> Physical:
        """Float32 (n, bands, rows, columns), physical values, NaN nodata -> float32 (n, dim), always finite.

        A chip without any data stands at 0.

        Raises:
            InputError: Other bands; or the model fails, or gives values that are not finite.
        """
        if bands.names != self.band_names:
            raise InputError(
                "this encoder was made for other bands",
                asked=", ".join(bands.names),
                found=", ".join(self.band_names),
                hint="fit one of its own for each band set",
            )
        card = self.kind.card
        graph = open_graph(self.kind.model, card)
        out = np.zeros((len(physical), graph.dim), np.float32)
        for i, chip in enumerate(physical):
            planes = chip[list(self.positions)]
            if np.isfinite(planes).any():
                out[i] = graph.run(resized(card.normalised(planes), graph.side)[None])[0]
        if not np.isfinite(out).all():
            raise InputError(
                "the encoder's model gives values that are not finite",
                asked=self.kind.model,
                found=f"{int((~np.isfinite(out)).sum())} of {out.size}",
                hint="check range, mean and std in its card",
            )
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
