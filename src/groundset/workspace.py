"""The workspace: what ``gs.open()`` returns. Thin: every verb lives in its own room."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from groundset import release as _release
from groundset._attaching import Attaching
from groundset._cascading import Cascading
from groundset._declaring import Declaring
from groundset._ingesting import Ingesting
from groundset._learning import Learning
from groundset._mapmaking import Mapmaking
from groundset._outlining import Outlining
from groundset._searching import Searching
from groundset.core import InputError, LabelMask, Listener, Scheme
from groundset.lake import DEFAULT_DATABASE, Lake, init

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa
    from anywidget import AnyWidget
    from geopandas import GeoDataFrame

    from groundset.ingest import AnnotateReport
    from groundset.notebook import LabelWidget
    from groundset.publish import PublishReport
    from groundset.segment import SegmentReport


class Release(_release.Release):
    """A finished release of this machine; see :class:`groundset.release.Release`."""

    def publish(
        self,
        *,
        s3: str | None = None,
        stac_api: str | None = None,
        href_base: str | None = None,
        progress: Listener | None = None,
    ) -> PublishReport:
        """Upload to S3, register in a STAC API, and verify by reading both back."""
        from groundset.publish import publish

        return publish(self.path, s3=s3, stac_api=stac_api, href_base=href_base, progress=progress)

    def check(self, *, progress: Listener | None = None) -> _release.CheckReport:
        """Run the quality checks Q0 to Q3."""
        return _release.check(self.path, progress=progress)


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of what is in a workspace."""

    name: str
    root: Path
    scenes: int
    chips: int
    tasks: Mapping[str, str]
    annotated_chips: Mapping[str, int]
    events: int
    models: tuple[str, ...]
    releases: tuple[str, ...]


