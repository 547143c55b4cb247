"""Q0: every file is there, is known, and has the size and checksum that are stated for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from groundset.release._check_folder import CATALOG, Folder, Stated
from groundset.release._check_types import Finding, error, not_checked, warning

# multihash prefix (code and length in bytes) -> name of the algorithm in hashlib
_ALGORITHMS = {"1220": "sha256", "1114": "sha1", "1340": "sha512", "1630": "sha3_384", "1620": "sha3_256",
               "1440": "sha3_512", "d50110": "md5"}  # fmt: skip
_CHUNK = 1 << 20
WANTED = "1220 and 64 hexadecimal digits (SHA-256)"


def algorithm_of(checksum: str) -> str | None:
    """The algorithm of a multihash, None where it is not known or the digest is not as long as it must be."""
    for prefix, name in _ALGORITHMS.items():
        if checksum.startswith(prefix) and len(checksum) == len(prefix) + 2 * hashlib.new(name).digest_size:
            return name
    return None


def digest(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Digests of a file by several algorithms in one reading."""
    sums = {name: hashlib.new(name) for name in algorithms}
    with path.open("rb") as f:
        while chunk := f.read(_CHUNK):
            for one in sums.values():
                one.update(chunk)
    return {name: one.hexdigest() for name, one in sums.items()}


def known_files(folder: Folder) -> list[Finding]:
    """Files that nothing refers to."""
    wanted = "no file that nothing refers to"
    return [
        error("Q0", path, "stray file", f"{size} bytes", wanted)
        for path, size in folder.files.items()
        if path not in folder.stated
    ]


def check_file(root: Path, path: str, size: int, stated: tuple[Stated, ...]) -> list[Finding]:
    """Size and checksum of one file against all that is said of it."""
    out: list[Finding] = []
    if path != CATALOG and not any(s.checksum is not None for s in stated):
        out.append(error("Q0", path, "no checksum is stated for this file", "nothing", WANTED))
    wanted: dict[str, set[str]] = {}
    for one in stated:
        out += _size(path, size, one)
        if one.checksum is None:
            continue
        text = str(one.checksum)
        name = algorithm_of(text.lower())
        if name is None:
            out += _unknown(path, text, one)
            continue
        if name != "sha256":
            out.append(warning("Q0", path, f"checksum of another algorithm, stated by {one.by}", name, WANTED))
        wanted.setdefault(name, set()).add(text.lower())
    return out + list(_compare(root, path, wanted))


def _size(path: str, size: int, one: Stated) -> Iterator[Finding]:
    if one.size is not None and (isinstance(one.size, bool) or one.size != size):
        yield error("Q0", path, f"size in bytes, stated by {one.by}", size, one.size)


def _unknown(path: str, text: str, one: Stated) -> Iterator[Finding]:
    what = f"checksum stated by {one.by}"
    if re.fullmatch(r"[0-9a-f]{16,}", text) and not text.startswith("1220"):
        yield not_checked("Q0", path, f"{what} is of an algorithm that is not known", text, WANTED)
    else:
        yield error("Q0", path, f"{what} is no multihash", text, WANTED)


def _compare(root: Path, path: str, wanted: dict[str, set[str]]) -> Iterator[Finding]:
    if not wanted:
        return
    try:
        sums = digest(root / path, wanted)
    except OSError as reason:
        yield error("Q0", path, "not readable", str(reason), "a readable file")
        return
    for name, texts in wanted.items():
        for text in sorted(texts):
            prefix = text[: -len(sums[name])]
            if prefix + sums[name] != text:
                yield error("Q0", path, f"checksum ({name})", prefix + sums[name], text)
