"""An IRIS project on its way in: everything is read and checked before anything is written."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from groundset.chips import Chip
from groundset.core import (
    NO_CONFIDENCE,
    UNLABELLED,
    InputError,
    LabelMask,
    Listener,
    Origin,
    Progress,
    Scheme,
    Window,
    safe_name,
)
from groundset.core.layout import TaskConfig, TaskKind
from groundset.formats.capability import Loss
from groundset.formats.format import Counts
from groundset.formats.iris.database import Action, Database, read_database
from groundset.formats.iris.images import Image, find_images, to_scene
from groundset.formats.iris.kept import Kept, folder_of, keep
from groundset.formats.iris.masks import UserMask, decode, read_user_mask
from groundset.formats.iris.project import Project, read_project
from groundset.formats.iris.views import translate_views
from groundset.formats.saying import Saying
from groundset.ingest import ingest
from groundset.lake import Lake
from groundset.views.own import save_view

NAMESPACE = uuid.UUID("c2f0a1de-6f3b-5d52-9a94-1f0b7b6f2e30")
_FINAL = re.compile(r"(\d+)_final\.npy")


@dataclass(frozen=True, slots=True)
class Answered:
    """A user's mask of an image, and what was said about it."""

    image: Image
    user: int
    mask: UserMask
    action: Action | None


@dataclass
class IrisProject:
    """See :class:`groundset.formats.Incoming`."""

    project: Project
    images: list[Image]
    database: Database | None
    answers: list[Answered]
    merged: list[tuple[Image, LabelMask]]
    losses: tuple[Loss, ...]
    kind: TaskKind = "segment"
    told: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the project."""
        return self.project.name

    @property
    def scheme(self) -> Scheme:
        """Its classes."""
        return self.project.scheme

    @cached_property
    def actors(self) -> dict[int, str]:
        """Who each user is here: the name in IRIS; where nobody knows it, the number."""
        names = {u.id: u.name.strip() for u in self.database.users} if self.database else {}
        users = sorted({a.user for a in self.answers})
        return {user: _actor(names.get(user) or f"iris-user-{user}") for user in users}

    def bring(
        self, lake: Lake, task: TaskConfig, codes: Mapping[int, int], *, actor: str, progress: Listener | None
    ) -> Counts:
        """Scenes, answers, work and views; see :class:`groundset.formats.Incoming`."""
        folder = folder_of(lake, "iris", self.name)
        scenes = [to_scene(image, self.project.size, folder / "images", safe_name(self.name)) for image in self.images]
        report = ingest(lake, scenes, progress=progress)
        out = Counts({"scenes": len(scenes), "new scenes": report.scenes}, [*self.told, *report.notes])
        self._answer(lake, task, codes, actor, out, progress)
        self._show(lake, task, out)
        return out

    def _answer(
        self, lake: Lake, task: TaskConfig, codes: Mapping[int, int], actor: str, out: Counts, progress: Listener | None
    ) -> None:
        table = np.full(256, UNLABELLED, np.uint8)
        for code, own in codes.items():
            table[code] = own
        count = Progress("answers", len(self.answers) + len(self.merged), "masks", progress)
        layer = f"iris:{safe_name(self.name)}"[:64]
        saying = Saying(lake, task, {"format": "iris", "project": self.name}, NAMESPACE)
        for said in self.answers:
            who, action = self.actors[said.user], said.action
            at = None if action is None else action.modified
            extra = {"seconds": action.seconds} if action and action.seconds else {}
            for chip, mask in self._on_chips(lake, said.image, said.mask.label(), table):
                if mask.labelled.any():
                    saying.mask(who, chip, mask, layer, at=at, **extra)
                if action is not None:
                    saying.say(who, "work", chip, _work(action), at=at)
            count.advance()
        for image, label in self.merged:
            for chip, mask in self._on_chips(lake, image, label, table):
                if mask.labelled.any():
                    saying.mask(actor, chip, mask, layer)
            count.advance()
        saying.commit()
        out.numbers |= {"masks": saying.created["mask"], "marks of progress": saying.created["work"]}
        out.numbers["people"] = len(self.actors)
        out.known = saying.known

    def _on_chips(
        self, lake: Lake, image: Image, label: LabelMask, table: np.ndarray[Any, np.dtype[np.uint8]]
    ) -> Iterator[tuple[Chip, LabelMask]]:
        """The label of the mask area on each chip that meets it, with the task's codes."""
        area = self.project.area
        for part in lake.chips.batches(image.scene, 0):
            for chip in lake.chips.chips(part):
                common = chip.window.intersection(area)
                if common is not None:
                    yield chip, _place(label, common.relative_to(area), common.relative_to(chip.window), chip, table)

    def _show(self, lake: Lake, task: TaskConfig, out: Counts) -> None:
        first = self.images[0]
        files = first.band_names
        done = translate_views(self.project.views, files, first.bands)
        there = lake.config.views
        for name, said in done.views.items():
            if {k: v for k, v in there.get(name, {}).items() if v is not None} != said:
                save_view(lake, name, said, replace=name in there)
        out.numbers["views"] = len(done.views)
        out.told += done.told
        kept = Kept(
            format="iris",
            name=self.name,
            file=self.project.file.name,
            task=task.name,
            images={image.scene: image.id for image in self.images},
            bands={key: list(names) for key, names in files.items()},
            users={actor: user for user, actor in self.actors.items()},
            views={own: name for name, own in done.names.items()},
            said=done.views,
        )
        keep(lake, kept, self.project.file.read_bytes())


