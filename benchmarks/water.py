"""Water from 300 labelled pixels: the left half of the Sen1Floods11 chip is labelled, the right half scores, once.

Nothing is chosen on the right half. ``--choose`` shows the choices on blocks inside the left half: 300 pixels drawn
from three quarters of it, scored on the fourth, for each set of features and size of forest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from scipy.ndimage import binary_dilation

from _bench import finish, table, test_data
from groundset.core import UNLABELLED, Band, BandSet
from groundset.segment import entropy
from groundset.segment.features import FeatureSpec, default_spec, pixel_features
from groundset.segment.forest import Forest

S2 = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus",
      "swir16", "swir22")  # fmt: skip
PIXELS, START, ROUND = 300, 60, 20
WHOLE_LEFT = 8_000


@dataclass
class Half:
    """One half of the chip: features (pixels, features), codes (pixels,), and its shape."""

    features: np.ndarray
    codes: np.ndarray
    shape: tuple[int, int]

    @property
    def known(self) -> np.ndarray:
        """Flat positions of the labelled pixels."""
        return np.flatnonzero(self.codes != UNLABELLED)


def image(radar: bool) -> tuple[np.ndarray, BandSet]:
    """Reflectance of Sentinel-2's 13 bands, and Sentinel-1's VV and VH in dB where ``radar``."""
    folder = test_data("sen1floods11_sample", "sample")
    planes = rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif").read().astype(np.float32) * np.float32(1e-4)
    names = S2
    if radar:
        planes = np.concatenate([planes, rasterio.open(folder / "S1" / "Spain_7370579_S1Hand.tif").read()])
        names = (*S2, "vv", "vh")
    return planes, BandSet(tuple(Band(n, n) for n in names))


def half(side: str, *, radar: bool = False, spec: FeatureSpec | None = None) -> Half:
    """The left or the right half; features never look across the middle."""
    planes, bands = image(radar)
    label = rasterio.open(test_data("sen1floods11_sample", "sample", "Labels", "Spain_7370579_LabelHand.tif")).read(1)
    columns = slice(0, 256) if side == "left" else slice(256, 512)
    planes, label = planes[:, :, columns], label[:, columns]
    features = pixel_features(planes, bands, spec or plain(bands))
    codes = np.where(label < 0, UNLABELLED, label).astype(np.uint8)
    flat = np.ascontiguousarray(features.reshape(len(features), -1).T)
    return Half(np.nan_to_num(flat), codes.ravel(), codes.shape)


def plain(bands: BandSet) -> FeatureSpec:
    """All bands and the indices they allow, nothing smoothed: what ``--choose`` found best on the left half."""
    full = default_spec([bands])
    return FeatureSpec(full.bands, full.indices, (0.0,))


Draw = Callable[[Half, int], np.ndarray]


def at_random(left: Half, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(left.known, PIXELS, replace=False)


def everything(left: Half, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(left.known, WHOLE_LEFT, replace=False)


def chosen(left: Half, seed: int) -> np.ndarray:
    """60 at random, then rounds of 20: at random among the most uncertain of a fresh sample of 4,000 pixels."""
    rng = np.random.default_rng(seed)
    picked = rng.choice(left.known, START, replace=False)
    while len(picked) < PIXELS:
        model = Forest(seed).fit(left.features[picked], left.codes[picked])
        pool = rng.choice(np.setdiff1d(left.known, picked), 4_000, replace=False)
        unsure = entropy(model.predict_proba(left.features[pool]))
        best = pool[np.argsort(-unsure, kind="stable")[: CANDIDATES * ROUND]]
        picked = np.concatenate([picked, rng.choice(best, min(ROUND, PIXELS - len(picked)), replace=False)])
    return picked


CANDIDATES = 3
"""Pixels of a round are drawn from this many times as many, so that they are not all of one kind."""


def strokes(left: Half, seed: int) -> np.ndarray:
    """Connected strokes as a person paints them: walks of 25 pixels inside one class, six in each."""
    rng = np.random.default_rng(seed)
    codes = left.codes.reshape(left.shape)
    taken = np.zeros(left.shape, bool)
    for code in (0, 1):
        for _ in range(PIXELS // 50):
            inside = (codes == code) & ~binary_dilation(taken, iterations=3)
            stroke = np.zeros(left.shape, bool)
            places = np.flatnonzero(inside)
            stroke.ravel()[rng.choice(places)] = True
            while stroke.sum() < 25:
                edge = binary_dilation(stroke) & inside & ~stroke
                if not edge.any():
                    break
                stroke.ravel()[rng.choice(np.flatnonzero(edge))] = True
            taken |= stroke
    return np.flatnonzero(taken.ravel())


def water_iou(model: Forest, where: Half, among: np.ndarray) -> float:
    hit, union = parts(model, where, among)
    return hit / union


def parts(model: Forest, where: Half, among: np.ndarray) -> tuple[int, int]:
    said = model.classes[model.predict_proba(where.features[among]).argmax(axis=1)] == 1
    true = where.codes[among] == 1
    return int((said & true).sum()), int((said | true).sum())


def measure(draw: Draw, draws: int, left: Half, right: Half) -> np.ndarray:
    """Water IoU on the right half, one for each draw on the left."""
    out = []
    for seed in range(draws):
        picked = draw(left, seed)
        model = Forest(seed).fit(left.features[picked], left.codes[picked])
        out.append(water_iou(model, right, right.known))
    return np.array(out)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean over draws, by bootstrap."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (5_000, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def candidates() -> dict[str, FeatureSpec]:
    _, bands = image(radar=False)
    full = default_spec([bands])
    nine = tuple(b for b in full.bands if not b.startswith("rededge") and b != "cirrus")
    return {
        "9 bands, 3 indices": FeatureSpec(nine, ("NDVI", "NDWI", "NDMI"), (0.0,)),
        "all bands and indices": plain(bands),
        "and smoothed": FeatureSpec(full.bands, full.indices, (0.0, 1.0)),
        "and edges (the product's)": full,
        "and wider": FeatureSpec(full.bands, full.indices, (0.0, 1.0, 3.0), 1.0, full.edge_of),
    }


def choose(draws: int = 4) -> None:
    """Every choice, on four folds of 128 x 128 blocks inside the left half."""
    forests: dict[str, dict[str, Any]] = {
        "10 x 32": {"trees": 10, "leaves": 32},
        "20 x 32": {"trees": 20, "leaves": 32},
        "20 x 64": {"trees": 20, "leaves": 64},
        "40 x 64": {"trees": 40, "leaves": 64},
        "20 x 32, no weights": {"trees": 20, "leaves": 32, "weights": None},
    }
    product = "and edges (the product's)"
    rows = []
    for name, spec in candidates().items():
        left = half("left", spec=spec)
        for size in forests if name == product else ["20 x 32"]:
            scores = [_folds(left, forests[size], draws, draw) for draw in (at_random, chosen)]
            rows.append((name, size, *scores))
            print(*rows[-1], file=sys.stderr, flush=True)
    table(rows, ("features", "forest", "300 at random", "chosen"))


def _folds(left: Half, settings: dict[str, Any], draws: int, draw: Draw) -> float:
    rows, cols = np.indices(left.shape)
    block = (rows // 128 * 2 + cols // 128).ravel()
    folds = ((0, 3), (1, 2), (4, 7), (5, 6))
    scores = []
    for seed in range(draws):
        hit = union = 0
        for fold in folds:
            held = np.isin(block, fold)
            rest = Half(left.features, np.where(held, UNLABELLED, left.codes).astype(np.uint8), left.shape)
            picked = draw(rest, seed)
            model = Forest(seed, **{k: v for k, v in settings.items() if k != "weights"})
            if "weights" in settings:
                model.settings["class_weight"] = settings["weights"]
            model.fit(left.features[picked], left.codes[picked])
            more = parts(model, left, np.intersect1d(left.known, np.flatnonzero(held)))
            hit, union = hit + more[0], union + more[1]
        scores.append(hit / union)
    return float(np.mean(scores))


def main(quick: bool) -> None:
    draws = 3 if quick else 10
    left, right = half("left"), half("right")
    fused = half("left", radar=True), half("right", radar=True)
    full = default_spec([image(radar=False)[1]])
    product = half("left", spec=full), half("right", spec=full)
    found = {
        "random": measure(at_random, draws, left, right),
        "chosen": measure(chosen, draws, left, right),
        "strokes": measure(strokes, draws, left, right),
        "random, radar fused": measure(at_random, draws, *fused),
        "chosen, radar fused": measure(chosen, draws, *fused),
        "random, the product's features": measure(at_random, draws, *product),
        "chosen, the product's features": measure(chosen, draws, *product),
        "left half (8,000 pixels)": measure(everything, draws, left, right),
    }
    rows = [(name, float(v.mean()), "{:.3f} to {:.3f}".format(*interval(v))) for name, v in found.items()]
    table(rows, ("300 pixels of the left half", "water IoU, right half", f"95 % of the mean of {draws} draws"))
    keys = {
        "random": "random",
        "chosen": "chosen",
        "strokes": "strokes",
        "random, radar fused": "fused_random",
        "chosen, radar fused": "fused_chosen",
        "random, the product's features": "product_features_random",
        "chosen, the product's features": "product_features_chosen",
        "left half (8,000 pixels)": "left_half",
    }
    metrics: dict[str, float] = {}
    for name, key in keys.items():
        low, high = interval(found[name])
        metrics |= {f"water_iou_{key}": found[name].mean(), f"water_iou_{key}_low": low, f"water_iou_{key}_high": high}
    wanted = {"water_iou_random": (">=", 0.80), "water_iou_chosen": (">=", 0.82)}
    finish("water", metrics, quick, wanted=wanted, packages=("scikit-learn",))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer draws")
    parser.add_argument("--choose", action="store_true", help="show the choices made on the left half")
    asked = parser.parse_args()
    if asked.choose:
        choose()
    else:
        main(asked.quick)
