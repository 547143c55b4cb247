"""Samples on disk, in open formats: which chips a design chose, with what probability, of which population.

``samples/ID.json`` states the design (options, strata with their sizes, scenes), ``samples/ID.parquet`` has one row for each
chip chosen: ``chip_id``, ``inclusion`` and ``stratum``. Both are written before the first chip is cut and never changed.
"""  # noqa: E501

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from groundset._files import atomic, write_text
from groundset.core import InputError

FOLDER = "samples"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Design:
    """How a sample was drawn.

    Args:
        id: Stands for all the others: the same scenes and options have the same one.
        size: Chips asked for.
        chosen: Chips chosen; fewer only where so many do not fit at the least distance.
        population: Chips that could have been chosen.
        method: In words.
        seed: Of the random numbers.
        allocation: ``proportional`` or ``equal``.
        stratify: What the strata were made from; None where there is one stratum.
        min_distance: Least distance between the middles of two chips, metres; None for none.
        strata: By stratum: chips in the population, chips chosen.
        scenes: Ids of the scenes that were sampled.
    """

    id: str
    size: int
    chosen: int
    population: int
    method: str
    seed: int
    allocation: str
    stratify: str | None
    min_distance: float | None
    strata: Mapping[str, tuple[int, int]]
    scenes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample: parallel lists of chip ids, inclusion probabilities (0-1] and strata."""

    chip_ids: Sequence[str]
    inclusion: Sequence[float]
    stratum: Sequence[str]


class SampleStore:
    """The samples of a workspace.

    Args:
        root: Folder of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self._kept: tuple[tuple[object, ...], dict[str, tuple[float, str]]] = (), {}

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever a sample is added; empty without any."""
        try:
            return tuple(sorted(p.name for p in self.folder.glob("[!.]*.json")))
        except OSError:
            return ()

    def designs(self) -> list[Design]:
        """The designs.

        Raises:
            InputError: One has a mistake.
        """
        return [_design(path) for path in sorted(self.folder.glob("[!.]*.json"))]

    def put(self, design: Design, drawn: Drawn) -> None:
        """Keep a sample; its design appears last."""
        table = pa.table({
            "chip_id": pa.array(drawn.chip_ids, pa.string()),
            "inclusion": pa.array(drawn.inclusion, pa.float64()),
            "stratum": pa.array(drawn.stratum, pa.string()),
        })  # fmt: skip
        with atomic(self.folder / f"{design.id}.parquet") as beside:
            pq.write_table(table, beside, compression="zstd")
        body = {"format": _FORMAT, **asdict(design)}
        write_text(self.folder / f"{design.id}.json", json.dumps(body, indent=1, ensure_ascii=False) + "\n")

    def remove(self, design_id: str) -> None:
        """Forget a design of which no chip was made."""
        (self.folder / f"{design_id}.json").unlink(missing_ok=True)
        (self.folder / f"{design_id}.parquet").unlink(missing_ok=True)

    def get(self, design_id: str) -> Drawn:
        """The chips of a design."""
        table = pq.read_table(self.folder / f"{design_id}.parquet")
        return Drawn(*(table.column(name).to_pylist() for name in ("chip_id", "inclusion", "stratum")))

    def rows(self) -> Mapping[str, tuple[float, str]]:
        """Inclusion probability and stratum by chip id, of all samples."""
        stamp = self.stamp()
        if stamp != self._kept[0]:
            found: dict[str, tuple[float, str]] = {}
            for name in stamp:
                drawn = self.get(str(name).removesuffix(".json"))
                told = zip(drawn.inclusion, drawn.stratum, strict=True)
                found |= dict(zip(drawn.chip_ids, told, strict=True))
            self._kept = stamp, found
        return self._kept[1]

    def column(self, name: str) -> Mapping[str, Any]:
        """``inclusion`` or ``stratum`` by chip id."""
        at = ("inclusion", "stratum").index(name)
        return {chip_id: row[at] for chip_id, row in self.rows().items()}


def _design(path: Path) -> Design:
    try:
        body = json.loads(path.read_bytes())
        if body["format"] != _FORMAT:
            raise InputError("this sample was drawn by a newer version", found=path)
        said = {f.name: body[f.name] for f in fields(Design)}
        said["strata"] = {name: (int(a), int(b)) for name, (a, b) in said["strata"].items()}
        return Design(**{**said, "scenes": tuple(said["scenes"])})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("this sample cannot be read", found=f"{path}: {error!r}"[:300]) from error
