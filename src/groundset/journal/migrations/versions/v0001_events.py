"""Events, and the guards in the database that keep them as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REASON = "the journal is append-only: events are never changed or removed"

# INSERT OR REPLACE deletes without firing a DELETE trigger, so inserting over an event is refused as well.
TAKEN = "EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq OR id = NEW.id)"
SQLITE = {
    "events_no_update": "BEFORE UPDATE ON events",
    "events_no_delete": "BEFORE DELETE ON events",
    "events_no_replace": f"BEFORE INSERT ON events WHEN {TAKEN}",
}
POSTGRESQL = {
    "events_no_change": "BEFORE UPDATE OR DELETE ON events FOR EACH ROW",
    "events_no_truncate": "BEFORE TRUNCATE ON events FOR EACH STATEMENT",
}


def upgrade() -> None:
    """Make the table of events."""
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("task", sa.Text),
        sa.Column("chip_id", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("undoes", sa.String(36)),
        sa.Column("bulk", sa.String(36)),
    )
    op.create_index("events_chip", "events", ["chip_id", "task", "actor", "kind", "seq"])
    op.create_index("events_actor", "events", ["actor", "seq"])
    for name in ("undoes", "bulk"):
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"events_{name}", "events", [name], sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "sqlite":
        for name, when in SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REASON}'); END")
        return
    body = f"BEGIN RAISE EXCEPTION '{REASON}'; END"
    op.execute(f"CREATE FUNCTION groundset_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, when in POSTGRESQL.items():
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION groundset_append_only()")
