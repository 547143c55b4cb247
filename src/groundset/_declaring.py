"""What a workspace is told beside answers; :class:`groundset.workspace.Workspace` has these verbs."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundset.core import SchemeClass
    from groundset.core.layout import AttributeConfig, AttributeKind, TaskConfig, TaskKind
    from groundset.core.series import About, SeriesConfig
    from groundset.journal import AttributeValue
    from groundset.lake import Lake
    from groundset.series import Proposed


class Declaring:
    """Classes, tasks and attributes that are added while people work; what is said of chips beside their classes."""

    lake: Lake

    def add_class(
        self,
        name: str,
        *,
        task: str | None = None,
        title: str | None = None,
        color: str | None = None,
        definition: str | None = None,
        actor: str | None = None,
    ) -> SchemeClass:
        """Add a class to a task's scheme. It gets the next free code; no other class changes.

        Args:
            name: Its name, unique in the scheme.
            task: Whose scheme (default: the workspace's, which all tasks without their own share).
            title: For people (default: the name).
            color: ``#rrggbb`` (default: one unlike those there).
            definition: What belongs to it.
            actor: Who adds it (default: the system user name).

        Raises:
            ConflictError: There is a class of this name.
        """
        from groundset import _additions

        return _additions.add_class(
            self.lake, name, actor=_who(actor), task=task, title=title, color=color, definition=definition
        )

    def add_task(
        self,
        name: str,
        *,
        kind: TaskKind = "classify",
        multi: bool = False,
        classes: Sequence[SchemeClass] | None = None,
        about: About = "date",
        series: str | None = None,
        actor: str | None = None,
    ) -> TaskConfig:
        """Add a task.

        Args:
            name: Its name.
            kind: ``classify`` (chips), ``segment`` (pixels) or ``outline`` (shapes).
            multi: Whether a chip may have several classes.
            classes: A scheme of its own, kept in ``NAME.csv`` (default: the workspace's scheme).
            about: ``date``; or ``period`` or ``change``, which ask about a place on several dates of a series.
            series: The only series that a period or change is asked of (default: all of them).
            actor: Who adds it (default: the system user name).

        Raises:
            ConflictError: There is a task of this name.
        """
        from groundset import _additions

        return _additions.add_task(
            self.lake, name, actor=_who(actor), kind=kind, multi=multi, classes=classes, about=about, series=series
        )

    def add_series(
        self, name: str, scenes: Iterable[str], *, title: str | None = None, actor: str | None = None
    ) -> SeriesConfig:
        """Make a series of scenes of one place on one grid, ordered by time: ``ws.add_series("lake", ["a", "b"])``.

        Args:
            name: Its name.
            scenes: Ids of two scenes or more.
            title: For people (default: the name).
            actor: Who makes it (default: the system user name).

        Raises:
            ConflictError: There is a series of this name, or a scene is in another one.
            InputError: The grids differ (says in what), a scene has no time, or two have the same.
        """
        from groundset.series import add_series

        return add_series(self.lake, name, scenes, title=title, actor=_who(actor))

    def remove_series(self, name: str) -> None:
        """Take a series back; scenes, chips and answers stay."""
        from groundset.series import remove_series

        remove_series(self.lake, name)

    @property
    def series(self) -> dict[str, tuple[str, ...]]:
        """Ids of the scenes of each series, the earliest first."""
        return {s.name: s.scenes for s in self.lake.config.series}

    def propose_series(self) -> list[Proposed]:
        """Series that could be made: scenes that share a grid and are in none yet."""
        from groundset.series import proposals

        return proposals(self.lake)

    def add_attribute(
        self,
        name: str,
        kind: AttributeKind = "flag",
        *,
        title: str | None = None,
        choices: Iterable[str] = (),
        minimum: float | None = None,
        maximum: float | None = None,
        actor: str | None = None,
    ) -> AttributeConfig:
        """Declare something that people may say of a chip's situation: day, cloudy, roadworks ...

        Args:
            name: Its name, in filters too: small letters, digits and _.
            kind: ``flag``, ``choice`` or ``number``.
            title: For people (default: the name).
            choices: Of a choice: what there is to choose from.
            minimum: Of a number: the least.
            maximum: Of a number: the most.
            actor: Who declares it (default: the system user name).

        Raises:
            ConflictError: There is an attribute of this name.
        """
        from groundset import _additions, attach
        from groundset.core.layout import AttributeConfig

        new = AttributeConfig(name, kind, title, tuple(choices), minimum, maximum)
        attach.refuse_attached(self.lake, new.name)
        return _additions.add_attribute(self.lake, new, actor=_who(actor))

    def set_attribute(
        self, chips: str | Iterable[str], name: str, value: AttributeValue, *, actor: str | None = None
    ) -> int:
        """Say something of chips' situation, as one act; None says nothing any more.

        Returns:
            Number of chips that it is said of.

        Raises:
            InputError: There is no such attribute or chip, or the value does not fit; then nothing is said.
        """
        from groundset.journal import attribute

        return _say(self.lake, "attribute", None, chips, attribute(name, value), _who(actor))

    def attributes(self, chips: str | Iterable[str] | None = None) -> dict[str, dict[str, bool | float | str]]:
        """What stands of the chips' situation, by chip id and name; chips of which nothing is said are left out."""
        return self.lake.journal.attributes(None if chips is None else _ids(chips))

    def remove_from_training(
        self, chips: str | Iterable[str], *, task: str | None = None, back: bool = False, actor: str | None = None
    ) -> int:
        """Keep the labels of chips, but leave them out of the task's model, as one act.

        Args:
            chips: Chip ids.
            task: A classify task; may be left out where there is one.
            back: Put them back into training instead.
            actor: Who says so (default: the system user name).

        Returns:
            Number of chips.
        """
        from groundset.journal import training

        chosen = self.lake.config.task(task, "classify").name
        return _say(self.lake, "training", chosen, chips, training(use=back), _who(actor))

    def work(
        self,
        chips: str | Iterable[str],
        state: str = "complete",
        *,
        task: str | None = None,
        difficulty: int | None = None,
        note: str | None = None,
        cannot_tell: str | None = None,
        actor: str | None = None,
    ) -> int:
        """Say how far an actor's work on chips is, as one act; it takes the place of what the actor said before.

        Args:
            chips: Chip ids.
            state: ``complete`` or ``incomplete``.
            task: A task of kind segment or outline; may be left out where there is one of kind segment.
            difficulty: 1 (easy) to 5.
            note: What else is to be said, at most 2,000 characters.
            cannot_tell: Why the chips cannot be labelled, at most 1,000 characters.
            actor: Who says so (default: the system user name).

        Returns:
            Number of chips.

        Raises:
            InputError: There is no such chip or task, or the state or difficulty is none; then nothing is said.
        """
        from groundset.journal import work

        chosen = self.lake.config.task(task, *(("segment",) if task is None else ("segment", "outline"))).name
        told = work(state, difficulty=difficulty, note=note, cannot_tell=cannot_tell)
        return _say(self.lake, "work", chosen, chips, told, _who(actor))


def _say(
    lake: Lake, kind: str, task: str | None, chips: str | Iterable[str], payload: dict[str, object], actor: str
) -> int:
    from groundset.core import InputError
    from groundset.journal import NewEvent
    from groundset.journal.payloads import check
    from groundset.series import at_place

    events = [NewEvent(kind, task, chip_id, payload) for chip_id in _ids(chips)]
    if not events:
        raise InputError("no chips were named", hint="name at least one")
    events = [at_place(lake.config, event) for event in events]
    for event in events:  # all or none
        check(event)
        lake.check(event)
    lake.journal.append_bulk(events, actor=actor)
    return len(events)


def _ids(chips: str | Iterable[str]) -> list[str]:
    return [chips] if isinstance(chips, str) else list(dict.fromkeys(map(str, chips)))


def _who(actor: str | None) -> str:
    return actor or getpass.getuser()
