"""``boost``: gradient-boosted trees (LightGBM)."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundset.segment.forest import cores

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


class Boost:
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
        self.estimator: Any = None

    @classmethod
    def make(cls, seed: int) -> Self:
        """The entry point: an unfitted booster."""
        return cls(seed)

    @property
    def classes(self) -> UInt8:
        """Class codes seen in training, ascending."""
        return np.asarray(self.estimator.classes_, np.uint8)

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,)."""
        from lightgbm import LGBMClassifier

        model = LGBMClassifier(**self.settings, n_jobs=self.threads)
        self.estimator = model.fit(np.ascontiguousarray(features, np.float32), codes)
        return self

    def predict_proba(self, features: Float32) -> Float32:
        """Probabilities: float32 (n, classes)."""
        with warnings.catch_warnings():
            # scikit-learn 1.7 warns that LightGBM was fitted with names it made up itself
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            p = self.estimator.predict_proba(np.ascontiguousarray(features, np.float32), num_threads=self.threads)
        return np.asarray(p, np.float32)
