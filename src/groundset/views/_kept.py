"""A bounded store of bytes that took time to make: the least used go first, and nothing is made twice at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future


class Kept:
    """Bytes by key, up to ``limit`` bytes in all. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._there: OrderedDict[Hashable, bytes] = OrderedDict()
        self._coming: dict[Hashable, Future[bytes]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What is kept under ``key``; made by the first who asks, while others wait for it. Errors are not kept."""
        with self._lock:
            if key in self._there:
                self._there.move_to_end(key)
                return self._there[key]
            waiting = self._coming.get(key)
            if waiting is None:
                mine: Future[bytes] = Future()
                self._coming[key] = mine
        if waiting is not None:
            return waiting.result()
        try:
            data = make()
        except BaseException as error:
            mine.set_exception(error)
            with self._lock:
                del self._coming[key]
            raise
        self._keep(key, data)
        mine.set_result(data)
        return data

    def _keep(self, key: Hashable, data: bytes) -> None:
        with self._lock:
            del self._coming[key]
            self._there[key] = data
            self._size += len(data)
            while self._size > self._limit and self._there:
                self._size -= len(self._there.popitem(last=False)[1])
