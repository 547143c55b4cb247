"""SQL over the workspace: DuckDB in memory over stable views, which can read nothing else and write nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from groundset.core import InputError, QueryError
from groundset.query.relations import VIEWS, Source
from groundset.query.text import near_names

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from groundset.lake import Lake
    from groundset.query.index import Index

SECONDS = 60.0
"""Longest that a question may take, where nothing else is asked for."""
MEMORY = "2GB"
"""Most memory that DuckDB takes for it, and again that its rows may take."""
LONGEST = 100_000
_MOST_SECONDS = 86_400.0
_BATCH = 2_048
"""Rows that DuckDB makes at a time; a few, since the last ones may be beyond the limit."""
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_LISTS = frozenset({"show", "information_schema", "duckdb_tables", "duckdb_views", "duckdb_columns", "pg_catalog"})
"""Words of questions about what there is."""
SHOWN = 20
"""Rows that a notebook shows."""

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_LINE = re.compile(r"LINE (\d+): (.*)\n( *)(\^+)")
_NEAR = re.compile(r'(?:Did you mean|Candidate bindings:|Candidate functions:) *((?:"[^"]+"(?:, )?)+)')
_MISSING = re.compile(r'column "([^"]+)" not found|Table with name (\S+) does not exist')
_RESERVED = re.compile(r"(?i)\b(group)\s*(?:\S+)?$")
"""The word just before a mistake, or at it, where it is a column that SQL has for something else."""


@dataclass(frozen=True)
class Answer:
    """What a question in SQL was answered.

    Args:
        table: The rows as an Arrow table; also what ``pa.table(answer)`` and polars make of it without a copy.
    """

    table: pa.Table

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.table

    def df(self) -> pd.DataFrame:
        """The rows as a data frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        out: list[dict[str, Any]] = self.table.to_pylist()
        return out

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        more = f"\n... {len(self):,} rows" if len(self) > SHOWN else ""
        return f"{Answer(self.table.slice(0, SHOWN)).df().to_string(index=False)}{more}"

    def _repr_html_(self) -> str:
        return str(Answer(self.table.slice(0, SHOWN)).df().to_html(index=False)) + f"<p>{len(self):,} rows</p>"


