"""A task's answers on their way out as an IRIS project: looked at whole before anything is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from groundset._files import write_text
from groundset.chips import Chip
from groundset.core import InputError, LabelMask, Listener, Origin, Progress, Window, merge, whole
from groundset.core.layout import TaskConfig
from groundset.formats.capability import Capability, Loss, losses_of
from groundset.formats.content import count_content
from groundset.formats.format import Counts
from groundset.formats.iris.config import config_of, metadata_pattern, names_of_files
from groundset.formats.iris.database import DIFFICULTY, Action, User, write_database
from groundset.formats.iris.images import METADATA, write_tif
from groundset.formats.iris.kept import Kept, kept_for
from groundset.formats.iris.masks import (
    UserMask,
    agreement,
    encode,
    merge_users,
    of_label,
    write_merged,
    write_user_mask,
)
from groundset.imagery import Scene
from groundset.journal import Event
from groundset.lake import Lake
from groundset.views.masks import LAYER

MODEL = "model:"


@dataclass(frozen=True, slots=True)
class ImageOut:
    """A chip that becomes an image, under this id."""

    id: str
    chip: Chip


@dataclass
class Plan:
    """See :class:`groundset.formats.Outgoing`."""

    lake: Lake
    task: TaskConfig
    images: list[ImageOut]
    kept: Kept | None
    area: Window
    actors: list[str]
    losses: Sequence[Loss]
    events: Mapping[str, list[Event]]
    work: Mapping[tuple[str, str], Event]
    told: list[str]

    @property
    def scene(self) -> Scene:
        """Any scene: they have the same bands."""
        return self.lake.scenes.get(self.images[0].chip.id.scene)

    def write(self, out: Path, *, progress: Listener | None) -> Counts:
        """Images, masks, database, and last the project file; see :class:`groundset.formats.Outgoing`."""
        files = names_of_files(self.scene.bands, self.kept)
        scheme = self.lake.scheme(self.task.name)
        config = config_of(self.lake, scheme, self.scene, files, self.kept, self.area, self.images[0].chip.window)
        self.told += config.told
        users = self._users()
        folder = out / f"{config.name}.iris"
        (folder / "user_config").mkdir(parents=True)
        count = Progress("writing images", len(self.images), "images", progress)
        actions: list[Action] = []
        for image in self.images:
            self._image(out, image, config.patterns, files)
            actions += self._masks(out, folder, image, users, config.data)
            count.advance()
        passwords = write_database(folder / "iris.db", self._accounts(users), actions)
        write_text(out / config.file, json.dumps(config.data, indent=2, ensure_ascii=False) + "\n")
        told = [f"open it with: iris label {out / config.file}", *self.told]
        if passwords:
            told.append(
                "IRIS asks for passwords; these were made: " + ", ".join(f"{u}: {p}" for u, p in passwords.items())
            )
        return Counts({"images": len(self.images), "masks": len(actions), "people": len(users)}, told)

    def _users(self) -> dict[str, int]:
        """A number for each actor: the one that it had in IRIS, else a free one."""
        known = {} if self.kept is None else {a: n for a, n in self.kept.users.items() if a in self.actors}
        out = dict(known)
        free = (n for n in range(1, len(self.actors) + len(known) + 2) if n not in known.values())
        for actor in self.actors:
            out.setdefault(actor, 0)
            out[actor] = out[actor] or next(free)
        return out

    def _accounts(self, users: Mapping[str, int]) -> list[User]:
        return [User(n, actor[:64], admin=actor == "admin") for actor, n in sorted(users.items(), key=lambda u: u[1])]

    def _image(
        self, out: Path, image: ImageOut, patterns: Mapping[str, str], files: Mapping[str, Sequence[str]]
    ) -> None:
        scene = self.lake.scenes.get(image.chip.id.scene)
        pixels = self.lake.reader(scene.id).read(image.chip.window)
        for key, names in files.items():
            at = [scene.bands.names.index(name) for name in names]
            bands = [scene.bands[i] for i in at]
            planes = pixels.data[at].astype(np.result_type(*(b.dtype for b in bands)), copy=False)
            path = out / patterns[key].replace("{id}", image.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".npy":
                np.save(path, np.moveaxis(planes, 0, -1), allow_pickle=False)
            else:  # IRIS reads with tifffile: whole pixels, not compressed
                write_tif(path, planes, bands, image.chip.geobox, interleave="pixel")
        metadata = metadata_pattern(self.kept)
        if metadata is not None and METADATA in scene.product:
            said: Any = scene.product[METADATA]
            path = out / metadata.replace("{id}", image.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(said, indent=2, ensure_ascii=False) if path.suffix == ".json" else said["text"])

    def _masks(
        self, out: Path, folder: Path, image: ImageOut, users: Mapping[str, int], config: Mapping[str, Any]
    ) -> list[Action]:
        codes = [c.code for c in self.lake.scheme(self.task.name)]
        masks: list[UserMask] = []
        actions: list[Action] = []
        for actor, label in masks_of(self.lake, image.chip, self.events.get(str(image.chip.id), [])):
            if actor.startswith(MODEL):
                continue
            mask = of_label(crop(label, self.area), codes)
            stem = folder / "segmentation" / image.id / str(users[actor])
            write_user_mask(mask, Path(f"{stem}_final.npy"), Path(f"{stem}_user.npy"), len(codes))
            masks.append(mask)
            actions.append(self._action(image, actor, users[actor]))
        return self._merged(out, image, masks, actions, config) if masks else []

    def _action(self, image: ImageOut, actor: str, user: int) -> Action:
        own = [e for e in self.events.get(str(image.chip.id), []) if e.actor == actor]
        work = self.work.get((str(image.chip.id), actor))
        said: Mapping[str, Any] = {} if work is None else work.payload
        last: datetime = max(e.at for e in own)
        brought = sum(e.payload.get("seconds", 0) for e in own if e.payload.get("layer") != LAYER)
        drawn = self.lake.journal.layer(self.task.name, str(image.chip.id), actor, LAYER)
        return Action(
            image_id=image.id,
            user_id=user,
            modified=last,
            seconds=brought + drawn.seconds,
            complete=said.get("state") == "complete",
            note=said.get("note"),
            difficulty=said.get("difficulty", DIFFICULTY),
        )

    def _merged(
        self, out: Path, image: ImageOut, masks: list[UserMask], actions: list[Action], config: Mapping[str, Any]
    ) -> list[Action]:
        """Write the merged mask; returns the actions with the score that IRIS gives them."""
        said = config["segmentation"]
        colours = [c["colour"] for c in config["classes"]]
        merged = merge_users(masks, len(colours))
        array = encode(merged, said["mask_encoding"], colours)
        write_merged(out / said["path"].replace("{id}", image.id), array)
        scores = agreement(masks, merged, said.get("score", "f1"))
        unverified = len(masks) <= said.get("unverified_threshold", 1)
        return [replace(a, score=n, unverified=unverified) for a, n in zip(actions, scores, strict=True)]


def plan(lake: Lake, task: TaskConfig, capabilities: frozenset[Capability], *, labelled: bool) -> Plan:
    """Look at all that would be written.

    Raises:
        InputError: There are no chips.
    """
    events = _by_chip(lake, task)
    chips = [
        c
        for c in lake.chips.chips()
        if c.id.level == 0 and (str(c.id) in events or (not labelled and c.valid_fraction > 0))
    ]
    if not chips:
        raise InputError(
            "there is nothing to write", asked=f"task {task.name}",
            found="no chip that somebody labelled" if labelled else "no chips",
        )  # fmt: skip
    kept = kept_for(lake, "iris", task.name)
    alike, left = _alike(lake, chips, kept)
    images = [_image_id(lake, chip, kept) for chip in alike]
    extra = _Extra(lake, alike, events)
    counts = count_content(lake, task, alike, extra.masks())
    del counts[Capability.VIEWS]  # told one by one: most of them fit
    losses = losses_of(counts, capabilities) + extra.losses(lake, task)
    if left:
        losses.append(Loss("chips of another size or with other bands", left, None, "a project has one kind of images"))
    actors = sorted({e.actor for chip in alike for e in events.get(str(chip.id), []) if not e.actor.startswith(MODEL)})
    work = {(str(e.chip_id), e.actor): e for e in lake.journal.current(task.name, kind="work")}
    idle = sum((str(c.id), a) in work and a not in extra.actors.get(str(c.id), ()) for c in alike for a in _who(work))
    if idle:
        losses.append(Loss("marks of progress of people who drew nothing there", idle))
    area = extra.area(kept, alike[0].window)
    return Plan(lake, task, images, kept, area, actors, losses, events, work, [])


class _Extra:
    """What the masks hold that IRIS cannot tell, beyond what its capabilities say."""

    def __init__(self, lake: Lake, chips: Sequence[Chip], events: Mapping[str, list[Event]]) -> None:
        self._lake, self._chips, self._events = lake, chips, events
        self.models = self.open = self.cleared = 0
        self.actors: dict[str, set[str]] = {}
        self._used: Window | None = None

    def masks(self) -> Iterator[LabelMask]:
        """All masks of people, one for each chip and actor."""
        for chip in self._chips:
            for actor, mask in masks_of(self._lake, chip, self._events.get(str(chip.id), [])):
                if actor.startswith(MODEL):
                    self.models += 1
                    continue
                self.actors.setdefault(str(chip.id), set()).add(actor)
                self._look(mask)
                yield mask

    def _look(self, mask: LabelMask) -> None:
        known = mask.labelled
        self.cleared += bool((~known & (mask.origin != Origin.NONE)).any())
        rows, cols = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
        if not len(rows):
            return
        box = (int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1)
        inside = known[box[1] : box[3], box[0] : box[2]]
        self.open += bool((mask.origin == Origin.MODEL).any() and not inside.all())
        old = self._used
        if old is not None:
            box = min(box[0], old.x_off), min(box[1], old.y_off), max(box[2], old.right), max(box[3], old.bottom)
        self._used = Window(box[0], box[1], box[2] - box[0], box[3] - box[1])

    def losses(self, lake: Lake, task: TaskConfig) -> list[Loss]:
        """What would not arrive."""
        first = next(iter(lake.scheme(task.name)))
        found = (
            (self.models, "masks of models", "IRIS keeps those of people"),
            (self.open, "masks with a model's pixels and open ones", f"open ones would be the model's {first.name!r}"),
            (self.cleared, "masks with pixels that somebody wants unlabelled", "IRIS knows open pixels only"),
        )
        return [Loss(what, n, None, why) for n, what, why in found if n]

    def area(self, kept: Kept | None, window: Window) -> Window:
        """The mask area of the project that was brought in, where all that was labelled since lies within it."""
        everything = whole(window.width, window.height)
        said = (kept.data.get("segmentation") or {}).get("mask_area") if kept else None
        if not said:
            return everything
        area = Window(said[0], said[1], said[2] - said[0], said[3] - said[1])
        fits = everything.contains(area) and (self._used is None or area.contains(self._used))
        return area if fits else everything


def masks_of(lake: Lake, chip: Chip, events: Sequence[Event]) -> Iterator[tuple[str, LabelMask]]:
    """Each actor's mask of a chip: all its layers in one."""
    rows, cols = chip.window.shape
    for actor in dict.fromkeys(e.actor for e in events):
        own = [lake.masks.get(e.payload["sha256"], chip.geobox) for e in events if e.actor == actor]
        yield actor, merge(own, (rows, cols))


