"""What can go wrong, told with the numbers: what was asked, what was found, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class GroundsetError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: One sentence that says what went wrong.
        asked: What was asked for, with its value.
        found: What there is instead, with its value.
        hint: What to do about it.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, asked: object | None = None, found: object | None = None, hint: str | None = None
    ) -> None:
        self.message = message
        self.asked = None if asked is None else str(asked)
        self.found = None if found is None else str(found)
        self.hint = hint
        parts = [message.rstrip(".")]
        if self.asked is not None:
            parts.append(f"asked: {self.asked}")
        if self.found is not None:
            parts.append(f"found: {self.found}")
        if hint is not None:
            parts.append(hint.rstrip("."))
        super().__init__(" ".join(part if part.endswith("?") else f"{part}." for part in parts))


class InputError(GroundsetError):
    """The user's mistake: a wrong value, file or call. The command line exits with 2."""

    exit_code = 2


class MissingError(InputError):
    """Something named does not exist: a chip, a class, a file, a release."""


class ConflictError(InputError):
    """Something is there already, or in use, or of another kind: an existing release, a second ingest."""


class ServiceError(GroundsetError):
    """A remote service or the disk failed: S3, a STAC API, no space left. Trying again may help."""


class StoppedError(GroundsetError):
    """A long work was stopped on request. What was finished is kept; running it again goes on."""

    exit_code = 130


@contextmanager
def of_option(name: str) -> Iterator[None]:
    """Errors raised inside speak of this option: what was asked begins with its name, as ``block = banana``."""
    try:
        yield
    except GroundsetError as error:
        asked = name if error.asked is None else f"{name} = {error.asked}"
        raise type(error)(error.message, asked=asked, found=error.found, hint=error.hint) from error
