"""One chip's files: image, mask, origin and thumbnail, and what is counted on the way. Runs in any process."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from groundset.chips import Chip, Stretch
from groundset.core import PEOPLE_ORIGINS, BandSet, LabelMask, Origin, Scheme
from groundset.imagery import Pixels, Scene, SceneReader, read_ahead
from groundset.journal import Answer, Event, MaskStore, TaskLabels
from groundset.journal.answers import resolve
from groundset.journal.labels import methods_of
from groundset.release.facts import FileFacts
from groundset.release.groups import fingerprint
from groundset.release.moments import Moments
from groundset.release.rasters import image_tiff, mask_tiff, origin_tiff
from groundset.release.thumbnails import thumbnail

if TYPE_CHECKING:
    from groundset.journal import Journal

MODEL_ACTOR = "model:"


@dataclass(frozen=True, slots=True)
class ChipWork:
    """A chip to write, with the current events about it."""

    chip: Chip
    events: tuple[Event, ...]
    stretch: Stretch | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Chips of one scene to write. Small and picklable: no journal, no open file.

    Args:
        folder: ``items`` of the release in the making.
        scene: Where the pixels are.
        cache: Folder of decoded files.
        masks: Folder of the mask store.
        task: Name of the task.
        segment: Whether the task is of kind segment (else classify).
        multi: Whether a chip may have several classes.
        scheme: The classes.
        work: The chips.
        unlabelled: Whether they are kept without a label.
    """

    folder: Path
    scene: Scene
    cache: Path
    masks: Path
    task: str
    segment: bool
    multi: bool
    scheme: Scheme
    work: tuple[ChipWork, ...]
    unlabelled: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a chip. ``classes`` are the names of a classify task's answer, ``negative`` of what it denies.

    ``confidence`` is what a model gives its answer, 0-1.
    """

    id: str
    files: Mapping[str, FileFacts]
    class_counts: Mapping[str, int]
    origin_counts: Mapping[str, int]
    methods: tuple[str, ...]
    models: tuple[str, ...]
    valid_fraction: float
    moments: Moments
    fingerprint: int
    classes: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class _Label:
    """A chip's label, of either kind of task."""

    mask: LabelMask | None
    class_counts: dict[str, int]
    origin_counts: dict[str, int]
    methods: tuple[str, ...]
    models: tuple[str, ...]
    classes: tuple[str, ...] = field(default=())
    negative: tuple[str, ...] = ()
    confidence: float | None = None


_NO_LABEL = _Label(None, {}, {}, (), ())


def write_batch(batch: Batch) -> list[Written]:
    """Write the files of the labelled chips of a batch; chips without a label are left out."""
    with SceneReader(batch.scene, cache=batch.cache) as reader:
        crs = batch.scene.geobox.crs  # one for all: each chip that came from another process has its own, unknown yet
        boxes = [GeoBox(w.chip.geobox.shape, w.chip.geobox.affine, crs) for w in batch.work]
        work = [replace(w, chip=replace(w.chip, geobox=b)) for w, b in zip(batch.work, boxes, strict=True)]
        by_window = {w.chip.window: w for w in work}
        out = []
        for window, pixels in read_ahead(reader, list(by_window), threads=1):
            written = _write_chip(batch, by_window[window], pixels, reader)
            if written is not None:
                out.append(written)
    return out


