"""The segmenters as the live assistant has them."""

from __future__ import annotations

import numpy as np

from groundset.segment.features import ENOUGH, FeatureSpec
from groundset.segment.forest import Forest
from groundset.segment.linear import Linear
from groundset.segment.live.bent import Bent
from groundset.segment.live.committee import Committee
from groundset.segment.segmenter import Segmenter, get_segmenter, segmenter_names

HELD, SHAPED = 30.0, 3.0
"""How many times stronger the weights of bands, and of the shape of the spectrum, are held than those of indices.
Levels change with light, haze and season, ratios hardly do. Chosen with ``STRENGTH`` on the left half of the
Sen1Floods11 chip, the two dates of Boadella and EuroSAT (``benchmarks/assist.py --choose``)."""
STRENGTH = 3e-2
"""Weight of the prior where weights are held so; where there are too few indices, ``linear`` has its own."""
OUTWEIGHED = 2_000
"""Painted pixels from which on the prior weighs no more: a few strokes must carry far, many must fit where they are."""
BENT_FROM, BENT_HELD = 3_000, 3.0
"""Painted pixels from which on weights of indices may bend, and how many times stronger bends are held than these."""
_SEED = 0


def live_names() -> tuple[str, ...]:
    """Names of all that follow the labels: the installed segmenters, and the committee of two of them."""
    return (*segmenter_names(), Committee.name)


def learner(name: str, spec: FeatureSpec) -> Segmenter:
    """An unfitted segmenter for these features, the same each time.

    Raises:
        MissingError: No such segmenter.
    """
    if name == Committee.name:
        plain = (*spec.bands, *spec.indices)
        seen = np.array([i for i, feature in enumerate(spec.names) if feature in plain])
        linear = learner("linear", spec)
        assert isinstance(linear, Linear)
        return Committee(linear, Forest(_SEED), seen)
    made, prior = get_segmenter(name, _SEED), prior_of(spec)
    if not isinstance(made, Linear) or prior is None:
        return made
    indices = np.array([i for i, feature in enumerate(spec.names) if feature.partition("@")[0] in spec.indices])
    return Bent(indices, from_=BENT_FROM, held=BENT_HELD, strength=STRENGTH, prior=prior, enough=OUTWEIGHED)


def prior_of(spec: FeatureSpec) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """How strongly each feature's weights are held; None: all alike."""
    if len(spec.indices) < ENOUGH:
        return None
    held = dict.fromkeys(spec.bands, HELD) | {f"shape({key})": SHAPED for key in spec.shape}
    return np.array([held.get(name.partition("@")[0], 1.0) for name in spec.names], np.float64)
