"""What a release says of itself: bands, statistics, classes, and where each chip's files lie."""

from __future__ import annotations

import io
import json
import posixpath
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError, MissingError, Scheme
from groundset.core.layout import TaskKind
from groundset.core.series import About
from groundset.loading.source import Source

NO_SPLIT = "none"
UNLABELLED_SPLIT = "unlabelled"
SPLITS = ("train", "validate", "test")
"""What `groundset release` calls its splits; one of them may be empty."""
_COLUMNS = ("id", "groundset:split", "assets")
_FURTHER = ("label", "groundset:scene", "groundset:series", "groundset:place")
_FILES = ("collection.json", "release.json", "scheme.csv", "chips.parquet")


@dataclass(frozen=True, slots=True)
class Statistics:
    """Mean and standard deviation of each band over the train split, physical units: float32 (bands,), NaN unknown."""

    bands: tuple[str, ...]
    mean: npt.NDArray[np.float32]
    std: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One chip: id, split, hrefs by asset key (relative to the release, or absolute), classes of a classify task.

    ``scene``, and of a series its name and what the chips of one place share.
    """

    id: str
    split: str
    hrefs: Mapping[str, str]
    classes: tuple[str, ...] = ()
    scene: str = ""
    series: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """A release as the loader needs it. ``bands`` are those of image.tif, as stored."""

    name: str
    kind: TaskKind
    multi: bool
    bands: BandSet
    statistics: Statistics
    scheme: Scheme
    rows: tuple[Row, ...]
    about: About = "date"
    series: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


def read_index(source: Source) -> Index:
    """Read a release's documents: four small files, no chip.

    Raises:
        MissingError: There is no release at this place.
        InputError: The documents do not say what is needed; names the file.
    """
    try:
        files = {name: source.read(name) for name in _FILES}
    except MissingError as error:
        if "bucket" in error.message:
            raise
        raise MissingError(
            "there is no release here",
            asked=source.address,
            found=f"no {posixpath.basename(error.asked or '')}",
            hint=f"name the folder or the prefix that holds {', '.join(_FILES)}",
        ) from error
    where = source.address
    collection = _json(files["collection.json"], f"{where}/collection.json")
    recipe = _json(files["release.json"], f"{where}/release.json")["recipe"]
    bands, statistics = _bands(collection, f"{where}/collection.json")
    return Index(
        name=str(recipe["name"]),
        kind=recipe["kind"],
        multi=bool(recipe["multi"]),
        bands=bands,
        statistics=statistics,
        scheme=_scheme(files["scheme.csv"], str(recipe["scheme_name"])),
        rows=tuple(_rows(files["chips.parquet"], f"{where}/chips.parquet")),
        about=recipe.get("about", "date"),
        series=recipe.get("series", {}),
    )


def _rows(data: bytes, where: str) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        there = [c for c in (*_COLUMNS, *_FURTHER) if c in file.schema_arrow.names]
        table = file.read(columns=there).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("the chip table of the release cannot be read", asked=where, found=error) from error
    missing = set(_COLUMNS) - set(there)
    if missing:
        raise InputError("the chip table of the release lacks columns", asked=where, found=", ".join(sorted(missing)))
    for row in table:
        folder = f"items/{row['id']}"
        hrefs = {k: _resolve(folder, a["href"], where) for k, a in row["assets"].items() if a is not None}
        label = row.get("label")
        classes = () if label is None else (label,) if isinstance(label, str) else tuple(label)
        told = (str(row.get("groundset:scene") or ""), row.get("groundset:series"), row.get("groundset:place"))
        yield Row(str(row["id"]), str(row["groundset:split"]), hrefs, classes, *told)


def _resolve(folder: str, href: str, where: str) -> str:
    """Path from the release's root; a release of others must not lead to files outside it."""
    if "://" in href:
        return href
    path = posixpath.normpath(posixpath.join(folder, href))
    if path.startswith(("/", "../")) or "\\" in path:
        raise InputError("the chip table of the release leads outside of it", asked=where, found=href)
    return path


def _bands(collection: Mapping[str, Any], where: str) -> tuple[BandSet, Statistics]:
    from groundset.imagery.scene_item import band_from_fields

    fields = collection.get("item_assets", {}).get("image", {}).get("bands")
    if not fields:
        raise InputError("the collection does not describe the bands", asked=where, found="no item_assets.image.bands")
    bands = BandSet(tuple(band_from_fields(f) for f in fields))
    known = {b["name"]: b.get("statistics", {}) for b in collection.get("summaries", {}).get("bands", fields)}

    def values(key: str) -> npt.NDArray[np.float32]:
        found = [known.get(name, {}).get(key) for name in bands.names]
        return np.array([np.nan if v is None else v for v in found], np.float32)

    return bands, Statistics(bands.names, values("mean"), values("stddev"))


def _scheme(data: bytes, name: str) -> Scheme:
    from groundset.taxonomy import read_scheme

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.csv"
        path.write_bytes(data)
        return read_scheme(path)


def _json(data: bytes, where: str) -> dict[str, Any]:
    try:
        return dict(json.loads(data))
    except ValueError as error:
        raise InputError("a file of the release is not JSON", asked=where, found=error) from error