def ask(
    lake: Lake, index: Index, sql: str, *, seconds: float = SECONDS, memory: str = MEMORY, most: int | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Answer:  # fmt: skip
    """Ask the views of a workspace; see ``docs/queries.md`` for their columns.

    Args:
        lake: The workspace.
        index: What it knows; scores need one that learns.
        sql: One SELECT (or FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW) of DuckDB's SQL.
        seconds: Longest that it may take.
        memory: Most memory that DuckDB takes, and again that the rows of the answer may take, as in ``2GB``.
        most: Most rows of the answer; further ones are left out (default: all).
        ready: Called when the views are there, before the question is run.

    Raises:
        QueryError: The text is no such question, or names what is not there; says where.
        InputError: It took too long or too much memory, or these limits are none.
    """
    check(sql)
    connection = _connected(seconds, memory)
    try:
        source = Source(lake, index)
        for name in _named(sql):
            connection.register(name, VIEWS[name](source))
        connection.execute("SET lock_configuration = true")
        ready()
        return Answer(_run(connection, sql, seconds, most))
    finally:
        connection.close()


def _connected(seconds: float, memory: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    if not 0 < seconds <= _MOST_SECONDS:
        raise InputError("a question may take above 0 and at most a day", asked=f"{seconds:g} s", hint="60")
    try:
        return duckdb.connect(":memory:", config={**_LOCKED, "memory_limit": memory, "threads": "4"})
    except duckdb.Error:
        raise InputError("this is no amount of memory", asked=memory, hint="write 2GB or 500MB") from None


def check(sql: str) -> None:
    """Refuse what is not one question, without asking it.

    Raises:
        QueryError: It is none; says where.
        InputError: It is too long.
    """
    import duckdb

    if len(sql) > LONGEST:
        raise InputError("this question is too long", found=f"{len(sql):,} characters", hint=f"at most {LONGEST:,}")
    connection = duckdb.connect(":memory:", config=_LOCKED)
    try:
        _check(connection, sql)
    finally:
        connection.close()


def needs_scores(sql: str) -> bool:
    """Whether a question needs an index that learns."""
    return "scores" in _named(sql)


def _named(sql: str) -> list[str]:
    """The views that a text speaks of; all where it asks what there is."""
    words = set(re.findall(r"\w+", sql.lower()))
    everything = bool(words & _LISTS)
    return [name for name in VIEWS if everything or name in words]


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse what is not one question."""
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        _explain(sql, error)
    if len(statements) != 1:
        raise QueryError("ask one question at a time", text=sql, found=f"{len(statements)} statements",
                         hint="SELECT ... FROM chips")  # fmt: skip
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        begin = len(sql) - len(sql.lstrip())
        word = re.match(r"\w*", sql[begin:])
        raise QueryError(
            "SQL only reads here", text=sql, start=begin, end=begin + len(word[0] if word else ""),
            asked=kind.name, hint="begin with SELECT; answers are given with annotate, files written with --output",
        )  # fmt: skip


def _run(connection: duckdb.DuckDBPyConnection, sql: str, seconds: float, most: int | None) -> pa.Table:
    import duckdb
    import pyarrow as pa

    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        most_bytes = _memory(connection)
        reader = _bound(connection, sql).to_arrow_reader(_BATCH)
        batches, count, size = [], 0, 0
        for batch in reader:
            batches.append(batch)
            count += batch.num_rows
            size += batch.nbytes
            if size > most_bytes:
                raise InputError(
                    "the answer needs too much memory", asked=f"at most {most_bytes:,} bytes",
                    found=f"more than that in the first {count:,} rows", hint="add a LIMIT, or aggregate",
                )  # fmt: skip
            if most is not None and count >= most:
                break
        table = pa.Table.from_batches(batches, reader.schema)
        return table if most is None else table.slice(0, most)
    except (duckdb.Error, pa.ArrowException, OSError) as error:  # Arrow's reader has DuckDB's errors as OSError
        _stopped(error, seconds)
        _explain(sql, error)
    finally:
        timer.cancel()


def _memory(connection: duckdb.DuckDBPyConnection) -> int:
    """Bytes of the limit of memory, which DuckDB tells as in ``1.8 GiB``."""
    [(told,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = told.split()
    return int(float(number) * 1024 ** _UNITS.index(unit))


def _stopped(error: Exception, seconds: float) -> None:
    """Raise what a limit that was met is told as."""
    told = str(error).split("\n")[0]
    if told.startswith("INTERRUPT Error"):
        raise InputError(
            "this question took too long", asked=f"{seconds:g} s", hint="ask for less, or allow more seconds"
        ) from None
    if isinstance(error, MemoryError) or told.startswith("Out of Memory Error"):
        raise InputError("this question needs too much memory", found=told[:200], hint="ask for less") from None


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """The question as DuckDB understands it, not yet answered."""
    import duckdb

    try:
        return connection.sql(sql)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException):
        connection.execute(sql)  # fails at once, and says where
        raise


def _explain(sql: str, error: Exception) -> NoReturn:
    """DuckDB's words as an error of ours, with the place."""
    told = str(error)
    message = re.sub(r"^(?:INTERRUPT|[A-Z][\w ]*?) Error: ", "", told.split("\n\nLINE", maxsplit=1)[0]).strip()
    first, _, rest = message.partition("\n")
    start, end = _place(sql, told)
    there = [name for text in _NEAR.findall(told) for name in re.findall(r'"([^"]+)"', text)]
    missing = _MISSING.search(first)
    near = [] if missing is None else near_names(missing[1] or missing[2], there if missing[1] else VIEWS)
    hint = f"did you mean {near[0]}?" if near else None
    reserved = _RESERVED.search(sql[: end or 0]) if "syntax error" in first else None
    if reserved is not None:
        hint = f'in SQL the column {reserved[1]} stands in double quotes: "{reserved[1]}"'
    if "file system operations are disabled" in first:
        first, hint = "SQL reads the views alone, no files", f"views are {', '.join(VIEWS)}"
    said = ", ".join(there) if missing else " ".join(rest.split())[:300]
    where = "" if start is None else f"{_where(sql, start)}: "
    raise QueryError(
        where + first.rstrip("!."), text=sql, start=start, end=end, near=near,
        found=None if near or (missing and missing[2]) else said or None,
        hint=hint or (f"views are {', '.join(VIEWS)}" if missing and missing[2] else None),
    ) from None  # fmt: skip


def _place(sql: str, told: str) -> tuple[int | None, int | None]:
    """Where DuckDB points at: it shows a line, or a part of a long one between dots."""
    match = _LINE.search(told)
    if match is None:
        return None, None
    number, shown = int(match[1]), match[2]
    lines = sql.split("\n")
    if number > len(lines):
        return None, None
    column = len(match[3]) - len(f"LINE {number}: ")
    if shown.startswith("..."):
        at = lines[number - 1].find(shown[3:].removesuffix("..."))
        column += at - 3
    start = sum(len(line) + 1 for line in lines[: number - 1]) + max(0, column)
    return start, start + len(match[4])


def _where(sql: str, at: int) -> str:
    line, column = sql.count("\n", 0, at) + 1, at - (sql.rfind("\n", 0, at) + 1) + 1
    return f"column {column}" if "\n" not in sql else f"line {line}, column {column}"
