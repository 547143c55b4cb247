"""Places on several dates: image (time, bands, rows, columns)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, Scheme
from groundset.loading.dataset import Dataset, Sample
from groundset.loading.index import NO_SPLIT, UNLABELLED_SPLIT, Index, Row
from groundset.loading.source import Source
from groundset.taxonomy import Sheet

_LABELS = ("label", "mask")


class SeriesDataset(Dataset):
    """Places of one split of a release, each on all dates of its series. Picklable.

    ``dataset[i]`` is ``{"image": float32 (time, bands, rows, columns), NaN where there is no data; "valid": bool (time,
    rows, columns); "times": int64 (time,), seconds since 1970 in UTC; "present": bool (time,), False where the release
    has no chip of this date, whose image is NaN and whose mask 255; "id": str, the place; "dates": tuple of str, RFC
    3339; "ids": tuple of str, the chips, empty where there is none; "bands": tuple of str}`` and the label:

    - of a task about dates one for each date: ``"mask"`` uint8 (time, rows, columns), ``"label"`` uint8 (time,), or
      (time, classes) with several classes per chip; of outlines tuples with one array for each date;
    - of a task about a period or a change that of the place, as :class:`Dataset` has it for a chip.

    Samples of one series have one shape each, so that a torch DataLoader stacks them.
    """

    def __init__(
        self, source: Source, index: Index, split: str | None, sheet: Sheet | None, target: Scheme | None
    ) -> None:
        super().__init__(source, index, split, sheet, target)
        if not index.series:
            raise InputError(
                "there is no series in this release", asked="series=True", found=f"{len(index.rows)} chips",
                hint="make one and release again: groundset add series DIR NAME SCENE SCENE",
            )  # fmt: skip
        members: dict[str, dict[str, Row]] = {}
        for row in index.rows:
            if row.place is not None and row.split != NO_SPLIT:
                members.setdefault(row.place, {})[row.scene] = row
        chosen = dict.fromkeys(row.place for row in self._rows if row.place is not None)
        self._places = tuple((place, members[place]) for place in chosen)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def ids(self) -> tuple[str, ...]:
        """Places in order: ``SERIES_LEVEL_ROW_COL``."""
        return tuple(place for place, _ in self._places)

    def times(self, i: int) -> npt.NDArray[np.int64]:
        """The dates of a sample's series, int64 (time,), seconds since 1970 in UTC; nothing is read."""
        return _seconds(self._dates(self._places[i][1])[1])

    def __getitem__(self, i: int) -> Sample:
        if not -len(self) <= i < len(self):
            raise IndexError(f"sample {i} of {len(self)}")
        place, members = self._places[i]
        scenes, dates = self._dates(members)
        there = {scene: self._sample(members[scene]) for scene in scenes if scene in members}
        like = next(iter(there.values()))
        each = [there.get(scene) or _missing(like) for scene in scenes]
        sample: Sample = {
            "image": np.stack([one["image"] for one in each]),
            "valid": np.stack([one["valid"] for one in each]),
            "times": _seconds(dates),
            "present": np.array([scene in there for scene in scenes]),
            **self._labels(each, [members.get(scene) for scene in scenes]),
        }
        ids = tuple(members[scene].id if scene in members else "" for scene in scenes)
        return {**sample, "id": place, "dates": tuple(dates), "ids": ids, "bands": like["bands"]}

    def _dates(self, members: dict[str, Row]) -> tuple[list[str], list[str]]:
        said = self._index.series[str(next(iter(members.values())).series)]
        return list(said["scenes"]), list(said["times"])

    def _labels(self, each: list[Sample], rows: list[Row | None]) -> Sample:
        if self._index.about != "date":
            labelled = [one for one, row in zip(each, rows, strict=True) if row and row.split != UNLABELLED_SPLIT]
            keys = ("boxes", "labels", "masks") if self._index.kind == "outline" else _LABELS
            return {key: labelled[0][key] for key in keys if key in labelled[0]}
        if self._index.kind == "outline":
            return {key: tuple(one[key] for one in each) for key in ("boxes", "labels", "masks")}
        return {key: np.stack([np.asarray(one[key], np.uint8) for one in each]) for key in _LABELS if key in each[0]}


def _missing(like: Sample) -> Sample:
    """A date without a chip, of the shapes of another date of the same place."""
    out: dict[str, Any] = {"image": np.full_like(like["image"], np.nan), "valid": np.zeros_like(like["valid"])}
    if "mask" in like:
        out["mask"] = np.full_like(like["mask"], UNLABELLED)
    if "label" in like:
        out["label"] = np.full_like(np.asarray(like["label"], np.uint8), UNLABELLED)
    return out | {key: like[key][:0] for key in ("boxes", "labels", "masks") if key in like}


def _seconds(dates: list[str]) -> npt.NDArray[np.int64]:
    return np.array([round(datetime.fromisoformat(d).timestamp()) for d in dates], np.int64)