def crop(mask: LabelMask, area: Window) -> LabelMask:
    """The part of a mask within a window."""
    rows, cols = area.slices
    return LabelMask(mask.classes[rows, cols], mask.origin[rows, cols], mask.confidence[rows, cols])


def _by_chip(lake: Lake, task: TaskConfig) -> dict[str, list[Event]]:
    out: dict[str, list[Event]] = {}
    for event in lake.journal.current(task.name, kind="mask"):
        out.setdefault(str(event.chip_id), []).append(event)
    return out


def _who(work: Mapping[tuple[str, str], Event]) -> set[str]:
    return {actor for _, actor in work}


def _alike(lake: Lake, chips: Sequence[Chip], kept: Kept | None) -> tuple[list[Chip], int]:
    """The chips of the most frequent size and bands, and how many others there are; kept images go before."""

    def kind(chip: Chip) -> tuple[object, ...]:
        return chip.window.shape, lake.scenes.get(chip.id.scene).bands

    counts = Counter(kind(c) for c in chips)
    own = Counter(kind(c) for c in chips if kept is not None and c.id.scene in kept.images)
    chosen = (own or counts).most_common(1)[0][0]
    alike = [c for c in chips if kind(c) == chosen]
    return alike, len(chips) - len(alike)


def _image_id(lake: Lake, chip: Chip, kept: Kept | None) -> ImageOut:
    scene = lake.scenes.get(chip.id.scene)
    if chip.window.contains(whole(scene.width, scene.height)):
        return ImageOut((kept.images if kept else {}).get(scene.id, scene.id), chip)
    return ImageOut(str(chip.id), chip)
