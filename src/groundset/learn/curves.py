"""Learning curves of tasks: worked out behind the requests, one at a time, kept until labels change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from groundset.core import GroundsetError
from groundset.learn.training import blocks

if TYPE_CHECKING:
    from groundset.learn.curve import CurveResult
    from groundset.learn.snapshot import Snapshot

MOST = 3_000
"""Labels that a curve looks at."""

_log = logging.getLogger("groundset.learn")


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve, and whether it is the latest: ``result`` None where there is none."""

    state: Literal["none", "computing", "ready"]
    result: CurveResult | None
    says: str


class Curves:
    """Keeps a curve for each task, class and encoder. Safe to share between threads.

    Args:
        told: Called with the task when a curve is there.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int | None, str], tuple[object, Curve]] = {}
        self._waiting: dict[tuple[str, int | None, str], Snapshot] = {}
        self._worker: threading.Thread | None = None
        self._closed = threading.Event()

    def get(self, snapshot: Snapshot, code: int | None) -> Curve:
        """The curve of these labels; while it is worked out the one before it."""
        key = (snapshot.training.task.name, code, snapshot.features.encoder)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] is snapshot:
                return known[1]
            before = Curve("none", None, "") if known is None else known[1]
            self._waiting[key] = snapshot
            if self._worker is None and not self._closed.is_set():
                self._worker = threading.Thread(target=self._work, name="learning curves", daemon=True)
                self._worker.start()
            return replace(before, state="computing")

    def close(self) -> None:
        """Begin no further curve, and wait for the one at hand."""
        self._closed.set()
        worker = self._worker
        if worker is not None:
            worker.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._closed.is_set() or not self._waiting:
                    self._worker = None
                    return
                key, snapshot = self._waiting.popitem()
            try:
                made = _curve(snapshot, key[1])
            except GroundsetError as error:
                made = Curve("none", None, str(error))
            except Exception:  # noqa: BLE001  # whoever asks is told, and the next curve is begun
                _log.exception("a learning curve could not be worked out")
                made = Curve("none", None, "it could not be worked out; the server's log says why")
            with self._lock:
                self._known[key] = snapshot, made
            self._told(key[0])


def _curve(snapshot: Snapshot, code: int | None) -> Curve:
    from groundset.learn.curve import learning_curve
    from groundset.learn.model import background_of

    matrix = next(iter(snapshot.features.matrices), None)
    codes = snapshot.training.codes if code is None else snapshot.training.sign(code)
    if code is not None:
        codes = np.where(codes == 0, -1, codes > 0).astype(np.int64)
    rows = np.flatnonzero(codes >= 0) if matrix is None else np.flatnonzero((codes >= 0) & (matrix.row_of >= 0))
    if matrix is None or len(np.unique(codes[rows])) < 2:
        return Curve("none", None, "a curve needs labels of two kinds")
    chips = snapshot.features.chips
    if len(rows) > MOST:
        rows = np.sort(rows[np.argsort(chips.keys[rows], kind="stable")[:MOST]])
    where = blocks(chips, rows, codes[rows])
    result = learning_curve(matrix.rows(rows), codes[rows], where, background=background_of(matrix))
    return Curve("ready", result, result.says)
