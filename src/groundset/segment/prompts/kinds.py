"""The three published kinds of promptable ONNX exports: what they want of a picture and points, what they give.

Names and conventions: MobileSAM's ``scripts/export_onnx_model.py`` (as Segment Anything's own), EfficientSAM's
``export_to_onnx.py``, and SAM 2 as exported by ``samexporter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from groundset.segment.prompts.picture import normalised, resized, stretched
from groundset.segment.prompts.sessions import Half

Array = npt.NDArray[Any]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

SIDE = 1024
"""Of the square picture that the encoders take, where they do not say so themselves."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What somebody points at, in pixels of the chip.

    Args:
        points: float32 (n, 2), columns and rows of pixels.
        labels: float32 (n,): 1 belongs to it, 0 does not, 2 and 3 are the corners of a box.
    """

    points: Float32
    labels: Float32


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as a model sees it: arrays by the names of the decoder's inputs, and its size in pixels."""

    arrays: Mapping[str, Array]
    shape: tuple[int, int]


class Kind(Protocol):
    """How one kind of export is asked."""

    def encode(self, image: UInt8) -> Encoded:
        """A picture uint8 (rows, columns, 3)."""
        ...

    def decode(self, encoded: Encoded, prompt: Prompt) -> tuple[Float32, Float32]:
        """Logits (m, rows, columns), above 0 inside, and the quality that the model expects of each (m,)."""
        ...


