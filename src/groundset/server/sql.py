"""SQL for whoever may read: each question is answered by a process of its own, which has limits and is killed at them.

DuckDB in that process sees the views alone (no files, no network, locked settings); the process itself has a limit of
memory (``RLIMIT_AS``) and of time, since not all that DuckDB does counts its memory or hears an interrupt.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from groundset.core import InputError, QueryError, ServiceError
from groundset.query.sql import check
from groundset.server.problems import TooManyError

SECONDS = 20.0
MEMORY = 4 << 30
"""Most bytes of address space of the process, beside what the workspace takes in it before the question is run."""
LARGEST = 64 << 20
"""Most bytes of an answer."""
AT_ONCE = 2
_START = 30.0
_WAIT = 10.0

TYPES: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_places = threading.BoundedSemaphore(AT_ONCE)


def ask(root: Path, text: str, *, form: str, limit: int) -> bytes:
    """The answer in a form of :data:`TYPES`.

    Raises:
        QueryError: The text is no question; says where.
        InputError: It took too long, too much memory, or its answer is too large.
        TooManyError: Others ask already.
        ServiceError: The process ended without an answer.
    """
    check(text)
    if not _places.acquire(timeout=_WAIT):
        raise TooManyError("others are asking already", found=f"{AT_ONCE} questions at once", hint="ask again")
    try:
        return _answered(_run({"root": str(root), "sql": text, "form": form, "limit": limit}))
    finally:
        _places.release()


def _run(asked: Mapping[str, object]) -> bytes:
    alive, ours = os.pipe()  # its other end closes with this process, however that ends
    told = {**asked, "seconds": SECONDS, "memory": MEMORY, "largest": LARGEST, "alive": alive}
    try:
        done = subprocess.run(  # our own module, no shell
            [sys.executable, "-m", "groundset.server._sql"], input=json.dumps(told).encode(), capture_output=True,
            timeout=SECONDS + _START, check=False, pass_fds=(alive,),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError("this question took too long", asked=f"{SECONDS:g} s", hint="ask for less") from None
    finally:
        os.close(alive)
        os.close(ours)
    if not done.stdout:
        raise InputError(
            "this question needs too much memory", found=f"its process ended with {done.returncode}",
            hint="ask for less",
        )  # fmt: skip
    return done.stdout


def _answered(out: bytes) -> bytes:
    """What stands behind the first line, which says how it went."""
    line, _, rest = out.partition(b"\n")
    try:
        told = json.loads(line)
    except ValueError:
        raise ServiceError("the process that answers SQL said something else", found=line[:80]) from None
    if told["ok"]:
        return rest
    words = {name: told.get(name) for name in ("asked", "found", "hint")}
    if told.get("text") is None:
        raise InputError(told["message"], **words)
    place = {name: told.get(name) for name in ("text", "start", "end", "near")}
    raise QueryError(told["message"], **words, **place)
