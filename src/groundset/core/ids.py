"""Identities that are safe in a URL and in a file name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from groundset.core.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check_name(name: str, what: str) -> str:
    """Return ``name`` if it is safe as a file name and in a URL.

    Raises:
        InputError: It is empty, too long, or has other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise InputError(
            f"this cannot be the name of {'an' if what[0] in 'aeiou' else 'a'} {what}",
            asked=repr(name),
            hint="take 1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit, without '..'",
        )
    return name


def is_plain(text: str) -> bool:
    """Whether a text is one line that can be written as UTF-8: no control characters, no lone surrogates."""
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def safe_name(text: str) -> str:
    """A name made from any text: every unsafe run of characters becomes one ``-``."""
    name = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", text)).strip("-._")[:128]
    return check_name(name or "scene", "scene")


@dataclass(frozen=True, slots=True, order=True)
class ChipId:
    """``SCENE_LEVEL_ROW_COL``; the scene may itself contain ``_``, so it is parsed from the right."""

    scene: str
    level: int
    row: int
    col: int

    def __str__(self) -> str:
        return f"{self.scene}_{self.level}_{self.row}_{self.col}"

    @classmethod
    def parse(cls, text: str) -> ChipId:
        """Read a chip id.

        Raises:
            InputError: ``text`` is not of the form ``SCENE_LEVEL_ROW_COL``.
        """
        parts = text.rsplit("_", 3)
        numbers = parts[1:]
        if len(parts) != 4 or not parts[0] or not all(re.fullmatch(r"0|[1-9][0-9]{0,8}", n) for n in numbers):
            raise InputError("this is not a chip id", asked=repr(text), hint="the form is SCENE_LEVEL_ROW_COL")
        return cls(check_name(parts[0], "scene"), *(int(n) for n in numbers))
