"""Lists as they were: so that a filter or a ranking that moves on does not move what a person is looking at."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from groundset.core import ConflictError, InputError
from groundset.query.chips import Chips, Positions

KEPT = 64
"""Lists that are remembered; the one not asked for the longest goes first."""

_KEEP = re.compile(r"([\w-]{1,64}):(\d{1,9})")


class Pins:
    """The last lists by name. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[str, tuple[Chips, npt.NDArray[np.int32]]] = OrderedDict()
        self._made = 0
        self._run = secrets.token_hex(4)
        self.forgotten = 0

    @property
    def stamp(self) -> str:
        """Changes when a list was forgotten: who has an old answer with its name must ask again."""
        return f"{self._run}-{self.forgotten}"

    def put(self, chips: Chips, positions: Positions) -> str:
        """Remember a list; its name."""
        with self._lock:
            self._made += 1
            name = f"{self._run}-{self._made:x}"
            self._lists[name] = chips, positions.astype(np.int32)
            while len(self._lists) > KEPT:
                self._lists.popitem(last=False)
                self.forgotten += 1
            return name

    def holds(self, name: str) -> bool:
        """Whether a list is remembered still."""
        with self._lock:
            if name in self._lists:
                self._lists.move_to_end(name)
                return True
            return False

    def still(
        self, pin: str | None, keep: tuple[str, int] | None, *, anew: bool
    ) -> tuple[str | None, tuple[str, int] | None, bool]:
        """The lists asked for, and whether they were left out because one is forgotten: only where ``anew``."""
        named = pin or (keep[0] if keep else None)
        lost = anew and named is not None and not self.holds(named)
        return (None, None, True) if lost else (pin, keep, False)

    def get(self, name: str, chips: Chips) -> Positions:
        """A list, told as positions in the chips that there are now; those that are gone are left out.

        Raises:
            ConflictError: It is forgotten.
        """
        with self._lock:
            known = self._lists.get(name)
            if known is None:
                raise ConflictError(
                    "this list is no longer remembered", asked=f"pin={name}",
                    found=f"the last {KEPT} lists since the server was started",
                    hint="ask without pin: the list as it is now comes with a new one",
                )  # fmt: skip
            if known[0] is not chips:
                moved = chips.moved(known[0])[known[1]]
                known = chips, moved[moved >= 0].astype(np.int32)
                self._lists[name] = known
            self._lists.move_to_end(name)
            return known[1].astype(np.int64)


def check_keep(text: str | None) -> tuple[str, int] | None:
    """``PIN:COUNT``, read.

    Raises:
        InputError: It is not of this form.
    """
    if not text:
        return None
    found = _KEEP.fullmatch(text)
    if found is None:
        raise InputError("keep says which list, and how many of its chips stay", asked=f"keep={text[:80]}",
                         hint="write keep=PIN:COUNT")  # fmt: skip
    return found[1], int(found[2])


def kept_first(first: Positions, then: Positions, length: int) -> Positions:
    """Some chips, then the others of a list; none twice. ``length`` is the number of all chips."""
    there = np.zeros(length, bool)
    there[first] = True
    return np.concatenate([first, then[~there[then]]])
