"""The ranker of a workspace: what labels and features together say of all chips, always up to date."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from groundset.core import InputError, MissingError
from groundset.core.layout import DEFAULT_ENCODER, TaskConfig
from groundset.learn.curves import Curve, Curves
from groundset.learn.histogram import Counted, counted
from groundset.learn.loop import Reason
from groundset.learn.matrix import FeatureReader, Features
from groundset.learn.pictured import Pictured
from groundset.learn.place_matrix import of_places
from groundset.learn.questions import questions
from groundset.learn.snapshot import Snapshot
from groundset.learn.training import Training
from groundset.query.learned import Meaning, Scores, Want
from groundset.segment.dates import last_dates

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.chips import Chips
    from groundset.query.found import Hit
    from groundset.query.index import Index
    from groundset.query.table import LabelTable

KEPT = 6
"""Snapshots (of a task and an encoder) that are kept at once."""


class Suggested(NamedTuple):
    """Chips to answer next: rows, why each is asked about, its score of the class asked for."""

    task: str
    code: int | None
    meaning: Meaning
    strategy: Literal["typical", "margin"]
    head: int
    hits: Sequence[Hit]
    reasons: Sequence[Reason]
    scores: Sequence[float | None]

    @property
    def ids(self) -> list[str]:
        """Chip ids."""
        return [hit.id for hit in self.hits]


class Ranker:
    """Scores of all chips from labels and features. Safe to share between threads.

    It follows the index: what it says is of the index's latest snapshot. Features are read once; new parts are added.

    Args:
        lake: The workspace.
        index: Its index; lists and filters of it go by these scores from now on.
        told: Called with a task when something of it was worked out behind the requests.
    """

    def __init__(self, lake: Lake, index: Index, told: Callable[[str], None] | None = None) -> None:
        self._lake, self._index = lake, index
        self._lock = threading.RLock()
        self._readers: dict[str, FeatureReader] = {}
        self._snapshots: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()
        self._places: dict[tuple[str, str], tuple[Features, dict[str, str], Features]] = {}
        self._curves = Curves(told or (lambda _task: None))
        self._pictured = Pictured(lake)
        index.scorer = self

    def encoders(self) -> list[str]:
        """Encoders whose features are there, the workspace's own first."""
        folder = self._lake.layout.features
        there = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
        own = self._lake.config.encoder or DEFAULT_ENCODER
        return sorted(there, key=lambda name: name != own)

    def stamp(self, encoder: str | None = None) -> str:
        """Changes when features were written."""
        seen = self._reader(encoder).stamp(), self._pictured.mark()
        return f"{zlib.crc32(repr(seen).encode()):08x}"

    def close(self) -> None:
        """Stop what goes on behind the requests."""
        self._curves.close()

    def learned(self, chips: Chips, task: TaskConfig, labels: LabelTable, encoder: str | None) -> Snapshot:
        """What these labels say of these chips; the same object while nothing changes."""
        scheme = self._lake.scheme(task.name)
        each = self._features(encoder, chips)
        key = (task.name, each.encoder)
        with self._lock:
            features = self._asked(each, task)
            known = self._snapshots.get(key)
            if known is None or not known.stands(features, labels, scheme):
                known = Snapshot(self._lake, features, Training(task, scheme, labels), known, each=each)
                self._snapshots[key] = known
            self._snapshots.move_to_end(key)
            while len(self._snapshots) > KEPT:
                self._snapshots.popitem(last=False)
            return known

    def pictured(self, text: str, chips: Chips, encoder: str | None = None) -> Scores | None:
        """How well the images of chips fit words; None where no encoder knows words."""
        name = self._pictured.encoder(encoder)
        return None if name is None else self._pictured.scores(text, self._features(name, chips))

    def knows_words(self) -> str | None:
        """The encoder that images are found by words with; None where none knows words."""
        return self._pictured.encoder()

    def state(self, task: str | None = None, encoder: str | None = None) -> Snapshot:
        """What is known of a task now.

        Raises:
            InputError: No such task or encoder; the workspace has no task.
        """
        found: Snapshot = self._index.learned(task, encoder)
        return found

    def curve(self, snapshot: Snapshot, code: int | None = None) -> Curve:
        """How accuracy grew with labels; worked out behind the request, and told of when it is there."""
        return self._curves.get(snapshot, code)

    def histogram(
        self,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        *,
        task: str | None = None,
        class_: str | int | None = None,
        like: Sequence[str] = (),
        method: str = "logistic",
        encoder: str | None = None,
        bins: int = 40,
    ) -> Counted:
        """Scores of a class, or likeness to examples, of the chips that a filter keeps, counted.

        Raises:
            InputError: The filter, the class, an example or the method is wrong; says where.
        """
        snapshot = self.state(task, encoder)
        code = None if class_ is None else snapshot.training.scheme.find(class_).code
        want = Want(code, tuple(like), method, encoder)
        if not want.any:
            raise InputError("scores of what", hint="say class=NAME, or give examples with like=CHIP")
        keep = self._index.keep(filter, task=snapshot.training.task.name, encoder=encoder)
        return counted(snapshot, want, keep, bins, self._index.now().head)

    def suggest(
        self,
        class_: str | int | None = None,
        *,
        task: str | None = None,
        n: int = 50,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        doubted: float = 0.1,
        encoder: str | None = None,
        seed: int = 0,
    ) -> Suggested:
        """Chips to answer next, the most useful first, no two nearly alike.

        Args:
            class_: Class (name or code); None: all classes of the task.
            task: A classify task.
            n: How many.
            filter: CQL2 text: only chips that it keeps.
            doubted: Share of answered chips that the model doubts.
            encoder: Whose features count.
            seed: Of what is drawn; another seed gives other chips.

        Raises:
            InputError: The filter, the task or the class is wrong; says where.
        """
        snapshot = self.state(task, encoder)
        name = snapshot.training.task.name
        code = None if class_ is None else snapshot.training.scheme.find(class_).code
        keep = self._index.keep(filter, task=name, encoder=encoder) if filter else None
        picks = questions(snapshot, code=code, n=n, keep=keep, doubted=doubted, seed=seed)
        shown = self._index.rows([p.row for p in picks], task=name, class_=code, encoder=encoder)
        typical = not any(p.reason == "uncertain" for p in picks) and any(p.reason == "typical" for p in picks)
        return Suggested(
            task=name,
            code=code,
            meaning=shown.meaning,
            strategy="typical" if typical else "margin",
            head=self._index.now().head,
            hits=shown.hits,
            reasons=[p.reason for p in picks],
            scores=[hit.score for hit in shown.hits],
        )

    def _asked(self, each: Features, task: TaskConfig) -> Features:
        """The features of what a task asks about: of chips as they are, of places on two dates those of both."""
        if task.about == "date":
            return each
        key, last = (task.name, each.encoder), last_dates(self._lake, task)
        known = self._places.get(key)
        if known is None or known[0] is not each or known[1] != last:
            known = self._places[key] = each, last, of_places(each, last)
        return known[2]

    def _features(self, encoder: str | None, chips: Chips) -> Features:
        return self._reader(encoder).fresh(chips)

    def _reader(self, encoder: str | None) -> FeatureReader:
        name = encoder or self._lake.config.encoder or DEFAULT_ENCODER
        with self._lock:
            reader = self._readers.get(name)
            if reader is None:
                if encoder is not None and encoder not in self.encoders():
                    raise MissingError(
                        "there are no features of this encoder", asked=encoder,
                        found=", ".join(self.encoders()) or "none", hint=f"groundset encode DIR --encoder {encoder}",
                    )  # fmt: skip
                reader = self._readers[name] = FeatureReader(self._lake, name)
            return reader
