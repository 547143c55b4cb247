"""Queries kept by name for everybody who works in the workspace: ``queries.jsonl``, which only grows.

Each line is one change: a query was saved under a name, the name was taken away, or the name's last change was taken
back. So whatever is overwritten or removed can be had again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundset._config import editing
from groundset._files import disk_errors
from groundset.core import ConflictError, InputError, MissingError, is_plain
from groundset.query.order import check_sort
from groundset.query.ranked import wanted
from groundset.query.text import MAX_LENGTH, near_names

if TYPE_CHECKING:
    from pathlib import Path

    from groundset.lake import Lake
    from groundset.query.index import Index

FILE = "queries.jsonl"
LONGEST_NAME = 80
MOST = 500
MOST_LIKE = 100


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked; each as :meth:`groundset.query.Index.find` has it.

    Args:
        filter: CQL2 text; empty for all chips.
        like: Examples whose likeness orders the chips.
        sort: The order; None: by likeness where there are examples, else by id.
        task: Task that labels and classes speak of.
        class_: Class whose scores are told.
        method: How examples become a score.
        encoder: Whose features count.
    """

    filter: str = ""
    like: tuple[str, ...] = ()
    sort: str | None = None
    task: str | None = None
    class_: str | None = None
    method: str | None = None
    encoder: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A query under its name, who saved it last, and when (RFC 3339, UTC)."""

    name: str
    query: Query
    by: str
    at: str


class SavedQueries:
    """The queries kept in a workspace. Safe to share between threads and processes."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    @property
    def path(self) -> Path:
        """The file that they are kept in."""
        return self._lake.root / FILE

    def all(self) -> list[Saved]:
        """All of them, by name."""
        there = (versions[-1] for versions in self._versions().values() if versions)
        return sorted((one for one in there if one is not None), key=lambda one: one.name.casefold())

    def get(self, name: str) -> Saved:
        """The query of this name.

        Raises:
            MissingError: There is none; names the nearest.
        """
        known = {one.name: one for one in self.all()}
        if name not in known:
            near = near_names(name, list(known))
            raise MissingError(
                "there is no saved query of this name", asked=name, found=", ".join(known) or "none",
                hint=f"did you mean {near[0]}?" if near else None,
            )  # fmt: skip
        return known[name]

    def save(self, name: str, query: Query, *, by: str, index: Index, replace: bool = True) -> Saved:
        """Keep a query; one of this name is replaced, and comes back with :meth:`undo`.

        Raises:
            QueryError: Its filter is wrong; says where.
            InputError: The name, the order or the class is none.
            ConflictError: There is one of this name already, and it is not to be replaced.
        """
        check_name(name)
        check(query, index)
        with editing(self._lake.layout):
            there = {one.name for one in self.all()}
            if name in there and not replace:
                raise ConflictError("there is a saved query of this name", asked=name, hint="take another name")
            if len(there) >= MOST:
                raise InputError("there are too many saved queries", found=str(len(there)), hint="remove some")
            self._append({"name": name, "query": _plain(query), "by": by, "at": _now()})
        return self.get(name)

    def remove(self, name: str, *, by: str) -> Saved:
        """Take a query away; :meth:`undo` brings it back.

        Returns:
            The query.

        Raises:
            MissingError: There is none of this name.
        """
        with editing(self._lake.layout):
            known = self.get(name)
            self._append({"name": name, "query": None, "by": by, "at": _now()})
        return known

    def undo(self, name: str, *, by: str) -> Saved | None:
        """Take the last change of a name back.

        Returns:
            The query that the name has now; None where it has none again.

        Raises:
            MissingError: Nothing of this name can be taken back.
        """
        with editing(self._lake.layout):
            if not self._versions().get(name):
                raise MissingError("nothing of this name can be taken back", asked=name)
            self._append({"name": name, "undo": True, "by": by, "at": _now()})
            left = self._versions()[name]
        return left[-1] if left else None

    def _versions(self) -> dict[str, list[Saved | None]]:
        """What stood under each name, oldest first; None where it was taken away."""
        out: dict[str, list[Saved | None]] = {}
        for line in self._lines():
            versions = out.setdefault(line["name"], [])
            if line.get("undo"):
                versions[-1:] = []
            else:
                told = line["query"]
                versions.append(None if told is None else Saved(line["name"], _read(told), line["by"], line["at"]))
        return out

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return
        for number, line in enumerate(text.split(b"\n")[:-1], 1):
            try:
                told = json.loads(line)
                if told["name"] and ("undo" in told or told["query"] is None or _read(told["query"])):
                    yield told
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{self.path} has a line that cannot be read", found=f"line {number}", hint="take the line out"
                ) from error

    def _append(self, line: Mapping[str, Any]) -> None:
        with disk_errors(self.path), self.path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)  # behind the last newline a write was cut off
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def check_name(name: str) -> None:
    """Refuse what cannot be a name.

    Raises:
        InputError: It is none; says why.
    """
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not is_plain(name) or "/" in name:
        raise InputError(
            "this cannot be the name of a query", asked=repr(name)[:120],
            hint=f"take 1 to {LONGEST_NAME} characters without / and without space at the ends",
        )  # fmt: skip


def check(query: Query, index: Index) -> None:
    """Refuse a query that cannot be asked.

    Raises:
        QueryError: Its filter is wrong; says where.
        InputError: The order, the class or an example is wrong.
    """
    if len(query.filter) > MAX_LENGTH or len(query.like) > MOST_LIKE:
        raise InputError("this query is too long to be kept", found=f"{len(query.filter):,} characters")
    index.keep(query.filter, task=query.task)
    moment = index.moment(query.task)
    check_sort(query.sort or "id", moment.scheme)
    wanted(moment, query.class_, query.like, query.method or "logistic", query.encoder)
    if not (query.filter.strip() or query.like or query.sort):
        raise InputError("there is nothing to keep", hint="write a filter, give examples or choose an order")


def _read(told: Mapping[str, Any]) -> Query:
    names = {field.name for field in fields(Query)}
    values = {name: value for name, value in told.items() if name in names}
    return Query(**{**values, "like": tuple(told.get("like", ()))})


def _plain(query: Query) -> dict[str, Any]:
    return {name: value for name, value in asdict(query).items() if value not in (None, "", ())}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
