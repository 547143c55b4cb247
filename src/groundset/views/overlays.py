"""Labels in class colours, to lie over quicklooks: a picture a chip, empty where nobody answered."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from groundset.chips import Chip, pack_page
from groundset.core import UNLABELLED, LabelMask, Scheme
from groundset.imagery.whereabouts import absent
from groundset.journal import Event, TaskLabels
from groundset.lake import Lake
from groundset.views._kept import Kept
from groundset.views.pages import SIZE, Place, by_part

PREFIX = "label:"
_MEMORY = 32 << 20
_THREADS = 4


class Overlays:
    """Overlays of a workspace's labels. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._kept = Kept(_MEMORY)
        self._threads = ThreadPoolExecutor(_THREADS, "overlays")

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def page(self, places: Sequence[Place], task: str) -> OverlayPage:
        """The overlays of some chips as they are now.

        Raises:
            MissingError: A part or a row is not there.
            InputError: No such task.
        """
        chosen = self._lake.config.task(task)
        chips = [chip for part, row in by_part(places) for chip in self._lake.chips.at(part, row)]
        labels = None
        if chosen.kind == "segment":  # for a classify task the wall draws badges itself
            labels = self._lake.labels(chosen.name, chip_ids=[str(c.id) for c in chips])
        return OverlayPage(self, chosen.name, chips, labels, self._lake.scheme(chosen.name))

    def draw(self, page: OverlayPage) -> list[bytes]:
        """The pictures of a page."""
        if page.labels is None:
            return [b""] * len(page.chips)
        labels = page.labels
        coming = [self._threads.submit(self._one, page, labels, chip) for chip in page.chips]
        try:
            return [c.result() for c in coming]
        finally:
            for c in coming:
                c.cancel()

    def _one(self, page: OverlayPage, labels: TaskLabels, chip: Chip) -> bytes:
        said = [e for e in labels.events(chip.id) if e.kind == "mask"]
        if not said:
            return b""
        key = (page.task, str(chip.id), tuple(e.seq for e in said), page.scheme)
        return self._kept.get(key, lambda: paint_mask(labels.mask(chip, flags=self._flags_matter(chip)), page.scheme))

    def _flags_matter(self, chip: Chip) -> bool:
        """Whether the product may hide pixels of a chip; where all are data and no flag band is, nothing is read."""
        scene = self._lake.scenes.get(chip.id.scene)
        return (scene.flags is not None or chip.valid_fraction < 1) and not absent(scene)


class OverlayPage:
    """What a page of overlays is made from; ``mark`` changes with any answer about its chips."""

    def __init__(
        self, overlays: Overlays, task: str, chips: Sequence[Chip], labels: TaskLabels | None, scheme: Scheme
    ) -> None:
        self._overlays = overlays
        self.task, self.chips, self.labels, self.scheme = task, chips, labels, scheme

    @property
    def mark(self) -> str:
        """Changes when one of the pictures does."""
        digest = hashlib.sha256(repr((self.task, self.scheme)).encode())
        for chip in self.chips:
            events: Sequence[Event] = [] if self.labels is None else self.labels.events(chip.id)
            digest.update(f"{chip.id} {[e.seq for e in events]}\n".encode())
        return digest.hexdigest()[:32]

    def draw(self) -> bytes:
        """The packed pictures."""
        return pack_page(self._overlays.draw(self))


def paint_mask(mask: LabelMask, scheme: Scheme, size: int = SIZE) -> bytes:
    """A mask as PNG in class colours, unlabelled pixels transparent; empty where no pixel is labelled.

    Larger ones are thinned to ``size``, pixel by pixel, since colours of classes cannot be mixed.
    """
    step = -(-max(mask.shape) // size)
    classes = mask.classes[::step, ::step]
    codes = [c for c in np.unique(classes).tolist() if c != UNLABELLED]
    if not codes:
        return b""
    colours: Mapping[int, str] = {c.code: c.color for c in scheme}
    place = np.zeros(256, np.uint8)
    place[codes] = np.arange(1, len(codes) + 1)
    image = Image.fromarray(place[classes], "P")
    image.putpalette([0, 0, 0, *(v for c in codes for v in bytes.fromhex(colours.get(c, "#808080")[1:]))])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0, bits=8, compress_level=3)
    return out.getvalue()
