"""Workspaces and schemes made from the page."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from groundset import _additions
from groundset._config import add_table
from groundset.core import ConflictError, GroundsetError, InputError, MissingError, Scheme, ServiceError, check_name
from groundset.core import SchemeClass as Class
from groundset.core.errors import of_option
from groundset.lake import init
from groundset.server.models import NewClass, NewWorkspace
from groundset.taxonomy import WATER


def classes_of(said: Sequence[NewClass]) -> list[Class]:
    """The classes of a new scheme: codes from 0, in their order, each with a colour of its own.

    Raises:
        ConflictError: Two have one name.
        InputError: There is none, or too many.
    """
    if not said:
        raise InputError("a scheme has at least one class", hint="name at least one class")
    out: list[Class] = []
    for new in said:
        there = Scheme("new", tuple(out))
        out.append(
            _additions.further_class(there, new.name, title=new.title, color=new.color, definition=new.definition)
        )
    return out


@dataclass
class Maker:
    """Makes workspaces in the folder that is served. Safe to share between threads.

    Args:
        root: The folder.
    """

    root: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, said: NewWorkspace) -> Path:
        """Make a workspace; its folder.

        Raises:
            ConflictError: Something of this name is there.
            InputError: The name cannot be one, or there is no scheme.
            ServiceError: The folder cannot be written; nothing is left behind.
        """
        with of_option("name"):
            name = check_name(said.name, "workspace")
        scheme = Scheme(name, tuple(classes_of(said.classes))) if said.classes is not None else WATER
        if said.classes is None and said.scheme is None:
            raise InputError("a workspace needs classes", hint='say scheme = "water", or name classes of your own')
        folder = self.root / name
        with self._lock:
            taken = next((p.name for p in self.root.iterdir() if p.name.lower() == name.lower()), None)
            if taken is not None:
                raise ConflictError(
                    "there is a folder of this name", asked=f"name = {name}", found=taken, hint="take another name"
                )
            try:
                with init(folder, scheme=scheme, name=name) as lake:
                    if said.title and said.title.strip():
                        add_table(lake.layout.config, ("release",), {"title": said.title.strip()})
            except GroundsetError:
                raise
            except OSError as error:
                raise ServiceError(
                    "the workspace cannot be made", asked=folder, found=error.strerror or str(error),
                    hint="the server must be able to write into this folder",
                ) from error  # fmt: skip
        return folder


def no_room(_said: NewWorkspace) -> NoReturn:
    """What a server of one workspace answers."""
    raise MissingError(
        "this server answers for one workspace and has no room for another",
        hint="start it with a folder of workspaces: groundset serve FOLDER",
    )
