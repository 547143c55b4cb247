"""A column of few different values: a code a chip, and what the codes stand for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

V = TypeVar("V", bound=Hashable)
W = TypeVar("W", bound=Hashable)


class Coded(Generic[V]):
    """Never changes; :meth:`patched` makes another.

    Args:
        codes: int32, place of each chip's value in ``values``; -1 where there is none.
        values: The different values.
    """

    def __init__(self, codes: npt.NDArray[np.int32], values: Mapping[V, int]) -> None:
        self.codes = codes
        self._index = values
        self._texts: tuple[tuple[str, ...], Any] = ((), None)

    @classmethod
    def of(cls, values: Iterable[V | None], length: int) -> Coded[V]:
        """From the value of each chip."""
        index: dict[V, int] = {}
        codes = (-1 if v is None else index.setdefault(v, len(index)) for v in values)
        return cls(np.fromiter(codes, np.int32, length), index)

    @classmethod
    def none(cls, length: int) -> Coded[V]:
        """No chip has a value."""
        return cls(np.full(length, -1, np.int32), {})

    @property
    def values(self) -> list[V]:
        """What the codes stand for."""
        return list(self._index)

    def patched(self, changes: Mapping[int, V | None]) -> Coded[V]:
        """With other values at some places."""
        index, codes = dict(self._index), self.codes.copy()
        for at, value in changes.items():
            codes[at] = -1 if value is None else index.setdefault(value, len(index))
        return Coded(codes, index)

    def among(self, rows: npt.NDArray[np.bool_]) -> Coded[V]:
        """Only some of the chips, bool (chips,)."""
        return Coded(self.codes[rows], self._index)

    def renamed(self, name: Callable[[V], W]) -> Coded[W]:
        """With other values for the same codes; different ones must stay different."""
        return Coded(self.codes, {name(value): code for value, code in self._index.items()})

    def counts(self) -> dict[V, int]:
        """Chips by value, of those that have one."""
        found = np.bincount(self.codes[self.codes >= 0], minlength=len(self._index)).tolist()
        return {value: n for value, n in zip(self._index, found, strict=True) if n}

    def where(self, true: Mapping[V, bool]) -> Any:
        """An Arrow boolean column: what ``true`` says of each chip's value; null where there is none."""
        table = pa.array([true[v] for v in self._index], pa.bool_())
        return table.take(self.indices)

    @cached_property
    def said(self) -> npt.NDArray[np.int64]:
        """Places that have a value."""
        return np.flatnonzero(self.codes >= 0)

    @cached_property
    def indices(self) -> Any:
        """The codes as an Arrow column; null where there is none."""
        return pa.array(self.codes, mask=self.codes < 0)

    @cached_property
    def strings(self) -> Any:
        """As an Arrow column of text."""
        return pa.array([str(v) for v in self._index], pa.string()).take(self.indices)

    def texts(self, names: Sequence[str]) -> Any:
        """As an Arrow column of text, with a name for each of the values; kept for the next who asks."""
        known, column = self._texts
        if column is None or known != tuple(names):
            column = pa.array(names, pa.string()).take(self.indices)
            self._texts = (tuple(names), column)
        return column
