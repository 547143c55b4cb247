"""What a query found: one page of chips, with the labels of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from groundset.query.attributes import NOTHING, Attributes, Said
from groundset.query.chips import Chips, Positions
from groundset.query.coded import Coded
from groundset.query.labels import Label
from groundset.query.learned import Meaning, Want
from groundset.query.table import LabelTable

if TYPE_CHECKING:
    from groundset.query.values import Moment

_COLUMNS = [
    "chip_id", "scene_id", "level", "row", "col", "width", "height", "datetime", "sensor", "valid_fraction",
    "cloud_cover", "group", "geometry",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """One chip of a page.

    ``part`` and ``row`` say where it stands in the chip table, and so where its quicklook lies. ``outline`` is WKB,
    ``bbox`` west, south, east, north; None where the chip has no place.
    """

    id: str
    part: str
    row: int
    scene_id: str
    level: int
    grid_row: int
    grid_col: int
    width: int
    height: int
    datetime: str | None
    sensor: str | None
    valid_fraction: float
    cloud_cover: float | None
    group: str | None
    split: str | None
    label: Label | None
    bbox: list[float] | None
    outline: bytes | None
    score: float | None = None
    guess: int | None = None
    guess_score: float | None = None
    training: bool = True
    attributes: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the chips that a filter keeps.

    Args:
        total: Chips that it keeps in all.
        offset: Of them, the number before this page.
        head: Journal event up to which labels count.
        task: Task whose labels are told; None where the workspace has none.
        hits: The page.
        pin: Names this list, whatever becomes of it.
        meaning: What the rows' scores are.
        chips: The chips.
        positions: All chips that it keeps, in order.
        moment: What was known of them.
        want: Which scores the rows tell.
        forgotten: Whether the list asked for was forgotten, so that this is another one.
    """

    total: int
    offset: int
    head: int
    task: str | None
    hits: Sequence[Hit]
    pin: str
    meaning: Meaning
    chips: Chips
    positions: Positions
    moment: Moment
    want: Want
    forgotten: bool = False

    def all_ids(self) -> list[str]:
        """Ids of all chips that it keeps, in order."""
        ids = self.chips.ids
        return [ids[at] for at in self.positions.tolist()]

    @property
    def ids(self) -> list[str]:
        """Ids of the page's chips."""
        return [hit.id for hit in self.hits]


def as_time(value: Any) -> str | None:
    """RFC 3339, with a fraction of a second only where there is one."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def hits(
    chips: Chips, splits: Coded[str], labels: LabelTable | None, attributes: Attributes | None, page: Positions,
    scores: Sequence[float | None], guesses: Sequence[tuple[int, float | None] | None],
) -> list[Hit]:  # fmt: skip
    """The chips at these positions, with their scores and what they probably are."""
    if not len(page):
        return []
    rows = chips.table.select(_COLUMNS).take(pa.array(page)).to_pylist()
    bounds = chips.bounds_at(page).tolist()
    told = [None] * len(page) if labels is None else labels.labels[page].tolist()
    trains = [True] * len(page) if labels is None else labels.training[page].tolist()
    said: Sequence[Said] = [NOTHING] * len(page) if attributes is None else attributes.at(page)
    split = splits.strings.take(pa.array(page)).to_pylist()
    parts, at = chips.part[page].tolist(), chips.row[page].tolist()
    return [
        Hit(
            id=row["chip_id"],
            part=chips.parts[parts[i]],
            row=at[i],
            scene_id=row["scene_id"],
            level=row["level"],
            grid_row=row["row"],
            grid_col=row["col"],
            width=row["width"],
            height=row["height"],
            datetime=as_time(row["datetime"]),
            sensor=row["sensor"],
            valid_fraction=row["valid_fraction"],
            cloud_cover=row["cloud_cover"],
            group=row["group"],
            split=split[i],
            label=told[i],
            bbox=None if row["geometry"] is None else bounds[i],
            outline=row["geometry"],
            score=scores[i],
            guess=None if (guess := guesses[i]) is None else guess[0],
            guess_score=None if guess is None else guess[1],
            training=trains[i],
            attributes=said[i],
        )
        for i, row in enumerate(rows)
    ]
