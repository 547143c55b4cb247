"""The process that answers one question in SQL: asked on stdin, it answers on stdout, one line of how it went first."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

from groundset.core import GroundsetError, InputError, QueryError


def main() -> None:
    """Answer, and end."""
    asked = json.load(sys.stdin)
    threading.Thread(target=_ends_with, args=(asked["alive"],), daemon=True).start()
    out = sys.stdout.buffer
    try:
        data = _answer(asked)
        head: dict[str, Any] = {"ok": True}
    except MemoryError:
        head, data = _problem(InputError("this question needs too much memory", hint="ask for less")), b""
    except GroundsetError as error:
        head, data = _problem(error), b""
    out.write(json.dumps(head).encode() + b"\n" + data)
    out.flush()


def _ends_with(alive: int) -> None:
    """End once whoever asked is gone: nobody would read the answer."""
    os.read(alive, 1)
    os._exit(1)


def _answer(asked: dict[str, Any]) -> bytes:
    from groundset.query import written
    from groundset.query.sql import ask, needs_scores
    from groundset.workspace import open as open_workspace

    limit, form = asked["limit"], asked["form"]
    with open_workspace(asked["root"]) as ws:
        if needs_scores(asked["sql"]):
            ws.ranker  # noqa: B018  # scores come with it
        answer = ask(
            ws.lake, ws.index, asked["sql"], seconds=asked["seconds"], memory="1GB", most=limit + 1,
            ready=lambda: _limit(asked["memory"]),
        )  # fmt: skip
    table = answer.table.slice(0, limit)
    if form == "json":
        rows = [list(row.values()) for row in written.plain_rows(table)]
        columns = [{"name": f.name, "type": str(f.type)} for f in table.schema]
        data = json.dumps({"columns": columns, "rows": rows, "complete": len(answer) <= limit}).encode()
    else:
        data = b"".join(written.csv_pieces(table)) if form == "csv" else written.parquet(table)
    if len(data) > asked["largest"]:
        raise InputError(
            "the answer is too large", found=f"{len(data):,} bytes", asked=f"at most {asked['largest']:,}",
            hint="ask for fewer rows or columns, or use groundset sql",
        )  # fmt: skip
    return data


def _limit(beside: int) -> None:
    """From here on the process may take so much more memory; no limit where that is not told."""
    told = Path("/proc/self/statm")
    if not told.exists():
        return
    now = int(told.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + beside, hard))


def _problem(error: GroundsetError) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ok": False, "message": error.message, "asked": error.asked, "found": error.found, "hint": error.hint,
    }  # fmt: skip
    if isinstance(error, QueryError):
        told |= {"text": error.text, "start": error.start, "end": error.end, "near": error.near}
    return told


if __name__ == "__main__":
    main()
