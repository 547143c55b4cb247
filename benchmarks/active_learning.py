"""Labels that Groundset's loop needs, beside random sampling and scikit-activeml, on Satellite.

The same model reads the labels of all of them: `fit_classifier` in a `Space` fitted to the training rows without their
labels. The standard split of Satellite (the first 4,435 rows train, the last 2,000 test), rounds of 10 answers. The
labels needed for a target are where the mean accuracy over seeds, made monotone (isotonic regression), reaches it;
intervals are by bootstrap over seeds. ``full``: the model with all 4,435 labels; targets are shares of its accuracy.

Nothing was chosen on Satellite. Strength of the prior, width of the kernel, when the loop turns from typical to
uncertain chips and among how many candidates it chooses were chosen on ``--on`` tables: wake (Landsat 7 neighbourhoods
of 3 x 3 pixels in 6 bands, 7 classes), Vehicle, Vowel, Letters (ten of them), Shuttle and digits; and on pixels of the
Sen1Floods11 sample (water or not), for which this script has no ``--on``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from _bench import finish, table
from _satellite import load
from groundset.learn import Classifier, Space, fit_classifier, simulate

BATCH = 10
BUDGET, QUICK_BUDGET = 600, 350
"""Answers that ours and the peers get; a peer that has not reached a target by then counts as if it had."""
TYPICLUST, QUICK_TYPICLUST = 400, 100
"""What TypiClust gets, whose clustering takes longest: it counts as if it had reached a target there."""
FULL_SEEDS, QUICK_SEEDS = 10, 2
QUICK_ROWS = 2_000
"""Training rows of the quick run, a fixed sample."""
WORKERS = 2
TARGETS = (0.95, 0.98)
PEERS = ("margin", "entropy", "typiclust", "coreset", "badge")

Curve = tuple[np.ndarray, np.ndarray]
"""Labels (rounds,) and accuracy (rounds,)."""


@dataclass(frozen=True)
class Data:
    """A table, split: features as the model reads them, and codes."""

    Z: np.ndarray
    codes: np.ndarray
    Z_test: np.ndarray
    codes_test: np.ndarray

    @property
    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """What is scored on."""
        return self.Z_test, self.codes_test


def data(name: str, seed: int, rows: int | None = None) -> Data:
    """Satellite in its standard split; other tables two thirds to one, drawn anew with each seed.

    Of the training rows only so many are kept, always the same ones.
    """
    X, codes = load(name)
    order = np.arange(len(X)) if name == "Satellite" else np.random.default_rng(seed).permutation(len(X))
    train, test = np.split(order, [4435 if name == "Satellite" else len(X) * 2 // 3])
    if rows is not None:  # neighbours stand together in Satellite, so the first rows lack a class
        train = np.random.default_rng(0).permutation(train)[:rows]
    space = Space.fit(X[train], seed=seed)
    return Data(space.transform(X[train]), codes[train], space.transform(X[test]), codes[test])


def ours(d: Data, seed: int, budget: int) -> Curve:
    trace = simulate(d.Z, d.codes, test=d.test, budget=budget, batch=BATCH, seed=seed)
    return trace.labels, trace.accuracy


def at_random(d: Data, seed: int, budget: int) -> Curve:
    """Nested random draws up to all rows; every 10 labels at first, every tenth more later."""
    del budget
    order = np.random.default_rng(seed).permutation(len(d.codes))
    sizes = [BATCH]
    while sizes[-1] < len(order):
        sizes.append(min(max(sizes[-1] + BATCH, int(sizes[-1] * 1.1)), len(order)))
    model, accuracy = None, []
    for n in sizes:
        if len(np.unique(d.codes[order[:n]])) > 1:
            model = fit_classifier(d.Z[order[:n]], d.codes[order[:n]], start=model)
        accuracy.append(_accuracy(model, d))
    return np.array(sizes), np.array(accuracy)


def _accuracy(model: Classifier | None, d: Data) -> float:
    return 0.0 if model is None else float((model.predict(d.Z_test) == d.codes_test).mean())


def peer(name: str) -> Callable[[Data, int, int], Curve]:
    """A query strategy of scikit-activeml over the same model, from its own cold start."""

    def run(d: Data, seed: int, budget: int) -> Curve:
        ask = _query(name, int(d.codes.max()) + 1, seed)
        trace = simulate(
            d.Z, d.codes, test=d.test, budget=budget, batch=BATCH, seed=seed, strategy=lambda Z, c, n, *_: ask(Z, c, n)
        )
        return trace.labels, trace.accuracy

    return run


def _query(name: str, classes: int, seed: int) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import Badge, CoreSet, TypiClust, UncertaintySampling
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Same(ClassifierMixin, BaseEstimator):
        """Groundset's model as scikit-learn calls it."""

        def fit(self, X: Any, y: Any) -> Any:
            self.model_ = fit_classifier(X, y)
            self.classes_ = self.model_.classes
            return self

        def predict(self, X: Any) -> Any:
            return self.model_.predict(X)

        def predict_proba(self, X: Any) -> Any:
            return self.model_.proba(X)

    common: dict[str, Any] = {"missing_label": -1, "random_state": seed}
    made = {
        "margin": lambda: UncertaintySampling("margin_sampling", **common),
        "entropy": lambda: UncertaintySampling("entropy", **common),
        "typiclust": lambda: TypiClust(**common),
        "coreset": lambda: CoreSet(**common),
        "badge": lambda: Badge(**common),
    }[name]()
    reads_model = name in {"margin", "entropy", "badge"}

    def ask(Z: np.ndarray, codes: np.ndarray, n: int) -> np.ndarray:
        more = {"clf": SklearnClassifier(Same(), classes=range(classes), **common)} if reads_model else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one class alone cannot be fitted: it then asks at random, as it should
            return np.asarray(made.query(X=Z, y=codes, batch_size=n, **more))

    return ask


