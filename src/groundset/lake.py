"""An open workspace as the rooms below see it: where things lie, settings, stores, journal, labels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from groundset._config import editing, read_config, update_config, write_config
from groundset.core import ConflictError, Grid, GroundsetError, InputError, MissingError, Scheme
from groundset.core.layout import DEFAULT_ENCODER, Config, Layout, TaskConfig, TaskKind
from groundset.taxonomy import read_scheme, write_scheme

if TYPE_CHECKING:
    from groundset.chips import Chip, ChipStore, QuicklookStore
    from groundset.features import FeatureStore
    from groundset.imagery import SceneReader, SceneStore
    from groundset.journal import Appended, Journal, MaskStore, NewEvent, TaskLabels

TASKS: Mapping[str, TaskKind] = {"chips": "classify", "pixels": "segment"}
"""Tasks of a new workspace."""

SCHEME_FILE = "scheme.csv"
DEFAULT_DATABASE = "sqlite:///journal.db"

Mark = tuple[int, int, int] | None
"""When a file was written, its size and inode."""

_OPEN_READERS = 16
_KIND_OF_TASK: Mapping[str, tuple[TaskKind, ...]] = {
    "answer": ("classify",),
    "mask": ("segment",),
    "shapes": ("outline", "segment"),
    "training": ("classify",),
    "work": ("segment", "outline"),
    "cascade": ("classify",),
}


class Lake:
    """A workspace. Close it, or use it in a ``with`` block. Safe to share between threads."""

    def __init__(self, root: Path, config: Config) -> None:
        self.layout = Layout(root)
        self._config, self._config_mark = config, _mark(self.layout.config)
        self._schemes: dict[Path, tuple[Mark, Scheme]] = {}
        self._readers: OrderedDict[str, tuple[SceneReader, tuple[object, ...]]] = OrderedDict()
        self._lock = threading.RLock()

    @classmethod
    def open(cls, root: str | Path) -> Lake:
        """Open a workspace.

        Raises:
            MissingError: There is none in this folder.
            InputError: Its settings have a mistake; names file, line and key.
            ConflictError: It was made by a newer version.
        """
        folder = Path(root).absolute()
        return cls(folder, read_config(Layout(folder).config))

    @property
    def root(self) -> Path:
        """Folder of the workspace."""
        return self.layout.root

    @property
    def config(self) -> Config:
        """The settings as they are now: another process may have added a task or an attribute.

        While a mistake stands in the file, those before it hold.
        """
        mark = _mark(self.layout.config)
        if mark != self._config_mark:
            with self._lock:
                with suppress(GroundsetError):
                    self._config = read_config(self.layout.config)
                self._config_mark = mark
        return self._config

    @config.setter
    def config(self, config: Config) -> None:
        """Settings that were just written."""
        with self._lock:
            self._config, self._config_mark = config, _mark(self.layout.config)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close files and the journal's connections. What is used again is opened again."""
        with self._lock:
            while self._readers:
                self._readers.popitem()[1][0].close()
            journal = self.__dict__.pop("journal", None)
        if journal is not None:
            journal.close()

    @cached_property
    def scenes(self) -> SceneStore:
        """The scenes."""
        from groundset.imagery import SceneStore

        return SceneStore(self.layout.scenes)

    @cached_property
    def chips(self) -> ChipStore:
        """The chip table."""
        from groundset.chips import ChipStore

        return ChipStore(self.layout.chips, time_of=self._time_of)

    @cached_property
    def quicklooks(self) -> QuicklookStore:
        """The quicklooks."""
        from groundset.chips import QuicklookStore

        return QuicklookStore(self.layout.quicklooks)

    @cached_property
    def journal(self) -> Journal:
        """The journal, opened when it is first used."""
        from groundset.journal import Journal

        file = self.root / self.config.database.removeprefix("sqlite:///")
        if self.config.database.startswith("sqlite:///") and self.layout.config.exists() and not file.exists():
            raise MissingError(
                "the journal of this workspace is gone: everything that people answered is in it",
                asked=file,
                hint="put the file back, or restore a backup; a new workspace begins in another folder",
            )
        return Journal.open(self.config.database, root=self.root)

    @cached_property
    def masks(self) -> MaskStore:
        """The mask files."""
        from groundset.journal import MaskStore

        return MaskStore(self.layout.masks)

    def features(self, encoder: str | None = None) -> FeatureStore:
        """The features of an encoder (default: the workspace's)."""
        from groundset.features import FeatureStore

        return FeatureStore(self.layout.features, encoder or self.config.encoder or DEFAULT_ENCODER)

    def scheme(self, task: str | None = None) -> Scheme:
        """The classes of a task; of the workspace where no task is named.

        Raises:
            InputError: No such task, or the scheme file has a mistake; names file, line and column.
        """
        path = self.scheme_file(task)
        mark = _mark(path)
        with self._lock:
            known = self._schemes.get(path)
            if known is not None and known[0] == mark:
                return known[1]
            scheme = read_scheme(path)
            if path == self.root / SCHEME_FILE:  # everybody's name for it; the workspace's says whose it is
                scheme = replace(scheme, name=self.config.name)
            if known is not None and known[1] == scheme:
                scheme = known[1]
            self._schemes[path] = mark, scheme
            return scheme

    def scheme_file(self, task: str | None = None) -> Path:
        """Where the classes of a task stand; of the workspace where no task is named."""
        return self.root / ((None if task is None else self.config.task(task).scheme) or self.config.scheme)

    def refresh(self) -> None:
        """Read the settings again: another process, such as a first ingest, may have written them.

        Raises:
            InputError: They have a mistake; names file, line and key.
        """
        with self._lock:
            mark = _mark(self.layout.config)
            self._config, self._config_mark = read_config(self.layout.config), mark

    def set_grid(self, grid: Grid, encoder: str | None = None) -> None:
        """Write grid and encoder to the settings where they are not there; refuse others than those there.

        Raises:
            ConflictError: The workspace has another grid or encoder.
        """
        self.refresh()
        config = self.config
        there = config.grid.grid()
        if there is not None and there != grid:
            raise ConflictError(
                "this workspace has another chip grid",
                asked=_grid_words(grid),
                found=f"{_grid_words(there)} in {self.layout.config}",
                hint="leave the options out, or make another workspace",
            )
        if encoder is not None and config.encoder not in (None, encoder):
            raise ConflictError(
                "this workspace has another encoder", asked=encoder, found=f"{config.encoder} in {self.layout.config}"
            )
        new_grid = grid if there is None else None
        new_encoder = encoder if config.encoder is None else None
        if new_grid is not None or new_encoder is not None:
            with editing(self.layout):
                update_config(self.layout.config, new_grid, new_encoder)
            self.refresh()

    def labels(self, task: str, *, as_of: int | None = None, chip_ids: Sequence[str] | None = None) -> TaskLabels:
        """The labels of a task as they are now, or were after event ``as_of``; later events do not change them.

        Args:
            task: Name of the task.
            as_of: Number of the last event that counts.
            chip_ids: Only these chips; quick where they are few.
        """
        from groundset.journal import TaskLabels

        chosen = self.config.task(task)
        return TaskLabels(
            self.journal,
            self.masks,
            chosen.name,
            self.scheme(chosen.name),
            reasons=self.reasons,
            multi=chosen.multi,
            as_of=as_of,
            chip_ids=chip_ids,
        )

    def reasons(self, chip: Chip) -> npt.NDArray[np.uint8]:
        """Why pixels of a chip are not applicable, as the product says: uint8 (rows, columns), 0 none."""
        return self.reader(chip.id.scene).read_reasons(chip.window)

    def annotate(self, events: Sequence[NewEvent], *, actor: str) -> list[Appended]:
        """Append events that fit this workspace; see :meth:`check`."""
        return self.journal.append(events, actor=actor, check=self.check)

    def check(self, event: NewEvent) -> None:
        """Refuse an event that does not fit: no such task, chip or attribute, class not in the scheme, another size.

        Raises:
            InputError: Says what does not fit.
        """
        if event.task is not None:
            self._check_task(self.config.task(event.task), event)
        if event.chip_id is not None and event.chip_id not in self.chips:
            raise MissingError("there is no such chip", asked=event.chip_id)
        if event.kind == "attribute":
            self.config.attribute(event.payload["name"]).check(event.payload["value"])
        if event.kind == "mask":
            mask = self.masks.get(event.payload["sha256"], self.chips.get(str(event.chip_id)).geobox)
            for code in mask.count():
                self.scheme(event.task).find(code)
            if "objects" in event.payload:
                self.masks.objects(event.payload["objects"])

    def _time_of(self, scene_id: str) -> datetime | None:
        return self.scenes.get(scene_id).datetime if scene_id in self.scenes else None

    def _check_task(self, task: TaskConfig, event: NewEvent) -> None:
        from groundset.journal.outlines import check_geometries

        fits = _KIND_OF_TASK.get(event.kind)
        if fits is not None and task.kind not in fits:
            raise InputError(
                f"an event of kind {event.kind} does not answer this task",
                asked=f"{task.name} ({task.kind})",
                hint=f"take a task of kind {' or '.join(fits)}",
            )
        if fits is not None and event.chip_id is not None:
            self.config.check_kept(task, event.chip_id)
        codes = list(event.payload.get("classes", []))
        if event.kind == "answer" and len(codes) > 1 and not task.multi:
            raise InputError(
                "in this task a chip has one class", asked=f"{task.name}: classes {', '.join(map(str, codes))}",
                hint="name one, or answer a task with multi = true",
            )  # fmt: skip
        if "class" in event.payload:
            codes.append(event.payload["class"])
        if event.kind == "shapes":
            check_geometries(event.payload)
            codes += [feature["properties"]["class"] for feature in event.payload["features"]]
        if event.kind in _KIND_OF_TASK:
            for code in codes:
                self.scheme(task.name).find(code)

    def reader(self, scene_id: str) -> SceneReader:
        """An open reader of a scene; the last few used stay open, until a file of theirs changes."""
        from groundset.imagery import SceneReader
        from groundset.imagery.whereabouts import marks

        scene = self.scenes.get(scene_id)
        now = marks(scene)
        with self._lock:
            kept = self._readers.pop(scene_id, None)
            if kept is None or kept[0].scene is not scene or kept[1] != now:
                kept = SceneReader(scene, cache=self.layout.cache), now
            self._readers[scene_id] = kept
            while len(self._readers) > _OPEN_READERS:
                self._readers.popitem(last=False)  # its files close when the last thread that reads it is done
            return kept[0]