@dataclass(frozen=True, slots=True)
class MobileSam:
    """Segment Anything and its smaller kin: the longest side becomes 1024 pixels, the rest is padding."""

    encoder: Half
    decoder: Half

    @property
    def side(self) -> int:
        """Of the padded picture: four times that of ``mask_input``."""
        mask = self.decoder.inputs.get("mask_input", ())
        own = next(iter(self.encoder.inputs.values()))
        if len(mask) == 4 and isinstance(mask[2], int):
            return 4 * mask[2]
        return own[2] if len(own) == 4 and isinstance(own[2], int) else SIDE

    def encode(self, image: UInt8) -> Encoded:
        """See :class:`Kind`."""
        rows, cols = image.shape[:2]
        small = resized(image, *self._scaled(rows, cols))
        name, shape = next(iter(self.encoder.inputs.items()))
        if len(shape) == 3:  # exported with its preprocessing inside
            given: Array = small.astype(np.float32)
        else:
            padded = np.zeros((1, 3, self.side, self.side), np.float32)
            padded[0, :, : small.shape[0], : small.shape[1]] = normalised(small)
            given = padded
        found = self.encoder.run({name: given})
        embedding = self.encoder.pick(found, "image_embeddings", "image_embedding", *self.encoder.outputs)
        return Encoded({"image_embeddings": embedding}, (rows, cols))

    def decode(self, encoded: Encoded, prompt: Prompt) -> tuple[Float32, Float32]:
        """See :class:`Kind`.

        The published wrapper's own enlarging is frozen to the proportions of the picture it was exported with, so it
        is done here, from ``low_res_masks``.
        """
        rows, cols = encoded.shape
        height, width = self._scaled(rows, cols)
        scale = np.array([width / cols, height / rows], np.float32)
        points, labels = (prompt.points + np.float32(0.5)) * scale - np.float32(0.5), prompt.labels
        if not (labels >= 2).any():  # a point of label -1 stands for "no box"
            points = np.concatenate([points, np.zeros((1, 2), np.float32)])
            labels = np.concatenate([labels, np.full(1, -1, np.float32)])
        found = self.decoder.run(
            encoded.arrays | no_mask(self.side // 4)  # type: ignore[operator]  # both are mappings
            | {"point_coords": points[None], "point_labels": labels[None],
               "orig_im_size": np.array([rows, cols], np.float32)}
        )  # fmt: skip
        quality = self.decoder.pick(found, "iou_predictions").reshape(-1)
        if "low_res_masks" not in found:
            masks = self.decoder.pick(found, "masks")
            return np.stack([stretched(m, rows, cols) for m in masks.reshape(-1, *masks.shape[-2:])]), quality
        low = found["low_res_masks"].reshape(-1, *found["low_res_masks"].shape[-2:])
        large = (stretched(m, self.side, self.side)[:height, :width] for m in low)
        return np.stack([stretched(m, rows, cols) for m in large]), quality

    def _scaled(self, rows: int, cols: int) -> tuple[int, int]:
        scale = self.side / max(rows, cols)
        return max(1, int(rows * scale + 0.5)), max(1, int(cols * scale + 0.5))


@dataclass(frozen=True, slots=True)
class EfficientSam:
    """EfficientSAM: any size, colours 0 to 1, points in pixels of the picture; one file or two."""

    encoder: Half | None
    decoder: Half

    def encode(self, image: UInt8) -> Encoded:
        """See :class:`Kind`."""
        shape = (image.shape[0], image.shape[1])
        given = np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        if self.encoder is None:
            return Encoded({"batched_images": given}, shape)
        found = self.encoder.run({next(iter(self.encoder.inputs)): given})
        return Encoded({"image_embeddings": self.encoder.pick(found, "image_embeddings", *self.encoder.outputs)}, shape)

    def decode(self, encoded: Encoded, prompt: Prompt) -> tuple[Float32, Float32]:
        """See :class:`Kind`."""
        given = {
            **encoded.arrays,
            "batched_point_coords": prompt.points[None, None],
            "batched_point_labels": prompt.labels[None, None],
            "orig_im_size": np.array(encoded.shape, np.int64),
        }
        found = self.decoder.run(given)
        masks = self.decoder.pick(found, "output_masks", "masks")
        quality = self.decoder.pick(found, "iou_predictions").reshape(-1)
        flat = masks.reshape(-1, *masks.shape[-2:]).astype(np.float32)
        return np.stack([stretched(m, *encoded.shape) for m in flat]), quality


@dataclass(frozen=True, slots=True)
class Sam2:
    """SAM 2: the picture is pulled to a square; two finer maps go to the decoder beside the embedding."""

    encoder: Half
    decoder: Half

    @property
    def side(self) -> int:
        """Of the square picture."""
        own = next(iter(self.encoder.inputs.values()))
        return own[2] if len(own) == 4 and isinstance(own[2], int) else SIDE

    def encode(self, image: UInt8) -> Encoded:
        """See :class:`Kind`."""
        given = normalised(resized(image, self.side, self.side))[None]
        found = self.encoder.run({next(iter(self.encoder.inputs)): given})
        names = ("image_embed", "high_res_feats_0", "high_res_feats_1")
        return Encoded({name: self.encoder.pick(found, name) for name in names}, (image.shape[0], image.shape[1]))

    def decode(self, encoded: Encoded, prompt: Prompt) -> tuple[Float32, Float32]:
        """See :class:`Kind`."""
        rows, cols = encoded.shape
        scale = np.array([self.side / cols, self.side / rows], np.float32)
        given = {
            **encoded.arrays,
            **no_mask(self.side // 4),
            "point_coords": ((prompt.points + np.float32(0.5)) * scale - np.float32(0.5))[None],
            "point_labels": prompt.labels[None],
            "orig_im_size": np.array([rows, cols], np.int64),
        }
        found = self.decoder.run(given)
        masks = self.decoder.pick(found, "masks", "low_res_masks")
        quality = self.decoder.pick(found, "iou_predictions").reshape(-1)
        flat = masks.reshape(-1, *masks.shape[-2:]).astype(np.float32)
        return np.stack([stretched(m, rows, cols) for m in flat]), quality


def no_mask(side: int) -> dict[str, Array]:
    """What says that there is no mask from before."""
    return {"mask_input": np.zeros((1, 1, side, side), np.float32), "has_mask_input": np.zeros(1, np.float32)}
