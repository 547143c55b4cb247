"""A trained model that turns the pixels of a window into a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED, BandSet, LabelMask, Origin
from groundset.segment.features import FeatureSpec, pixel_features
from groundset.segment.segmenter import Segmenter, entropy

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]


class Proposer(Protocol):
    """What predicts masks: a model trained here, or somebody else's."""

    @property
    def name(self) -> str:
        """Of the model, for the actor ``model:NAME``."""
        ...

    @property
    def halo(self) -> int:
        """Pixels to read around a chip."""
        ...

    @property
    def classes(self) -> UInt8:
        """Class codes in the order of the probabilities."""
        ...

    @property
    def hard(self) -> bool:
        """Whether it gives classes only, so that its masks have no confidence."""
        ...

    def probabilities(self, physical: Float32, bands: BandSet, nodata: Bool) -> Float32:
        """Probabilities (rows, columns, classes) of a window, NaN where there is no data.

        Args:
            physical: (bands, rows, columns) in physical units, NaN where there is no data.
            bands: The bands of ``physical``.
            nodata: Pixels (rows, columns) that get no answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A segmenter, the features it was trained on, and what stands in for a missing feature (training medians)."""

    name: str
    segmenter: Segmenter
    spec: FeatureSpec
    fill: Float32

    @property
    def halo(self) -> int:
        """Pixels to read around a chip, so that chip borders do not show."""
        return self.spec.halo

    @property
    def classes(self) -> UInt8:
        """Class codes in the order of the probabilities."""
        return self.segmenter.classes

    @property
    def hard(self) -> bool:
        """Never: a segmenter gives probabilities."""
        return False

    def probabilities(self, physical: Float32, bands: BandSet, nodata: Bool) -> Float32:
        """See :class:`Proposer`."""
        features = pixel_features(physical, bands, self.spec)
        flat = fill_missing(features, self.fill).reshape(len(features), -1).T
        keep = ~nodata.ravel()
        out = np.full((len(keep), len(self.classes)), np.nan, np.float32)
        if keep.all():
            out[:] = self.segmenter.predict_proba(flat)
        elif keep.any():
            out[keep] = self.segmenter.predict_proba(flat[keep])
        return out.reshape(*nodata.shape, -1)


def fill_missing(features: Float32, fill: Float32) -> Float32:
    """Features (features, ...) with NaN replaced, in place, by each feature's ``fill`` value."""
    for plane, value in zip(features, fill, strict=True):
        holes = np.isnan(plane)
        if holes.any():
            plane[holes] = value
    return features


def propose(model: Proposer, physical: Float32, bands: BandSet, nodata: Bool) -> LabelMask:
    """The most probable class of each pixel with its probability in percent, origin model; 255 where ``nodata``."""
    mask = proposal(model.probabilities(physical, bands, nodata), model.classes)
    if not model.hard:
        return mask
    return LabelMask(mask.classes, mask.origin, np.full(mask.shape, NO_CONFIDENCE, np.uint8))


def proposal(probabilities: Float32, classes: UInt8) -> LabelMask:
    """A mask from probabilities (rows, columns, classes); NaN is unlabelled, as is a class code of 255."""
    known: Bool = np.asarray(np.isfinite(probabilities).all(axis=-1))
    best = np.where(known[..., None], probabilities, 0).argmax(axis=-1)
    codes = np.where(known, classes[best], np.uint8(UNLABELLED)).astype(np.uint8)
    top = np.take_along_axis(probabilities, best[..., None], axis=-1)[..., 0]
    percent = np.round(np.clip(np.nan_to_num(top), 0, 1) * 100)
    sure = np.where(known, percent, NO_CONFIDENCE).astype(np.uint8)
    return LabelMask.of(codes, Origin.MODEL, sure)


def uncertainty(model: Proposer, physical: Float32, bands: BandSet, nodata: Bool) -> Float32:
    """Entropy in bits of every pixel (rows, columns), NaN where there is no data."""
    return entropy_of(model.probabilities(physical, bands, nodata))


def entropy_of(probabilities: Float32) -> Float32:
    """Entropy in bits of (rows, columns, classes), NaN where a probability is."""
    known: Bool = np.asarray(np.isfinite(probabilities).all(axis=-1))
    out = np.full(known.shape, np.nan, np.float32)
    out[known] = entropy(probabilities[known])
    return out
