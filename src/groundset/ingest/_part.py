"""One part in the making: its strips, what is finished of it on disk, and the commit that makes it appear."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from groundset.chips import Chip, Stretch, cut
from groundset.core import Grid, Window
from groundset.features import Encoder
from groundset.imagery import Scene, scene_item
from groundset.imagery._gdal import is_remote
from groundset.ingest import _strip
from groundset.ingest._strip import Strip, Worked
from groundset.ingest._survey import all_nodata
from groundset.lake import Lake

Place = tuple[int, int, Window]


class Part:
    """One part of the chip table that is being made.

    Args:
        name: Name of the part.
        scene: Its scene.
        level: Its level.
        strips: Its chips (grid row, column, window), cut into strips.
        encoder: Its encoder.
    """

    def __init__(self, name: str, scene: Scene, level: int, strips: list[tuple[Place, ...]], encoder: Encoder) -> None:
        self.name, self.scene, self.level, self.strips, self.encoder = name, scene, level, strips, encoder
        self.left = len(strips)
        self.stretch: Stretch | None = None
        self.common: str | None = None
        self.folder: Path | None = None
        self._only: Worked | None = None

    def keep_in(self, folder: Path, mark: str) -> None:
        """Keep finished strips in a folder; those of an earlier run that ``mark`` does not stand for are removed."""
        if folder.is_dir():
            for old in folder.iterdir():
                if old.name != mark:
                    shutil.rmtree(old)
        self.folder = folder / mark

    def todo(self, cache: Path, threads: int) -> Iterator[tuple[int, Strip]]:
        """The strips that are not finished yet."""
        for i, places in enumerate(self.strips):
            if self.folder is None or not self._file(i).exists():
                windows = tuple(w for _, _, w in places)
                yield i, Strip(self.scene, windows, self.encoder, self.stretch, cache, threads)

    def add(self, i: int, worked: Worked) -> None:
        """Take the results of a strip."""
        if self.folder is None:
            self._only = worked
        else:
            _strip.save(self._file(i), worked)

    def commit(self, lake: Lake) -> int:
        """Make the part appear: quicklooks, features, the scene, and last its rows of the chip table.

        Returns:
            Number of chips.

        Raises:
            InputError: No chip has any data.
        """
        rows = _Rows([self._load(i) for i in range(len(self.strips))])
        if not rows.covered:
            self.forget()
            raise all_nodata(self.scene)
        places = [p for strip in self.strips for p in strip]
        chips = [self._chip(p, rows, i) for i, p in enumerate(places)]
        lake.quicklooks.write_part(self.name, rows.images, stretch=rows.stretch, common=self.common)
        lake.features(self.encoder.name).write_part(self.name, rows.features)
        if not lake.chips.batches(self.scene.id, 0):
            lake.scenes.put(self.scene)
        lake.chips.write_part(self.name, chips)
        self.forget()
        return len(chips)

    def forget(self) -> None:
        """Remove what was kept of the strips."""
        if self.folder is not None:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _chip(self, place: Place, rows: _Rows, i: int) -> Chip:
        row, col, window = place
        cloud = float(rows.cloud[i])
        return cut(
            self.scene,
            self.level,
            row,
            col,
            window,
            valid_fraction=float(rows.valid[i]),
            cloud_cover=None if np.isnan(cloud) else cloud,
        )

    def _load(self, i: int) -> Worked:
        if self._only is not None:
            return self._only
        return _strip.load(self._file(i), self.stretch)

    def _file(self, i: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{i:06d}.npz"


class _Rows:
    """The results of all strips, one after the other."""

    def __init__(self, strips: Sequence[Worked]) -> None:
        self.valid = np.concatenate([s.valid for s in strips])
        self.cloud = np.concatenate([s.cloud for s in strips])
        self.features = np.concatenate([s.features for s in strips])
        self.covered = any(bool(s.covered.any()) for s in strips)
        self.images = [image for s in strips for image in s.images]
        self.stretch = strips[0].stretch


def fingerprint(scene: Scene, level: int, grid: Grid, places: Sequence[Place], encoder: Encoder) -> str:
    """Stands for all that a part's numbers depend on; files are told by size and time of change."""
    item = scene_item.scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
    said = [item, level, repr(grid), [(r, c) for r, c, _ in places], encoder.spec(), files_of(scene)]
    return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()[:16]


def files_of(scene: Scene) -> list[tuple[str, int, int]]:
    """Path, size and time of change of each local file of a scene."""
    out = []
    for href in sorted({source.href for band in scene.sources for source in band}):
        path = Path(href)
        if not is_remote(href) and path.is_file():
            stat = path.stat()
            out.append((href, stat.st_size, stat.st_mtime_ns))
    return out
