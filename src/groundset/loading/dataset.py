"""The dataset that training reads: len(), [i] -> arrays. No torch is needed, and any torch DataLoader takes it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, BandSet, InputError, Scheme
from groundset.core.scheme import SchemeClass
from groundset.loading.index import NO_SPLIT, SPLITS, UNLABELLED_SPLIT, Index, Row, Statistics, read_index
from groundset.loading.source import Source, open_source
from groundset.taxonomy import Sheet, read_scheme, read_sheet

Sample = dict[str, Any]
_NO_SHAPE = b'{"features": []}'


class Dataset:
    """Chips of one split of a release, read when they are asked for. Picklable: it holds no open file.

    ``dataset[i]`` is ``{"image": float32 (bands, rows, columns) in physical values, NaN where there is no data;
    "mask": uint8 (rows, columns) of class codes, 255 unlabelled; "valid": bool (rows, columns), where every band has
    data; "id": str; "bands": tuple of str}``. A release of a classify task has ``"label"`` in place of ``"mask"``: the
    class code (255 none), or with several classes per chip a 0/1 array, uint8, one value for each of ``classes``.

    A release of an outline task has in place of ``"mask"`` what torchvision's detection models are trained with, as
    arrays: ``"boxes"`` float32 (n, 4), left, top, right, bottom in pixels; ``"labels"`` int64 (n,), the place of the
    class in ``classes`` from 1 (0 is the background); ``"masks"`` uint8 (n, rows, columns). Chips without a shape have
    none of them: n is 0.
    """

    def __init__(
        self, source: Source, index: Index, split: str | None, sheet: Sheet | None, target: Scheme | None
    ) -> None:
        self._source = source
        self._index = index
        labelled = [r for r in index.rows if r.split not in (NO_SPLIT, UNLABELLED_SPLIT)]
        self._rows: tuple[Row, ...] = tuple(
            labelled if split is None else [r for r in index.rows if r.split == split != NO_SPLIT]
        )
        self.split = split
        self._lookup = _lookup(index.scheme, sheet, target)
        self._target = index.scheme if sheet is None else target

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, i: int) -> Sample:
        if not -len(self) <= i < len(self):
            raise IndexError(f"sample {i} of {len(self)}")
        return self._sample(self._rows[i])

    def _sample(self, row: Row) -> Sample:
        bands = self._index.bands
        stored, covered = self._read(row, "image")
        valid = bands.valid(stored) & covered
        sample: Sample = {"image": bands.to_physical(stored, valid), "valid": valid.all(axis=0)}
        if self._index.kind == "classify":
            sample["label"] = self._label(row)
        elif self._index.kind == "outline":
            sample |= self._detections(row, sample["valid"].shape)
        else:
            sample["mask"] = self._mask(row, sample["valid"].shape)
        return {**sample, "id": row.id, "bands": bands.names}

    def __iter__(self) -> Iterator[Sample]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        split = "all splits" if self.split is None else self.split
        return f"<Dataset {self._index.name}, {split}: {len(self)} chips, {len(self.bands)} bands, {self.classes}>"

    @property
    def ids(self) -> tuple[str, ...]:
        """Chip ids in order."""
        return tuple(r.id for r in self._rows)

    @property
    def bands(self) -> tuple[str, ...]:
        """Band names in order."""
        return self._index.bands.names

    @property
    def band_set(self) -> BandSet:
        """The bands with common names, scale and offset."""
        return self._index.bands

    @property
    def statistics(self) -> Statistics:
        """Mean and standard deviation of each band over the train split, in the units of ``image``."""
        return self._index.statistics

    @property
    def scheme(self) -> Scheme | None:
        """The classes of ``mask``; None where a sheet maps to a scheme that is not at hand."""
        return self._target

    @property
    def codes(self) -> tuple[int, ...]:
        """Class codes that ``mask`` or ``label`` may hold, in order, 255 left out.

        Of an outline task those of ``labels`` 1, 2 and so on; not-applicable is none of them.
        """
        if self._target is not None:
            return tuple(c.code for c in self._asked(self._target))
        return tuple(int(c) for c in np.unique(self._lookup) if c != UNLABELLED)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of ``codes`` (the codes as text where a sheet maps to an unknown scheme)."""
        return tuple(map(str, self.codes)) if self._target is None else tuple(c.name for c in self._asked(self._target))

    def _asked(self, scheme: Scheme) -> tuple[SchemeClass, ...]:
        return scheme.answerable if self._index.kind == "outline" else scheme.classes

    def _label(self, row: Row) -> Any:
        codes = [int(self._lookup[self._index.scheme.find(c).code]) for c in row.classes]
        if not self._index.multi:
            return codes[0] if codes else UNLABELLED
        return np.array([c in codes for c in self.codes], np.uint8)

    def _detections(self, row: Row, shape: tuple[int, int]) -> Sample:
        from groundset.loading.outlines import detections

        if row.split == UNLABELLED_SPLIT:
            return detections(_NO_SHAPE, row.id, self._lookup, self.codes, shape)
        href = row.hrefs["labels"]
        where = f"{self._source.address}/{href}"
        return detections(self._source.read(href), where, self._lookup, self.codes, shape)

    def _mask(self, row: Row, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
        if row.split == UNLABELLED_SPLIT:
            return np.full(shape, UNLABELLED, np.uint8)
        return np.asarray(self._lookup[self._read(row, "mask")[0][0]])

    def _read(self, row: Row, key: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """All values of an asset, and which of them the file's own nodata and mask leave: (bands, rows, columns)."""
        import rasterio
        from rasterio.errors import RasterioIOError
        from rasterio.io import MemoryFile

        href = row.hrefs[key]
        data = self._source.read(href)
        try:
            with _quiet(), rasterio.Env(), MemoryFile(data) as file, file.open(driver="GTiff") as dataset:
                return dataset.read(), dataset.read_masks() > 0
        except RasterioIOError as error:
            raise InputError(
                "a file of the release is broken", asked=f"{self._source.address}/{href}", found=error
            ) from error


def load(
    path_or_url: str | Path,
    *,
    split: str | None = None,
    sheet: str | Path | Sheet | None = None,
    series: bool | None = None,
) -> Dataset:
    """A release as a dataset for training.

    Args:
        path_or_url: Folder of a release, ``s3://bucket/prefix`` (the usual AWS variables) or an ``https://`` address.
        split: ``train``, ``validate`` or ``test``; None for all of them. ``unlabelled``: the chips without a label,
            where the release kept them; no other split has them. Chips with split ``none`` never come.
        sheet: CSV that maps the release's classes to another scheme; ignored classes become 255. Where a file
            ``B.csv`` lies beside a sheet ``A__B.csv``, or in ``../schemes``, it names the classes.
        series: Whether a sample is a place on all dates of its series, image (time, bands, rows, columns); see
            :class:`groundset.loading.series.SeriesDataset`. By default where labels are about a period or a change.

    Raises:
        MissingError: There is no release, or no such file.
        InputError: No such split (names those there are), the sheet does not map every class, or there is no series.
    """
    source = open_source(path_or_url)
    index = read_index(source)
    there = sorted({r.split for r in index.rows} - {NO_SPLIT})
    if split is not None and split not in {*there, *SPLITS}:
        raise InputError(
            "there is no such split",
            asked=split,
            found=", ".join(there) or "no chips in any split",
            hint="take one of these, or leave split out for all",
        )
    mapping = read_sheet(sheet) if isinstance(sheet, str | Path) else sheet
    if series or (series is None and index.about != "date"):
        from groundset.loading.series import SeriesDataset

        return SeriesDataset(source, index, split, mapping, _target(mapping))
    return Dataset(source, index, split, mapping, _target(mapping))


def _lookup(scheme: Scheme, sheet: Sheet | None, target: Scheme | None) -> npt.NDArray[np.uint8]:
    lookup = np.arange(256, dtype=np.uint8)
    if sheet is None:
        return lookup
    lookup[:] = UNLABELLED
    named = {r.from_code for r in sheet.rules}
    other = scheme.not_applicable
    if other is not None and target is not None and target.not_applicable is not None:
        lookup[other.code] = target.not_applicable.code  # a sheet need not speak of what cannot be answered
    codes = np.array([c.code for c in scheme if c != other or named & {c.name, str(c.code)}], np.uint8)
    lookup[codes] = sheet.map_codes(codes, source=scheme, to=target)
    return lookup


@contextmanager
def _quiet() -> Iterator[None]:
    """Chips of photos have no place on the ground, and that is no news here."""
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def _target(sheet: Sheet | None) -> Scheme | None:
    match = None if sheet is None or sheet.path is None else re.fullmatch(r".+__(.+)", sheet.name)
    if sheet is None or sheet.path is None or match is None:
        return None
    for folder in (sheet.path.parent, sheet.path.parent / "schemes", sheet.path.parent.parent / "schemes"):
        file = folder / f"{match[1]}.csv"
        if file.is_file():
            return read_scheme(file)
    return None
