"""Small CSV tables whose every error names file, line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from groundset.core import InputError, MissingError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table, and where it stands. ``line`` and ``number`` (of the column) count from 1."""

    path: Path
    line: int
    column: str
    number: int
    text: str

    def error(self, message: str, *, hint: str | None = None) -> InputError:
        """An error that says where this value stands."""
        return InputError(
            f"{self.path}, line {self.line}, column {self.number} ({self.column}): {message}",
            found=repr(self.text),
            hint=hint,
        )

    def parse(self, read: Callable[[str], T], what: str) -> T:
        """The value read by ``read``; a ValueError becomes an error that names the place and ``what`` was wanted."""
        try:
            return read(self.text)
        except ValueError:
            raise self.error(f"this is not {what}") from None


class Row:
    """One line of a table: cells by column name. A column that the file lacks gives an empty cell."""

    def __init__(self, path: Path, line: int, cells: Mapping[str, Cell]) -> None:
        self.path = path
        self.line = line
        self._cells = cells

    def __getitem__(self, column: str) -> Cell:
        return self._cells.get(column) or Cell(self.path, self.line, column, 0, "")

    def needed(self, column: str) -> Cell:
        """The cell, which must not be empty."""
        cell = self[column]
        if not cell.text:
            raise cell.error("a value is needed here")
        return cell

    def optional(self, column: str) -> str | None:
        """The text, or None where the cell is empty."""
        return self[column].text or None


def read_table(path: Path, *, needed: Sequence[str], optional: Sequence[str], what: str) -> list[Row]:
    """Read a CSV file (UTF-8, comma, first line names the columns; empty lines are skipped).

    Raises:
        MissingError: No such file.
        InputError: Not UTF-8 text, no rows, a column missing, unknown or there twice, or a line of another length.
    """
    rows = list(_records(path, _text(path, what)))
    if not rows:
        raise InputError(f"{path} is empty", hint=f"a {what} begins with the line {','.join(needed)}")
    head_line, head = rows[0]
    columns = [name.strip() for name in head]
    _check_columns(path, head_line, columns, needed, optional)
    out = []
    for line, values in rows[1:]:
        if len(values) != len(columns):
            raise InputError(
                f"{path}, line {line}, column {min(len(values), len(columns)) + 1}: wrong number of values",
                asked=f"{len(columns)} ({','.join(columns)})",
                found=len(values),
                hint='a value with a comma in it stands in "double quotes"',
            )
        cells = {
            name: Cell(path, line, name, i + 1, value.strip())
            for i, (name, value) in enumerate(zip(columns, values, strict=True))
        }
        out.append(Row(path, line, cells))
    if not out:
        raise InputError(f"{path} has no rows below its first line", found=",".join(columns))
    return out


def unique(cells: Iterable[Cell], key: Callable[[str], Hashable] = str) -> None:
    """Raise where a value stands a second time: the place is that of the second."""
    seen: dict[Hashable, Cell] = {}
    for cell in cells:
        first = seen.setdefault(key(cell.text), cell)
        if first is not cell:
            raise cell.error(
                f"this {cell.column} is there twice", hint=f"it stands in line {first.line} already; each must differ"
            )


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV text with Unix line ends; None is an empty value."""
    return "".join(f"{write_row(row)}\n" for row in (columns, *rows))


def write_row(values: Sequence[object]) -> str:
    """One line of CSV without its end; None is an empty value."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(["" if v is None else v for v in values])  # so both are quoted
    return out.getvalue().removesuffix("\r\n")


def _text(path: Path, what: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"no such {what} file", asked=path) from None
    except OSError as error:
        raise InputError(f"this {what} file cannot be read", asked=path, found=error.strerror) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text", found=f"byte {error.start} is {error.object[error.start]:#04x}"
        ) from None


def _records(path: Path, text: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for values in reader:
            if any(v.strip() for v in values):
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {line}: not valid CSV", found=str(error)) from None


def _check_columns(path: Path, line: int, columns: list[str], needed: Sequence[str], optional: Sequence[str]) -> None:
    known = [*needed, *optional]
    for i, name in enumerate(columns):
        where = f"{path}, line {line}, column {i + 1}"
        if name not in known:
            near = get_close_matches(name.lower(), known, 1)
            raise InputError(
                f"{where}: unknown column",
                found=repr(name),
                hint=f"did you mean {near[0]}?" if near else f"columns are {','.join(known)}",
            )
        if name in columns[:i]:
            raise InputError(f"{where}: this column is there twice", found=repr(name))
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InputError(
            f"{path}, line {line}: a column is missing",
            asked=", ".join(missing),
            found=",".join(columns),
            hint=f"the first line names the columns: {','.join(needed)}",
        )
