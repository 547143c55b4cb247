"""How the live model was chosen, on nothing that a figure is reported on: ``assist.py --choose``.

- sen: the left half of the Sen1Floods11 chip. Strokes on three quarters of it, scored on the fourth, and the other way
  round; water IoU.
- boa: two dates of one reservoir. Strokes on the west or the east of it on one day, scored on the other side, and on
  the other day; water IoU.
- euro: EuroSAT. 40 pixels of each of five chips a class, scored on the five others; mean of the ten classes' accuracy.

Each with 4,000 and 400 painted pixels (EuroSAT 2,000). Then one simulated person of ``effort.py`` labels the left half
of the Sen1Floods11 chip: seconds to an IoU of 0.80 there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import rasterio
from rasterio.features import rasterize

import _effort_ways
from _bench import table, test_data
from _effort_scenes import picture
from _effort_ways import Job, by_ours
from groundset.core import UNLABELLED, Band, BandSet
from groundset.segment.features import FeatureSpec, live_spec, pixel_features
from groundset.segment.forest import Forest
from groundset.segment.linear import STRENGTH as OWN
from groundset.segment.linear import Linear
from groundset.segment.live import learner as live
from groundset.segment.live.bent import Bent

Make = Callable[[FeatureSpec], Any]
SENTINEL = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09",
            "cirrus", "swir16", "swir22")  # fmt: skip
EUROSAT = (*(b for b in SENTINEL if b != "nir08"), "nir08")
PAINTED = (4_000, 400)
MOST_TESTED = 30_000


@dataclass(frozen=True)
class Trial:
    """What is painted and what is scored: features (n, features) as :func:`live_spec` has them, and codes (n,)."""

    name: str
    spec: FeatureSpec
    features: np.ndarray
    codes: np.ndarray
    asked: np.ndarray
    true: np.ndarray

    def score(self, make: Make) -> float:
        """Water IoU, or the mean accuracy of many classes."""
        model = make(self.spec).fit(self.features, self.codes)
        said = model.classes[model.predict_proba(self.asked).argmax(axis=1)]
        kinds = np.unique(self.true)
        if len(kinds) > 2:
            return float(np.mean([(said[self.true == k] == k).mean() for k in kinds]))
        a, b = said == 1, self.true == 1
        return float((a & b).sum() / (a | b).sum())


def makers() -> dict[str, Make]:
    """What was compared; the last is the product's."""

    def held(strength: float, bands: float, shape: float, enough: float = np.inf) -> Make:
        def make(spec: FeatureSpec) -> Linear:
            return Linear(strength=strength, prior=_prior(spec, bands, shape), enough=enough)

        return make

    def bent(times: float) -> Make:
        def make(spec: FeatureSpec) -> Linear:
            at = np.array([i for i, name in enumerate(spec.names) if name in spec.indices])
            prior = _prior(spec, live.HELD, live.SHAPED)
            return Bent(at, from_=live.BENT_FROM, held=times, strength=live.STRENGTH, prior=prior,
                        enough=live.OUTWEIGHED)  # fmt: skip

        return make

    never = 1e9
    return {
        "all alike, no shape": held(OWN, 1, never),
        "bands held 30, no shape (before)": held(OWN, 30, never),
        "the same, prior 0.01": held(1e-2, 30, never),
        "the same, prior 0.03": held(3e-2, 30, never),
        "shape held 3, prior 0.001": held(OWN, 30, 3),
        "shape held 3, prior 0.01": held(1e-2, 30, 3),
        "shape held 3, prior 0.03": held(3e-2, 30, 3),
        "shape held 1, bands 100, prior 0.03": held(3e-2, 100, 1),
        "shape held 3, prior 0.03, outweighed": held(3e-2, 30, 3, live.OUTWEIGHED),
        "forest": lambda _: Forest(0),
        "LightGBM as IRIS sets it": lambda _: _iris(),
        "and bends held 1": bent(1),
        "and bends held 10": bent(10),
        "the product's": lambda spec: live.learner("linear", spec),
    }


def choose() -> None:
    """Print the table."""
    trials = [*_sen(), *_boadella(), *_eurosat()]
    rows = []
    for name, make in makers().items():
        scores: dict[str, list[float]] = {}
        for trial in trials:
            scores.setdefault(trial.name, []).append(trial.score(make))
        rows.append((name, *(f"{np.mean(v):.3f}" for v in scores.values()), f"{seconds(make):.0f}"))
        print(rows[-1], flush=True)
    table(rows, ("model", *scores, "s to 0.80"))


def seconds(make: Make) -> float:
    """Of a person who labels the left half of the Sen1Floods11 chip, mean over three days; 250 acts at most."""
    _keep_left()
    _effort_ways.MOST_ACTS = 250
    _effort_ways.learner = lambda _, spec: _Planes.of(make(spec))  # type: ignore[assignment]
    return float(np.mean([by_ours(Job("sen1floods11", "lakes", (0.8,), seed)).spent for seed in range(3)]))


@cache
def _keep_left() -> None:
    """From now on the chip is its left half."""
    scene = picture("sen1floods11")
    half = scene.truth.shape[1] // 2
    rows, _, physical, nodata = scene.chips[0]
    scene.chips = [(rows, slice(0, half), *(np.ascontiguousarray(a[..., :half]) for a in (physical, nodata)))]
    for name in ("truth", "stored", "features"):
        setattr(scene, name, np.ascontiguousarray(getattr(scene, name)[..., :half]))


