"""``committee``: the mean of what ``linear`` and a small forest say, for many small answers from all over a chip.

A line through a few strokes carries far, and stays behind once hundreds of answers say where it bends; a forest is the
other way round, and their mean is better than either for most of the way. Where they differ is a doubt of its own:
Seung, Opper, Sompolinsky: Query by committee, COLT 1992.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundset.segment.forest import Forest
from groundset.segment.linear import Linear

Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]


class Committee:
    """The mean of the probabilities of two segmenters.

    Args:
        linear: Sees all features.
        forest: Sees some of them: fewer make it quicker and no worse.
        seen: Positions of these.
    """

    name = "committee"

    def __init__(self, linear: Linear, forest: Forest, seen: Ints) -> None:
        self.linear, self.forest, self.seen = linear, forest, seen
        self.settings: dict[str, Any] = {"linear": linear.settings, "forest": forest.settings}
        self.estimator: Any = None

    @property
    def classes(self) -> UInt8:
        """Class codes in the order of the columns of :meth:`predict_proba`."""
        return self.linear.classes

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,).

        Raises:
            InputError: Fewer than two classes.
        """
        self.linear.fit(features, codes)
        self.forest.fit(features[:, self.seen], codes)
        return self

    def predict_proba(self, features: Float32) -> Float32:
        """Probabilities float32 (n, classes) for features (n, features) of any memory order."""
        return np.ascontiguousarray(self.predict_planes(np.asarray(features, np.float32).T).T)

    def predict_planes(self, planes: Float32) -> Float32:
        """Probabilities float32 (classes, n) of feature planes (features, n), as chips have them."""
        out = self.linear.predict_planes(planes)
        out += self.forest.predict_proba(np.ascontiguousarray(planes[self.seen].T)).T
        out /= 2
        return out
