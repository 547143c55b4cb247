"""The verbs of a workspace that look for chips; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.learn.ranker import Ranker
    from groundset.learn.standing import Standing
    from groundset.query import Index
    from groundset.query.results import Results
    from groundset.query.saved import Saved, SavedQueries
    from groundset.query.sql import Answer


class Searching:
    """How chips of a workspace are found: what the page, HTTP and the command line do, in Python."""

    lake: Lake
    at_close: ExitStack

    @cached_property
    def index(self) -> Index:
        """Chips and labels in memory, always up to date."""
        from groundset.query import Index

        made = Index(self.lake)
        self.at_close.callback(made.close)
        return made

    @cached_property
    def ranker(self) -> Ranker:
        """What labels and features say of the chips, always up to date."""
        from groundset.learn.ranker import Ranker

        made = Ranker(self.lake, self.index)
        self.at_close.callback(made.close)
        return made

    def search(
        self,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        *,
        like: str | Sequence[str] | None = None,
        sort: str | None = None,
        task: str | None = None,
        class_: str | int | None = None,
        method: str = "logistic",
        encoder: str | None = None,
        bbox: Sequence[float] | None = None,
        limit: int | None = 100,
        offset: int = 0,
        actor: str | None = None,
        saved: str | None = None,
        words: str | None = None,
    ) -> Results:
        """Find chips.

        Args:
            filter: OGC CQL2 text: ``"cloud_cover < 10 AND score_water > 0.8 AND label IS NULL"``.
            like: Examples: chip ids, or rectangles of a scene's pixels, ``SCENE@x_off,y_off,width,height``.
            sort: ``id``, ``newest``, ``random:SEED``, ``similar[:CLASS]``, ``uncertain[:CLASS]``, ``typical``,
                or ``words:TEXT`` (by how well images fit words, where an encoder knows words); by default ``similar``
                where there are examples or a class, else ``id``.
            task: Task that labels and classes speak of.
            class_: Class (name or code) whose scores are told.
            method: How examples become a score: ``logistic``, ``rocchio`` or ``mean``.
            encoder: Whose features count (default: the workspace's).
            bbox: West, south, east, north in degrees.
            limit: Most chips; None: all of them.
            offset: Chips before them.
            actor: Whose ``work`` and ``difficulty`` the filter means (default: those of whoever spoke last of a chip).
            saved: Name of a saved query; what else is asked goes before what it says, and a filter narrows its own.
            words: Words that chips are to fit: those labelled with a class that is meant come first, then those that a
                model scores 0.5 or more, then all others by their picture, where an encoder knows words.

        Raises:
            InputError: The filter, the order, the class or an example is wrong; says where.
        """
        from groundset.query.results import Results

        if saved is not None:
            return self._search_saved(
                saved, filter, like=like, sort=sort, task=task, class_=class_, encoder=encoder, bbox=bbox, limit=limit,
                offset=offset, actor=actor, words=words,
            )  # fmt: skip

        self.ranker  # noqa: B018  # scores come with it
        if filter:
            self.index.settle(task)
        likes = (like,) if isinstance(like, str) else tuple(like or ())
        by = sort or ("similar" if likes or class_ is not None else "id")
        found = self.index.find(
            filter, sort=by, task=task, class_=class_, like=likes, method=method, encoder=encoder, bbox=bbox,
            limit=2**53 if limit is None else limit, offset=offset, actor=actor, words=words,
        )  # fmt: skip
        return Results(found.hits, found.total, found.task, found.meaning, self._names(found.task))

    def _search_saved(
        self, name: str, filter: str | None, *, like: str | Sequence[str] | None, **rest: Any,  # noqa: A002
    ) -> Results:  # fmt: skip
        kept = self.saved_queries.get(name).query
        both = [text for text in (kept.filter, filter) if text and text.strip()]
        text = both[0] if len(both) == 1 else " AND ".join(f"({one})" for one in both)
        known = {"sort": kept.sort, "task": kept.task, "class_": kept.class_, "encoder": kept.encoder}
        said = {key: value for key, value in rest.items() if value is not None}
        return self.search(text or None, like=like or kept.like, method=kept.method or "logistic", **known | said)

    @property
    def saved_queries(self) -> SavedQueries:
        """The queries kept by name in the workspace, for everybody: ``.all()``, ``.get(name)``."""
        from groundset.query.saved import SavedQueries

        return SavedQueries(self.lake)

    def save_query(
        self,
        name: str,
        filter: str = "",  # noqa: A002  # its name everywhere
        *,
        like: str | Sequence[str] = (),
        sort: str | None = None,
        task: str | None = None,
        class_: str | None = None,
        method: str | None = None,
        encoder: str | None = None,
        actor: str | None = None,
        replace: bool = False,
    ) -> Saved:
        """Keep a query for everybody: ``ws.save_query("wet and clear", "cloud_cover < 10 AND score_water > 0.3")``.

        Args:
            name: 1 to 80 characters.
            filter: As in :meth:`search`, like all that follows.
            like: Examples.
            sort: The order.
            task: Task.
            class_: Class.
            method: How examples become a score.
            encoder: Whose features.
            actor: Who keeps it (default: who is logged in).
            replace: Whether one of this name is replaced; :meth:`undo_query` brings that back.

        Raises:
            InputError: It cannot be asked, or there is one of this name; says where.
        """
        import getpass

        from groundset.query.saved import Query

        likes = (like,) if isinstance(like, str) else tuple(like)
        query = Query(filter.strip(), likes, sort, task, class_, method, encoder)
        return self.saved_queries.save(
            name, query, by=actor or getpass.getuser(), index=self.index, replace=replace
        )  # fmt: skip

    def remove_query(self, name: str, *, actor: str | None = None) -> Saved:
        """Take a saved query away; :meth:`undo_query` brings it back."""
        import getpass

        return self.saved_queries.remove(name, by=actor or getpass.getuser())

    def undo_query(self, name: str, *, actor: str | None = None) -> Saved | None:
        """Take the last change of a saved query back; tells what the name has now, None for nothing."""
        import getpass

        return self.saved_queries.undo(name, by=actor or getpass.getuser())

    def sql(self, sql: str, *, seconds: float = 60.0, memory: str = "2GB") -> Answer:
        """Ask with SQL, reading only: ``ws.sql("SELECT label, count(*) FROM labels GROUP BY label").df()``.

        The views are scenes, chips, labels, annotations, scores and attributes; ``docs/queries.md`` tells columns.

        Args:
            sql: One SELECT of DuckDB's SQL.
            seconds: Longest that it may take.
            memory: Most memory that DuckDB takes for it.

        Returns:
            The rows: ``.arrow()`` is an Arrow table, ``.df()`` a data frame.

        Raises:
            QueryError: The text is no such question, or names what is not there; says where.
            InputError: It took too long or too much memory.
        """
        from groundset.query.sql import ask, needs_scores

        if needs_scores(sql):
            self.ranker  # noqa: B018  # scores come with it
        return ask(self.lake, self.index, sql, seconds=seconds, memory=memory)

    def suggest(
        self,
        class_: str | int | None = None,
        *,
        n: int = 50,
        task: str | None = None,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        doubted: float = 0.1,
        encoder: str | None = None,
        seed: int = 0,
    ) -> Results:
        """Chips to answer next, the most useful first, no two nearly alike: ``ws.suggest("water", n=50)``.

        Typical ones while little is labelled, then those that the model cannot tell; a share of them are answered chips
        that the model doubts.

        Args:
            class_: Class (name or code); None: all classes of the task.
            n: How many.
            task: A classify task.
            filter: OGC CQL2 text: only chips that it keeps.
            doubted: Share of answered chips that the model doubts, 0 to 1.
            encoder: Whose features count (default: the workspace's).
            seed: Another one gives other chips.
        """
        from groundset.query.results import Results

        found = self.ranker.suggest(class_, task=task, n=n, filter=filter, doubted=doubted, encoder=encoder, seed=seed)
        names = self._names(found.task)
        return Results(found.hits, len(found.hits), found.task, found.meaning, names, found.reasons)

    def ranking(self, *, task: str | None = None, encoder: str | None = None) -> Standing:
        """How well each class of a task is known, and what stands in the way."""
        from groundset.learn.standing import standing

        return standing(self.ranker.state(task, encoder))

    def _names(self, task: str | None) -> dict[int, str]:
        return {} if task is None else {c.code: c.name for c in self.lake.scheme(task)}
