"""Nothing is ever half-written: write beside, fsync, rename; and the sums that prove it."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from groundset.core.errors import ConflictError, ServiceError

_CHUNK = 1 << 20
_MANY = 200
_POLL_SECONDS = 0.05
_LEFT_SECONDS = 60.0
"""A folder beside another name that nobody holds, not written to for so long, is what a killed process left."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is fsynced and renamed to ``path``, else removed.

    Raises:
        ServiceError: The disk is full or cannot be written; names the path and the free space.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=f".tmp{path.suffix}", dir=path.parent)
    os.close(fd)
    beside = Path(name)
    try:
        with disk_errors(path):
            yield beside
            with beside.open("rb+") as f:
                os.fsync(f.fileno())
            beside.chmod(0o644)
            beside.replace(path)
            fsync_dir(path.parent)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


@contextmanager
def atomic_dir(path: Path, *, all_ours: bool = False) -> Iterator[Path]:
    """Like :func:`atomic` for a whole folder that does not exist yet; what killed processes left of it is removed.

    ``all_ours``: beside it lies nothing but what we make, so that what was left of other names is removed as well.
    """
    if path.exists():
        raise ConflictError("this folder is there already", found=path, hint="take another name")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(".*.tmp"):
            own = left.name.startswith(f".{path.name}.")
            with suppress(OSError):
                if own or (all_ours and time.time() - left.stat().st_mtime > _LEFT_SECONDS):
                    _remove_left(left)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        with _held(beside, must=False), disk_errors(path):
            yield beside
            fsync_tree(beside)
            beside.chmod(0o755)
            try:
                beside.rename(path)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise ConflictError("this folder is there already", found=path) from error
                raise
            fsync_dir(path.parent)
    finally:
        if beside.exists():
            shutil.rmtree(beside, ignore_errors=True)


def _remove_left(folder: Path) -> None:
    with _held(folder, must=True):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path, *, must: bool) -> Iterator[None]:
    """Hold a folder's own lock, which ends with the process: nobody holds what a killed one left.

    Raises:
        OSError: Somebody holds it, or the file system knows no locks, where it ``must`` be held.
    """
    import fcntl

    fd = os.open(folder, os.O_RDONLY)
    try:
        with nullcontext() if must else suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


def clear_unfinished(*folders: Path) -> None:
    """Remove what a killed process was writing in these folders; for whoever alone may write there."""
    for folder in folders:
        for beside in list(folder.rglob(".*.tmp*")):
            if beside.is_dir():
                shutil.rmtree(beside, ignore_errors=True)
            else:
                beside.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into a clear error that names ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
            try:
                free = f"{shutil.disk_usage(path.parent).free / 1e6:.1f} MB free"
            except OSError:
                free = "unknown free space"
            raise ServiceError(
                f"cannot write: {error.strerror}",
                asked=path,
                found=free,
                hint="free some space and run it again; what was finished is kept",
            ) from error
        raise


def fsync_tree(root: Path) -> None:
    """Make a whole folder durable; of many files at once, since one by one they would take minutes."""
    inside = list(os.walk(root))
    if sum(len(files) for _, _, files in inside) > _MANY and hasattr(os, "sync"):
        os.sync()
        return
    for folder, _, files in inside:
        for name in files:
            with (Path(folder) / name).open("rb+") as f:
                os.fsync(f.fileno())
        fsync_dir(Path(folder))


def fsync_dir(path: Path) -> None:
    """Make renames inside a folder durable (a no-op where folders cannot be opened)."""
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file atomically."""
    with atomic(path) as beside:
        beside.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file atomically, newlines as given."""
    write_bytes(path, text.encode())


def sha256_file(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as f:
        while chunk := f.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def multihash(sha256: str) -> str:
    """A SHA-256 as STAC's ``file:checksum`` wants it: multihash prefix ``1220`` and the digits."""
    return "1220" + sha256


@contextmanager
def folder_lock(path: Path, what: str, *, wait: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (a file made for it); a second holder is refused after ``wait`` seconds.

    Raises:
        ConflictError: Another process, or another thread of this one, holds it; names its process id.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as f:
        ends = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() < ends:
                    time.sleep(_POLL_SECONDS)
                    continue
                f.seek(0)
                raise ConflictError(
                    f"{what} is already running in this workspace",
                    found=f"process {f.read().strip() or 'unknown'} holds {path}",
                    hint="wait for it to end",
                ) from error
        f.seek(0)
        f.truncate()
        f.write(str(os.getpid()))
        f.flush()
        try:
            yield
        finally:
            f.seek(0)
            f.truncate()
