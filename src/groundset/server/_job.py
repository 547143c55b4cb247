"""The process of one job: reads what to do from stdin, tells how far it is on stdout, one JSON object a line.

A line or the end of stdin stops it: a line says that somebody asked for it, the end that the server is gone. Either way
the next step of the work raises ``StoppedError``, so that what was finished is kept. Where no next step comes within a
grace time after the server's end, the process ends itself with all its workers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from groundset.core import GroundsetError, Step, StoppedError

ORPHAN_GRACE = 3.0
"""Seconds to end cleanly once the server is gone."""


class Line:
    """The pipe to the server: JSON lines out, stop in."""

    def __init__(self, out: TextIO, heard: TextIO) -> None:
        self._out, self._heard = out, heard
        self._lock = threading.Lock()
        self.stop = threading.Event()

    def tell(self, message: dict[str, Any]) -> None:
        """Tell the server one thing; to a server that is gone it is said in vain."""
        try:
            with self._lock:
                self._out.write(json.dumps(message, ensure_ascii=False, default=str) + "\n")
                self._out.flush()
        except (BrokenPipeError, ValueError):
            self.stop.set()

    def progress(self, step: Step) -> None:
        """Hear a step of the work, and stop it there where that was asked for."""
        if self.stop.is_set():
            raise StoppedError("stopped", hint="resume it to go on; what was finished is kept")
        self.tell({"step": asdict(step)})

    def watch(self) -> None:
        """Wait for the word to stop, or for the server's end."""
        said = self._heard.readline()
        self.stop.set()
        if said and self._heard.read() == "":  # asked to stop, and later the server went too
            said = ""
        if not said:
            time.sleep(ORPHAN_GRACE)
            os.killpg(0, signal.SIGKILL)


@contextmanager
def workers() -> Iterator[Executor | None]:
    """One process for each core, as on the command line."""
    count = len(os.sched_getaffinity(0))
    if count == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(count, mp_context=get_context("forkserver")) as pool:
        yield pool


def work(asked: dict[str, Any], line: Line) -> dict[str, Any]:
    """Run the verb; returns the last message."""
    from groundset.server.addresses import Addresses
    from groundset.server.job_options import OPTIONS
    from groundset.server.verbs import Run, run_verb
    from groundset.workspace import open as open_workspace

    options = OPTIONS[asked["verb"]].model_validate(asked["options"])
    root, reads = Path(asked["root"]), asked["reads"]
    addresses = Addresses(
        root, [Path(p) for p in reads["data_roots"]], allow_private_networks=reads["allow_private_networks"]
    )
    with open_workspace(root) as ws, workers() as pool:
        outcome = run_verb(Run(ws, pool, line.progress, addresses, asked.get("actor")), asked["verb"], options)
    return {"done": {"summary": outcome.summary, "result": outcome.result, "changed": outcome.changed}}


def ended(error: BaseException) -> dict[str, Any]:
    """The last message of a work that did not end well; a traceback goes to the log alone."""
    if isinstance(error, StoppedError):
        return {"stopped": True}
    if isinstance(error, GroundsetError):
        kind, told = type(error).__name__, (error.message, error.asked, error.found, error.hint)
    else:
        traceback.print_exception(error, file=sys.stderr)
        kind, told = "", ("the work failed for a reason that was not foreseen", None, type(error).__name__, None)
    return {"problem": {"kind": kind, **dict(zip(("message", "asked", "found", "hint"), told, strict=True))}}


def main() -> int:
    """Do one job."""
    line = Line(os.fdopen(os.dup(1), "w", encoding="utf-8"), sys.stdin)
    os.dup2(2, 1)  # what libraries print goes to the log
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=line.watch, daemon=True).start()
    try:
        message = work(asked, line)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever it was, the server hears of it
        message = ended(error)
    line.tell(message)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # the watching thread sits in a read that no clean end of the interpreter waits for