def init(
    root: str | Path,
    *,
    scheme: Scheme,
    name: str | None = None,
    tasks: Mapping[str, TaskKind] = TASKS,
    database: str = DEFAULT_DATABASE,
) -> Lake:
    """Make a workspace.

    Args:
        root: Folder; made where it is not there.
        scheme: Its classes, written to ``scheme.csv``.
        name: Its name (default: the folder's).
        tasks: Kind by task name.
        database: ``sqlite:///journal.db`` or ``postgresql://...``.

    Raises:
        ConflictError: There is a workspace in this folder.
        ServiceError: The folder or the database cannot be written; nothing is left behind.
    """
    layout = Layout(Path(root).absolute())
    if layout.config.exists():
        raise ConflictError("there is a workspace here already", found=layout.config, hint="open it, or name another")
    if layout.root.exists() and not layout.root.is_dir():
        raise InputError("this is not a folder", asked=layout.root)
    _keep_scheme(layout.root / SCHEME_FILE, scheme)
    config = Config(
        name=name or layout.root.name,
        scheme=SCHEME_FILE,
        database=database,
        tasks=tuple(TaskConfig(task, kind) for task, kind in tasks.items()),
    )
    lake = Lake(layout.root, config)
    fresh = not layout.root.exists()
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        write_scheme(layout.root / SCHEME_FILE, scheme)
        for folder in (layout.scenes, layout.chips, layout.masks):
            folder.mkdir(exist_ok=True)
        lake.journal.head()
        write_config(layout.config, config)  # last: a folder with settings is a workspace
    except BaseException:
        lake.close()
        if fresh:
            _remove(layout.root)
        raise
    return lake


def _mark(path: Path) -> Mark:
    """Changes whenever a file does; None where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _keep_scheme(path: Path, scheme: Scheme) -> None:
    """Refuse to write over a scheme file that says something else."""
    if not path.exists():
        return
    try:
        same = read_scheme(path).classes == scheme.classes
    except InputError:
        same = False
    if not same:
        raise ConflictError(
            f"there is another {path.name} in this folder", found=path, hint="move it away, or give it with --scheme"
        )


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _grid_words(grid: Grid) -> str:
    return f"chip_size={grid.chip_size} stride={grid.stride} levels={grid.levels} edge={grid.edge}"