METHODS: dict[str, Callable[[Data, int, int], Curve]] = {
    "groundset": ours,
    "random": at_random,
    **{name: peer(name) for name in PEERS},
}


def work(job: tuple[str, str, int, bool]) -> tuple[str, int, Curve, float]:
    """One method on one seed: its curve and the processor seconds it took; ``full`` is the accuracy with all labels."""
    on, method, seed, quick = job
    start = time.process_time()
    d = data(on, seed, QUICK_ROWS if quick else None)
    budget = QUICK_BUDGET if quick else BUDGET
    if method == "typiclust":
        budget = QUICK_TYPICLUST if quick else TYPICLUST
    if method == "full":
        curve = np.array([len(d.codes)]), np.array([_accuracy(fit_classifier(d.Z, d.codes), d)])
    else:
        curve = METHODS[method](d, seed, budget)
    return method, seed, curve, time.process_time() - start


def measure(on: str, quick: bool) -> dict[str, list[Curve]]:
    """The curves of every method, one for each seed; two processes take turns over methods and seeds."""
    seeds = QUICK_SEEDS if quick else FULL_SEEDS
    jobs = [(on, m, seed, quick) for seed in range(seeds) for m in ("full", *METHODS)]
    found: dict[str, dict[int, Curve]] = {m: {} for m in ("full", *METHODS)}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # two processes on two cores
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for method, seed, curve, took in pool.map(work, jobs):
            found[method][seed] = curve
            print(f"{on} seed {seed}: {method} {took:.1f} s of CPU", file=sys.stderr, flush=True)
    return {m: [curves[s] for s in sorted(curves)] for m, curves in found.items()}


def needed(curves: list[Curve], target: float) -> float:
    """Labels at which the mean accuracy, made monotone, reaches the target; infinity where it never does."""
    from sklearn.isotonic import isotonic_regression

    labels = curves[0][0]
    mean = isotonic_regression(np.mean([c[1] for c in curves], axis=0))
    if mean[-1] < target:
        return np.inf
    return float(np.interp(target, mean + np.arange(len(mean)) * 1e-12, labels))


def interval(curves: dict[str, list[Curve]], over: str, share: float, draws: int = 400) -> tuple[float, float]:
    """95 % interval of the labels that ``over`` needs over ours, by bootstrap over seeds."""
    rng = np.random.default_rng(0)
    seeds = len(curves["groundset"])
    ratios = []
    for _ in range(draws):
        drawn = rng.integers(seeds, size=seeds)
        some = {m: [curves[m][s] for s in drawn] for m in ("full", "groundset", over)}
        target = share * full(some)
        theirs = needed(some[over], target)
        if over in PEERS:
            theirs = min(theirs, float(some[over][0][0][-1]))
        ratios.append(theirs / needed(some["groundset"], target))
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def full(curves: dict[str, list[Curve]]) -> float:
    return float(np.mean([c[1][0] for c in curves["full"]]))


def main(on: str, quick: bool) -> None:
    curves = measure(on, quick)
    accuracy = full(curves)
    labels = {m: [needed(curves[m], share * accuracy) for share in TARGETS] for m in METHODS}
    names = {m: f"scikit-activeml {m}" for m in PEERS} | {"groundset": "Groundset", "random": "random"}
    rows = [
        (names[m], *(f"over {curves[m][0][0][-1]}" if np.isinf(v) else round(v) for v in labels[m]),
         *(float(np.mean([np.interp(n, *c) for c in curves[m]])) for n in (50, 100, 200)))
        for m in METHODS
    ]  # fmt: skip
    print(f"{on}: accuracy {accuracy:.4f} with all {curves['full'][0][0][0]} labels\n")
    table(rows, ("way of asking", "labels for 95 %", "for 98 %", "accuracy at 50", "at 100", "at 200"))
    theirs = {m: min(labels[m][1], float(curves[m][0][0][-1])) for m in PEERS}
    best = min(PEERS, key=lambda m: theirs[m])
    metrics: dict[str, Any] = {"full_accuracy": accuracy, "best_peer": best}
    for i, share in enumerate(TARGETS):
        percent = round(100 * share)
        metrics[f"labels_at_{percent}"] = labels["groundset"][i] if np.isfinite(labels["groundset"][i]) else None
        metrics[f"saving_at_{percent}"] = labels["random"][i] / labels["groundset"][i]
        low, high = interval(curves, "random", share)
        metrics |= {f"saving_at_{percent}_low": low, f"saving_at_{percent}_high": high}
    metrics["vs_skactiveml"] = theirs[best] / labels["groundset"][1]
    low, high = interval(curves, best, TARGETS[1])
    metrics |= {"vs_skactiveml_low": low, "vs_skactiveml_high": high}
    wanted = {
        "saving_at_95": (">=", 2.0),
        "saving_at_98": (">=", 4.0),
        "full_accuracy": (">=", 0.89),
        "vs_skactiveml": (">=", 1.0),
    }
    finish("active_learning", metrics, quick, wanted=wanted, packages=("scikit-learn", "scikit-activeml"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds, 2,000 training rows")
    parser.add_argument("--on", default="Satellite", help="another table, to choose on: wake, Vehicle, Vowel, ...")
    asked = parser.parse_args()
    main(asked.on, asked.quick)
