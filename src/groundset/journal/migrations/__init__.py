"""Alembic migrations of the journal's tables."""
