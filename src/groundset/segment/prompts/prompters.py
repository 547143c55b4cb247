"""Asking promptable models: a click or a box in, outlines of what is there out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import InputError, MissingError
from groundset.core.ids import check_name
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake
from groundset.segment.prompts.card import CARD, PromptCard, is_promptable, read_card
from groundset.segment.prompts.kinds import EfficientSam, Encoded, Kind, MobileSam, Prompt, Sam2
from groundset.segment.prompts.picture import picture
from groundset.segment.prompts.sessions import open_halves

Bool = npt.NDArray[np.bool_]

MOST_POINTS = 64
_MODELS = 2
_PICTURES = 8
"""Encoded pictures kept: encoding takes seconds, a click some tens of milliseconds. SAM 2's are 16 MB each."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """A click: column and row in pixels of the chip, and whether it belongs to what is meant."""

    x: float
    y: float
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Outlined:
    """One answer: bool (rows, columns) of the chip, and how good the model thinks it is, 0 to 1."""

    mask: Bool
    score: float


class Prompters:
    """The promptable models of a workspace. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()
        self._models: OrderedDict[str, tuple[str, PromptCard, Kind]] = OrderedDict()
        self._encoded: OrderedDict[tuple[str, str, str, str], Encoded] = OrderedDict()

    def close(self) -> None:
        """Forget models and pictures."""
        with self._lock:
            self._models.clear()
            self._encoded.clear()

    def names(self) -> list[str]:
        """Promptable models in ``models/``."""
        folder = self._lake.layout.models
        return sorted(f.name for f in folder.iterdir() if is_promptable(f)) if folder.is_dir() else []

    def ask(self, model: str, chip_id: str, points: Sequence[Point], box: Box | None = None) -> list[Outlined]:
        """What a model takes the points or the box for, the likeliest first; answers without a pixel are left out.

        Args:
            model: Name of a folder in ``models/``.
            chip_id: The chip.
            points: Clicks; at least one, unless there is a box.
            box: left, top, right, bottom in pixels of the chip.

        Raises:
            MissingError: No such model, chip or file.
            InputError: Nothing is pointed at, or something outside of the chip; the scene lacks a band; the chip has no
                data; a file of the model is broken.
        """
        chip = self._lake.chips.get(chip_id)
        prompt = prompt_of(chip, points, box)
        with self._lock:  # one at a time: a model takes all cores as it is
            version, card, kind = self._open(model)
            encoded = self._picture(model, version, card, kind, chip)
            logits, quality = kind.decode(encoded, prompt)
        sure = np.clip(np.nan_to_num(quality.astype(np.float32)), 0, 1)  # not every export keeps to numbers from 0 to 1
        answers = [Outlined(mask > 0, float(q)) for mask, q in zip(logits, sure, strict=False)]
        return sorted((a for a in answers if a.mask.any()), key=lambda a: -a.score)

    def _open(self, name: str) -> tuple[str, PromptCard, Kind]:
        check_name(name, "model")
        folder = self._lake.layout.models / name
        if not is_promptable(folder):
            raise MissingError(
                "no such promptable model", asked=name, found=", ".join(self.names()) or "none",
                hint=f"put its ONNX files into models/{name}/ with a {CARD}",
            )  # fmt: skip
        files = sorted(f for f in folder.iterdir() if f.is_file())
        version = repr([(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files])
        kept = self._models.pop(name, None)
        if kept is None or kept[0] != version:
            card = read_card(folder)
            kept = version, card, kind_of(card)
        self._models[name] = kept
        while len(self._models) > _MODELS:
            self._models.popitem(last=False)
        return kept

    def _picture(self, name: str, version: str, card: PromptCard, kind: Kind, chip: Chip) -> Encoded:
        scene = self._lake.scenes.get(chip.id.scene)
        key = (name, version, str(chip.id), stamp(scene))
        kept = self._encoded.pop(key, None)
        if kept is None:
            check_there(scene)
            pixels = self._lake.reader(scene.id).read(chip.window)
            kept = kind.encode(picture(pixels.physical(), pixels.bands, card.rgb, pixels.nodata))
        self._encoded[key] = kept
        while len(self._encoded) > _PICTURES:
            self._encoded.popitem(last=False)
        return kept


def kind_of(card: PromptCard) -> Kind:
    """The model of a card, its files open.

    Raises:
        MissingError: A file is not there.
        InputError: A file is broken, or is of another kind.
    """
    encoder, decoder = open_halves(card)
    batched = "batched_point_coords" in decoder.inputs
    fits = {
        "mobile-sam": "image_embeddings" in decoder.inputs and not batched,
        "efficient-sam": batched,
        "sam2": "high_res_feats_0" in decoder.inputs,
    }
    if not fits[card.kind]:
        looks = [kind for kind, yes in fits.items() if yes]
        raise InputError(
            "the model's inputs are not those of its kind",
            asked=f"kind = {card.kind} in {card.folder / CARD}",
            found=f"{decoder.path.name} takes {', '.join(decoder.inputs)}",
            hint=f"it looks like {looks[0]}" if looks else "export it again with the published names",
        )
    if card.kind == "efficient-sam":
        return EfficientSam(encoder, decoder)
    if encoder is None:
        raise MissingError("the model's image encoder is missing", asked=card.folder, found=decoder.path.name)
    return Sam2(encoder, decoder) if card.kind == "sam2" else MobileSam(encoder, decoder)


def prompt_of(chip: Chip, points: Sequence[Point], box: Box | None) -> Prompt:
    """Clicks and a box as the models take them.

    Raises:
        InputError: Nothing is pointed at, or something outside of the chip.
    """
    rows, cols = (int(n) for n in chip.geobox.shape)
    if not points and box is None:
        raise InputError("nothing is pointed at", hint="give a point or a box")
    if len(points) > MOST_POINTS:
        raise InputError("too many points", asked=f"{len(points)}", found=f"at most {MOST_POINTS}")
    places = [(p.x, p.y) for p in points] + ([] if box is None else [(box[0], box[1]), (box[2], box[3])])
    for x, y in places:
        if not (-0.5 <= x <= cols and -0.5 <= y <= rows):
            raise InputError("this lies outside of the chip", asked=f"{x:g},{y:g}", found=f"{cols} x {rows} pixels")
    if box is not None and not (box[0] < box[2] and box[1] < box[3]):
        raise InputError("a box is left, top, right, bottom", asked=",".join(f"{v:g}" for v in box))
    labels = [1.0 if p.positive else 0.0 for p in points] + ([] if box is None else [2.0, 3.0])
    return Prompt(np.array(places, np.float32), np.array(labels, np.float32))
