"""What the views of a task show, ``[arrangements.TASK]`` in the settings: one for everybody who labels it."""

from __future__ import annotations

from collections.abc import Sequence

from groundset._config import add_table, editing, remove_table
from groundset.core import InputError, is_plain
from groundset.lake import Lake

MOST_GROUPS = 12
COUNTS = (1, 2, 3, 4, 6)
KINDS = ("chip", "around", "date", "tiles")
LONGEST = 2000


def arrangement(lake: Lake, task: str) -> tuple[tuple[str, ...], ...]:
    """Groups of views: the name of each, then its views; none where nothing is kept.

    Raises:
        InputError: No such task.
    """
    lake.config.task(task)
    return lake.config.arrangements.get(task, ())


def save_arrangement(lake: Lake, task: str, groups: Sequence[Sequence[str]]) -> None:
    """Keep what the views of a task show; no groups take it away.

    Raises:
        InputError: No such task, or no arrangement.
        ServiceError: The workspace cannot be written.
    """
    lake.config.task(task)
    if len(groups) > MOST_GROUPS:
        raise InputError("too many groups of views", asked=str(len(groups)), hint=f"at most {MOST_GROUPS}")
    for group in groups:
        _check(group)
    with editing(lake.layout):
        lake.refresh()
        known = task in lake.config.arrangements
        if groups:
            lake.config = add_table(
                lake.layout.config, ("arrangements", task), {"groups": [list(g) for g in groups]}, replace=known
            )
        elif known:
            lake.config = remove_table(lake.layout.config, ("arrangements", task))


def _check(group: Sequence[str]) -> None:
    if len(group) - 1 not in COUNTS:
        raise InputError("a group is its name and 1, 2, 3, 4 or 6 views", asked=", ".join(group)[:200])
    name, *views = group
    if not name.strip() or not all(is_plain(text) and len(text) <= LONGEST for text in group):
        raise InputError("names and views are plain text", asked=repr(name)[:80])
    for view in views:
        kind = view.partition("?")[0].partition(":")[0]
        if kind not in KINDS:
            raise InputError("unknown kind of view", asked=view[:80], found=", ".join(KINDS))
