"""Cascade labelling of a workspace; :class:`groundset.workspace.Workspace` has it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundset.cascade import Cascade, Cascades, Record
    from groundset.lake import Lake
    from groundset.learn.ranker import Ranker


class Cascading:
    """Large scenes gone through coarse to fine, one class after another."""

    lake: Lake

    if TYPE_CHECKING:

        @property
        def ranker(self) -> Ranker:
            """What labels and features say of the chips."""

    @cached_property
    def cascade_room(self) -> Cascades:
        """The cascades of this workspace, always up to date."""
        from groundset.cascade import Cascades

        return Cascades(self.lake, self.ranker)

    def cascade(
        self,
        class_: str | int,
        *,
        task: str | None = None,
        scenes: str | Sequence[str] | None = None,
        levels: int | None = None,
        recall: float | None = None,
        name: str | None = None,
        actor: str | None = None,
    ) -> Cascade:
        """Look for a class in large scenes, coarse to fine: ``ws.cascade("water", levels=4)``.

        The open cascade of this class is gone on with; where there is none it is begun. Chips of a finer level are made
        only where a coarser one goes on.

        Args:
            class_: The class (name or code), or the name of a cascade.
            task: A classify task; may be left out where there is one.
            scenes: Scenes to look through (default: all).
            levels: How many levels of the quadtree, at least three (default: all that the grid has).
            recall: Share of the positive chips that each level is to keep (default 0.99).
            name: Its name (default: class and scene).
            actor: Who answers and takes its steps (default: the system user name).

        Raises:
            InputError: Fewer than three levels, a chip size that does not divide, no such class, task or scene.
        """
        import getpass

        from groundset.cascade import RECALL, Cascade

        room, who = self.cascade_room, actor or getpass.getuser()
        wanted = (scenes,) if isinstance(scenes, str) else scenes
        known = _open(room.all(task=task), class_, self._code(class_, task), wanted, name)
        if known is None:
            known = room.start(
                class_, actor=who, task=task, scenes=wanted, levels=levels,
                recall=RECALL if recall is None else recall, name=name,
            )  # fmt: skip
        elif recall is not None:
            room.choose(known, recall, actor=who)
        return Cascade(room, known.id, who)

    def cascades(self) -> list[Record]:
        """The cascades that stand, latest first."""
        return self.cascade_room.all()

    def _code(self, class_: str | int, task: str | None) -> tuple[str, int] | None:
        """Task and code of a class; None where it is none, but perhaps the name of a cascade."""
        from groundset.core import MissingError

        chosen = self.lake.config.task(task, "classify").name
        try:
            return chosen, self.lake.scheme(chosen).find(class_).code
        except MissingError:
            return None


def _open(
    there: Sequence[Record],
    class_: str | int,
    code: tuple[str, int] | None,
    scenes: Sequence[str] | None,
    name: str | None,
) -> Record | None:
    """The cascade that is meant, if it is there."""
    for record in there:
        if record.id in (name, class_):
            return record
    if name is not None:
        return None
    return next(
        (
            record
            for record in there
            if (record.task, record.code) == code
            and not record.done
            and (scenes is None or set(scenes) == set(record.scenes))
        ),
        None,
    )
