"""The server under 50 clients: time from sending an answer to its acknowledgement, the highest rate, and 20 kills.

A real server process and a real client process share the machine. The database waits for the disk (fsync) in SQLite and
in PostgreSQL. Each client has an event stream open, as its page would.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from _bench import REPO, finish, quick_asked, table

sys.path[:0] = [str(REPO / "tests" / "support")]

from realservers.postgres import postgres_server  # noqa: E402
from realservers.process import free_port  # noqa: E402
from serverload import Answers, crowd, lost_and_doubled, under_kills  # noqa: E402
from serving import Running, make_workspace, running  # noqa: E402

from groundset.lake import Lake  # noqa: E402

CLIENTS = 50
CHIPS = [f"s_0_{row}_{col}" for row in range(4) for col in range(4)]


def label(root: Path, seconds: float, *, every: float | None) -> Answers:
    """Answers of 50 clients for a while, each once in ``every`` seconds or as fast as it can."""
    answers = Answers(CHIPS)
    port = free_port()
    with running(root, "--port", str(port)) as server:
        # The first answers load what is loaded when it is first used.
        asyncio.run(crowd(port, Answers(CHIPS), clients=CLIENTS, until=_after(1), every=0.2))
        asyncio.run(crowd(port, answers, clients=CLIENTS, until=_after(seconds), every=every, listen=every is not None))
        server.stop()
    return answers


def kills(root: Path, times: int) -> tuple[int, int, int]:
    """Answers lost and doubled under ``times`` kills, and how many were sent again."""
    port = free_port()
    answers = Answers(CHIPS)
    with ExitStack() as stack:

        def start() -> Running:
            return stack.enter_context(running(root, "--port", str(port)))

        server = start()

        async def kill() -> None:
            nonlocal server
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
            server = await asyncio.to_thread(start)

        asyncio.run(under_kills(port, answers, clients=CLIENTS, kills=times, kill=kill))
        server.stop()
    with Lake.open(root) as lake:
        marks = [event.payload["reason"] for event in lake.journal.events()]
    return *lost_and_doubled(answers.acknowledged, marks), answers.again


def p99_ms(answers: Answers) -> float:
    """99th percentile of the seconds to acknowledgement, in milliseconds."""
    return statistics.quantiles(answers.seconds, n=100)[98] * 1000


def _after(seconds: float):  # noqa: ANN202  # a clock
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def main() -> None:
    quick = quick_asked()
    seconds = 5 if quick else 60
    metrics: dict[str, float] = {}
    rows = []
    with tempfile.TemporaryDirectory() as folder, postgres_server(fsync=True) as postgres:
        for kind, url in (("sqlite", "sqlite:///journal.db"), ("postgresql", postgres.url(postgres.create()))):
            root = Path(folder) / kind
            make_workspace(root, database=url).close()
            steady = label(root, seconds, every=1.0)
            most = label(root, seconds / 2, every=None)
            rate = len(most.acknowledged) / (seconds / 2)
            rows.append((kind, len(steady.seconds), statistics.median(steady.seconds) * 1000, p99_ms(steady), rate))
            suffix = "" if kind == "sqlite" else "_postgresql"
            metrics |= {f"label_p99_ms{suffix}": p99_ms(steady), f"labels_per_second{suffix}": rate}
        make_workspace(Path(folder) / "killed").close()
        lost, doubled, again = kills(Path(folder) / "killed", 2 if quick else 20)
    metrics |= {"lost": lost, "doubled": doubled}
    table(rows, ("50 clients", "answers", "median ms", "p99 ms", "answers/s at most"))
    print(f"\nkills: {2 if quick else 20}, answers sent again: {again}, lost: {lost}, doubled: {doubled}")
    wanted = {"label_p99_ms": ("<=", 100), "lost": ("<=", 0), "doubled": ("<=", 0)}
    if importlib.util.find_spec("_server_pixels"):
        import _server_pixels

        more, more_wanted = _server_pixels.measure(quick=quick)
        metrics |= more
        wanted |= more_wanted
    finish("server", metrics, quick, wanted=wanted, packages=("fastapi", "starlette", "uvicorn", "sqlalchemy"))


if __name__ == "__main__":
    main()
