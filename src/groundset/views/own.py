"""The workspace's own views, ``[views.NAME]`` in its settings: kept and taken away while people work."""

from __future__ import annotations

import re
from collections.abc import Mapping

from groundset._config import add_table, editing, remove_table
from groundset.chips import OwnView, own_view
from groundset.core import ConflictError, InputError, MissingError
from groundset.lake import Lake
from groundset.views.looks import check_own

MOST = 200
"""Views that a workspace may have."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def save_view(lake: Lake, name: str, said: Mapping[str, object], *, replace: bool = False) -> OwnView:
    """Keep a view.

    Args:
        lake: The workspace.
        name: Its name, which is the layer's.
        said: ``expression``, and any of ``title``, ``ramp``, ``range``, ``stretch``; None is left out.
        replace: Whether it may take the place of one of this name.

    Raises:
        InputError: A mistake in it, with the column where it is in the expression.
        ConflictError: There is one of this name.
        ServiceError: The workspace cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError("this cannot be the name of a view", asked=name[:80],
                         hint="take 1 to 64 letters, digits, _ or -, beginning with a letter or digit")  # fmt: skip
    check_own(name, said, [lake.scenes.get(scene) for scene in lake.scenes.ids()])
    values = {key: value for key, value in said.items() if value is not None}
    with editing(lake.layout):
        lake.refresh()
        there = lake.config.views
        if (name in there and not replace) or name in lake.config.tiles:
            raise ConflictError("there is a view of this name", asked=name, hint="take another name, or replace it")
        if len(there) >= MOST and name not in there:
            raise ConflictError("a workspace has no more views", found=f"{MOST} views", hint="take one away first")
        lake.config = add_table(lake.layout.config, ("views", name), values, replace=name in there)
    return own_view(name, lake.config.views[name])


def remove_view(lake: Lake, name: str) -> None:
    """Take a view away.

    Raises:
        MissingError: There is none of this name.
        ServiceError: The workspace cannot be written.
    """
    with editing(lake.layout):
        lake.refresh()
        if name not in lake.config.views:
            raise MissingError("no such view", asked=name[:80], found=", ".join(lake.config.views) or "none")
        lake.config = remove_table(lake.layout.config, ("views", name))
