"""Derived tables: what is undone and what is current. The journal fills them after the migration."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the derived tables, empty."""
    op.create_table(
        "undone",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "current_answers",
        sa.Column("task", sa.Text, primary_key=True),
        sa.Column("chip_id", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(8), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
