"""Saved queries, and SQL."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from groundset.server.models.base import Model


class QueryIn(Model):
    """What is asked, as `GET /chips` has it."""

    filter: Annotated[str, Field(max_length=100_000, description="OGC CQL2 text; empty for all chips")] = ""
    like: list[str] = Field(default=[], max_length=100, description="Examples: chips or rectangles")
    sort: Annotated[str | None, Field(max_length=200)] = None
    task: Annotated[str | None, Field(max_length=200)] = None
    class_: Annotated[str | None, Field(alias="class", max_length=200, description="Whose scores are told")] = None
    method: Annotated[str | None, Field(max_length=40)] = None
    encoder: Annotated[str | None, Field(max_length=200)] = None


class SavedQuery(QueryIn):
    """A query under a name."""

    name: str
    by: str = Field(description="Who saved it last")
    at: str = Field(description="When, RFC 3339, UTC")


class SqlIn(Model):
    """A question in SQL."""

    sql: str = Field(max_length=100_000, description="One SELECT of DuckDB's SQL; see docs/queries.md for the views")
    limit: Annotated[int, Field(ge=1, le=100_000, description="Most rows of the answer")] = 10_000


class SqlColumn(Model):
    """A column of an answer."""

    name: str
    type: str = Field(description="Arrow's name of its type")


class SqlAnswer(Model):
    """Rows, each a list of values in the order of the columns; lists and records as in JSON, times in RFC 3339."""

    columns: list[SqlColumn]
    rows: list[list[Any]]
    complete: bool = Field(description="False where there may be more rows than `limit`")