class _Planes(Linear):
    """Any segmenter where the simulated assistant has ``linear``."""

    inner: Any

    @classmethod
    def of(cls, inner: Any) -> Linear:
        if isinstance(inner, Linear):
            return inner
        out = cls()
        out.inner = inner
        return out

    def fit(self, features: np.ndarray, codes: np.ndarray) -> _Planes:
        self.inner.fit(features, codes)
        return self

    def predict_planes(self, planes: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(self.inner.predict_proba(np.ascontiguousarray(planes.T)).T)


def _prior(spec: FeatureSpec, bands: float, shape: float) -> np.ndarray:
    of = dict.fromkeys(spec.bands, bands) | {f"shape({key})": shape for key in spec.shape}
    return np.array([of.get(name, 1.0) for name in spec.names], np.float64)


def _iris() -> Any:
    from lightgbm import LGBMClassifier

    made = LGBMClassifier(n_estimators=20, max_depth=10, num_leaves=10, learning_rate=0.05, verbosity=-1, n_jobs=1)

    class Iris:
        def fit(self, features: np.ndarray, codes: np.ndarray) -> Iris:
            made.fit(features, codes)
            self.classes = made.classes_
            return self

        def predict_proba(self, features: np.ndarray) -> np.ndarray:
            said = np.asarray(made.booster_.predict(features))
            return said if said.ndim == 2 else np.stack([1 - said, said], axis=1)

    return Iris()


def _seen(stored: np.ndarray, names: tuple[str, ...]) -> tuple[FeatureSpec, np.ndarray]:
    bands = BandSet(tuple(Band(n, n, scale=1e-4, dtype="uint16") for n in names))
    spec = live_spec([bands])
    return spec, np.nan_to_num(pixel_features(bands.to_physical(stored, np.ones(stored.shape, bool)), bands, spec))


def _trial(
    name: str, spec: FeatureSpec, planes: np.ndarray, codes: np.ndarray, ask: np.ndarray, true: np.ndarray
) -> Trial:
    flat, at = planes.reshape(len(planes), -1).T, np.flatnonzero(codes != UNLABELLED)
    asked = np.flatnonzero(ask & (true != UNLABELLED))
    asked = asked[:: max(1, len(asked) // MOST_TESTED)]
    return Trial(name, spec, flat[at], codes.ravel()[at], flat[asked], true.ravel()[asked])


def _sen() -> Iterator[Trial]:
    from assist import brushed, truth

    path = test_data("sen1floods11_sample", "sample", "S2", "Spain_7370579_S2Hand.tif")
    true = truth()[:, :256]
    spec, planes = _seen(rasterio.open(path).read()[:, :, :256], SENTINEL)
    rows, cols = np.indices(true.shape)
    quarter = rows // 256 * 2 + cols // 128
    for painted in PAINTED:
        for inside in [quarter != k for k in range(4)] + [quarter == k for k in range(4)]:
            if min((true[inside] == 1).sum(), (true[inside] == 0).sum(), (true[~inside] == 1).sum()) < 600:
                continue
            codes = brushed(np.where(inside, true, UNLABELLED).astype(np.uint8), 100, painted)
            yield _trial(f"sen {painted}", spec, planes, codes, ~inside, true)


def _boadella() -> Iterator[Trial]:
    from assist import brushed

    shape = json.loads(test_data("boadella", "boadella.geojson").read_text())["features"][0]["geometry"]
    days = []
    for day in (13, 28):
        with rasterio.open(test_data("boadella", f"Boadella_2020-01-{day}.tif")) as file:
            true = rasterize([(shape, 1)], file.shape, transform=file.transform, fill=0).astype(np.uint8)
            stored = np.clip(file.read(), 0, None).astype(np.uint16)
        days.append((*_seen(stored, tuple(b for b in SENTINEL if b != "cirrus")), true))
    middle = int(np.median(np.nonzero(days[0][2])[1]))
    west = np.broadcast_to(np.arange(days[0][2].shape[1]) < middle, days[0][2].shape)
    for painted in PAINTED:
        for (spec, planes, true), (_, others, theirs) in (days, days[::-1]):
            for inside in (west, ~west):
                codes = brushed(np.where(inside, true, UNLABELLED).astype(np.uint8), 100, painted)
                here = _trial(f"boa side {painted}", spec, planes, codes, ~inside, true)
                there = _trial("", spec, others, codes, np.ones(true.shape, bool), theirs)
                yield here
                yield replace(here, name=f"boa day {painted}", asked=there.asked, true=there.true)


def _eurosat() -> Iterator[Trial]:
    files = sorted(test_data("eurosat_ms100_stac", "data").rglob("tif/*/*.tif"))
    kinds = sorted({f.parent.name for f in files})
    rng = np.random.default_rng(0)
    parts: dict[bool, list[tuple[np.ndarray, np.ndarray]]] = {True: [], False: []}
    for code, kind in enumerate(kinds):
        own = [f for f in files if f.parent.name == kind]
        train = set(rng.permutation(len(own))[: len(own) // 2].tolist())
        for i, file in enumerate(own):
            spec, planes = _seen(rasterio.open(file).read(), EUROSAT)
            flat = planes.reshape(len(planes), -1).T
            at = np.arange(40) + rng.integers(64) * 64 if i in train else rng.permutation(4096)[:200]
            parts[i in train].append((flat[at], np.full(len(at), code, np.uint8)))
    X, y, asked, true = (np.concatenate([p[k] for p in parts[t]]) for t in (True, False) for k in (0, 1))
    yield Trial("euro", spec, X, y, asked, true)
