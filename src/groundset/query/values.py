"""What the parts of a filter are: text, numbers, times, shapes, lists, truth; and the properties that chips have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from groundset.core import NOT_APPLICABLE, Scheme
from groundset.core.layout import AttributeConfig
from groundset.query.attached import Outside
from groundset.query.attributes import Attributes
from groundset.query.chips import Chips
from groundset.query.coded import Coded
from groundset.query.learned import Learned, Scores, Want
from groundset.query.moments import Span
from groundset.query.own import attributes_of, plain, scores_of
from groundset.query.table import CANNOT, LabelTable
from groundset.query.working import PROPERTIES as WORK
from groundset.query.working import Works

Kind = Literal["text", "number", "time", "truth", "shape", "list"]
WORDS: Mapping[Kind, str] = {
    "text": "text", "number": "a number", "time": "a time", "truth": "true or false", "shape": "a shape",
    "list": "a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """One part of a filter, evaluated.

    Args:
        kind: What it is.
        data: Of text, numbers and truth an Arrow column or scalar; of a time a :class:`Span`; of a list a
            :class:`Coded` column of tuples or a tuple; of a shape a Shapely shape, or None for the chips' own outlines.
            Text of which a chip may have several is a :class:`Coded` column of tuples too.
        name: The property, or the text as written; for messages.
        literal: Whether it was written as such.
        at: Where it stands in the filter: first character and the one behind the last.
    """

    kind: Kind
    data: Any
    name: str = ""
    literal: bool = False
    at: tuple[int, int] | None = None

    @property
    def words(self) -> str:
        """What it is, for messages."""
        return f"{self.name} is {WORDS[self.kind]}" if self.name else WORDS[self.kind]


@dataclass(slots=True)
class Moment:
    """Everything that a filter may ask about at one moment; ``used`` notes what was asked for.

    Args:
        chips: The chips.
        labels: Labels of the task asked for; None where there is no task.
        splits: Splits in the latest release.
        scheme: Classes of the task.
        several: Whether a chip may have several classes that count alike.
        attributes: What people said of the chips' situation.
        declared: The attributes that there are.
        learned: What the labels say of all chips; None where nothing learns from them.
        encoder: Whose features count (default: the workspace's).
        works: How far the work on the chips is; None in tasks where nobody says so.
        actor: Who asks, where one's own work is spoken of (default: whoever spoke last of a chip).
        pictured: How well images fit words; None where nothing knows words.
        outside: What is attached to the chips.
    """

    chips: Chips
    labels: LabelTable | None
    splits: Coded[str]
    scheme: Scheme | None
    several: bool
    attributes: Attributes | None = None
    declared: tuple[AttributeConfig, ...] = ()
    learned: Learned | None = None
    encoder: str | None = None
    works: Works | None = None
    actor: str | None = None
    pictured: Callable[[str, Chips, str | None], Scores | None] | None = None
    outside: Outside | None = None
    used: set[str] = field(default_factory=lambda: {"chips"})
    _names: Mapping[str, Property] | None = None

    def table(self) -> LabelTable | None:
        """The labels; None where there is no task."""
        self.used.add("labels")
        return self.labels

    def split(self) -> Coded[str]:
        """The splits."""
        self.used.add("splits")
        return self.splits

    def work(self) -> tuple[Any, Any]:
        """State of the work and difficulty: two Arrow columns."""
        self.used.add("works")
        return (self.works or Works(self.chips, {})).column(self.actor)

    def attribute(self, name: str) -> Any:
        """What people said of each chip's situation, by the attribute's name: an Arrow column."""
        self.used.add("attributes")
        return pa.nulls(len(self.chips)) if self.attributes is None else self.attributes.column(name)

    def attached(self, name: str) -> Any:
        """A column of an attached layer, or of the sample's design: an Arrow column."""
        self.used.add("outside")
        return pa.nulls(len(self.chips)) if self.outside is None else self.outside.column(name)

    def model(self) -> Learned | None:
        """What was learned."""
        self.used.add("learned")
        return self.learned

    def pictures(self, text: str) -> Scores | None:
        """How well the chips' images fit words; None where no encoder knows words."""
        self.used.add("learned")
        return None if self.pictured is None else self.pictured(text, self.chips, self.encoder)

    def scores(self, want: Want) -> Scores | None:
        """Scores; None where nothing learns."""
        learned = self.model()
        return None if learned is None else learned.scores(want)

    def names(self) -> Mapping[str, Property]:
        """Everything that a filter may ask for: kind, title, how to get it."""
        if self._names is None:
            scores = scores_of(self.scheme) if self.scheme is not None and self.learned is not None else {}
            own = attributes_of(self.declared, taken={*PROPERTIES, *scores})
            outside = {} if self.outside is None else self.outside.properties()
            self._names = {**outside, **PROPERTIES, **({} if self.works is None else WORK), **scores, **own}
        return self._names

    def property(self, name: str) -> Property | None:
        """What stands behind a name; a name with dashes may be written with underscores."""
        names = self.names()
        return names.get(name) or next((names[known] for known in names if plain(known) == name), None)


Property = tuple[Kind, str, Callable[[Moment], Value]]
"""Kind, title, how to get it."""


def _column(name: str) -> Callable[[Moment], Value]:
    return lambda now: Value("text", now.chips.column(name), name)


def _number(name: str) -> Callable[[Moment], Value]:
    return lambda now: Value("number", now.chips.column(name), name)


def _times(column: Any) -> Span:
    stored = pc.cast(column, pa.int64())
    return Span(stored, stored)


def _bands(now: Moment) -> Value:
    return Value("list", now.chips.bands, "bands")


def _named(scheme: Scheme | None, codes: tuple[int, ...]) -> tuple[str, ...]:
    names = {CANNOT: NOT_APPLICABLE} | ({} if scheme is None else {c.code: c.name for c in scheme})
    return tuple(names.get(code, str(code)) for code in codes)


def _label(now: Moment) -> Value:
    if now.several:
        return Value("text", _labels(now).data, "label")
    table = now.table()
    if table is None:
        return Value("text", pa.nulls(len(now.chips), pa.string()), "label")
    main = table.column("main")
    return Value("text", main.texts([_named(now.scheme, (code,))[0] for code in main.values]), "label")


def _labels(now: Moment) -> Value:
    table = now.table()
    coded = _none(now) if table is None else table.column("classes").renamed(lambda c: _named(now.scheme, c))
    return Value("list", coded, "labels")


def _coded_text(field_name: str, name: str) -> Callable[[Moment], Value]:
    def get(now: Moment) -> Value:
        table = now.table()
        return Value("text", (_none(now) if table is None else table.column(field_name)).strings, name)

    return get


def _coded_list(field_name: str, name: str) -> Callable[[Moment], Value]:
    def get(now: Moment) -> Value:
        table = now.table()
        return Value("list", _none(now) if table is None else table.column(field_name), name)

    return get


def _negative(now: Moment) -> Value:
    table = now.table()
    coded = _none(now) if table is None else table.column("negative").renamed(lambda c: _named(now.scheme, c))
    return Value("list", coded, "negative")


def _training(now: Moment) -> Value:
    table = now.table()
    return Value(
        "truth", pa.nulls(len(now.chips), pa.bool_()) if table is None else pa.array(table.training), "training"
    )


def _answered_at(now: Moment) -> Value:
    table = now.table()
    column = pa.nulls(len(now.chips), pa.timestamp("us", tz="UTC")) if table is None else table.answered_at
    return Value("time", _times(column), "answered_at")


def _none(now: Moment) -> Coded[Any]:
    return Coded.none(len(now.chips))


PROPERTIES: Mapping[str, Property] = {
    "label": ("text", "Class", _label),
    "labels": ("list", "All classes", _labels),
    "value": ("text", "Answer", _coded_text("value", "value")),
    "negative": ("list", "Classes said not to be there", _negative),
    "reason": ("text", "Why it cannot be answered", _coded_text("reason", "reason")),
    "training": ("truth", "Used for training", _training),
    "actor": ("text", "Answered by (latest)", _coded_text("actor", "actor")),
    "actors": ("list", "Answered by (all)", _coded_list("actors", "actors")),
    "answered_at": ("time", "Answered at (latest)", _answered_at),
    "methods": ("list", "Methods", _coded_list("methods", "methods")),
    "split": ("text", "Split in the latest release", lambda now: Value("text", now.split().strings, "split")),
    "datetime": ("time", "Acquired", lambda now: Value("time", _times(now.chips.column("datetime")), "datetime")),
    "scene_id": ("text", "Scene", _column("scene_id")),
    "cloud_cover": ("number", "Cloud cover, percent", _number("cloud_cover")),
    "valid_fraction": ("number", "Share of pixels with data", _number("valid_fraction")),
    "sensor": ("text", "Sensor", _column("sensor")),
    "group": ("text", "Group", _column("group")),
    "level": ("number", "Level", _number("level")),
    "chip_id": ("text", "Chip", _column("chip_id")),
    "row": ("number", "Grid row", _number("row")),
    "col": ("number", "Grid column", _number("col")),
    "x_off": ("number", "First column in the scene", _number("x_off")),
    "y_off": ("number", "First row in the scene", _number("y_off")),
    "width": ("number", "Columns", _number("width")),
    "height": ("number", "Rows", _number("height")),
    "crs": ("text", "CRS", _column("crs")),
    "bands": ("list", "Bands", _bands),
    "geometry": ("shape", "Outline", lambda _: Value("shape", None, "geometry")),
}
"""What a filter may ask of a chip in every workspace."""
