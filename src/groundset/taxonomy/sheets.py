"""Control sheets: how the classes of one scheme become those of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from groundset._files import write_text
from groundset.core import UNLABELLED, InputError, Scheme
from groundset.taxonomy._csv import Row, read_table, write_table

Relation = Literal["exact", "close", "broad", "narrow", "ignore"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)

_NEEDED = ("from_code", "relation", "to_code")
_OPTIONAL = ("weight", "condition", "note", "author", "date")
_COLUMNS = _NEEDED + _OPTIONAL


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: ``from_code`` becomes ``to_code``. Both are codes or names; ``to_code`` is None for ``ignore``.

    ``weight`` (above 0, up to 1) says how probable this target is; ``condition`` says in words when it holds.
    """

    from_code: str
    relation: Relation
    to_code: str | None
    weight: float | None = None
    condition: str | None = None
    note: str | None = None
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read: rules in file order. ``name`` is the file's, without its ending."""

    name: str
    rules: tuple[Rule, ...]
    path: Path | None = None

    @property
    def splits(self) -> dict[str, tuple[str, ...]]:
        """Classes with several targets: they cannot be mapped, pixels of them need relabelling."""
        targets: dict[str, list[str]] = {}
        for rule in self.rules:
            if rule.to_code is not None:
                targets.setdefault(rule.from_code, []).append(rule.to_code)
        return {code: tuple(to) for code, to in targets.items() if len(to) > 1}

    def target(self, label: str | int) -> str | None:
        """What a class (as named in the sheet) becomes; None where it is ignored.

        Raises:
            InputError: The sheet does not name this class, or splits it.
        """
        text = str(label).strip()
        rule = self._by_source().get(text) or self._by_source().get(_plain(text))
        if rule is None:
            raise InputError(
                f"{self._where()} does not map every class", asked=repr(text), found=self._sources(), hint=_ADD
            )
        return rule.to_code

    def map_names(self, labels: npt.ArrayLike, to: Scheme) -> npt.NDArray[np.uint8]:
        """Codes of ``to`` for an array of labels of any type (names, codes); ignored ones are 255.

        Args:
            labels: Array of any shape, compared as text.
            to: Scheme that ``to_code`` names classes of.

        Raises:
            InputError: Labels that the sheet does not map, all of them named.
        """
        values, inverse = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        self._refuse_unmapped([str(v) for v in values])
        codes = [self._resolve(self.target(str(v)), to) for v in values]
        return np.array(codes, np.uint8)[inverse].reshape(np.shape(labels))

    def map_codes(
        self, codes: npt.NDArray[np.integer], *, source: Scheme | None = None, to: Scheme | None = None
    ) -> npt.NDArray[np.uint8]:
        """Codes of the target scheme; ignored ones and unlabelled pixels (255) are 255.

        Args:
            codes: Class codes, any shape, 255 unlabelled where ``source`` or uint8 says so.
            source: Scheme that the sheet's ``from_code`` names classes of; needed where it gives names.
            to: Scheme that ``to_code`` names classes of; needed where it gives names, checked where given.

        Returns:
            uint8 array of the same shape.

        Raises:
            InputError: Codes that the sheet does not map, all of them named; or classes not in the scheme.
        """
        values, inverse = np.unique(np.asarray(codes), return_inverse=True)
        unlabelled = np.asarray(codes).dtype == np.uint8 or source is not None
        lookup = {self._source_code(r, source): r for r in self._by_source().values()}
        missing = [int(v) for v in values if int(v) not in lookup and not (unlabelled and v == UNLABELLED)]
        if missing:
            raise InputError(
                f"{self._where()} does not map every class",
                asked=", ".join(map(str, missing)),
                found=self._sources(),
                hint=_ADD,
            )
        out = [self._resolve(lookup[int(v)].to_code, to) if int(v) in lookup else UNLABELLED for v in values]
        return np.array(out, np.uint8)[inverse].reshape(np.shape(codes))

    def check(self, source: Scheme | None = None, to: Scheme | None = None) -> None:
        """Raise unless every rule names a class of each scheme given, and every class of ``source`` has a rule."""
        lookup = {self._source_code(r, source): r for r in self._by_source().values()}
        for rule in self.rules:
            self._resolve(rule.to_code, to)
        missing = [f"{c.name} ({c.code})" for c in source or () if c.code not in lookup and not c.not_applicable]
        if missing:
            raise InputError(f"{self._where()} does not map every class", asked=", ".join(missing), hint=_ADD)

    def _by_source(self) -> Mapping[str, Rule]:
        if self.splits:
            code, to = next(iter(self.splits.items()))
            raise InputError(
                f"{self._where()} splits one class into several, which needs relabelling",
                asked=f"{code} -> {', '.join(to)}",
                hint="no rule can tell which pixel becomes which: label them anew, or map the class to one target",
            )
        return {_plain(rule.from_code): rule for rule in self.rules}

    def _source_code(self, rule: Rule, source: Scheme | None) -> int:
        if source is not None:
            return source.find(_plain(rule.from_code)).code
        text = _plain(rule.from_code)
        if text.removeprefix("-").isdecimal():  # other people's maps have negative codes
            return int(text)
        raise InputError(
            f"{self._where()} maps class names, but the data has codes",
            found=repr(rule.from_code),
            hint="give the codes of the data in from_code",
        )

    def _resolve(self, to_code: str | None, to: Scheme | None) -> int:
        if to_code is None:
            return UNLABELLED
        if to is not None:
            return to.find(to_code).code
        if to_code.isdecimal() and int(to_code) < UNLABELLED:
            return int(to_code)
        raise InputError(f"{self._where()} names a target class, but no scheme says its code", found=repr(to_code))

    def _refuse_unmapped(self, labels: list[str]) -> None:
        known = self._by_source()
        missing = [v for v in labels if v.strip() not in known and _plain(v) not in known]
        if missing:
            raise InputError(
                f"{self._where()} does not map every class",
                asked=", ".join(map(repr, missing)),
                found=self._sources(),
                hint=_ADD,
            )

    def _sources(self) -> str:
        return ", ".join(dict.fromkeys(r.from_code for r in self.rules))

    def _where(self) -> str:
        return f"the sheet {self.path or self.name}"


