"""A job's process as the server holds it: started in a group of its own, heard line by line, stopped or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

LONGEST = 16 << 20
"""Bytes of one line that is heard; a longer one is none of ours."""


class JobProcess:
    """One running job.

    Args:
        asked: What to do: root, verb, options and what may be read.
        log: File that takes what it prints.
        environment: Its variables.
    """

    def __init__(self, asked: dict[str, Any], log: Path, environment: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # our own module, no shell
                [sys.executable, "-m", "groundset.server._job"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C in the server's terminal is not for it; and it can be killed whole
            )
        self._killer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._gone = False
        self._say(json.dumps(asked) + "\n")

    @property
    def pid(self) -> int:
        """Process id; also the id of the group of all its workers."""
        return self._process.pid

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it tells, until it ends."""
        out = self._process.stdout
        assert out is not None
        while line := out.readline(LONGEST):
            with suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message

    def stop(self, grace: float) -> None:
        """Ask it to stop at its next step; kill it where it has not ended after ``grace`` seconds."""
        self._say("stop\n")
        self._killer = threading.Timer(grace, self.kill)
        self._killer.daemon = True
        self._killer.start()

    def kill(self) -> None:
        """End it and all its workers now."""
        with self._lock:
            if not self._gone:
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end, and see that no worker outlives it; its exit code, or minus the signal."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.kill()  # before it is reaped, so that the group's id is still its own
        with self._lock:
            self._gone = True
            code = self._process.wait()
        if self._killer is not None:
            self._killer.cancel()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return code

    def _say(self, text: str) -> None:
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
