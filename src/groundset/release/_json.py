"""JSON as a release writes it: the same value, the same bytes."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundset.release.facts import FileFacts


def dump(value: Any) -> bytes:
    """UTF-8, two blanks of indent, keys in the order given; NaN is refused."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write(root: Path, path: str, value: Any) -> FileFacts:
    """Write JSON at ``path`` below ``root``."""
    data = dump(value)
    (root / path).write_bytes(data)
    return facts_of(path, data)


def facts_of(path: str, data: bytes) -> FileFacts:
    """Size and checksum of a file's bytes."""
    import hashlib

    return FileFacts(path, len(data), hashlib.sha256(data).hexdigest())


def rfc3339(time: datetime) -> str:
    """A time in UTC with ``Z``, to the microsecond where it has any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def finite(value: float | None) -> float | None:
    """The value, None in place of NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None
