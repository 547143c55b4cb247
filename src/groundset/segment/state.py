"""Whether a model's masks are still what a new run would make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundset._files import sha256_file, write_text
from groundset.chips import Chip
from groundset.core import BandSet, Scheme
from groundset.lake import Lake

_FILE = "run.json"
FORMAT = 1
"""Raised when features or masks are made differently, so that old runs do not count as the same."""


def fingerprint(
    kind: str, settings: Any, seed: int, chips: Iterable[Chip], bands: Sequence[BandSet], scheme: Scheme
) -> str:
    """One hash of everything but the labels that the masks depend on."""
    digest = hashlib.sha256()
    known = {
        "format": FORMAT,
        "kind": kind,
        "settings": settings,
        "seed": seed,
        "bands": [[asdict(b) for b in some] for some in bands],
        "scheme": [asdict(c) for c in scheme],
    }
    digest.update(json.dumps(known, sort_keys=True, default=str).encode())
    for name in sorted(f"{c.id} {c.window}" for c in chips):
        digest.update(name.encode())
    return digest.hexdigest()


def sums(files: Iterable[Path]) -> list[str]:
    """Checksums of files, in order."""
    return [sha256_file(f) for f in files]


def remember(folder: Path, mark: str, head: int, chips: int) -> None:
    """Note in the model folder what its masks were made from and the journal's head after they were entered."""
    write_text(folder / _FILE, json.dumps({"fingerprint": mark, "head": head, "chips": chips}, indent=1))


def unchanged(lake: Lake, folder: Path, mark: str, task: str, *, needs_labels: bool) -> int | None:
    """Chips proposed for by the last run, where a new one would come to the same; else None.

    Args:
        lake: The workspace.
        folder: The model's.
        mark: Its fingerprint now.
        task: The task.
        needs_labels: Whether labels matter (not for somebody else's model).
    """
    with suppress(OSError, ValueError, KeyError):
        known = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if known["fingerprint"] != mark or not (folder / "item.json").is_file():
            return None
        for event in lake.journal.events(since=known["head"]):
            by_model = event.actor.startswith("model:")
            if event.kind == "undo" or (event.task == task and (needs_labels or by_model)):
                return None  # other labels, or another model has spoken since
        return int(known["chips"])
    return None
