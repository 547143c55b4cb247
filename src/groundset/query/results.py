"""Chips found, as Python and the command line show them: ids, scores, a table."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundset.query.found import Hit
from groundset.query.learned import Meaning

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SHOWN = 10
"""Rows that a notebook shows."""


@dataclass(frozen=True)
class Results:
    """Chips in order.

    Args:
        hits: The chips.
        total: Chips that were found in all.
        task: Task whose labels are told; None where the workspace has none.
        meaning: What the scores are: none, similarity, score or confidence.
        names: Class names by code.
        reasons: Why each is suggested: typical, uncertain or doubted; None where it was searched for.
    """

    hits: Sequence[Hit]
    total: int
    task: str | None
    meaning: Meaning
    names: Mapping[int, str]
    reasons: Sequence[str] | None = None

    @property
    def ids(self) -> list[str]:
        """Chip ids."""
        return [hit.id for hit in self.hits]

    @property
    def scores(self) -> list[float | None]:
        """Scores, 0-1; None where a chip has none."""
        return [hit.score for hit in self.hits]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __getitem__(self, at: int) -> Hit:
        return self.hits[at]

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a chip: id, score, reason, label, guess, and what a list of chips tells beside."""
        return [self._row(i) for i in range(len(self.hits))]

    def to_arrow(self) -> pa.Table:
        """As an Arrow table, one row a chip; attributes are columns of their own."""
        import pyarrow as pa

        rows = self.rows()
        names = sorted({name for hit in self.hits for name in hit.attributes})
        columns = {key: [row[key] for row in rows] for key in (rows[0] if rows else self._empty())}
        columns |= {name: [hit.attributes.get(name) for hit in self.hits] for name in names}
        return pa.table(columns)

    def to_pandas(self) -> pd.DataFrame:
        """As a data frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def __repr__(self) -> str:
        lines = [self._head()]
        lines += ["  ".join(cells).rstrip() for cells in self._cells()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>" for cells in self._cells()
        )
        return f"<p>{html.escape(self._head())}</p><table>{body}</table>"

    def _head(self) -> str:
        more = f", the first {len(self):,} here" if self.total > len(self) else ""
        told = "" if self.meaning == "none" else f"; the number is a {self.meaning}"
        return f"{self.total:,} chip{'' if self.total == 1 else 's'}{more}{told}"

    def _cells(self) -> list[list[str]]:
        cells = []
        for row in self.rows()[:SHOWN]:
            score = "" if row["score"] is None else f"{row['score']:.3f}"
            cells.append([row["chip_id"], score, row["reason"] or "", ", ".join(row["label"]) or "not labelled"])
        widths = [max(len(line[i]) for line in cells) for i in range(4)] if cells else []
        cells = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
        return [*cells, ["..."]] if len(self) > SHOWN else cells

    def _row(self, i: int) -> dict[str, Any]:
        hit, label = self.hits[i], self.hits[i].label
        return {
            "chip_id": hit.id,
            "score": hit.score,
            "reason": None if self.reasons is None else self.reasons[i],
            "label": [] if label is None else [self.names.get(code, str(code)) for code in label.classes],
            "value": None if label is None else label.value,
            "guess": None if hit.guess is None else self.names.get(hit.guess, str(hit.guess)),
            "guess_score": hit.guess_score,
            "training": hit.training,
            "split": hit.split,
            "scene_id": hit.scene_id,
            "datetime": hit.datetime,
            "cloud_cover": hit.cloud_cover,
            "valid_fraction": hit.valid_fraction,
        }

    @staticmethod
    def _empty() -> list[str]:
        return ["chip_id", "score", "reason", "label"]
