"""The demo's scores: the released labels and an Otsu threshold, against the reference on the test chips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset.core import LabelMask, Scheme, whole

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.demo.samples import UInt8
    from groundset.imagery import Scene


@dataclass(frozen=True, slots=True)
class DemoScores:
    """Scores as JSON, see :meth:`groundset.segment.Score.to_dict`; intervals come from resampling chips."""

    labels: dict[str, Any]
    otsu: dict[str, Any]
    otsu_rule: str
    pixels: int
    chips: int

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def titled(self) -> dict[str, dict[str, Any]]:
        """Both scores by a title for people, for the release's report."""
        where = f"on {self.chips} test chips that no stroke came near"
        return {f"Reference {where}": self.labels, f"Baseline, {self.otsu_rule}, {where}": self.otsu}


def score_chips(
    scene: Scene,
    chips: Mapping[str, Chip],
    labels: Mapping[str, LabelMask],
    reference: Mapping[str, UInt8],
    scheme: Scheme,
) -> DemoScores:
    """Score labels and the threshold on the same pixels of the same chips.

    Args:
        scene: The scene; the threshold is taken over all of it.
        chips: The test chips by id.
        labels: The released labels by chip id.
        reference: uint8 (rows, columns) by chip id, 255 unknown.
        scheme: The classes.
    """
    from groundset.imagery import SceneReader
    from groundset.segment import otsu_baseline, score

    with SceneReader(scene) as reader:
        threshold = otsu_baseline(reader.read(whole(scene.width, scene.height)))
    ids = sorted(reference)
    truth = np.stack([reference[c] for c in ids])
    blocks = np.broadcast_to(np.arange(len(ids))[:, None, None], truth.shape)
    ours = score(np.stack([labels[c].classes for c in ids]), truth, scheme, blocks)
    otsu = score(np.stack([cut(threshold.classes, chips[c]) for c in ids]), truth, scheme, blocks)
    return DemoScores(ours.to_dict(), otsu.to_dict(), str(threshold), ours.pixels, ours.blocks)


def cut(image: UInt8, chip: Chip) -> UInt8:
    """The chip's part of an array of the whole scene (rows, columns); 255 beyond its edge."""
    window = chip.window
    canvas = np.full(window.shape, 255, np.uint8)
    part = image[window.y_off : window.bottom, window.x_off : window.right]
    canvas[: part.shape[0], : part.shape[1]] = part
    return canvas


def table(scores: DemoScores) -> str:
    """Both scores side by side, for the terminal."""
    both = (scores.labels, scores.otsu)
    rows = [
        ("", "Groundset", "Otsu"),
        *((f"IoU {name}", *(_estimate(s["iou"][name]) for s in both)) for name in scores.labels["iou"]),
        ("balanced accuracy", *(_estimate(s["balanced_accuracy"]) for s in both)),
    ]
    lines = [f"  {a:<20}{b:<24}{c}" for a, b, c in rows]
    notes = [scores.otsu_rule, *([scores.labels["note"]] if scores.labels["note"] else [])]
    if scores.otsu["balanced_accuracy"]["value"] > scores.labels["balanced_accuracy"]["value"]:
        notes.append("here the threshold is better than the model: these strokes and bands do not tell enough")
    return "\n".join(lines + [f"  {note}" for note in notes])


def _estimate(value: Mapping[str, float | None]) -> str:
    if value["low"] is None or value["high"] is None:
        return f"{value['value']:.3f}"
    return f"{value['value']:.3f} ({value['low']:.3f}-{value['high']:.3f})"
