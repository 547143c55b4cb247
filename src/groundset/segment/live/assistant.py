"""The assistant: learns from every stroke of a task, on all chips, and says what the other pixels are."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import NO_CONFIDENCE, UNLABELLED, InputError, Window
from groundset.core.layout import TaskConfig
from groundset.imagery import Scene
from groundset.imagery.whereabouts import stamp
from groundset.lake import Lake
from groundset.segment.dates import Seen, read_seen
from groundset.segment.features import FeatureSpec
from groundset.segment.linear import Linear
from groundset.segment.live.committee import Committee
from groundset.segment.live.judge import AssistantState, judge, not_ready
from groundset.segment.live.learner import learner, live_names
from groundset.segment.live.models import DEFAULT, Shelf, choices, sees_two
from groundset.segment.live.planes import MOST_BYTES, PlaneCache, Planes
from groundset.segment.live.proposal import NotEnoughError, Proposal, confidences, likeliest
from groundset.segment.live.rows import Learned, TaskRows
from groundset.segment.live.seek import Place, Seeker
from groundset.segment.live.smooth import RADIUS, Smoothing, smoothing_of
from groundset.segment.live.windows import wider, window_of
from groundset.segment.model import Proposer
from groundset.segment.regions import RegionStore, majority, vote
from groundset.segment.sampling import cropped, grown
from groundset.segment.segmenter import Segmenter
from groundset.series import chip_of

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

_ANSWERS = 8
"""Whole chips of models that do not follow the labels, of which windows are then cut."""
_FITTED = 6


@dataclass(frozen=True, slots=True)
class Fitted:
    """A segmenter and what it learned from."""

    segmenter: Segmenter
    learned: Learned


@dataclass(frozen=True, slots=True)
class Told:
    """What a model will say of a chip.

    Args:
        parts: They change when it does.
        head: Number of the last event learned from; 0 where the model does not follow the labels.
        hard: Whether it gives classes only.
        whole: Gives probabilities (classes, rows, columns) of a window, where no data is, and the class codes.
    """

    parts: tuple[str, ...]
    head: int
    hard: bool
    whole: Callable[[Window], tuple[Float32, Bool, UInt8]]


class Assistant:
    """Proposes classes of pixels. Safe to share between threads.

    Nothing that it says hangs on what it did before: it is made from the journal, the masks and the scenes, so that a
    server that starts again says the same. Close it to give its memory back.

    Args:
        lake: The workspace.
        regions: Hierarchies of chips, to share what others have made.
        most_bytes: What features of chips may take in memory.
    """

    def __init__(self, lake: Lake, *, regions: RegionStore | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._lake = lake
        self._planes = PlaneCache(lake, most_bytes)
        self._shelf = Shelf(lake)
        self._lock = threading.Lock()
        self._rows: dict[str, TaskRows] = {}
        self._fitted: OrderedDict[tuple[str, str], tuple[str, threading.Lock, Fitted | None]] = OrderedDict()
        self._answers: OrderedDict[tuple[object, ...], tuple[Float32, Bool]] = OrderedDict()
        self._regions = regions or RegionStore(lake)
        self._judged: OrderedDict[tuple[str, str, str], AssistantState] = OrderedDict()
        self._seekers: dict[str, Seeker] = {}
        self._warmed = False

    def close(self) -> None:
        """Forget what is in memory."""
        self._planes.clear()
        with self._lock:
            self._rows.clear()
            self._fitted.clear()
            self._answers.clear()
            self._judged.clear()
            self._seekers.clear()

    def propose(
        self,
        task: str | None,
        chip_id: str,
        *,
        model: str = DEFAULT,
        window: tuple[int, int, int, int] | None = None,
        smoothing: str = "none",
    ) -> Proposal:
        """A class for each pixel of a chip, from all that was painted so far.

        Args:
            task: A task of pixels; None where there is one.
            chip_id: The chip.
            model: ``linear``, ``forest``, ``boost``, ``committee``, or the name of a folder in ``models/``.
            window: x, y, width, height in the chip: only these pixels, the same as of the whole.
            smoothing: ``none``, ``majority`` (of the square around a pixel) or ``regions`` (a vote in each).

        Raises:
            NotEnoughError: Fewer than two classes are painted.
            MissingError: No such chip or model.
            InputError: No such task or smoothing, a window beyond the chip, a chip without data, bands that differ.
        """
        return self.prepare(task, chip_id, model=model, window=window, smoothing=smoothing)[1]()

    def prepare(
        self,
        task: str | None,
        chip_id: str,
        *,
        model: str = DEFAULT,
        window: tuple[int, int, int, int] | None = None,
        smoothing: str = "none",
    ) -> tuple[str, Callable[[], Proposal], int]:
        """A proposal before it is made: its mark, which changes when it does, what makes it, and its ``head``.

        The arguments and errors are those of :meth:`propose`; that a chip has no data is told when it is made.
        """
        asked = self._lake.config.task(task, "segment")
        chosen, chip = asked.name, chip_of(self._lake, asked, chip_id)
        way, part = smoothing_of(smoothing), window_of(window, chip)
        seen = wider(part, chip, way)
        told = self._told(chosen, chip, model)

        def make() -> Proposal:
            probabilities, nodata, classes = told.whole(seen)
            codes = self._smoothed(likeliest(probabilities, classes, nodata), way, chip, asked)
            percent = confidences(probabilities, classes, codes)
            if told.hard:
                percent = np.full(percent.shape, NO_CONFIDENCE, np.uint8)
            rows, cols = part.relative_to(seen).slices
            codes, percent = codes[rows, cols], percent[rows, cols]
            if (codes == UNLABELLED).all() and self._empty(chip):
                raise InputError("this chip has no data, so there is nothing to propose", asked=chip_id)
            return Proposal(codes, percent, told.head)

        parts = (*told.parts, (part.x_off, part.y_off, *part.shape), way)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32], make, told.head

    def probabilities(
        self, task: str | None, chip_id: str, model: str = DEFAULT
    ) -> tuple[str, Callable[[], tuple[Float32, UInt8]]]:
        """What a model says of each pixel of a chip: its mark, which changes when it does, and what makes it.

        That is float32 (classes, rows, columns), NaN where there is no data, and the class codes in this order.

        Raises:
            NotEnoughError: Fewer than two classes are painted.
            MissingError: No such chip or model.
            InputError: No such task; bands that differ.
        """
        asked = self._lake.config.task(task, "segment")
        chosen, chip = asked.name, chip_of(self._lake, asked, chip_id)
        told, all_of_it = self._told(chosen, chip, model), window_of(None, chip)

        def make() -> tuple[Float32, UInt8]:
            found, nodata, classes = told.whole(all_of_it)
            return np.where(nodata, np.float32(np.nan), found), classes

        return hashlib.sha256(repr(told.parts).encode()).hexdigest()[:32], make

    def _told(self, task: str, chip: Chip, model: str) -> Told:
        """What a model will say of a chip, before it does."""
        seen = self._seen(task)
        place = seen.place(chip.id.scene)
        scene = stamp(place)
        if model in live_names():
            learned, head = self.rows(task).learn()
            check_enough(self._lake, task, learned)

            def learnt(window: Window) -> tuple[Float32, Bool, UInt8]:
                fitted = self.fitted(task, model, learned)
                planes = self._planes.get(chip, learned.spec, place)
                return (*live(fitted, planes, window), fitted.segmenter.classes)

            return Told((task, model, learned.mark, str(chip.id), scene), head, False, learnt)
        version, opened = self._shelf.get(model, self._lake.scheme(task))
        if not sees_two(opened):
            place = self._lake.scenes.get(chip.id.scene)
            scene = stamp(place)

        def kept(window: Window) -> tuple[Float32, Bool, UInt8]:
            probabilities, nodata = self._kept(opened, version, chip, place)
            rows, cols = window.slices
            return probabilities[:, rows, cols], nodata[rows, cols], opened.classes

        return Told((task, model, version, str(chip.id), scene), 0, opened.hard, kept)

    def state(self, task: str | None = None, model: str = DEFAULT) -> AssistantState:
        """What was learned from, what counts, and how well it does where it was not told.

        Raises:
            MissingError: No such model.
            InputError: No such task; the scenes have no band in common.
        """
        chosen = self._lake.config.task(task, "segment").name
        self._warm()
        learned, head = self.rows(chosen).learn()
        scheme = self._lake.scheme(chosen)
        follows = model in live_names()
        if not follows:
            self._shelf.get(model, scheme)
        key = (chosen, model, learned.mark)
        with self._lock:
            known = self._judged.get(key)
        if known is None:
            try:
                if follows:  # others need nothing painted
                    check_enough(self._lake, chosen, learned)
            except NotEnoughError as error:
                known = not_ready(learned, scheme, model, str(error))
            else:
                made = (lambda: learner(model, learned.spec)) if follows else None
                fitted = None if made is None else self.fitted(chosen, model, learned).segmenter
                known = judge(learned, scheme, model, fitted, made, taught(model, learned))
            with self._lock:
                self._judged[key] = known
                while len(self._judged) > _FITTED:
                    self._judged.popitem(last=False)
        return known.at(head, tuple(choices(self._lake, 2 if self._seen(chosen).two else 1)))

    def next(self, task: str | None = None, n: int = 10, near: str | None = None, model: str = DEFAULT) -> list[Place]:
        """Chips, and the place in each, where an answer helps most, the best first.

        Args:
            task: A task of pixels; None where there is one.
            n: How many at most.
            near: The chip at hand: it comes last, and of chips that help alike those near it come first.
            model: A segmenter.

        Raises:
            MissingError: No such chip or segmenter.
            InputError: No such task; the scenes have no band in common.
        """
        chosen = self._lake.config.task(task, "segment").name
        here = None if near is None else self._lake.chips.get(near)
        rows = self.rows(chosen)
        learned, _ = rows.learn()
        kinds = len(np.unique(learned.codes))
        name = model if model in live_names() else DEFAULT
        fitted = self.fitted(chosen, name, learned) if kinds > 1 else None
        with self._lock:
            seeker = self._seekers.setdefault(chosen, Seeker(self._lake, chosen, self._planes))
        return seeker.places(learned, fitted.segmenter if fitted else None, n, here)

    def _warm(self) -> None:
        """Load what fitting needs while nobody waits for it: a page asks for the state before there is a stroke."""
        with self._lock:
            before, self._warmed = self._warmed, True
        if not before:
            threading.Thread(target=import_module, args=("scipy.optimize",), daemon=True).start()

    def planes(self, task: str, chip: Chip) -> Planes:
        """What the models of a task see of a chip.

        Raises:
            MovedError: A file of its scene is not where it was.
            InputError: The scenes have no band in common.
        """
        return self._planes.get(chip, self.rows(task).spec(), self._seen(task).place(chip.id.scene))

    def _seen(self, task: str) -> Seen:
        """The chips as a task sees them now."""
        return Seen(self._lake, self._lake.config.task(task, "segment"))

    def rows(self, task: str) -> TaskRows:
        """The training pixels of a task."""
        with self._lock:
            return self._rows.setdefault(task, TaskRows(self._lake, task, self._planes))

    def fitted(self, task: str, model: str, learned: Learned) -> Fitted:
        """A segmenter fitted to this; several that ask at once wait for one fit."""
        key = (task, model)
        with self._lock:
            mark, lock, known = self._fitted.get(key, ("", threading.Lock(), None))
            if mark != learned.mark:
                lock, known = threading.Lock(), None
                self._fitted[key] = learned.mark, lock, None
            self._fitted.move_to_end(key)
            while len(self._fitted) > _FITTED:
                self._fitted.popitem(last=False)
        if known is not None:
            return known
        with lock:
            with self._lock:
                mark, _, done = self._fitted.get(key, ("", lock, None))
            if done is not None and mark == learned.mark:
                return done
            at = taught(model, learned)
            some = (learned.features, learned.codes) if at is None else (learned.features[at], learned.codes[at])
            made = Fitted(learner(model, learned.spec).fit(*some), learned)
            with self._lock:
                if self._fitted.get(key, ("",))[0] == learned.mark:
                    self._fitted[key] = learned.mark, lock, made
            return made

    def _kept(self, opened: Proposer, version: str, chip: Chip, scene: Scene) -> tuple[Float32, Bool]:
        """Probabilities (classes, rows, columns) of a model that does not follow the labels, and where no data is."""
        key = (opened.name, version, str(chip.id), stamp(scene))
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        pixels = read_seen(self._lake, scene, grown(chip.window, opened.halo))
        raw = np.moveaxis(opened.probabilities(pixels.physical(), pixels.bands, pixels.nodata), -1, 0)
        halo = opened.halo
        found = (cropped(raw, halo), cropped(pixels.nodata, halo)) if halo else (raw, pixels.nodata)
        made = np.ascontiguousarray(found[0]), np.ascontiguousarray(found[1] | ~np.isfinite(found[0]).all(axis=0))
        with self._lock:
            self._answers[key] = made
            while len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
        return made

    def _smoothed(self, codes: UInt8, way: Smoothing, chip: Chip, task: TaskConfig) -> UInt8:
        if way == "majority":
            return majority(codes, RADIUS)
        return vote(codes, self._regions.of(chip, task).leaves) if way == "regions" else codes

    def _empty(self, chip: Chip) -> bool:
        """Whether a chip has no pixel of data."""
        return bool(self._lake.reader(chip.id.scene).read(chip.window).nodata.all())


def live(fitted: Fitted, planes: Planes, window: Window) -> tuple[Float32, Bool]:
    """Probabilities (classes, rows, columns) of a window of a chip, and where there is no data."""
    rows, cols = window.slices
    nodata = planes.nodata[rows, cols]
    flat = planes.part(rows, cols, fitted.learned.fill)
    segmenter = fitted.segmenter
    if isinstance(segmenter, Linear | Committee):
        if nodata.any() and not planes.holes:
            flat = np.nan_to_num(flat)
        out = segmenter.predict_planes(flat)
    else:
        out = np.zeros((len(segmenter.classes), flat.shape[1]), np.float32)
        keep = np.flatnonzero(~nodata.ravel())
        if len(keep):
            out[:, keep] = segmenter.predict_proba(flat.T if len(keep) == flat.shape[1] else flat[:, keep].T).T
    return out.reshape(-1, *nodata.shape), nodata


def taught(model: str, learned: Learned) -> Bool | None:
    """Which pixels a model learns from; None: all. The committee a few of each place, so that each answer counts."""
    return learned.sparse() if model == Committee.name else None


def check_enough(lake: Lake, task: str, learned: Learned) -> None:
    """Refuse to learn from fewer than two classes.

    Raises:
        NotEnoughError: Says what is painted.
    """
    if len(np.unique(learned.codes)) >= 2:
        return
    scheme = lake.scheme(task)
    found = ", ".join(f"{scheme.find(c).title}: {n} pixels" for c, n in learned.painted.items()) or "nothing painted"
    if not learned.painted:
        hint = "paint a little of two classes"
    elif len(learned.painted) > 1:
        hint = "paint where the chip has data"
    else:
        hint = "paint a little of another class too"
    raise NotEnoughError("not enough painted to learn from", asked=f"task {task}", found=found, hint=hint)


def spec_of(assistant: Assistant, task: str) -> FeatureSpec:
    """The features that the models of a task see."""
    return assistant.rows(task).spec()
