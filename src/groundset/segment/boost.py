"""``boost``: gradient-boosted trees (LightGBM)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundset.segment.forest import cores
from groundset.segment.wrapped import Wrapped

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

ENOUGH_FOR_THREADS = 20_000


class Boost(Wrapped):
    """LightGBM with balanced class weights, repeatable for a seed.

    Args:
        seed: Makes fitting repeatable.
        trees: Boosting rounds.
        leaves: Most leaves a tree.
        threads: Threads; 0 is one a core.
    """

    name = "boost"

    def __init__(self, seed: int = 0, *, trees: int = 50, leaves: int = 31, threads: int = 0) -> None:
        self.settings: dict[str, Any] = {
            "n_estimators": trees,
            "num_leaves": leaves,
            "learning_rate": 0.1,
            "min_child_samples": 5,
            "class_weight": "balanced",
            "random_state": seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        self.threads = threads or cores()

    @classmethod
    def make(cls, seed: int) -> Self:
        """The entry point: an unfitted booster."""
        return cls(seed)

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,)."""
        from lightgbm import LGBMClassifier

        # Its threads spin while they wait: on few pixels, or beside other work, they cost more than they bring.
        model = LGBMClassifier(**self.settings, n_jobs=self.threads if len(codes) > ENOUGH_FOR_THREADS else 1)
        self.estimator = model.fit(np.ascontiguousarray(features, np.float32), codes)
        return self

    def predict_proba(self, features: Float32) -> Float32:
        """Probabilities: float32 (n, classes)."""
        # The booster itself: the wrapper warns about feature names that LightGBM made up.
        data = np.ascontiguousarray(features, np.float32)
        threads = self.threads if len(data) > ENOUGH_FOR_THREADS else 1
        p = np.asarray(self.estimator.booster_.predict(data, num_threads=threads), np.float32)
        return np.stack([1 - p, p], axis=1) if p.ndim == 1 else p
