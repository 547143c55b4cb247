"""Subjects as long as the name of a mask's layer. The table is derived: made anew, the journal fills it afterwards.

A version that knows no layers would take one mask of an actor for all; this revision keeps it out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of current answers anew, empty."""
    op.drop_table("current_answers")
    op.create_table(
        "current_answers",
        sa.Column("task", sa.Text, primary_key=True),
        sa.Column("chip_id", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
