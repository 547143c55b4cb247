"""A scheme: an ordered list of classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from groundset.core.constants import NOT_APPLICABLE, UNLABELLED
from groundset.core.errors import InputError, MissingError

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class SchemeClass:
    """One class: code (0 to 254), name (unique, used in files and URLs), title, colour ``#rrggbb``."""

    code: int
    name: str
    title: str
    color: str
    parent: str | None = None
    definition: str | None = None
    synonyms: tuple[str, ...] = ()
    nodata: bool = False
    uri: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.code < UNLABELLED:
            raise InputError("a class code must be 0 to 254 (255 means unlabelled)", found=f"{self.name}={self.code}")
        if not self.name or self.name != self.name.strip():
            raise InputError("a class needs a name without blanks around it", found=repr(self.name))
        if not _COLOR.fullmatch(self.color):
            raise InputError("a colour is #rrggbb", asked=self.name, found=repr(self.color))

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Colour as three values 0 to 255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)

    @property
    def not_applicable(self) -> bool:
        """Whether this is the class for pixels that cannot be answered."""
        return self.nodata or self.name == NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Scheme:
    """Classes in order. At most one of them is the not-applicable one."""

    name: str
    classes: tuple[SchemeClass, ...]

    def __post_init__(self) -> None:
        for what, values in (("code", [str(c.code) for c in self]), ("name", [c.name for c in self])):
            twice = sorted({v for v in values if values.count(v) > 1})
            if twice:
                raise InputError(f"each class {what} must be there once", found=f"{', '.join(twice)} twice")
        if sum(c.not_applicable for c in self) > 1:
            raise InputError("only one class can be not-applicable", found=[c.name for c in self if c.not_applicable])
        for c in self:
            if c.parent and c.parent not in [d.name for d in self]:
                raise InputError("the parent of a class must be a class", asked=f"{c.name} -> {c.parent}")

    def __iter__(self) -> Iterator[SchemeClass]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in order."""
        return tuple(c.name for c in self.classes)

    @property
    def not_applicable(self) -> SchemeClass | None:
        """The not-applicable class, if the scheme has one."""
        return next((c for c in self.classes if c.not_applicable), None)

    @property
    def answerable(self) -> tuple[SchemeClass, ...]:
        """All classes but the not-applicable one: those that count in scores."""
        return tuple(c for c in self.classes if not c.not_applicable)

    def find(self, name_or_code: str | int) -> SchemeClass:
        """The class of this name or code.

        Raises:
            MissingError: Not in the scheme; names the classes that are.
        """
        text = str(name_or_code).strip()
        for c in self.classes:
            if text == c.name or text == str(c.code):
                return c
        near = get_close_matches(text, self.names, 1)
        raise MissingError(
            f"class not in the scheme {self.name}",
            asked=repr(text),
            found=", ".join(f"{c.name} ({c.code})" for c in self.classes),
            hint=f"did you mean {near[0]}?" if near else "name one of these, or map it with a sheet",
        )
