"""Search similar beside Distil's formula and Rocchio: how many of the first hundred are right; does confidence hold.

Satellite has 36 features a row: Groundset lifts them (its Space), as its ranker does with features of any encoder that
are so few. Distil's formula (on whitened features) and Rocchio (on rows of unit length) get the features as they are;
what both make of standardised and of lifted ones is shown beside. ``--plot`` draws docs/pictures/reliability.svg from
the same runs.

Groundset's settings were chosen on other data (they are named in learn/similarity.py). Satellite was run three times
while they were: one run spoke against a setting (firmer shrinkage, error 0.09), the last is what is told.

Calibration, two questions. Of rows drawn by class, half of them positive: does the confidence hold that assumes the
labels' share (``balanced``)? Of all rows that have no label: does it hold with the share that the product estimates
(``all``)? The metric is the worse of the two, of the worst class.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

import numpy as np

from _bench import REPO, finish, table
from _labelled import Chips, eurosat, itaipu
from _reliability import Panel, draw
from _satellite import satellite
from groundset.learn.calibration import blocks_of, calibrate, error_of, reliability
from groundset.learn.linear import lengths_of
from groundset.learn.similarity import Background, Whitening, likeness
from groundset.learn.space import Space

TOP = 100
SAMPLE = 4_000
Draw = tuple[int, int, np.ndarray, np.ndarray]
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="under 50 s, fewer seeds")
    parser.add_argument("--plot", action="store_true", help="draw docs/pictures/reliability.svg")
    asked = parser.parse_args()
    # ten seeds either way: they are cheap; the full run has forty
    seeds = 10 if asked.quick else 40
    metrics = search(seeds)
    metrics |= chips(seeds)
    X, y, names = satellite()
    print(f"\nExpected calibration error with 100 + 100 labels, {seeds} seeds a class, 10 bins of equal mass\n")
    runs = {name: calibrated(Space.fit(X).transform(X), y == c, seeds) for c, name in enumerate(names)}
    ground = itaipu()
    water = calibrated(ground.X, ground.y == 1, seeds, ground)
    metrics |= told(runs, water)
    if asked.plot:
        path = REPO / "docs" / "pictures" / "reliability.svg"
        path.write_text(draw([panel("Satellite, each class against the rest", [r for v in runs.values() for r in v]),
                              panel("Itaipu, water", water)]))  # fmt: skip
        print(f"drawn: {path}", file=sys.stderr)
    wanted = {
        "gain_vs_distil": (">=", 0.2),
        "gain_vs_rocchio": (">=", 0.0),
        "ece_satellite": ("<=", 0.05),
        "ece_itaipu": ("<=", 0.05),
    }
    finish("similar", metrics, asked.quick, wanted=wanted)


def draws(y: np.ndarray, k: int, seeds: int) -> Iterator[Draw]:
    """Seed, class, k rows of the class and k of all others, drawn at random."""
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for c in np.unique(y):
            yield seed, int(c), *(rng.choice(np.flatnonzero(m), k, replace=False) for m in (y == c, y != c))


def methods(X: np.ndarray) -> dict[str, Score]:
    """Each contender: positive and negative rows -> a score of every row."""
    spread = X.std(axis=0)
    plain = ((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    lifted = Space.fit(X).transform(X)
    sample = np.random.default_rng(0).choice(len(X), min(SAMPLE, len(X)), replace=False)
    background = Background.fit(lifted[sample])
    out: dict[str, Score] = {}

    def add(name: str, Z: np.ndarray, method: str, **more: object) -> None:
        lengths = lengths_of(Z)
        out[name] = lambda p, n: likeness(Z[p], Z[n], method, **more).decide(Z, lengths)

    add("groundset", lifted, "logistic", background=background)
    for kind, Z in (("", X), (", standardised", plain), (", lifted", lifted)):
        add(f"rocchio{kind}", Z, "rocchio")
        add(f"distil{kind}", Z, "mean", whitening=Whitening.fit(Z[sample]))
    return out


def search(seeds: int) -> dict[str, float]:
    """Precision at 100 on Satellite."""
    X, y, names = satellite()
    contenders = methods(X)
    found: dict[tuple[str, int], np.ndarray] = {}
    for k in (5, 20):
        right = {name: np.zeros((seeds, len(names))) for name in contenders}
        for seed, c, p, n in draws(y, k, seeds):
            for name, score in contenders.items():
                values = score(p, n)
                values[np.concatenate([p, n])] = -np.inf
                right[name][seed, c] = (y[np.argsort(-values, kind="stable")[:TOP]] == c).mean()
        found |= {(name, k): values for name, values in right.items()}
    print(f"Satellite, precision at 100, {seeds} seeds x {len(names)} classes; 90 % interval of the mean over seeds\n")
    rows = []
    for name in contenders:
        cells: list[object] = [name]
        for k in (5, 20):
            v = found[name, k]
            worst = int(v.mean(axis=0).argmin())
            cells += [interval(v.mean(axis=1)), f"{v.mean(axis=0)[worst]:.3f} ({names[worst]})"]
        rows.append(cells)
    table(rows, ("method", "5 + 5", "worst class", "20 + 20", "worst class"))
    mean = {name: np.mean([found[name, k].mean() for k in (5, 20)]) for name in contenders}
    ours = mean["groundset"]
    return {
        "gain_vs_distil": ours - mean["distil"],
        "gain_vs_rocchio": ours - mean["rocchio"],
        "gain_vs_distil_lifted": ours - mean["distil, lifted"],
        "gain_vs_rocchio_standardised": ours - mean["rocchio, standardised"],
        "gain_vs_rocchio_lifted": ours - mean["rocchio, lifted"],
        "precision_5": found["groundset", 5].mean(),
        "precision_20": found["groundset", 20].mean(),
        "precision_worst_class": min(found["groundset", k].mean(axis=0).min() for k in (5, 20)),
    }


def chips(seeds: int) -> dict[str, float]:
    """Average precision on EuroSAT chips with 3 + 3 labels: reported only."""
    from sklearn.metrics import average_precision_score

    known = eurosat()
    Z, y = known.X, known.y
    ways = {
        "groundset": ("logistic", {"background": Background.fit(Z)}),
        "rocchio": ("rocchio", {}),
        "distil": ("mean", {"whitening": Whitening.fit(Z)}),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _, c, p, n in draws(y, 3, seeds):
        rest = np.setdiff1d(np.arange(len(y)), np.concatenate([p, n]))
        for name, (method, more) in ways.items():
            scores = likeness(Z[p], Z[n], method, **more).decide(Z[rest])
            found[name].append(average_precision_score(y[rest] == c, scores))
    print(f"\nEuroSAT, 100 chips, 10 classes, average precision with 3 + 3 labels, {seeds} seeds\n")
    table([(name, interval(np.reshape(v, (seeds, -1)).mean(axis=1))) for name, v in found.items()], ("method", "AP"))
    return {f"ap_eurosat_{name}": float(np.mean(v)) for name, v in found.items()}


Run = dict[str, tuple[np.ndarray, np.ndarray]]


def calibrated(Z: np.ndarray, positive: np.ndarray, seeds: int, places: Chips | None = None) -> list[Run]:
    """Confidence and truth of rows that have no label, for each seed, on ``balanced`` and on ``all`` of them.

    Where there are places, labels come from one half of the scene's blocks of 6 x 6 chips and confidence is looked at
    in the other half.
    """
    sample = np.random.default_rng(0).choice(len(Z), min(SAMPLE, len(Z)), replace=False)
    background = Background.fit(Z[sample])
    out = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        here = halves(places, rng) if places else np.ones(len(Z), bool)
        picked = np.concatenate(
            [rng.choice(np.flatnonzero(here & m), 100, replace=False) for m in (positive, ~positive)]
        )
        groups = None
        if places:
            x, y = places.col[picked], places.row[picked]
            groups = blocks_of(x, y, np.zeros(len(picked), np.int64), positive[picked], size=1)
        there = ~here if places else here.copy()
        there[picked] = False
        rest = np.flatnonzero(there)
        few = min(int(positive[rest].sum()), int((~positive[rest]).sum()))
        even = np.concatenate([rng.choice(rest[positive[rest] == v], few, replace=False) for v in (True, False)])
        run = {}
        model = likeness(Z[picked[:100]], Z[picked[100:]], background=background)
        curve = calibrate(Z[picked], positive[picked], groups, seed=seed, background=background)
        assert curve is not None
        for name, rows, fit in (("balanced", even, curve.assuming(0.5)), ("all", rest, curve)):
            run[name] = fit.apply(model.decide(Z[rows])), positive[rows]
        out.append(run)
    return out


def halves(places: Chips, rng: np.random.Generator) -> np.ndarray:
    """One half of the blocks, bool (n,), such that at least 120 chips of each kind lie in it."""
    block = np.unique(np.stack([places.row // 6, places.col // 6]), axis=1, return_inverse=True)[1]
    while True:
        side = rng.random(block.max() + 1) < 0.5
        here = side[block]
        if min(np.bincount(places.y[here], minlength=2)) >= 120 and (places.y[~here] == 1).sum() >= 60:
            return here


def told(runs: dict[str, list[Run]], water: list[Run]) -> dict[str, float]:
    """A line a class, and the metrics: the worst class's mean, of the worse of the two questions."""
    rows, worst = [], {}
    for data, classes in (("satellite", runs), ("itaipu", {"water": water})):
        found = []
        for name, all_runs in classes.items():
            cells: list[object] = [data, name]
            for kind in ("balanced", "all"):
                mass = np.array([error_of(reliability(*run[kind], bins=10)) for run in all_runs])
                width = np.mean([error_of(reliability(*run[kind], bins=10, width=True)) for run in all_runs])
                cells += [interval(mass), f"{width:.3f}"]
                found.append((float(mass.mean()), kind))
            rows.append(cells)
        worst[f"ece_{data}"] = max(v for v, _ in found)
        worst |= {
            f"ece_{data}_{kind}_mean": float(np.mean([v for v, k in found if k == kind]))
            for kind in ("balanced", "all")
        }
    table(rows, ("data", "class", "balanced", "equal width", "all", "equal width"))
    return worst


def panel(title: str, runs: list[Run]) -> Panel:
    """All seeds' held-out rows in ten bins; the bands are where nine of ten seeds lie."""
    lines = {}
    for kind in ("balanced", "all"):
        confidence, truth = (np.concatenate([run[kind][i] for run in runs]) for i in (0, 1))
        bins = reliability(confidence, truth, width=True)
        each = [reliability(*run[kind], width=True) for run in runs]
        ends = []
        for b in bins:
            shares = [e.share for bins_ in each for e in bins_ if e.low == b.low and e.count >= 5]
            ends.append(tuple(np.quantile(shares, (0.05, 0.95))) if len(shares) > 4 else (b.share, b.share))
        lines[kind] = [(b.confidence, b.share, low, high, b.count) for b, (low, high) in zip(bins, ends, strict=True)]
    return Panel(title, lines)


def interval(values: np.ndarray) -> str:
    """Mean and the 90 % interval of it, by bootstrap over seeds."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (2_000, len(values)))].mean(axis=1)
    return f"{values.mean():.3f} ({np.quantile(means, 0.05):.3f}-{np.quantile(means, 0.95):.3f})"


if __name__ == "__main__":
    main()
