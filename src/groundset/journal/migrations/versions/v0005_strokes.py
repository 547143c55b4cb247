"""Strokes, the state of the work, and outlines one by one: shapes now have a layer, and so a subject.

A version that knows no layer of shapes would let one outline take the place of all; this revision keeps it out.
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change no table: only what stands in the derived ones is different."""
