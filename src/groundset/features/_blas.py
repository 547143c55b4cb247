"""One BLAS thread while features are computed: the same bits on every executor, and no fight over cores."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_lock = threading.Lock()
_holders: list[int] = []
_limit: list[Any] = []


@cache
def _controller(scipy: bool) -> Any:  # noqa: ARG001  # SciPy brings a BLAS of its own, loaded later than numpy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread until the last of all threads that asked for it leaves."""
    with _lock:
        if not _holders:
            _limit.append(_controller("scipy.linalg" in sys.modules).limit(limits=1, user_api="blas"))
            _limit[0].__enter__()
        _holders.append(0)
    try:
        yield
    finally:
        with _lock:
            _holders.pop()
            if not _holders:
                _limit.pop().__exit__(None, None, None)
