"""The live assistant: from a stroke to a new full mask, beside the bare LightGBM call with IRIS's settings.

One chip of 512 x 512 pixels and 13 bands (Sen1Floods11, Sentinel-2). A simulated person paints 8,000 pixels with round
brushes on its left half. Time: a further stroke is in the journal; the assistant learns from all strokes, proposes the
whole chip and encodes it as the server sends it. Features of the chip are in memory, as they are while somebody paints.
The peer fits and predicts the same pixels' 13 bands, without reading, labels or encoding. Quality: water IoU on the
right half, over ten draws of strokes on the left. Nothing is chosen on the right half: ``--choose`` shows what was
compared, on the left half, on Boadella and on EuroSAT (``_choose.py``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from scipy.ndimage import binary_erosion

from _bench import finish, run, table, test_data
from groundset.core import UNLABELLED, Grid, LabelMask, Origin
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.journal import NewEvent
from groundset.lake import Lake, init
from groundset.segment import live_spec, pixel_features
from groundset.segment.live import Assistant
from groundset.taxonomy import WATER
from groundset.views.chips import npy

PAINTED, DRAWS = 8_000, 10
LAND, WET = 0, 1


def truth() -> np.ndarray:
    """Class codes (512, 512): 1 water, 0 land, 255 not known."""
    path = test_data("sen1floods11_sample", "sample", "Labels", "Spain_7370579_LabelHand.tif")
    label = rasterio.open(path).read(1)
    return np.where(label < 0, UNLABELLED, label).astype(np.uint8)


def make_lake(folder: Path) -> Lake:
    """A workspace with the chip, whole."""
    lake = init(folder / "lake", scheme=WATER, name="assist")
    source = test_data("sen1floods11_sample", "sample", "S2", "Spain_7370579_S2Hand.tif")
    ingest(lake, open_source(str(source), sensor="sentinel-2-l1c", scene_id="spain"), grid=Grid(512))
    return lake


def brushed(codes: np.ndarray, seed: int, painted: int = PAINTED) -> np.ndarray:
    """What a person paints: class codes, 255 elsewhere.

    Strokes go on in nearly one direction for 15 to 60 pixels with a round brush of 3 to 9 pixels across; they begin
    well within a class, and only pixels of the class are kept, as if the person looked. Half of the pixels are of each
    class.

    Args:
        codes: The truth (rows, columns); 255 where nobody may paint.
        seed: Of the strokes.
        painted: Pixels.
    """
    rng = np.random.default_rng(seed)
    out = np.full(codes.shape, UNLABELLED, np.uint8)
    for code in (LAND, WET):
        inside = codes == code
        starts = np.argwhere(binary_erosion(inside, iterations=2))
        want = painted // 2
        while (out == code).sum() < want:
            stroke = _stroke(rng, starts[rng.integers(len(starts))], codes.shape) & inside & (out == UNLABELLED)
            at = np.flatnonzero(stroke)[: want - int((out == code).sum())]
            out.ravel()[at] = code
    return out


def _stroke(rng: np.random.Generator, start: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    radius, angle = rng.uniform(1.5, 4.5), rng.uniform(0, 2 * np.pi)
    rows, cols = np.indices(shape, sparse=True)
    out = np.zeros(shape, bool)
    y, x = map(float, start)
    for _ in range(rng.integers(15, 61)):
        out |= (rows - y) ** 2 + (cols - x) ** 2 <= radius**2
        angle += rng.normal(0, 0.15)
        y, x = y + np.sin(angle), x + np.cos(angle)
        if not (0 <= y < shape[0] and 0 <= x < shape[1]):
            break
    return out


def paint(lake: Lake, chip_id: str, codes: np.ndarray) -> None:
    """One act of a person: the layer of the page, as it is after a stroke."""
    chip = lake.chips.get(chip_id)
    sha256 = lake.masks.put(LabelMask.of(codes, Origin.HUMAN), chip.geobox, lake.scheme("pixels"))
    payload = {"sha256": sha256, "strokes": 1, "layer": "page"}
    lake.annotate([NewEvent("mask", "pixels", chip_id, payload)], actor="anna")


def iris(features: np.ndarray, codes: np.ndarray, at: np.ndarray) -> Callable[[], np.ndarray]:
    """The bare call: LightGBM as IRIS sets it, fitted to the painted pixels, asked about all."""
    from lightgbm import LGBMClassifier

    def call() -> np.ndarray:
        model = LGBMClassifier(
            n_estimators=20, max_depth=10, num_leaves=10, learning_rate=0.05, verbosity=-1, n_jobs=-1
        )
        model.fit(features[at], codes[at])
        return np.asarray(model.booster_.predict(features) > 0.5)

    return call


def water_iou(said: np.ndarray, true: np.ndarray) -> float:
    """Of water, over the pixels whose class is known."""
    known = true != UNLABELLED
    a, b = said[known], true[known] == WET
    return float((a & b).sum() / (a | b).sum())


def left_of(codes: np.ndarray) -> np.ndarray:
    out = codes.copy()
    out[:, codes.shape[1] // 2 :] = UNLABELLED
    return out


def speed(lake: Lake, chip: str, raw: np.ndarray, true: np.ndarray, rounds: int) -> dict[str, float]:
    """assist_ms and ratio_vs_lightgbm_iris."""
    assistant = Assistant(lake)
    full = brushed(left_of(true), 0, PAINTED)
    painted = np.flatnonzero(full != UNLABELLED)
    turn = 0

    def stroke() -> None:
        """The last stroke is another one each time, so that there is something to learn."""
        nonlocal turn
        turn += 1
        codes = full.copy()
        codes.ravel()[painted[turn % 97 :: 97]] = UNLABELLED
        paint(lake, chip, codes)

    def ours() -> bytes:
        return npy(assistant.propose("pixels", chip).stack())

    peer = iris(raw, full.ravel(), painted)
    stroke()
    timed = run("assist", {"ours": ours, "iris": peer}, rounds=rounds, warm=2, between=stroke)
    return {"assist_ms": 1000 * timed.median("ours"), "iris_ms": 1000 * timed.median("iris"),
            "ratio_vs_lightgbm_iris": timed.ratio("iris", "ours")}  # fmt: skip


def quality(lake: Lake, chip: str, raw: np.ndarray, true: np.ndarray, draws: int) -> list[tuple[float, ...]]:
    """Water IoU on the right half by draw: ours, smoothed by regions, LightGBM's on the bands, and on our features."""
    assistant = Assistant(lake)
    found = lake.chips.get(chip)
    pixels = lake.reader(found.id.scene).read(found.window)
    planes = pixel_features(pixels.physical(), pixels.bands, live_spec([pixels.bands]))
    own = np.nan_to_num(np.ascontiguousarray(planes.reshape(len(planes), -1).T))
    right = slice(true.shape[1] // 2, None)
    out = []
    for seed in range(draws):
        codes = brushed(left_of(true), seed)
        paint(lake, chip, codes)
        said = assistant.propose("pixels", chip).classes == WET
        smooth = assistant.propose("pixels", chip, smoothing="regions").classes == WET
        at = np.flatnonzero(codes != UNLABELLED)
        theirs, helped = (iris(x, codes.ravel(), at)().reshape(true.shape) for x in (raw, own))
        out.append(tuple(water_iou(m[:, right], true[:, right]) for m in (said, smooth, theirs, helped)))
        print(f"draw {seed}: {out[-1]}", file=sys.stderr, flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and draws")
    parser.add_argument("--choose", action="store_true", help="show how the live model was chosen")
    options = parser.parse_args()
    if options.choose:
        from _choose import choose

        choose()
        return
    true = truth()
    with tempfile.TemporaryDirectory() as folder, make_lake(Path(folder)) as lake:
        chip = str(next(lake.chips.chips()).id)
        found = lake.chips.get(chip)
        raw = lake.reader(found.id.scene).read(found.window).data
        flat = np.ascontiguousarray(raw.reshape(len(raw), -1).T.astype(np.float32))
        metrics = speed(lake, chip, flat, true, 7 if options.quick else 25)
        draws = quality(lake, chip, flat, true, 4 if options.quick else DRAWS)
        metrics |= regions_of(options.quick)
    ours, smooth, theirs, helped = (float(np.mean([d[i] for d in draws])) for i in range(4))
    metrics |= {"iou_gain_vs_iris": ours - theirs}
    table([("linear, live", ours), ("smoothed by regions", smooth), ("LightGBM as IRIS sets it", theirs),
           ("the same on our features", helped)],
          ("right half", "water IoU"))  # fmt: skip
    wanted = {"assist_ms": ("<=", 120.0), "ratio_vs_lightgbm_iris": (">=", 2.0), "iou_gain_vs_iris": (">=", 0.02)}
    wanted |= {name: limit for name, limit in REGIONS_WANTED.items() if name in metrics}
    finish("assist", metrics, options.quick, wanted=wanted, packages=["scikit-learn", "lightgbm", "scipy", "higra"])


REGIONS_WANTED = {"step_ms": ("<=", 20.0), "regions_ms": ("<=", 800.0)}


def regions_of(quick: bool) -> dict[str, float]:
    """step_ms and regions_ms, see ``_regions.py``."""
    from _regions import measure

    return measure(2 if quick else 5)


if __name__ == "__main__":
    main()
