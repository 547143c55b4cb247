"""Group commit: batches that many clients send at once share one transaction and one wait for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from groundset.core import StoppedError
from groundset.journal import Appended, Batch, Journal, NewEvent, Prepared

HEAVY = 100
"""Events from which a batch is checked beside the others and not before their eyes; so is any with a mask to read."""

Results = list[Appended]


@dataclass(eq=False, slots=True)
class _Waiting:
    """A batch on its way, and who waits for it."""

    batch: Batch
    done: asyncio.Future[Results]
    prepared: Prepared | None = None


@dataclass(eq=False)
class Writer:
    """Writes to a journal from one thread of its own. Its callers live in one event loop.

    While a group is being written the next one gathers, so that the number of clients hardly changes the number of
    waits for the disk.

    Args:
        journal: Gives the journal.
        written: Called after each group that created something.
    """

    journal: Callable[[], Journal]
    written: Callable[[], None] = lambda: None
    _gathered: list[_Waiting] = field(default_factory=list)
    _busy: bool = False
    _closed: bool = False
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "journal"))
    _checkers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "journal-check"))

    async def append(self, batch: Batch) -> Results:
        """What became of each event of a batch, once all created ones are on disk.

        Raises:
            ServiceError: The journal cannot be written; nothing of the batch was created.
            StoppedError: The server is stopping.
        """
        loop = asyncio.get_running_loop()
        if self._closed:
            raise StoppedError("the server is stopping", hint="send it again; the same ids change nothing")
        waiting = _Waiting(batch, loop.create_future())
        if _heavy(batch.new):
            waiting.prepared = await loop.run_in_executor(self._checkers, self._prepare, batch)
        self._gathered.append(waiting)
        self._begin(loop)
        return await waiting.done

    def close(self) -> None:
        """Write what is gathered, then stop."""
        self._closed = True
        self._checkers.shutdown(wait=True)
        self._thread.shutdown(wait=True)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._busy or not self._gathered:
            return
        self._busy = True
        group, self._gathered = self._gathered, []

        def answered(written: asyncio.Future[list[Results | BaseException]]) -> None:
            self._busy = False
            self._answer(group, written)
            self._begin(loop)

        try:
            loop.run_in_executor(self._thread, self._write, group).add_done_callback(answered)
        except RuntimeError:  # closed meanwhile
            self._busy = False
            _fail(group, StoppedError("the server is stopping", hint="send it again; the same ids change nothing"))

    def _answer(self, group: Sequence[_Waiting], written: asyncio.Future[list[Results | BaseException]]) -> None:
        error = written.exception()
        if error is not None:
            _fail(group, error)
            return
        results = written.result()
        for waiting, result in zip(group, results, strict=True):
            if waiting.done.done():
                continue  # whoever sent it has gone
            if isinstance(result, BaseException):
                waiting.done.set_exception(result)
            else:
                waiting.done.set_result(result)
        if any(r.status == "created" for result in results if isinstance(result, list) for r in result):
            self.written()

    def _write(self, group: Sequence[_Waiting]) -> list[Results | BaseException]:
        """In the journal's thread: check what is light, write all in one transaction."""
        journal = self.journal()
        light = [w for w in group if w.prepared is None]
        failed: dict[_Waiting, BaseException] = {}
        try:
            for waiting, prepared in zip(light, journal.prepare([w.batch for w in light]), strict=True):
                waiting.prepared = prepared
        except Exception:  # noqa: BLE001  # one batch's check broke: find out whose
            for waiting in light:
                try:
                    waiting.prepared = self._prepare(waiting.batch)
                except Exception as error:  # noqa: BLE001  # told to whoever sent it
                    failed[waiting] = error
        ready = [(w, w.prepared) for w in group if w.prepared is not None and w not in failed]
        written = dict(zip([w for w, _ in ready], journal.commit([p for _, p in ready]), strict=True))
        return [written[w] if w in written else failed[w] for w in group]

    def _prepare(self, batch: Batch) -> Prepared:
        return self.journal().prepare([batch])[0]


def _heavy(new: Sequence[NewEvent]) -> bool:
    return len(new) > HEAVY or any(event.kind == "mask" for event in new)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
