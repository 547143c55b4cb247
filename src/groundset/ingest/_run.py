"""Many strips through an executor, a bounded number at a time, in whatever order they are finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import TypeVar

from groundset.core import ServiceError

Key = TypeVar("Key")
Job = TypeVar("Job")
Result = TypeVar("Result")
IN_FLIGHT = 16


def run(
    function: Callable[[Job], Result], jobs: Iterable[tuple[Key, Job]], executor: Executor | None
) -> Iterator[tuple[Key, Result]]:
    """Yield (key, function(job)) for each job as it is done; without an executor one after the other, here.

    When the caller stops listening, or a job fails, what has not begun is cancelled.

    Raises:
        ServiceError: A worker died.
    """
    if executor is None:
        for key, job in jobs:
            yield key, function(job)
        return
    coming = iter(jobs)
    waiting: dict[Future[Result], Key] = {}
    try:
        while True:
            while len(waiting) < IN_FLIGHT and (more := next(coming, None)) is not None:
                waiting[executor.submit(function, more[1])] = more[0]
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
    except BrokenExecutor as error:
        raise ServiceError(
            "a worker process died",
            found=error,
            hint="perhaps memory ran out: run it again with fewer --workers; it goes on where it stopped",
        ) from error
    finally:
        for future in waiting:
            future.cancel()
