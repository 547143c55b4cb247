"""Whether a scene's files are still where they were, and a mark that changes when one of them does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from groundset.core import ConflictError
from groundset.imagery.scene import Scene
from groundset.imagery.signing import is_remote

_ARCHIVES = {"/vsizip/": ".zip", "/vsitar/": ".tar", "/vsigzip/": ".gz"}


class MovedError(ConflictError):
    """A scene is known, but a file that it lies in is not where it was."""


def local_file(href: str) -> Path | None:
    """The file on this machine that an address names (the archive, of a file in one); None for a remote one."""
    if is_remote(href):
        return None
    for prefix, ending in _ARCHIVES.items():
        if href.startswith(prefix):
            inner = href.removeprefix(prefix)
            if inner.startswith("{"):
                return Path(inner[1:].partition("}")[0])
            end = inner.lower().find(ending + "/")
            return Path(inner if end < 0 else inner[: end + len(ending)])
    if href.startswith("/vsi"):
        return None
    return Path(unquote(urlsplit(href).path) if href.startswith("file://") else href)


def hrefs(scene: Scene) -> list[str]:
    """The addresses that a scene's bands and flags lie at, each once, in order."""
    return list(dict.fromkeys(_all(scene)))


def absent(scene: Scene) -> list[Path]:
    """Local files of a scene that are not there. Remote ones are not asked for."""
    files = [local_file(h) for h in hrefs(scene)]
    return [f for f in dict.fromkeys(files) if f is not None and not f.exists()]


def moved(scene: Scene) -> MovedError | None:
    """What to say where a scene's files are not all there; else None."""
    gone = absent(scene)
    if not gone:
        return None
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    return MovedError(
        f"the pixels of {scene.id} cannot be read: a file is not where it was",
        asked=f"{gone[0]}{more}",
        found="no such file",
        hint="put the file back there; labels, quicklooks and releases are not touched by this",
    )


def check_there(scene: Scene) -> None:
    """Refuse a scene whose files are not all there.

    Raises:
        MovedError: Names the file.
    """
    error = moved(scene)
    if error is not None:
        raise error


def marks(scene: Scene) -> tuple[object, ...]:
    """Differs once a local file of the scene has changed: size and time of each, None where it is gone."""
    return tuple(mark_of(h) for h in hrefs(scene))


def stamp(scene: Scene) -> str:
    """Changes when the scene or a local file of it does; 32 hexadecimal digits."""
    return hashlib.sha256(f"{scene!r} {marks(scene)!r}".encode()).hexdigest()[:32]


def mark_of(href: str) -> tuple[int, int] | None:
    """Size and time of a local file; None where it is remote or gone."""
    path = local_file(href)
    try:
        stat = None if path is None else path.stat()
    except OSError:
        return None
    return None if stat is None else (stat.st_size, stat.st_mtime_ns)


def _all(scene: Scene) -> Iterator[str]:
    for of_band in scene.sources:
        for source in of_band:
            yield source.href
    if scene.flags is not None:
        for source in (scene.flags.source, *scene.flags.others):
            yield source.href