class Workspace(Learning, Mapmaking, Declaring, Outlining, Searching, Cascading, Attaching, Ingesting):
    """An open workspace. Close it, or use it in a ``with`` block."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.at_close = ExitStack()

    @property
    def root(self) -> Path:
        """Folder of the workspace."""
        return self.lake.root

    @property
    def chips(self) -> pa.Table:
        """The chip table as Arrow; columns as in the GeoParquet parts."""
        return self.lake.chips.table()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop what was begun from here (the server of ``show``) and close the journal's connections."""
        self.at_close.close()
        self.lake.close()

    def show(self, *, height: int = 700, page: str = "#/") -> AnyWidget:
        """The page as a widget for JupyterLab and other notebooks; needs ``pip install 'groundset[notebook]'``."""
        from groundset.notebook import show

        return show(self, height=height, page=page)

    def label(self, task: str | None = None, *, height: int = 760, filter: str | None = None) -> LabelWidget:  # noqa: A002
        """The labelling page as a widget for notebooks: ``w.selection`` and ``w.labels`` are in step with it."""
        from groundset.notebook import label

        return label(self, task, height=height, filter=filter)

    def status(self) -> Status:
        """What is in it."""
        lake = self.lake
        return Status(
            name=lake.config.name,
            root=lake.root,
            scenes=len(lake.scenes.ids()),
            chips=len(lake.chips),
            tasks={t.name: t.kind for t in lake.config.tasks},
            annotated_chips={t.name: lake.journal.count(t.name) for t in lake.config.tasks},
            events=lake.journal.head(),
            models=_folders(lake.layout.models),
            releases=_folders(lake.layout.releases),
        )

    def annotate(
        self,
        what: str | Path | Iterable[str] | Mapping[str, npt.ArrayLike | LabelMask] | GeoDataFrame,
        answer: str | int | None = None,
        *,
        actor: str | None = None,
        task: str | None = None,
        value: str = "positive",
        reason: str | None = None,
        sheet: str | Path | None = None,
        column: str = "class",
        within: str | None = None,
        progress: Listener | None = None,
    ) -> AnnotateReport:
        """Answer: chips with a class, masks, points or polygons, or a file of points, polygons, pixels or rows.

        Args:
            what: A file (vector, raster or CSV); or a GeoDataFrame of points or polygons with a CRS; or chip ids,
                answered with ``answer``; or masks by chip id, each uint8 (rows, columns) of class codes with 255
                unlabelled.
            answer: Class (name or code) for chip ids; of every feature or row, for a ``Path`` or a GeoDataFrame.
            actor: Who answers (default: the system user name).
            task: Task name; may be left out where only one fits.
            value: ``positive``, ``negative``, ``unsure``, ``not-applicable``, or ``unlabelled``, which takes what was
                said of the class away; for chip ids.
            reason: Why they cannot be answered (cloud, shadow ...), for chip ids.
            sheet: CSV that maps the file's classes to the scheme.
            column: Column of the file that names the class.
            within: Window in which dated features match an acquisition: ``3d``, ``12h``.
            progress: Hears each step.
        """
        from groundset import ingest

        who = actor or getpass.getuser()
        if isinstance(what, Mapping):
            return ingest.annotate_masks(self.lake, what, actor=who, task=task)
        from_file = isinstance(what, Path) or hasattr(what, "to_file")
        if answer is not None and not from_file:
            ids = [what] if isinstance(what, str) else [str(c) for c in what]  # type: ignore[union-attr]
            return ingest.annotate_chips(self.lake, ids, answer, actor=who, value=value, reason=reason, task=task)
        if value != "positive" or reason is not None:
            raise InputError("value and reason are for chip ids", asked=reason or value, hint="name the chips")
        label = None if answer is None else str(answer)
        options: dict[str, Any] = {"task": task, "sheet": sheet, "column": column, "label": label, "within": within}
        bring = self.bringer(task)
        if hasattr(what, "to_file"):
            shapes: GeoDataFrame = what
            if shapes.crs is None:
                raise InputError("shapes need a CRS", found="none", hint="say shapes.set_crs(...) with their own")
            with TemporaryDirectory() as folder:
                shapes.to_file(path := Path(folder) / "shapes.fgb", driver="FlatGeobuf")
                return bring(self.lake, path, actor=who, progress=progress, **options)
        if not isinstance(what, str | Path):
            raise InputError("chips need an answer", asked=what, hint='say ws.annotate(chip_ids, "water")')
        return bring(self.lake, what, actor=who, progress=progress, **options)

    def segment(
        self,
        *,
        task: str | None = None,
        model: str = "forest",
        seed: int = 0,
        executor: Executor | None = None,
        progress: Listener | None = None,
    ) -> SegmentReport:
        """Train on the labelled pixels of a task and propose a mask for every chip. People's pixels always win."""
        from groundset.segment import segment

        return segment(self.lake, task=task, model=model, seed=seed, executor=executor, progress=progress)

    def release(
        self,
        name: str,
        *,
        task: str | None = None,
        splits: Sequence[float] = (70, 15, 15),
        block: str | None = None,
        buffer: str = "0.1km",
        license: str | None = None,  # noqa: A002  # STAC's own name
        seed: int = 0,
        unlabelled: bool = False,
        scenes: Sequence[str] = (),
        executor: Executor | None = None,
        progress: Listener | None = None,
    ) -> Release:
        """Freeze the labels of a task, with imagery, splits and description, in ``releases/NAME``.

        Without ``task`` it is the segment task that has labels, where exactly one has; else the only task with labels.
        ``unlabelled`` keeps chips without a label too, in a split of their own: ``gs.load(..., split="unlabelled")``.
        ``scenes`` takes the chips of these alone: a release has one set of bands.
        """
        built = _release.build(
            self.lake,
            name,
            task=task,
            splits=tuple(splits),
            block=block,
            buffer=buffer,
            license=license,
            seed=seed,
            unlabelled=unlabelled,
            scenes=scenes,
            executor=executor,
            progress=progress,
        )
        return Release(built.path)

    def rebuild(
        self, name: str | Path, *, to: str | Path, executor: Executor | None = None, progress: Listener | None = None
    ) -> Release:
        """Make an existing release again in an empty folder; every checksum comes out the same.

        Args:
            name: Name of a release of this workspace, or the path of one.
            to: A folder that is not there yet, or empty.
            executor: Writes chips wide.
            progress: Hears each step.
        """
        own = self.lake.layout.releases / name
        path = Path(name) if not own.is_dir() and Path(name).is_dir() else own
        built = _release.rebuild(self.lake, path, to=Path(to), executor=executor, progress=progress)
        return Release(built.path)

    def scheme(self, task: str | None = None) -> Scheme:
        """The class scheme of a task."""
        return self.lake.scheme(self.lake.config.task(task).name)

    def mask(self, chip_id: str, *, task: str | None = None) -> LabelMask:
        """The current label of a chip's pixels: class, origin, confidence, each uint8 (rows, columns)."""
        name = self.lake.config.task(task, "segment").name
        return self.lake.labels(name).mask(self.lake.chips.get(chip_id))


def create(
    root: str | Path, *, scheme: str | Path | Scheme = "water", name: str | None = None, database: str | None = None
) -> Workspace:
    """Make a workspace with the tasks ``chips`` (classify) and ``pixels`` (segment).

    Args:
        root: Folder to make; must not hold a workspace yet.
        scheme: A scheme CSV, a :class:`Scheme`, or ``water``.
        name: Name of the workspace (default: the folder's).
        database: Database URL (default: SQLite inside the folder).
    """
    from groundset.taxonomy import WATER, read_scheme

    folder = Path(root)
    if not isinstance(scheme, Scheme):
        scheme = WATER if str(scheme) == "water" else read_scheme(Path(scheme))
    known = name or folder.resolve().name
    return Workspace(init(folder, scheme=scheme, name=known, database=database or DEFAULT_DATABASE))


def open(root: str | Path) -> Workspace:  # noqa: A001  # the contract's name: gs.open
    """Open a workspace.

    Raises:
        MissingError: There is none in this folder.
    """
    return Workspace(Lake.open(Path(root)))


def _folders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