def _write_chip(batch: Batch, work: ChipWork, pixels: Pixels, reader: SceneReader) -> Written | None:
    label = _NO_LABEL if batch.unlabelled else _label(batch, work, pixels, reader)
    if label is None:
        return None
    chip_id = str(work.chip.id)
    folder = batch.folder / chip_id
    folder.mkdir()
    physical = pixels.physical()
    drawn = _Drawn(pixels.bands, physical)
    return Written(
        id=chip_id,
        files=dict(_files(folder, work, pixels, drawn, label.mask, batch.scheme)),
        class_counts=label.class_counts,
        origin_counts=label.origin_counts,
        methods=label.methods,
        models=label.models,
        valid_fraction=round(pixels.valid_fraction, 6),
        moments=Moments.of(physical),
        fingerprint=fingerprint(_grey(physical)),
        classes=label.classes,
        negative=label.negative,
        confidence=label.confidence,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Physical values, made once, for those who draw them."""

    bands: BandSet
    values: npt.NDArray[np.float32]

    def physical(self) -> npt.NDArray[np.float32]:
        return self.values


def _grey(physical: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean of the bands that have data, 0 where none has: float32 (rows, columns)."""
    good = np.isfinite(physical)
    if good.all():
        return np.asarray(physical.mean(axis=0))
    return np.asarray(np.nanmean(np.where(good.any(axis=0), physical, 0), axis=0))


def _files(
    folder: Path, work: ChipWork, pixels: Pixels, drawn: _Drawn, mask: LabelMask | None, scheme: Scheme
) -> Iterator[tuple[str, FileFacts]]:
    geobox = work.chip.geobox
    contents = {"image": ("image.tif", image_tiff(pixels, geobox))}
    if mask is not None:
        contents["mask"] = ("mask.tif", mask_tiff(mask, geobox, scheme))
        contents["origin"] = ("origin.tif", origin_tiff(mask, geobox))
    contents["thumbnail"] = ("thumbnail.png", thumbnail(drawn, mask, scheme, work.stretch))
    for key, (name, data) in contents.items():
        (folder / name).write_bytes(data)
        yield key, FileFacts(f"items/{folder.name}/{name}", len(data), hashlib.sha256(data).hexdigest())


def _label(batch: Batch, work: ChipWork, pixels: Pixels, reader: SceneReader) -> _Label | None:
    labels = TaskLabels(
        cast("Journal", _Fixed(work.events)),
        MaskStore(batch.masks),
        batch.task,
        batch.scheme,
        reasons=lambda chip: reader.read_reasons(chip.window, pixels),
        multi=batch.multi,
        as_of=max((e.seq for e in work.events), default=0),
    )
    models = {e.actor.removeprefix(MODEL_ACTOR) for e in work.events if e.actor.startswith(MODEL_ACTOR)}
    if not batch.segment:
        answer = labels.answer(work.chip.id)
        return _chip_label(answer, batch.scheme, _makers(work.events, answer, batch.scheme) if batch.multi else [])
    mask = labels.mask(work.chip)
    return _pixel_label(mask, batch.scheme, models if len(models) < 2 else _givers(batch, work, mask))


def _givers(batch: Batch, work: ChipWork, label: LabelMask) -> set[str]:
    """The models that gave the label a pixel: among models the later one wins."""
    store = MaskStore(batch.masks)
    left = (label.origin == Origin.MODEL) & label.labelled
    out = set()
    for event in reversed([e for e in work.events if e.kind == "mask"]):
        if not left.any():
            break
        said = store.get(event.payload["sha256"], work.chip.geobox).origin == Origin.MODEL
        if (left & said).any() and event.actor.startswith(MODEL_ACTOR):
            out.add(event.actor.removeprefix(MODEL_ACTOR))
        left &= ~said
    return out


def _pixel_label(mask: LabelMask, scheme: Scheme, models: set[str]) -> _Label | None:
    counts = mask.count()
    if not counts:
        return None
    origins = {Origin(code).name.lower(): n for code, n in mask.count_origins().items()}
    return _Label(
        mask,
        {c.name: counts[c.code] for c in scheme if c.code in counts},
        origins,
        methods_of(mask),
        tuple(sorted(models)) if "model" in origins else (),
    )


def _chip_label(answer: Answer | None, scheme: Scheme, makers: Sequence[Answer]) -> _Label | None:
    if answer is None or not (answer.classes or answer.not_applicable):
        return None
    names = [c.name for c in scheme if c.code in answer.classes]
    if answer.not_applicable and scheme.not_applicable is not None:
        names = [scheme.not_applicable.name]
    if not names:
        return None
    said = makers or [answer]
    people = any(one.origin in PEOPLE_ORIGINS for one in said)
    models = any(one.origin not in PEOPLE_ORIGINS for one in said)
    return _Label(
        None,
        dict.fromkeys(names, 1),
        dict(Counter(one.origin.name.lower() for one in said)),
        (("manual",) if people else ()) + (("automated",) if models else ()),
        tuple(sorted({o.actor.removeprefix(MODEL_ACTOR) for o in said if o.actor.startswith(MODEL_ACTOR)})),
        tuple(names),
        tuple(c.name for c in scheme if c.code in answer.negative),
        answer.confidence,
    )


def _makers(events: Sequence[Event], answer: Answer | None, scheme: Scheme) -> list[Answer]:
    """Who decided each of the classes of a chip that has several: one may be a person's, another a model's."""
    out = []
    for code in () if answer is None else answer.classes:
        about = [e for e in events if e.kind == "answer" and ("classes" in e.payload or e.payload["class"] == code)]
        one = resolve(about, scheme, multi=True)
        if one is not None:
            out.append(one)
    return out


class _Fixed:
    """The events that were handed over, where a journal is wanted."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)

    def current(self, _task: str, **_: object) -> list[Event]:
        return self._events
