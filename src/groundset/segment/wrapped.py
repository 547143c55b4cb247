"""What models around another library's estimator have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Wrapped:
    """A pixel classifier whose estimator is ``None`` until it has learned."""

    estimator: Any = None

    @property
    def classes(self) -> npt.NDArray[np.uint8]:
        """Class codes seen in training, ascending; none before it."""
        return np.asarray(getattr(self.estimator, "classes_", ()), np.uint8)
