"""What machine learning says of chips, as this room asks for it; :mod:`groundset.learn` answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.core.layout import TaskConfig

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions
    from groundset.query.table import LabelTable

Meaning = Literal["none", "similarity", "score", "confidence"]
METHODS = ("logistic", "rocchio", "mean")
"""How examples become a score: logistic regression, Rocchio's formula, Distil's generalized mean."""

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """A number 0-1 for each chip.

    Args:
        values: float32 (chips,), NaN where a chip has none.
        order: float32 (chips,), what they are ordered by: as the values, but told apart where those are nearly alike.
        meaning: What they are: nothing known, likeness to examples, a score of few labels, a calibrated confidence.
        missing: Chips without a number.
    """

    values: Values
    order: Values
    meaning: Meaning
    missing: int


@dataclass(frozen=True, slots=True)
class Want:
    """Which scores are asked for.

    Args:
        code: Class; None for none.
        like: Examples: chip ids, or rectangles ``SCENE@x_off,y_off,width,height``. They go before the class.
        method: One of :data:`METHODS`.
        encoder: Whose features (default: the workspace's).
        words: Words that chips are to fit: by their label, their score, their picture.
        pictures: Whether rows tell how well images fit the words, not the scores of the class that is meant.
    """

    code: int | None = None
    like: tuple[str, ...] = ()
    method: str = "logistic"
    encoder: str | None = None
    words: str | None = None
    pictures: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError("there is no such method", asked=f"method={self.method}", found=", ".join(METHODS))

    @property
    def any(self) -> bool:
        """Whether scores are asked for."""
        return self.code is not None or bool(self.like)


class Learned(Protocol):
    """What the labels of one task say of all chips at one moment; worked out when it is asked for, then kept."""

    def scores(self, want: Want) -> Scores:
        """Scores of a class, or likeness to examples.

        Raises:
            InputError: An example is not there or has no features.
        """

    def missing(self, code: int) -> int:
        """Chips without a score of a class; told without scoring."""

    def doubt(self, want: Want) -> Values:
        """How undecided the model is, of a class or (without one) between the classes: float32 (chips,), 0-1."""

    def typical(self) -> Values:
        """How typical chips are of all: float32 (chips,), the most typical one of each kind first."""

    def guess(self, page: Positions) -> Sequence[tuple[int, float | None] | None]:
        """The likeliest class of some chips and, where it can honestly be told, how likely; None without a model."""


class Scorer(Protocol):
    """Learns from labels."""

    def learned(self, chips: Chips, task: TaskConfig, labels: LabelTable, encoder: str | None) -> Learned:
        """What these labels say of these chips; the same object while nothing changes."""

    def pictured(self, text: str, chips: Chips, encoder: str | None) -> Scores | None:
        """How well the images of chips fit words; None where no encoder knows words."""

    def stamp(self, encoder: str | None) -> str:
        """Changes when answers may though neither chips nor labels do: features were written."""