_ADD = "add a line for each of them, with relation ignore where it has no counterpart"


def read_sheet(path: str | Path) -> Sheet:
    """Read a sheet CSV: from_code,relation,to_code and optionally weight,condition,note,author,date.

    Raises:
        MissingError: No such file.
        InputError: The file is not a sheet, or splits a class without weight or condition; names file, line, column.
    """
    file = Path(path)
    rows = read_table(file, needed=_NEEDED, optional=_OPTIONAL, what="sheet")
    rules = [_read_rule(row) for row in rows]
    _check_repeats(rows, rules)
    return Sheet(file.stem, tuple(rules), file)


def write_sheet(path: str | Path, sheet: Sheet) -> None:
    """Write a sheet CSV atomically; optional columns that no rule uses are left out."""
    rows = [[getattr(rule, name) for name in _COLUMNS] for rule in sheet.rules]
    used = [i for i, name in enumerate(_COLUMNS) if name in _NEEDED or any(row[i] is not None for row in rows)]
    text = write_table([_COLUMNS[i] for i in used], [[row[i] for i in used] for row in rows])
    write_text(Path(path), text)


def _read_rule(row: Row) -> Rule:
    relation = row.needed("relation")
    if relation.text not in RELATIONS:
        raise relation.error("unknown relation", hint=f"take one of {', '.join(RELATIONS)}")
    ignored = relation.text == "ignore"
    if ignored and row["to_code"].text:
        raise row["to_code"].error("an ignored class has no target", hint="leave it empty, or state another relation")
    weight = row["weight"].parse(_weight, "a weight above 0 and up to 1") if row["weight"].text else None
    return Rule(
        _plain(row.needed("from_code").text),
        relation.text,
        None if ignored else _plain(row.needed("to_code").text),
        weight,
        *(row.optional(name) for name in _OPTIONAL[1:]),
    )


def _check_repeats(rows: list[Row], rules: list[Rule]) -> None:
    first: dict[str, int] = {}
    for i, rule in enumerate(rules):
        k = first.setdefault(rule.from_code, i)
        if k == i:
            continue
        cell, before = rows[i]["from_code"], rules[k]
        if before.to_code == rule.to_code or None in (before.to_code, rule.to_code):
            raise cell.error("this class is mapped twice", hint=f"it stands in line {rows[k].line} already")
        if any(r.weight is None and r.condition is None for r in (before, rule)):
            raise cell.error(
                f"this class splits into {before.to_code} and {rule.to_code}, which needs relabelling",
                hint=f"line {rows[k].line} maps it too: keep one of them, or state weight or condition on each",
            )


def _plain(text: str) -> str:
    """``"07"`` and ``"7.0"`` mean 7 (tools write codes so), ``"-1"`` stays; names stay as they are."""
    text = text.strip()
    whole = text.removesuffix(".0")
    return str(int(whole)) if whole.removeprefix("-").isdecimal() and whole.isascii() else text


def _weight(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise ValueError(text)
    return value
