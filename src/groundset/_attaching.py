"""The verbs that bring outside knowledge to chips; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundset.attach import AttachReport, Join, Layer, LayerState, Take
    from groundset.core import Listener
    from groundset.ingest import AnnotateReport
    from groundset.lake import Lake
    from groundset.query import Index


class Attaching:
    """Vector files and tables whose values every query may ask for."""

    lake: Lake

    def attach(
        self,
        file: str | Path,
        *,
        name: str | None = None,
        join: Sequence[Join] = (),
        column: str | Sequence[str] = (),
        take: Take | None = None,
        date_column: str | None = None,
        within: str | None = None,
        crs: str | None = None,
        x: str | None = None,
        y: str | None = None,
        repair: bool = True,
        label: str | int | None = None,
        when: str | None = None,
        task: str | None = None,
        actor: str | None = None,
        strict: bool = False,
        progress: Listener | None = None,
    ) -> AttachReport:
        """Join a vector file or a CSV to the chips; its columns are there for every query, filter and facet.

        ``NAME_inside``: some of it lies in the chip (a shared edge is not inside); ``NAME_share``: share of the chip
        under its polygons; ``NAME_distance``: metres on the ellipsoid from the chip's edge, 0 inside; ``NAME_count``;
        ``NAME_COLUMN``: the value of a column. They follow the file: when it changes, the next query or ingest reads
        it anew; when it is gone, the last values stay. Chips that come later get values too.

        Args:
            file: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet, or a CSV that names chips, scenes or places.
            name: What the columns begin with (default: the file's name).
            join: ``inside``, ``share``, ``distance``, ``count``, ``value``; default: those that fit the file.
            column: Columns of the file whose values chips get.
            take: The value where several features meet a chip: ``mean`` (by area; default of numbers), ``most`` (the
                value over most of the chip; default of text), ``sum``, ``minimum``, ``maximum`` or ``nearest``.
            date_column: Column of dates: the value is that of the date nearest to the chip's.
            within: How far a date may lie from the chip's, ``30d``, ``12h``; farther features do not count.
            crs: CRS of a file that states none.
            x: Column of a CSV's x or longitude.
            y: Column of a CSV's y or latitude.
            repair: Whether polygons that cross themselves are repaired; else they are an error.
            label: Class (name or code) that chips over it are given in a classify task, as one act, origin import.
            when: Which chips: a filter in which the layer's columns may go by their short names, ``share > 0.5``
                (default: ``inside``).
            task: A classify task, for ``label``.
            actor: Who labels (default: the system user name).
            strict: Refuse files that are not known by their first bytes.
            progress: Hears each step.

        Raises:
            InputError: The file or an option is wrong; nothing is attached.
            ConflictError: Another layer, or something else, has the name.
        """
        from groundset import attach
        from groundset.ingest._annotate.dates import parse_within

        if label is not None:
            chosen = self.lake.config.task(task, "classify")
            self.lake.scheme(chosen.name).find(label)
        span = parse_within(within)
        columns = (column,) if isinstance(column, str) else tuple(column)
        asked = attach.Asked(
            tuple(join), columns, take, date_column, None if span is None else span.total_seconds(), crs, x, y, repair
        )
        report = attach.attach(self.lake, file, name=name, asked=asked, strict=strict, progress=progress)
        if label is None:
            return report
        said = self.label_attached(report.layer.name, label, when=when, task=task, actor=actor)
        return replace(report, labelled=said.created, known=said.known)

    def label_attached(
        self,
        layer: str,
        class_: str | int,
        *,
        when: str | None = None,
        task: str | None = None,
        actor: str | None = None,
    ) -> AnnotateReport:
        """Label chips by what is attached: "chips over this water are likely water".

        One bulk act with origin import, which one undo takes back; answers of people stand before it. Said again, only
        chips that are new to it are answered.

        Args:
            layer: Name of the layer.
            class_: Class by name or code.
            when: See :meth:`attach`.
            task: A classify task; may be left out where there is one.
            actor: Who says so (default: the system user name).

        Raises:
            InputError: The condition is wrong, or no chip fulfils it.
        """
        from groundset import attach

        known = attach.AttachedStore(self.lake.root).get(layer)
        text = attach.condition(known, when)
        chosen = self.lake.config.task(task, "classify").name
        index: Index = self.index  # type: ignore[attr-defined]  # of Searching
        found = index.find(text, task=chosen, limit=0)
        known = attach.AttachedStore(self.lake.root).get(layer)  # the question may have read its file anew
        who = actor or getpass.getuser()
        return attach.label(self.lake, known, found.all_ids(), class_, when=text, task=chosen, actor=who)

    def attached(self) -> list[LayerState]:
        """The attached layers: their columns, and whether their files are as they were."""
        from groundset import attach

        return attach.states(self.lake)

    def refresh_attached(
        self, name: str | None = None, *, force: bool = False, progress: Listener | None = None
    ) -> list[AttachReport]:
        """Read the files of attached layers anew where they have changed, and give new chips their values.

        Args:
            name: One layer (default: all).
            force: Make all values anew, and raise what keeps a file from being read.
            progress: Hears each step.

        Returns:
            What was done, of the layers that something was done for.
        """
        from groundset import attach

        return attach.refresh(self.lake, name, force=force, progress=progress)

    def detach(self, name: str) -> Layer:
        """Take an attached layer away with its columns. The file stays, and so do labels made from it."""
        from groundset import attach

        return attach.remove(self.lake, name)
