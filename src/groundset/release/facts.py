"""What is known of a release when its documents are written: the one value between the builder and the writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from groundset.core import BandSet, Scheme
from groundset.core.layout import TaskKind

GROUND_CHIPS = 16
"""A shape on more chips is ground, such as land or sea, not an object: each split has its part of it."""
SPLITS: tuple[str, ...] = ("train", "validate", "test")
"""The splits in the order of ``--splits 70,15,15``. A chip inside the buffer has split ``none``."""

NO_SPLIT = "none"
UNLABELLED_SPLIT = "unlabelled"
"""Split of the chips without a label that a release may keep for semi-supervised work."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of the release: path relative to the release's root (POSIX), bytes, SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ChipFacts:
    """One chip as released. ``files`` has the asset keys ``image``, ``mask``, ``origin``, ``labels``, ``thumbnail``.

    ``class_counts`` counts pixels a class (class name -> pixels) in a segment task, is 1 for each class of the chip in
    a classify task, and counts shapes in an outline task. ``origin_counts`` counts labelled pixels (or answers, or
    shapes) by origin name in lower case.
    ``footprint`` is a GeoJSON geometry in EPSG:4326, None without CRS. ``shape`` is (rows, columns).
    ``actors`` counts the people with a current answer, no models.
    """

    id: str
    scene_id: str
    split: str
    datetime: datetime
    shape: tuple[int, int]
    crs: str | None
    footprint: Mapping[str, object] | None
    group: str | None
    class_counts: Mapping[str, int]
    origin_counts: Mapping[str, int]
    methods: tuple[str, ...]
    actors: int
    valid_fraction: float
    files: Mapping[str, FileFacts]
    agreement: float | None = None

    @property
    def folder(self) -> str:
        """Path of the chip's folder relative to the release's root."""
        return f"items/{self.id}"


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """A band over the valid pixels of the ``train`` split, in physical units. All but ``count`` NaN-free or None."""

    name: str
    mean: float | None
    stddev: float | None
    minimum: float | None
    maximum: float | None
    count: int
    valid_percent: float


@dataclass(frozen=True, slots=True)
class SplitReport:
    """How the chips were split, with the numbers.

    Args:
        method: ``blocks`` (spatial blocks), ``groups`` (no CRS), ``mixed``, or ``all-train`` (too few blocks).
        fractions: Asked for, of train, validate and test; they sum to 1.
        block_m: Side of a block in metres, None without blocks.
        block_chips: Side of a block in chips, None where ``--block`` was given or without blocks.
        blocks: Number of blocks (or groups) that hold chips.
        buffer_m: Asked for, in metres.
        chips: Number of chips in each split, ``none`` included.
        smallest_distance_m: Smallest geodesic distance between footprints of two splits in metres, None without two
            splits that lie on the ground.
        distances_m: The same for each pair: ``"test-train"`` -> metres (names in alphabetical order).
        class_share: split -> class -> share of the class's pixels (or chips) that lie in the split, 0 to 1; the
            splits of one class (``none`` included) sum to 1.
        missing: split -> classes that it has not, though they are in the labels.
        warnings: Sentences for people.
    """

    method: str
    seed: int
    fractions: tuple[float, float, float]
    block_m: float | None
    block_chips: int | None
    blocks: int
    buffer_m: float
    chips: Mapping[str, int]
    smallest_distance_m: float | None
    distances_m: Mapping[str, float]
    class_share: Mapping[str, Mapping[str, float]]
    missing: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that helped: ``path`` of its STAC item in the release, and its scores on blocks it was not trained on.

    ``scores`` is whatever the model's item says (``groundset:scores``), empty where it says nothing.
    """

    name: str
    path: str
    title: str
    scores: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShapeSizes:
    """The shapes of one class: how many, on how many chips each one counted, how many are cut at a chip's edge.

    ``smallest``, ``median``, ``largest`` and ``area`` (the sum) are pixels covered on a chip; None without a shape.
    """

    shapes: int
    on_chips: int
    clipped: int
    smallest: float | None
    median: float | None
    largest: float | None
    area: float


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A scene behind the chips: its id, sensor, acquisition and the hrefs of its STAC items as linked."""

    id: str
    sensor: str | None
    datetime: datetime
    hrefs: tuple[str, ...]
    chips: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes the release again: journal event, seed, call, versions of the programs."""

    journal_seq: int
    seed: int
    call: Mapping[str, object]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """All of it. ``license`` is an SPDX name, or ``other`` with ``license_stated`` False.

    When :func:`groundset.release.documents.write_documents` is called, the folder holds ``items/``,
    ``chips.parquet``, ``scheme.csv``, ``sheets/``, ``models/``, ``CHANGELOG.md``, ``LICENSE`` and ``release.json``.
    ``collection.json`` and ``catalog.json`` are written after it, because the collection states the checksum of
    every document. ``sizes`` (by class name) and ``negatives``, chips that are complete without a shape, are those of
    outline tasks. ``notes`` are sentences about the labels, ``warnings`` about the splits.
    """

    name: str
    title: str
    description: str
    license: str
    license_stated: bool
    created: datetime
    task: str
    kind: TaskKind
    scheme: Scheme
    bands: BandSet
    chips: Sequence[ChipFacts]
    split: SplitReport
    statistics: Sequence[BandStatistics]
    sources: Sequence[SourceFacts]
    provenance: Provenance
    models: Sequence[ModelFacts] = ()
    providers: Sequence[Mapping[str, object]] = ()
    doi: str | None = None
    former: str | None = None
    changes: str = ""
    warnings: tuple[str, ...] = ()
    sizes: Mapping[str, ShapeSizes] = field(default_factory=dict)
    negatives: int = 0
    notes: tuple[str, ...] = ()

    @property
    def class_counts(self) -> dict[str, int]:
        """Pixels (chips, shapes) of each class of the scheme over the whole release, in the scheme's order."""
        return {c: sum(chip.class_counts.get(c, 0) for chip in self.chips) for c in self.scheme.names}
