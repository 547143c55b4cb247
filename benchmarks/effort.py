"""How long one simulated person needs for a mask of water: by hand, with IRIS's loop, with ours.

The person (``_annotator.py``) is the same in every way. What counts are the seconds until the mask has a water IoU of
0.80, and of 0.90: on the Sen1Floods11 chip over all of its labelled pixels, on itaipu and wake over the pixels of
their reference polygons alone.

- polygons: outlines of the patches of water, the largest first, simplified as much as suits each scene and target
  best; the rest is filled. On itaipu and wake they outline the reference polygons, not the lakes that these lie in,
  which is less than anybody could get away with: so ``ratio_vs_polygons`` is a lower bound there.
- lakes: the same, of the whole lakes, which every other way labels too; the lakes, and the IoU here, are those that a
  forest draws which learned from all reference pixels.
- iris: brush strokes, a key for an answer of IRIS's model (LightGBM with its settings, on its bands, of its share of
  the drawn pixels; drawn pixels win), another to undo it where it is worse. How many strokes go before each answer,
  and when they ask no more, is what suits each scene and target best.
- ours: the same strokes, or an outline, or one of the first six regions at that spot, whichever mends most in a second;
  ``linear`` answers after each, a key accepts what is better. The overlays of doubt and disagreement are not used:
  this person sees the truth.
- regions: region clicks alone, of candidates that no model has ranked; the rest is filled.

Where a way ends before a target its seconds are a lower bound ("over"). Features, model, regions and their order are
the product's own. The rules of the person were settled while results on these scenes were in sight; they are the same
in every way.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import rasterio
from scipy.ndimage import find_objects, label
from skimage.draw import polygon
from skimage.measure import approximate_polygon, find_contours

from _annotator import BUTTON, HAND, KEY, MIND, POINT, Person
from _bench import finish, quick_asked, table, test_data
from groundset.core import UNLABELLED, Band, BandSet, Grid, Window
from groundset.demo.samples import ITAIPU, WAKE, Sample
from groundset.segment.features import FeatureSpec, live_spec, pixel_features
from groundset.segment.forest import Forest
from groundset.segment.linear import Linear
from groundset.segment.live.learner import learner
from groundset.segment.live.rows import MOST_PER_CLASS
from groundset.segment.regions import Candidates, Hierarchy, candidates, hierarchy

TARGETS = (0.80, 0.90)
SEEDS = 10
MOST_ACTS = 1_000
TRIES = 6
IRIS_WAIT = 0.5
"""Seconds of one answer of IRIS (measured on an idle machine, shared/design/facts.md)."""
OUR_WAIT = 0.12
"""Seconds of one answer of ours at most (``benchmarks/assist.py`` holds it to that)."""
TOLERANCES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
BATCHES = ((1, 5.0), (2, 5.0), (4, 5.0), (2, float("inf")), (4, float("inf")))
"""Strokes before IRIS is asked, and answers in a row that are no better after which it is asked no more."""
GAP = 8


@dataclass
class Picture:
    """A scene as it is labelled: itaipu's chips that hold reference pixels stand one below the other, a gap between.

    Args:
        name: Of the scene.
        truth: uint8 (rows, columns), 1 water, 0 not, 255 unknown.
        stored: (bands, rows, columns) as IRIS reads it.
        features: float32 (features, rows, columns) as ours sees it.
        spec: What these are.
        chips: Row ranges of the chips, with physical values and nodata, for regions.
    """

    name: str
    truth: np.ndarray
    stored: np.ndarray
    features: np.ndarray
    spec: FeatureSpec
    chips: list[tuple[slice, slice, np.ndarray, np.ndarray]]
    trees: dict[int, Hierarchy] = field(default_factory=dict)
    targets: tuple[float, ...] = TARGETS

    def chip(self, row: int, col: int) -> int | None:
        """The chip of a pixel."""
        inside = (i for i, (r, c, *_) in enumerate(self.chips) if r.start <= row < r.stop and c.start <= col < c.stop)
        return next(inside, None)

    def tree(self, i: int) -> Hierarchy:
        """The regions of a chip."""
        if i not in self.trees:
            self.trees[i] = hierarchy(*self.chips[i][2:])
        return self.trees[i]


@cache
def picture(name: str) -> Picture:
    if name == "sen1floods11":
        folder = test_data("sen1floods11_sample", "sample")
        stored = rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif").read()
        hand = rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif").read(1)
        names = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09",
                 "cirrus", "swir16", "swir22")  # fmt: skip
        bands = BandSet(tuple(Band(n, n, scale=1e-4, dtype="uint16") for n in names))
        truth = np.where(hand < 0, UNLABELLED, hand).astype(np.uint8)
        return _whole(name, truth, stored, np.zeros(truth.shape, bool), bands)
    return _sample({"itaipu": ITAIPU, "wake": WAKE}[name])


def _whole(name: str, truth: np.ndarray, stored: np.ndarray, nodata: np.ndarray, bands: BandSet) -> Picture:
    physical = bands.to_physical(stored, np.broadcast_to(~nodata, stored.shape))
    spec = live_spec([bands])
    features = np.nan_to_num(pixel_features(physical, bands, spec))
    rows, cols = truth.shape
    return Picture(name, truth, stored, features, spec, [(slice(0, rows), slice(0, cols), physical, nodata)])


def _sample(sample: Sample) -> Picture:
    from groundset.imagery import SceneReader

    scene = sample.scenes()[0]
    truth = sample.reference(scene.geobox)
    with SceneReader(scene) as reader:
        if max(truth.shape) <= 512:
            pixels = reader.read(Window(0, 0, scene.width, scene.height))
            return _whole(
                sample.name, np.where(pixels.nodata, UNLABELLED, truth), pixels.data, pixels.nodata, scene.bands
            )
        parts = []
        for _, _, window in Grid(sample.chip_size).windows(scene.width, scene.height):
            inside = truth[window.y_off : window.bottom, window.x_off : window.right]
            if (inside != UNLABELLED).any():
                pixels = reader.read(window)
                known = np.full(window.shape, UNLABELLED, np.uint8)
                known[: inside.shape[0], : inside.shape[1]] = inside
                known[pixels.nodata] = UNLABELLED
                parts.append(_whole("", known, pixels.data, pixels.nodata, scene.bands))
    return _stacked(sample.name, parts)


def _stacked(name: str, parts: Sequence[Picture]) -> Picture:
    size = parts[0].truth.shape[0]
    rows = len(parts) * (size + GAP)
    truth = np.full((rows, size), UNLABELLED, np.uint8)
    stored = np.zeros((len(parts[0].stored), rows, size), parts[0].stored.dtype)
    features = np.zeros((len(parts[0].features), rows, size), np.float32)
    chips = []
    for i, part in enumerate(parts):
        at = slice(i * (size + GAP), i * (size + GAP) + size)
        truth[at], stored[:, at], features[:, at] = part.truth, part.stored, part.features
        chips.append((at, slice(0, size), *part.chips[0][2:]))
    return Picture(name, truth, stored, features, parts[0].spec, chips)


class Costs(dict[float, float]):
    """Seconds to each target that was reached, those spent on the whole, and the last IoU."""

    def __init__(self, scene: Picture) -> None:
        super().__init__()
        self.wanted = scene.targets
        self.spent = self.iou = 0.0

    def see(self, person: Person, mask: np.ndarray, extra: float = 0.0) -> bool:
        """Note what is reached; whether all is."""
        self.iou = person.iou(mask)
        self.spent = person.clock.seconds + extra
        for target in self.wanted:
            if self.iou >= target:
                self.setdefault(target, self.spent)
        return len(self) == len(self.wanted)


@cache
def lakes(name: str) -> np.ndarray:
    """The water that reference polygons lie in, as a forest draws it that learned from all of them: bool (rows, cols).

    Where nearly all is known (Sen1Floods11) it is the truth itself.
    """
    scene = picture(name)
    known, water = scene.truth != UNLABELLED, scene.truth == 1
    if known.mean() > 0.5:
        return water
    planes = scene.features.reshape(len(scene.features), -1).T
    model = Forest(0).fit(planes[known.ravel()], scene.truth[known])
    said = (model.predict_proba(planes).argmax(axis=1) == 1).reshape(known.shape)
    there = np.zeros(known.shape, bool)
    for rows, cols, _, nodata in scene.chips:
        there[rows, cols] = ~nodata
    pieces, _ = label(((said & there) | water) & (scene.truth != 0))
    return np.isin(pieces, np.unique(pieces[water]))


@cache
def _outlines(name: str, tolerance: float, whole: bool) -> list[list[np.ndarray]]:
    """Rings of each patch of water, the outer one first, the largest patch first; of the known water, or of lakes."""
    pieces, count = label(lakes(name) if whole else picture(name).truth == 1)
    sizes = np.bincount(pieces.ravel())
    boxes = find_objects(pieces)
    out = []
    for i in sorted(range(1, count + 1), key=lambda k: -sizes[k]):
        rows, cols = boxes[i - 1]
        rings = find_contours(np.pad(pieces[rows, cols] == i, 1).astype(float), 0.5)
        rings = [approximate_polygon(r, tolerance)[:-1] + np.array([rows.start - 1, cols.start - 1]) for r in rings]
        rings = sorted((r for r in rings if len(r) >= 3), key=lambda r: -float(np.ptp(r, axis=0).prod()))
        if rings:
            out.append(rings)
    return out


def by_polygons(scene: Picture, seed: int, tolerance: float, *, whole: bool = False) -> Costs:
    """Outlines of the known water; or of ``whole`` lakes, and then the IoU is that with the whole lakes."""
    person, out = Person(lakes(scene.name).astype(np.uint8) if whole else scene.truth, seed), Costs(scene)
    mask = np.zeros(scene.truth.shape, np.uint8)
    person.clock.take("class", 1)
    fill = MIND + POINT + 2 * BUTTON + KEY
    for rings in _outlines(scene.name, tolerance, whole):
        for i, ring in enumerate(rings):
            person.clock.outline(len(ring))
            drawn = ring + person.rng.normal(0, HAND, ring.shape)
            mask[polygon(*drawn.T, mask.shape)] = 1 if i == 0 else 0
        if out.see(person, mask, fill):
            break
    return out


@dataclass
class Labelling:
    """A mask in the making, as both loops have it: strokes are final, a model's answer is taken where it is better.

    The person asks after every ``batch`` strokes, sees whether the answer is better than the mask that they have, and
    stops asking after five answers in a row that are not; from then on they only mend.
    """

    person: Person
    ask: Callable[[np.ndarray], np.ndarray | None]
    batch: int = 1
    patience: float = float("inf")
    useless: int = 0

    def __post_init__(self) -> None:
        self.drawn = np.full(self.person.truth.shape, UNLABELLED, np.uint8)
        self.mask = np.zeros(self.person.truth.shape, np.uint8)
        self.since = 0

    def next(self) -> np.ndarray | None:
        """The patch that they turn to: of a class that is not drawn yet while there is one; None where they stop."""
        person = self.person
        if person.clock.acts >= MOST_ACTS:
            return None
        missing = [code for code in (1, 0) if not (self.drawn == code).any()]
        if not missing:
            return person.patch(self.mask)
        return person.patch(np.where(person.truth == missing[0], 1 - missing[0], person.truth).astype(np.uint8))

    def draw(self, where: np.ndarray, code: int) -> None:
        """A stroke or a region."""
        self.drawn[where] = code
        self.mask = np.where(self.drawn != UNLABELLED, self.drawn, self.mask)
        self.since += 1

    def answer(self, *, seen: Callable[[bool], None]) -> None:
        """Ask the model, and take what it says where that is better; ``seen`` adds what it costs to know."""
        if self.useless >= self.patience or self.since < self.batch or len(np.unique(self.drawn)) < 3:
            return
        found = self.ask(self.drawn)
        if found is None:
            return
        self.since = 0
        new = np.where(self.drawn != UNLABELLED, self.drawn, found.reshape(self.drawn.shape))
        better = self.person.iou(new) > self.person.iou(self.mask)
        seen(better)
        self.mask = new if better else self.mask
        self.useless = 0 if better else self.useless + 1


def by_iris(scene: Picture, seed: int, batch: int, patience: float) -> Costs:
    """Strokes; a key for an answer and a wait, and another key to undo it where it is worse."""
    person, out = Person(scene.truth, seed), Costs(scene)
    bands = scene.stored.reshape(len(scene.stored), -1).T
    mine = Labelling(person, lambda drawn: iris_answer(bands, drawn.ravel()), batch, patience)

    def seen(better: bool) -> None:
        person.clock.wait(KEY + IRIS_WAIT + (0 if better else KEY))

    while (patch := mine.next()) is not None:
        mine.draw(*person.mend(patch, mine.mask))
        mine.answer(seen=seen)
        if out.see(person, mine.mask):
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
        num_leaves=10, max_bin=128, max_depth=10, tree_learner="data", learning_rate=0.05, n_estimators=20, n_jobs=2,
        verbosity=-1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            bands[fit], fit_y, eval_set=[(bands[held], held_y)], callbacks=[lightgbm.early_stopping(4, verbose=False)]
        )
        return np.asarray(model.predict(bands, num_iteration=model.best_iteration_), np.uint8)


def by_ours(scene: Picture, seed: int) -> Costs:
    """Strokes and region clicks; the answer lies over the mask after each, a key accepts it."""
    person, out = Person(scene.truth, seed), Costs(scene)
    assistant = Assistant(scene)
    mine = Labelling(person, assistant.answer)

    def seen(better: bool) -> None:
        person.clock.wait(OUR_WAIT + (KEY if better else 0))

    while (patch := mine.next()) is not None:
        mine.draw(*person.mend(patch, mine.mask, outlines=True, regions=assistant.regions(person.spot(patch))))
        mine.answer(seen=seen)
        if out.see(person, mine.mask):
            break
    return out


class Assistant:
    """The product's own: ``linear`` on the product's features, at most 8,000 pixels a class, regions ranked by it."""

    def __init__(self, scene: Picture) -> None:
        self.scene = scene
        self.planes = scene.features.reshape(len(scene.features), -1)
        self.chance = np.random.default_rng(0).random(scene.truth.size)
        self.probability: np.ndarray | None = None
        self._ranked: dict[int, Candidates] = {}

    def answer(self, drawn: np.ndarray) -> np.ndarray:
        """A class for every pixel, from what is drawn of two classes."""
        flat = drawn.ravel()
        at = np.concatenate([self._some(np.flatnonzero(flat == code)) for code in (0, 1)])
        model = learner("linear", self.scene.spec)
        assert isinstance(model, Linear)
        model.fit(np.ascontiguousarray(self.planes[:, at].T), flat[at])
        self.probability = model.predict_planes(self.planes).reshape(2, *drawn.shape)
        self._ranked.clear()
        return self.probability.argmax(axis=0).astype(np.uint8)

    def _some(self, at: np.ndarray) -> np.ndarray:
        """At most so many of a class train, drawn once for all, as in the product."""
        return at if len(at) <= MOST_PER_CLASS else at[np.argsort(self.chance[at])[:MOST_PER_CLASS]]

    def regions(self, at: tuple[int, int]) -> list[tuple[np.ndarray, int]]:
        """The first regions at a spot, with the steps of the wheel to each."""
        i = self.scene.chip(*at)
        if i is None or self.probability is None:
            return []
        if i not in self._ranked:
            rows, cols, *_ = self.scene.chips[i]
            self._ranked[i] = candidates(self.scene.tree(i), self.probability[:, rows, cols], [0, 1])
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


def by_regions(scene: Picture, seed: int) -> Costs:
    """Region clicks alone; a spot where no region fits is given up."""
    person, out = Person(scene.truth, seed), Costs(scene)
    mask = np.zeros(scene.truth.shape, np.uint8)
    ranked = {i: candidates(scene.tree(i), None, [0, 1]) for i in range(len(scene.chips))}
    left = np.zeros(scene.truth.shape, bool)
    fill = MIND + POINT + 2 * BUTTON + KEY
    while person.clock.acts < MOST_ACTS:
        patch = person.patch(mask, left)
        if patch is None:
            break
        at = person.spot(patch)
        i = scene.chip(*at)
        code = int(scene.truth[patch][0])
        there = [] if i is None else regions_at(scene, ranked[i], i, at)
        region, steps = max(there, key=lambda r: person.mended(r[0], code, mask), default=(patch, TRIES))
        person.clock.take("class", code)
        person.clock.look(steps)
        person.clock.click()
        if there and person.mended(region, code, mask) > 0:
            mask[region] = code
        else:
            left |= patch
        if out.see(person, mask, fill):
            break
    return out


Way = Callable[[Picture, int], Costs]


def ways(quick: bool) -> dict[str, list[Way]]:
    """Each way, with the settings among which each scene and target gets the one that suits it best."""
    tolerances, batches = (TOLERANCES[:3], BATCHES[1:2]) if quick else (TOLERANCES, BATCHES)
    return {
        "polygons": [partial(by_polygons, tolerance=t) for t in tolerances],
        "lakes": [partial(by_polygons, tolerance=t, whole=True) for t in tolerances],
        "iris": [partial(by_iris, batch=b, patience=p) for b, p in batches],
        "ours": [by_ours],
        "regions": [by_regions],
    }


def seconds(costs: Sequence[Costs], target: float) -> tuple[float, int]:
    """Mean seconds to a target, and in how many of the runs it was reached; all that was spent where it was not."""
    return float(np.mean([c.get(target, c.spent) for c in costs])), sum(target in c for c in costs)


def best(of: Sequence[Sequence[Costs]], target: float) -> tuple[float, int]:
    """The setting that reaches a target most often, of these the quickest."""
    return min((seconds(costs, target) for costs in of), key=lambda s: (-s[1], s[0]))


def main(quick: bool) -> None:
    found: dict[tuple[str, float, str], tuple[float, int]] = {}
    seeds = {"sen1floods11": 1 if quick else SEEDS, "itaipu": 3 if quick else SEEDS, "wake": 3 if quick else SEEDS}
    if quick:
        picture("sen1floods11").targets = TARGETS[:1]
    for name, days in seeds.items():
        for way, settings in ways(quick).items():
            runs = [[one(picture(name), seed) for seed in range(days)] for one in settings]
            for target in picture(name).targets:
                found[name, target, way] = best(runs, target)
                print(name, target, way, found[name, target, way], file=sys.stderr, flush=True)
    rows: list[tuple[str, ...]] = []
    ratios: dict[str, list[float]] = {"polygons": [], "lakes": [], "iris": [], "regions": []}
    metrics: dict[str, float] = {}
    unmet = 0
    for name, target in dict.fromkeys((n, t) for n, t, _ in found):
        ours, reached = found[name, target, "ours"]
        unmet += reached < seeds[name]
        cells = []
        for way in ("polygons", "lakes", "iris", "ours", "regions"):
            cost, times = found[name, target, way]
            cells.append(f"{cost:.0f}" if times == seeds[name] else f"over {cost:.0f} ({times} of {seeds[name]})")
            metrics[f"seconds_{way}_{name}_{target * 100:.0f}"] = cost
        for way, some in ratios.items():
            some.append(found[name, target, way][0] / ours)
        rows.append((name, f"{target:.2f}", *cells, f"{ratios['polygons'][-1]:.1f}", f"{ratios['iris'][-1]:.1f}"))
    head = (
        "scene",
        "IoU",
        "polygons",
        "lakes",
        "IRIS's loop",
        "ours",
        "regions alone",
        "polygons / ours",
        "IRIS / ours",
    )
    print("seconds")
    table(rows, head)
    metrics |= {
        "ratio_vs_iris_loop": _mean(ratios["iris"]),
        "ratio_vs_iris_loop_worst": min(ratios["iris"]),
        "ratio_vs_polygons": _mean(ratios["polygons"]),
        "ratio_vs_polygons_worst": min(ratios["polygons"]),
        "ratio_vs_polygons_whole_lakes": _mean(ratios["lakes"]),
        "ratio_vs_regions_alone": _mean(ratios["regions"]),
        "ours_not_reached": unmet,
    }
    wanted = {"ratio_vs_iris_loop": (">=", 2.0), "ratio_vs_polygons": (">=", 3.0), "ours_not_reached": ("<=", 0)}
    finish("effort", metrics, quick, wanted=wanted, packages=("scikit-learn", "lightgbm", "scikit-image", "higra"))


def _mean(ratios: Sequence[float]) -> float:
    """Geometric mean."""
    return float(np.exp(np.mean(np.log(ratios))))


if __name__ == "__main__":
    main(quick_asked())
