"""Several dates of one place on one grid: series, and where answers about a place are kept."""

from groundset.series.declare import Proposed, add_series, ordered, proposals, remove_series
from groundset.series.grid import check_one_grid, difference
from groundset.series.place import PLACED, at_place, chip_of

__all__ = [
    "PLACED",
    "Proposed",
    "add_series",
    "at_place",
    "check_one_grid",
    "chip_of",
    "difference",
    "ordered",
    "proposals",
    "remove_series",
]
