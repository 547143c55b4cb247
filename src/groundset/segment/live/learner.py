"""The segmenters as the live assistant has them."""

from __future__ import annotations

import numpy as np

from groundset.segment.features import FeatureSpec
from groundset.segment.linear import Linear
from groundset.segment.segmenter import Segmenter, get_segmenter

HELD = 30.0
"""How many times stronger the weights of bands are held than those of indices. Levels change with light, haze and
season, ratios hardly do: from strokes on one half of a scene to its other half water carried better so. Chosen on the
left half of the Sen1Floods11 chip (`benchmarks/assist.py --choose`)."""
ENOUGH = 3
"""Where there are fewer indices than this, they are too little to go by, and all features count alike."""
_SEED = 0


def learner(name: str, spec: FeatureSpec) -> Segmenter:
    """An unfitted segmenter for these features, the same each time.

    Raises:
        MissingError: No such segmenter.
    """
    made = get_segmenter(name, _SEED)
    if isinstance(made, Linear):
        made.prior = prior_of(spec)
    return made


def prior_of(spec: FeatureSpec) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """How strongly each feature's weights are held; None: all alike."""
    if len(spec.indices) < ENOUGH:
        return None
    bands = set(spec.bands)
    return np.array([HELD if name.partition("@")[0] in bands else 1.0 for name in spec.names], np.float64)
