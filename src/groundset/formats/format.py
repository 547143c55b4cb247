"""What a format is: it says what it can hold, opens what it is given, and plans what it would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from groundset.core import Listener, MissingError, Scheme
from groundset.core.layout import TaskConfig, TaskKind
from groundset.formats.capability import Capability, Loss
from groundset.lake import Lake

GROUP = "groundset.formats"
_BUILT_IN = {"iris": "groundset.formats.iris:Iris", "label-map": "groundset.formats.labelmap:LabelMaps"}


@dataclass(slots=True)
class Counts:
    """What came in or went out, for the report.

    Attributes:
        numbers: How many of what, in the order in which they are told.
        told: Sentences on what a person should know.
        known: Answers that were there already.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    known: int = 0


class Incoming(Protocol):
    """A foreign project that was read and found right; nothing of it is in a workspace yet."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> TaskKind:
        """Kind of the task that it answers."""
        ...

    @property
    def scheme(self) -> Scheme:
        """Its classes."""
        ...

    @property
    def losses(self) -> Sequence[Loss]:
        """What would not arrive."""
        ...

    def bring(
        self, lake: Lake, task: TaskConfig, codes: Mapping[int, int], *, actor: str, progress: Listener | None
    ) -> Counts:
        """Write it into a workspace. Done twice it adds nothing.

        Args:
            lake: The workspace.
            task: The task that it answers.
            codes: The task's class code for each code of ``scheme``.
            actor: Who brings it, where it does not say who answered.
            progress: Hears each step.
        """
        ...


class Outgoing(Protocol):
    """What would be written; nothing of it is on disk yet."""

    @property
    def losses(self) -> Sequence[Loss]:
        """What would not arrive."""
        ...

    def write(self, out: Path, *, progress: Listener | None) -> Counts:
        """Write it into an empty folder."""
        ...


@runtime_checkable
class Format(Protocol):
    """A foreign format. Installed in the entry-point group ``groundset.formats``, as a callable without arguments."""

    name: str
    title: str
    kinds: tuple[TaskKind, ...]
    capabilities: frozenset[Capability]

    def open(self, path: Path) -> Incoming:
        """Read a project whole and check it.

        Raises:
            InputError: It has a mistake; names file, and line where it can.
        """
        ...

    def plan(self, lake: Lake, task: TaskConfig, *, labelled: bool) -> Outgoing:
        """Look at all that would be written, and at what would be lost.

        Args:
            lake: The workspace.
            task: The task whose answers go out.
            labelled: Only chips that somebody labelled.

        Raises:
            InputError: There is nothing that could be written.
        """
        ...


def format_names() -> tuple[str, ...]:
    """Names of all installed formats, the built-in ones first."""
    return tuple(dict.fromkeys((*_BUILT_IN, *(e.name for e in entry_points(group=GROUP)))))


def get_format(name: str) -> Format:
    """A format by its name.

    Raises:
        MissingError: No such format; names those that there are.
    """
    from importlib import import_module

    found = {e.name: e for e in entry_points(group=GROUP)}
    make: Any = None
    if name in found:
        make = found[name].load()
    elif name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        make = getattr(import_module(module), attribute)
    if make is None:
        near = get_close_matches(name.lower(), format_names(), 1)
        raise MissingError(
            "no such format",
            asked=name,
            found=", ".join(format_names()),
            hint=f"did you mean {near[0]}?" if near else "take one of these",
        )
    made: Format = make()
    return made
