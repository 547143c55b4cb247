"""The ways of labelling that ``effort.py`` compares: by hand, IRIS's loop, ours, and regions alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from skimage.draw import polygon

from _annotator import HAND, KEY, MIND, Move, Person
from _effort_asking import QUEUE, Questions
from _effort_cutting import Cutting
from _effort_scenes import Picture, Reading, outlines, picture, seen
from groundset.core import UNLABELLED
from groundset.segment.blocks import Places
from groundset.segment.linear import Linear
from groundset.segment.live.committee import Committee
from groundset.segment.live.learner import learner
from groundset.segment.live.questions import Question, Sight, Skip, ask
from groundset.segment.live.rows import MOST_PER_CLASS
from groundset.segment.live.sparse import sparse
from groundset.segment.regions import Candidates, Hierarchy, candidates

MOST_ACTS = 2_000
TRIES = 6
SHORT = 20.0
"""Seconds that the rest would take at the rate of pointing, under which the person does not teach the assistant a
second class but points on."""
IRIS_WAIT = 0.5
"""Seconds of one answer of IRIS (measured on an idle machine, shared/design/facts.md)."""
OUR_WAIT = 0.12
"""Seconds of one answer of ours at most (``benchmarks/assist.py`` holds it to that)."""
SEGMENTS = (2, 4)
"""Tools whose pixels are a segment that was named: regions and questions (``_annotator.py``)."""
FILL = MIND + 2 * KEY
"""Seconds to give what is left the other class: its key, and the one that does it."""
OFTEN, RARELY = 100, 400
"""Strokes after which ours is asked after every fourth, and every sixteenth: it changes little by then, and a
simulation takes long."""


@dataclass
class Costs:
    """What one person needed in one way.

    Attributes:
        targets: Water IoU to reach, ascending.
        reached: Seconds to each target that was reached.
        spent: Seconds spent on the whole.
        iou: The last one.
    """

    targets: tuple[float, ...]
    reached: dict[float, float] = field(default_factory=dict)
    spent: float = 0.0
    iou: float = 0.0

    def see(self, person: Person, mask: np.ndarray, extra: float = 0.0) -> bool:
        """Note what is reached; whether all is."""
        self.iou = person.score(mask)
        self.spent = person.clock.seconds + extra
        for target in self.targets:
            if self.iou >= target:
                self.reached.setdefault(target, self.spent)
        return len(self.reached) == len(self.targets)


@dataclass(frozen=True)
class Job:
    """A scene to label to some targets, by what the person sees; a seed is their day."""

    scene: str
    reading: Reading
    targets: tuple[float, ...]
    seed: int

    def begin(self) -> tuple[Picture, Person, Costs]:
        """The picture, somebody before it, and nothing spent."""
        scene = picture(self.scene)
        return scene, Person(seen(self.scene, self.reading), self.seed, scored=scene.truth), Costs(self.targets)


def by_polygons(job: Job, tolerance: float) -> Costs:
    """Outlines of the water that is seen; the rest is filled."""
    scene, person, out = job.begin()
    mask = np.zeros(scene.truth.shape, np.uint8)
    person.clock.take("class", 1)
    for rings in outlines(job.scene, job.reading, tolerance):
        for i, ring in enumerate(rings):
            person.clock.outline(len(ring))
            drawn = ring + person.rng.normal(0, HAND, ring.shape)
            mask[polygon(*drawn.T, mask.shape)] = 1 if i == 0 else 0
        if out.see(person, mask, FILL):
            break
    return out


@dataclass
class Labelling:
    """A mask in the making, as both loops have it: strokes are final, a model's answer is taken where it is better.

    The person asks after every ``batch`` strokes, sees whether the answer is better than the mask that they have, and
    stops asking after so many answers in a row that are not; from then on they only mend.
    """

    person: Person
    ask: Callable[[np.ndarray, np.ndarray], np.ndarray | None]
    batch: int = 1
    patience: float = float("inf")
    useless: int = 0

    def __post_init__(self) -> None:
        self.drawn = np.full(self.person.truth.shape, UNLABELLED, np.uint8)
        self.painted = np.zeros(self.person.truth.shape, bool)
        """Drawn, and not named as a segment."""
        self.mask = np.zeros(self.person.truth.shape, np.uint8)
        self.since = 0
        self.laid = False
        """Whether a rule has said something."""
        self.open = FILL
        """What it costs yet to have a class everywhere: nothing once an answer was taken."""

    def classes(self) -> list[int]:
        """Those that are drawn."""
        return [code for code in (1, 0) if (self.drawn == code).any()]

    def next(self) -> np.ndarray | None:
        """The patch that they turn to: of a class that is not drawn yet while there is one; None where they stop."""
        person = self.person
        if person.clock.acts >= MOST_ACTS:
            return None
        missing = [code for code in (1, 0) if code not in self.classes()]
        if not missing:
            return person.patch(self.mask)
        return person.patch(np.where(person.truth == missing[0], 1 - missing[0], person.truth).astype(np.uint8))

    def taught(self) -> np.ndarray:
        """The mask, or, while a class is to be taught after a rule, as if nothing but what is drawn were right."""
        if not self.laid or len(self.classes()) == 2:
            return self.mask
        missing = next(code for code in (1, 0) if code not in self.classes())
        return np.where(self.drawn == UNLABELLED, np.uint8(1 - missing), self.drawn)

    def missed(self) -> np.ndarray | None:
        """A patch to mend before both classes are taught: any after a rule, of water where only water is drawn."""
        if len(self.classes()) == 2 or not (self.laid or self.classes() == [1]):
            return None
        patch = self.person.patch(self.mask)
        return patch if patch is not None and (self.laid or self.person.truth[patch][0] == 1) else None

    def lay(self, classes: np.ndarray, *, whole: bool) -> None:
        """What a rule says of pixels that nobody has drawn; it teaches nothing. ``whole``: every chip has one now."""
        where = (classes != UNLABELLED) & (self.drawn == UNLABELLED)
        self.mask[where] = classes[where]
        self.laid = True
        if whole:
            self.open = 0.0

    def draw(self, where: np.ndarray, code: int) -> None:
        """A stroke, a region, or an answer, by the tool in hand."""
        self.drawn[where] = code
        self.painted[where] = self.person.clock.holding.get("tool") not in SEGMENTS
        self.mask[where] = code
        self.since += 1

    def answer(self, *, seen: Callable[[bool], None]) -> None:
        """Ask the model, and take what it says where that is better; ``seen`` adds what it costs to know."""
        if self.useless >= self.patience or self.since < self.batch or len(self.classes()) < 2:
            return
        found = self.ask(self.drawn, self.painted)
        if found is None:
            return
        self.since = 0
        new = np.where(self.drawn != UNLABELLED, self.drawn, found.reshape(self.drawn.shape))
        better = self.person.iou(new) > self.person.iou(self.mask)
        seen(better)
        if better:
            self.mask, self.open = new, 0.0
        self.useless = 0 if better else self.useless + 1


def by_iris(job: Job, batch: int, patience: float) -> Costs:
    """Strokes; a key for an answer and a wait, and another key to undo it where it is worse."""
    scene, person, out = job.begin()
    bands = np.ascontiguousarray(scene.stored.reshape(len(scene.stored), -1).T)
    mine = Labelling(person, lambda drawn, _: iris_answer(bands, drawn.ravel()), batch, patience)

    def told(better: bool) -> None:
        person.clock.wait(KEY + IRIS_WAIT + (0 if better else KEY))

    while (patch := mine.next()) is not None:
        mine.draw(*person.do(person.choose(patch, mine.mask)))
        mine.answer(seen=told)
        if out.see(person, mine.mask, mine.open):
            break
    return out


def iris_answer(bands: np.ndarray, drawn: np.ndarray) -> np.ndarray | None:
    """What IRIS's model says of every pixel; None where it wants more: over 10 drawn pixels of two classes.

    Its page sends four fifths of the drawn pixels of a class (at most 20,000), in an order shuffled with a fixed seed;
    its server keeps three tenths of these to stop early.
    """
    import lightgbm
    from sklearn.model_selection import train_test_split

    rng = np.random.default_rng(42)
    chosen = []
    for code in (0, 1):
        at = rng.permutation(np.flatnonzero(drawn == code))
        if len(at) > 10:
            chosen.append(at[: min(round(0.8 * len(at)), 20_000)])
    if len(chosen) < 2:
        return None
    at = np.concatenate(chosen)
    fit, held, fit_y, held_y = train_test_split(at, drawn[at], stratify=drawn[at], test_size=0.3, random_state=42)
    model = lightgbm.LGBMClassifier(
        num_leaves=10, max_bin=128, max_depth=10, tree_learner="data", learning_rate=0.05, n_estimators=20, n_jobs=1,
        verbosity=-1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            bands[fit], fit_y, eval_set=[(bands[held], held_y)], callbacks=[lightgbm.early_stopping(4, verbose=False)]
        )
        return np.asarray(model.predict(bands, num_iteration=model.best_iteration_), np.uint8)


def by_ours(job: Job) -> Costs:
    """A cut, strokes, outlines, region clicks, answers to questions; the answer lies over the mask, a key accepts it.

    The person cuts a chip where that mends more in a second than pointing. They answer the question that is shown where
    that does, or where questions lately did; one that is of no class (:data:`_annotator.PURE`) they skip, which takes
    as long. They never wait for questions: the next ones come while they answer. While a class is missing they take it
    from where it costs least; the second one not before the rest takes long (:data:`SHORT`).
    """
    scene, person, out = job.begin()
    assistant = Assistant(scene)
    mine = Labelling(person, assistant.answer)
    questions = Questions(assistant, mine)
    cutting = Cutting(scene, person)

    def pointed(patch: np.ndarray, mask: np.ndarray) -> Move:
        spots = assistant.regions(person.spot(patch))
        return person.choose(patch, mask, outlines=True, fills=True, regions=spots)

    def point(move: Move, patch: np.ndarray) -> None:
        mine.draw(*person.do(move))
        questions.turn_to(patch)
        mine.batch = 1 if person.clock.acts < OFTEN else 4 if person.clock.acts < RARELY else 16
        mine.answer(seen=lambda better: person.clock.wait(OUR_WAIT + (KEY if better else 0)))

    def respond() -> None:
        questions.answer()
        assistant.asked = True
        mine.batch = QUEUE // 2 if person.clock.acts > QUEUE else 1
        mine.answer(seen=lambda better: person.clock.wait(KEY if better else 0))
        questions.learn()

    def step(patch: np.ndarray) -> None:
        missed = mine.missed()
        move = pointed(patch if missed is None else missed, mine.mask)
        cut = cutting.offer(patch if missed is None else missed, mine.drawn, mine.mask)
        if cut is not None and cut.rate > move.rate:
            return mine.lay(cutting.do(cut), whole=len(cutting.done) == len(scene.chips))
        if missed is not None and person.wrong(mine.mask) < SHORT * move.rate:
            return point(move, missed)
        taught = len(mine.classes()) == 2
        if not taught and questions.says() == int(person.truth[patch][0]):
            return respond()
        move = pointed(patch, mine.taught())
        return respond() if taught and questions.rate(move.rate) > move.rate else point(move, patch)

    while (patch := mine.next()) is not None:
        step(patch)
        if out.see(person, mine.mask, mine.open):
            break
    return out


class Assistant:
    """The product's own: its models on its features, at most 8,000 pixels a class, regions ranked by what they say.

    As in the page ``linear`` follows strokes; once questions are answered it is ``committee``, which learns from a few
    pixels of each place, fewer of strokes than of segments.
    """

    def __init__(self, scene: Picture) -> None:
        self.scene = scene
        self.planes = scene.features.reshape(len(scene.features), -1)
        self.chance = np.random.default_rng(0).random(scene.truth.size)
        self.probability: np.ndarray | None = None
        self._ranked: dict[int, Candidates] = {}
        self.asked = False

    def answer(self, drawn: np.ndarray, painted: np.ndarray) -> np.ndarray:
        """A class for every pixel, from what is drawn of two classes; ``painted``: and not named as a segment."""
        flat = drawn.ravel()
        at = np.concatenate([self._some(np.flatnonzero(flat == code)) for code in (0, 1)])
        if self.asked:
            rows, cols = np.divmod(at, drawn.shape[1])
            places = Places(np.zeros(len(at), np.int64), cols, rows)
            at = at[sparse(places, flat[at], painted.ravel()[at], self.chance[at])]
        model = learner("committee" if self.asked else "linear", self.scene.spec)
        assert isinstance(model, Linear | Committee)
        for one in (model.linear, model.forest) if isinstance(model, Committee) else (model,):
            one.threads = 1
        model.fit(np.ascontiguousarray(self.planes[:, at].T), flat[at])
        self.probability = model.predict_planes(self.planes).reshape(2, *drawn.shape)
        self._ranked.clear()
        return self.probability.argmax(axis=0).astype(np.uint8)

    def questions(self, i: int, drawn: np.ndarray, skipped: list[Skip]) -> tuple[Question, ...]:
        """What is asked of a chip."""
        rows, cols, _, nodata = self.scene.chips[i]
        said = None if self.probability is None else self.probability[:, rows, cols]
        sight = Sight(
            (drawn[rows, cols] == UNLABELLED) & ~nodata, self.scene.tree(i), self.scene.features[:, rows, cols],
            said, np.array([0, 1], np.uint8),
        )  # fmt: skip
        return ask(sight, QUEUE, skipped).questions

    def _some(self, at: np.ndarray) -> np.ndarray:
        """At most so many of a class train, drawn once for all, as in the product."""
        return at if len(at) <= MOST_PER_CLASS else at[np.argsort(self.chance[at])[:MOST_PER_CLASS]]

    def regions(self, at: tuple[int, int]) -> list[tuple[np.ndarray, int]]:
        """The first regions at a spot, with the steps of the wheel to each."""
        i = self.scene.chip(*at)
        if i is None:
            return []
        if i not in self._ranked:
            rows, cols, *_ = self.scene.chips[i]
            said = None if self.probability is None else self.probability[:, rows, cols]
            self._ranked[i] = candidates(self.scene.tree(i), said, [0, 1])
        return regions_at(self.scene, self._ranked[i], i, at)


def regions_at(scene: Picture, ranked: Candidates, i: int, at: tuple[int, int]) -> list[tuple[np.ndarray, int]]:
    """The first regions at a spot of a chip, with the steps of the wheel to each."""
    rows, cols, *_ = scene.chips[i]
    nodes = ranked.at(at[0] - rows.start, at[1] - cols.start)[:TRIES]
    return [(_pixels(scene, ranked.tree, i, node), step) for step, node in enumerate(nodes)]


def _pixels(scene: Picture, tree: Hierarchy, i: int, node: int) -> np.ndarray:
    """The pixels of a region of a chip, bool (rows, columns) of the picture."""
    out = np.zeros(scene.truth.shape, bool)
    rows, cols, *_ = scene.chips[i]
    x, y, width, height = (int(v) for v in tree.bbox[node])
    top, left = rows.start + y, cols.start + x
    out[top : top + height, left : left + width] = tree.mask(node)
    return out


def by_regions(job: Job) -> Costs:
    """Region clicks alone; a spot where no region fits is given up."""
    scene, person, out = job.begin()
    mask = np.zeros(scene.truth.shape, np.uint8)
    ranked: dict[int, Candidates] = {}
    left = np.zeros(scene.truth.shape, bool)
    while person.clock.acts < MOST_ACTS:
        patch = person.patch(mask, left)
        if patch is None:
            break
        at = person.spot(patch)
        i = scene.chip(*at)
        if i is not None and i not in ranked:
            ranked[i] = candidates(scene.tree(i), None, [0, 1])
        code = int(person.truth[patch][0])
        found = [] if i is None else regions_at(scene, ranked[i], i, at)
        there = [one for one in found if person.pure(one[0], code)]
        region, steps = max(there, key=lambda r: person.mended(r[0], code, mask), default=(patch, TRIES))
        person.clock.take("class", code)
        person.clock.look(steps)
        person.clock.click()
        if there and person.mended(region, code, mask) > 0:
            mask[region] = code
        else:
            left |= patch
        if out.see(person, mask, FILL):
            break
    return out
