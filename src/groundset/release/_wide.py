"""Work through an executor, a bounded number of pieces at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_PENDING = 64


def wide(executor: Executor | None, function: Callable[[A], B], pieces: Sequence[A]) -> Generator[tuple[A, B]]:
    """Each piece with what became of it, as they finish.

    When the caller stops, or a piece fails, nothing is running any more once this has returned: the folder that the
    pieces write into can be removed.
    """
    if executor is None:
        for piece in pieces:
            yield piece, function(piece)
        return
    running: dict[Future[B], A] = {}
    todo = iter(pieces)
    try:
        while True:
            for piece in todo:
                running[executor.submit(function, piece)] = piece
                if len(running) >= _PENDING:
                    break
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
        wait([f for f in running if not f.cancelled()])
