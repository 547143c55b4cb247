"""One chip's files: image, labels and thumbnail, and what is counted on the way. Runs in any process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from groundset.core import BandSet, Scheme
from groundset.imagery import Pixels, SceneReader, read_ahead
from groundset.release.facts import FileFacts
from groundset.release.groups import fingerprint
from groundset.release.kinds.base import LabelKind
from groundset.release.kinds.of import KINDS
from groundset.release.moments import Moments
from groundset.release.rasters import image_tiff
from groundset.release.written import NO_LABEL, Batch, ChipWork, Label, Written


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
    kind = KINDS[batch.kind]
    label: Label | None = NO_LABEL
    if not batch.unlabelled:
        label = kind.label(batch, work, lambda chip: reader.read_reasons(chip.window, pixels))
    if label is None:
        return None
    chip_id = str(work.chip.id)
    folder = batch.folder / chip_id
    folder.mkdir()
    physical = pixels.physical()
    drawn = _Drawn(pixels.bands, physical)
    return Written(
        id=chip_id,
        files=dict(_files(folder, kind, work, pixels, drawn, label, batch.scheme)),
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
        on_chip=label.on_chip,
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
    folder: Path, kind: LabelKind, work: ChipWork, pixels: Pixels, drawn: _Drawn, label: Label, scheme: Scheme
) -> Iterator[tuple[str, FileFacts]]:
    contents = {"image": ("image.tif", image_tiff(pixels, work.chip.geobox))}
    contents |= kind.files(label, work.chip, scheme)
    contents["thumbnail"] = ("thumbnail.png", kind.picture(drawn, label, scheme, work.stretch))
    for key, (name, data) in contents.items():
        (folder / name).write_bytes(data)
        yield key, FileFacts(f"items/{folder.name}/{name}", len(data), hashlib.sha256(data).hexdigest())
