"""Schemes and sheets: which classes there are, and how those of one scheme become those of another."""

from groundset.taxonomy.schemes import (
    SCHEME_COLUMNS,
    WATER,
    append_class,
    free_code,
    free_color,
    read_scheme,
    write_scheme,
)
from groundset.taxonomy.sheets import RELATIONS, Relation, Rule, Sheet, read_sheet, write_sheet

__all__ = [
    "RELATIONS",
    "SCHEME_COLUMNS",
    "WATER",
    "Relation",
    "Rule",
    "Sheet",
    "append_class",
    "free_code",
    "free_color",
    "read_scheme",
    "read_sheet",
    "write_scheme",
    "write_sheet",
]
