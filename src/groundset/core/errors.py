"""What can go wrong, told with the numbers: what was asked, what was found, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


class QueryError(InputError):
    """A mistake in the text of a filter or of SQL, and where in the text it stands.

    Args:
        message: One sentence that says what went wrong.
        text: The whole text.
        start: Where the mistake begins, in characters from 0; None where nobody can say.
        end: Where it ends; at least one after ``start``, so that an end of the text can be pointed at too.
        near: Names that were probably meant, the nearest first, as they are to be written.
        asked: As of every error.
        found: As of every error.
        hint: As of every error.
    """

    def __init__(
        self, message: str, *, text: str = "", start: int | None = None, end: int | None = None,
        near: Sequence[str] = (), asked: object | None = None, found: object | None = None, hint: str | None = None,
    ) -> None:  # fmt: skip
        self.text, self.start, self.near = text, start, tuple(near)
        self.end = None if start is None else max(start + 1, start + 1 if end is None else end)
        super().__init__(message, asked=asked, found=found, hint=hint)

    @property
    def line(self) -> int:
        """Line of ``start``, from 1."""
        return self.text.count("\n", 0, self.start or 0) + 1

    @property
    def column(self) -> int:
        """Column of ``start`` in its line, from 1."""
        at = self.start or 0
        return at - (self.text.rfind("\n", 0, at) + 1) + 1

    def pointed(self, width: int = 100) -> tuple[str, str] | None:
        """The line with the mistake, cut to what is about it, and ``^^^`` to stand below it; None without place."""
        if self.start is None or self.end is None:
            return None
        line = self.text.split("\n")[self.line - 1]
        at = self.column - 1
        first = 0 if len(line) <= width else max(0, at - width // 2)
        shown = line[first : first + width]
        before, after = "... " if first else "", " ..." if first + width < len(line) else ""
        signs = min(self.end - self.start, max(1, len(shown) - (at - first)))
        return before + shown + after, " " * (len(before) + at - first) + "^" * signs


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


def few(values: Sequence[object], most: int = 5) -> str:
    """The first values, joined by commas, and how many more there are: ``a, b and 3 more``."""
    more = f" and {len(values) - most:,} more" if len(values) > most else ""
    return ", ".join(str(v) for v in values[:most]) + more