def open_project(path: Path) -> IrisProject:
    """Read and check a project of IRIS.

    Raises:
        InputError: The project file has a mistake (names the line), an image or a mask does not fit.
    """
    project = read_project(path)
    images = find_images(project)
    _check_bands(images)
    told = list(project.told)
    database = _database(project, told)
    answers, strange = _answers(project, images, database)
    merged = _merged(project, images, {a.image.id for a in answers})
    losses = [Loss("masks of images that the project does not have", strange)] if strange else []
    open_ = sum(not a.mask.predicted and not a.mask.drawn.all() for a in answers)
    if open_:
        told.append(
            f"{open_} masks have only {project.scheme.classes[0].name!r} where nobody drew, which is how IRIS fills"
            " what its model was not asked about: left unlabelled"
        )
    if merged:
        told.append(f"{len(merged)} images have a merged mask but no user's: brought as an import of whoever runs this")
    return IrisProject(project, images, database, answers, merged, tuple(losses), told=told)


def _check_bands(images: list[Image]) -> None:
    first = images[0]
    for image in images[1:]:
        if image.band_names != first.band_names:
            raise InputError(
                "the images of a project have the same bands",
                asked=f"{image.id!r}: {image.band_names}",
                found=f"{first.id!r}: {first.band_names}",
            )


def _database(project: Project, told: list[str]) -> Database | None:
    path = project.folder / "iris.db"
    if path.exists():
        return read_database(path)
    if project.folder.is_dir():
        told.append(f"{path} is not there: users go by their number, notes and difficulty are not known")
    else:
        told.append(f"{project.folder} is not there: nobody has labelled in this project yet")
    return None


def _answers(project: Project, images: list[Image], database: Database | None) -> tuple[list[Answered], int]:
    """The masks of all users, and how many belong to no image."""
    by_id = {image.id: image for image in images}
    out: list[Answered] = []
    strange = 0
    shape, classes = project.area.shape, len(project.scheme)
    for final in sorted((project.folder / "segmentation").glob("*/*_final.npy")):
        match = _FINAL.fullmatch(final.name)
        image = by_id.get(final.parent.name)
        if match is None or image is None:
            strange += 1
            continue
        user = int(match[1])
        mask = read_user_mask(final, final.with_name(f"{user}_user.npy"), shape, classes)
        action = database.action(image.id, user) if database else None
        out.append(Answered(image, user, mask, action))
    return sorted(out, key=lambda a: (a.action is None or a.action.modified is None, _when(a), a.image.id)), strange


def _when(answered: Answered) -> str:
    """In the order in which they were saved, so that the later one is the later answer here."""
    at = answered.action.modified if answered.action else None
    return "" if at is None else at.isoformat()


def _merged(project: Project, images: list[Image], answered: set[str]) -> list[tuple[Image, LabelMask]]:
    out = []
    colours = [c["colour"] for c in project.data.get("classes", project.data.get("segmentation", {}).get("classes"))]
    for image in images:
        path = None if project.masks is None else project.path(project.masks, image.id)
        if image.id not in answered and path is not None and path.exists():
            classes = decode(path, project.encoding, colours, project.area.shape)
            out.append((image, LabelMask.of(classes, Origin.IMPORT)))
    return out


def _actor(name: str) -> str:
    """A person's name here: ``model:`` is what models begin with."""
    return name.replace("model:", "iris-model-", 1) if name.startswith("model:") else name


def _work(action: Action) -> dict[str, Any]:
    out: dict[str, Any] = {"state": "complete" if action.complete else "incomplete", "difficulty": action.difficulty}
    return out if action.note is None else {**out, "note": action.note}


def _place(
    label: LabelMask, inside: Window, on_chip: Window, chip: Chip, table: np.ndarray[Any, np.dtype[np.uint8]]
) -> LabelMask:
    """The part of a label that lies on a chip, with the task's codes; the rest of the chip says nothing."""
    out = LabelMask.empty(chip.window.shape)
    rows, cols = on_chip.slices
    out.classes[rows, cols] = table[label.classes[inside.slices]]
    out.origin[rows, cols] = label.origin[inside.slices]
    out.confidence[rows, cols] = NO_CONFIDENCE
    return out
