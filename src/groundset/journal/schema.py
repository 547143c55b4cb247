"""The tables of a journal. Alembic makes them (``migrations/``); here they are named for queries."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""All revisions that this version knows, oldest first; the last is the one that it needs."""

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("at", String(27), nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("task", Text),
    Column("chip_id", Text),
    Column("payload", Text, nullable=False),
    Column("undoes", String(36)),
    Column("bulk", String(36)),
)

undone = Table(
    "undone",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("times", BigInteger, nullable=False),
)
"""Derived: events taken back, with the number of active undos of each."""

current = Table(
    "current_answers",
    metadata,
    Column("task", Text, primary_key=True),
    Column("chip_id", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""Derived: the latest active statement by task (empty: none), chip, actor, kind and subject."""
