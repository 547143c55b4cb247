"""Answers that take an answer away, and statements that are no answers: the journal makes the derived tables anew.

A version that knows no ``unlabelled`` would take it for a label; this revision keeps it out.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change no table: only what stands in the derived ones is different."""
