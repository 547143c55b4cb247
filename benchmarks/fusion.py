"""Water on small chips of the Sen1Floods11 chip: Sentinel-2, Sentinel-1, and both joined by features or by labels.

The 512 x 512 chip is cut into chips of 16 pixels; one is water where at least half of its labelled pixels are (chips
with less than half of their pixels labelled are left out). Chips of the left half train, those of the right half are
scored; a column of chips between them belongs to neither. Each seed draws other training chips. Encoders are fitted to
chips of the left half, and what is chosen (the default weight of radar, the rule of label fusion) is chosen there:
train on its upper part, score on its lower one, and the other way round. Nothing is chosen on the right half.

- `s2`, `s1`: the default features of one sensor, the classifier of `groundset predict`.
- `feature_fusion`: one block a sensor with the default weights, 1 and 0.5 of radar: what the left half says (printed);
  `feature_fusion_alike` with weights 1 and 1.
- `label_fusion`: the two sensors' classifiers answer each for itself, and the answers meet by the rules of `groundset
  fuse`: `agree` (a chip without an answer counts as not found), or `both` (water where either says so). `first` is the
  first sensor's own answer wherever it gives one, and so no row of its own.
- `hidden`: the same with the optical data of 30 % of the chips hidden, others with each seed, in training and in test,
  as clouds would: `s2_hidden` finds no water there, `label_first_hidden` takes Sentinel-1's answer (rule `first`).
- `concat`: the peer. Mean, deviation, least and largest value of all 15 bands side by side, scikit-learn's logistic
  regression on them as they are; `concat_scaled` standardises them first.

Intervals are 95 % over the draws (Student's t): they say how much the training chips matter, not the place, which is
one.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import rasterio
from scipy import stats

from _bench import finish, quick_asked, table, test_data
from groundset.core import Band, BandSet
from groundset.features import default_encoder
from groundset.features.fused import block_weights
from groundset.fusion.voices import meet
from groundset.learn.classifier import fit_classifier

S2 = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus",
      "swir16", "swir22")  # fmt: skip
SIZE = 16
LABELS = 60
SEEDS, QUICK_SEEDS = 10, 4
WEIGHTS = (0.25, 0.5, 1.0, 2.0)
RADAR = "sentinel-1-grd"
OPTICAL = "sentinel-2-l1c"
WATER, OTHER = 1, 0
HIDDEN = 0.3
"""Share of the chips whose optical data is hidden."""


@dataclass(frozen=True)
class Chips:
    """Chips of one half: features by way, float32 (n, d) each; whether each is water; its row in the grid."""

    features: dict[str, np.ndarray]
    water: np.ndarray
    row: np.ndarray

    def some(self, at: np.ndarray) -> Chips:
        """Those at these places."""
        return Chips({k: v[at] for k, v in self.features.items()}, self.water[at], self.row[at])


def bands() -> BandSet:
    optical = tuple(Band(n, n, sensor=OPTICAL) for n in S2)
    return BandSet((*optical, Band("vv", "vv", unit="dB", sensor=RADAR), Band("vh", "vh", unit="dB", sensor=RADAR)))


def cut(planes: np.ndarray) -> np.ndarray:
    """(bands, rows, columns) -> (rows of chips, columns of chips, bands, SIZE, SIZE)."""
    b, r, c = planes.shape
    return planes.reshape(b, r // SIZE, SIZE, c // SIZE, SIZE).transpose(1, 3, 0, 2, 4)


def halves() -> tuple[Chips, Chips, dict]:
    """Left and right, and the specification of the fused features."""
    folder = test_data("sen1floods11_sample", "sample")
    optical = rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif").read().astype(np.float32) * np.float32(1e-4)
    radar = rasterio.open(folder / "S1" / "Spain_7370579_S1Hand.tif").read().astype(np.float32)
    label = rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif").read(1)
    both = bands()
    chips = cut(np.concatenate([optical, radar]))
    codes = cut(label[None])[:, :, 0]
    known, water = (codes >= 0).sum(axis=(2, 3)), (codes == 1).sum(axis=(2, 3))
    usable = known >= SIZE * SIZE / 2
    rows, cols = np.indices(usable.shape)
    middle = usable.shape[1] // 2
    left = usable & (cols < middle - 1)
    right = usable & (cols >= middle)
    samples = list(chips[left])
    encoders = {
        "s2": (default_encoder([s[:13] for s in samples], BandSet(both.bands[:13])), slice(0, 13)),
        "s1": (default_encoder([s[13:] for s in samples], BandSet(both.bands[13:])), slice(13, 15)),
        "feature_fusion": (default_encoder(samples, both), slice(0, 15)),
    }

    def chips_of(here: np.ndarray) -> Chips:
        some = chips[here]
        features = {n: e.encode(some[:, at], BandSet(both.bands[at])) for n, (e, at) in encoders.items()}
        flat = some.reshape(len(some), 15, -1)
        raw = [np.nanmean(flat, 2), np.nanstd(flat, 2), np.nanmin(flat, 2), np.nanmax(flat, 2)]
        features["concat"] = np.nan_to_num(np.concatenate(raw, axis=1))
        return Chips(features, (2 * water >= known)[here], rows[here])

    return chips_of(left), chips_of(right), encoders["feature_fusion"][0].spec()


def product(train: Chips, test: Chips, way: str, weights: np.ndarray | None = None) -> np.ndarray:
    """Answers of the product's chip classifier: bool (n,)."""
    X, T = train.features[way], test.features[way]
    if weights is not None:
        X, T = X * weights, T * weights
    model = fit_classifier(X, np.where(train.water, WATER, OTHER))
    return model.classes[model.proba(T).argmax(axis=1)] == WATER


def peer(train: Chips, test: Chips, *, scaled: bool) -> np.ndarray:
    """Answers of scikit-learn's logistic regression on the raw features of all bands: bool (n,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [StandardScaler()] if scaled else []
    model = make_pipeline(*steps, LogisticRegression(max_iter=5000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(train.features["concat"], train.water).predict(test.features["concat"])


def fused(first: np.ndarray, second: np.ndarray, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """Two sensors' answers by a rule of `groundset fuse`: whether water is said, and whether anything is: bool (n,)."""
    out = []
    for a, b in zip(first, second, strict=True):
        voices = [{WATER: "positive" if said else "negative"} for said in (a, b)]
        out.append(meet(voices, rule, multi=False).said)
    return np.array([v.get(WATER) == "positive" for v in out]), np.array([bool(v) for v in out])


def f1(said: np.ndarray, truth: np.ndarray) -> float:
    hit = (said & truth).sum()
    return float(2 * hit / max(1, said.sum() + truth.sum()))


def balanced(said: np.ndarray, truth: np.ndarray) -> float:
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)


def clouded(chips: Chips, columns: tuple[int, int], rng: np.random.Generator) -> tuple[Chips, np.ndarray]:
    """The chips with the optical data of some hidden (zeros, as encoders give it), and which are not: bool (n,)."""
    clear = rng.random(len(chips.water)) >= HIDDEN
    features = {k: v.copy() for k, v in chips.features.items()}
    features["s2"][~clear] = 0
    features["feature_fusion"][~clear, columns[0] : columns[1]] = 0
    return Chips(features, chips.water, chips.row), clear


def hidden_answers(train: Chips, right: Chips, columns: tuple[int, int], seed: int) -> dict[str, np.ndarray]:
    """Answers where clouds hide some chips from Sentinel-2."""
    rng = np.random.default_rng(5000 + seed)
    seen, clear = clouded(train, columns, rng)
    test, open_ = clouded(right, columns, rng)
    known = seen.some(clear)
    optical = (
        product(known, test, "s2") & open_ if 0 < known.water.sum() < len(known.water) else np.zeros(len(open_), bool)
    )
    radar = product(seen, test, "s1")
    return {
        "s2_hidden": optical,
        "feature_fusion_hidden": product(seen, test, "feature_fusion"),
        "label_first_hidden": np.where(open_, optical, radar),
    }


def draw(pool: Chips, labels: int, seed: int) -> Chips:
    """Chips drawn at random; again until both classes are among them."""
    rng = np.random.default_rng(seed)
    while True:
        at = rng.choice(len(pool.water), min(labels, len(pool.water)), replace=False)
        if 0 < pool.water[at].sum() < len(at):
            return pool.some(at)


def choose(left: Chips, spec: dict, labels: int, seeds: int) -> tuple[float, str]:
    """The radar's weight and the rule of label fusion: best mean F1 inside the left half."""
    middle = np.median(left.row)
    parts = left.some(left.row < middle), left.some(left.row > middle)
    by_weight: dict[float, list[float]] = {w: [] for w in WEIGHTS}
    by_rule: dict[str, list[float]] = {"agree": [], "both": []}
    for seed in range(seeds):
        for pool, test in (parts, parts[::-1]):
            train = draw(pool, labels, 1000 + seed)
            for weight, found in by_weight.items():
                weights = block_weights(spec, {RADAR: weight})
                found.append(f1(product(train, test, "feature_fusion", weights), test.water))
            a, b = product(train, test, "s2"), product(train, test, "s1")
            for rule, found in by_rule.items():
                found.append(f1(fused(a, b, rule)[0], test.water))
    rows = [(f"radar weight {w:g}", float(np.mean(v))) for w, v in by_weight.items()]
    rows += [(f"rule {r}", float(np.mean(v))) for r, v in by_rule.items()]
    table(rows, ("chosen on the left half", "f1 there"))
    return max(by_weight, key=lambda w: np.mean(by_weight[w])), max(by_rule, key=lambda r: np.mean(by_rule[r]))


def interval(values: list[float]) -> tuple[float, float]:
    """Mean, and half the width of its 95 % interval over the draws."""
    n = len(values)
    return float(np.mean(values)), float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))


def main() -> None:
    quick = quick_asked()
    seeds, labels = QUICK_SEEDS if quick else SEEDS, LABELS
    left, right, spec = halves()
    sizes = ", ".join(
        f"{n} {len(h.water)} chips, {h.water.mean():.0%} water" for n, h in (("left", left), ("right", right))
    )
    print(f"{sizes}; {labels} labels a draw, {seeds} draws", file=sys.stderr)
    weight, rule = choose(left, spec, labels, seeds)
    print()
    alike = block_weights(spec, {OPTICAL: 1.0, RADAR: 1.0})
    ways: dict[str, Callable[[Chips], np.ndarray]] = {
        "s2": lambda t: product(t, right, "s2"),
        "s1": lambda t: product(t, right, "s1"),
        "feature_fusion": lambda t: product(t, right, "feature_fusion"),
        "feature_fusion_alike": lambda t: product(t, right, "feature_fusion", alike),
        "concat": lambda t: peer(t, right, scaled=False),
        "concat_scaled": lambda t: peer(t, right, scaled=True),
    }
    scores: dict[str, list[tuple[float, float]]] = {}
    agreed: list[tuple[float, float]] = []
    for seed in range(seeds):
        train = draw(left, labels, seed)
        answers = {way: ask(train) for way, ask in ways.items()}
        for name in ("agree", "both"):
            answers[f"label_{name}"], there = fused(answers["s2"], answers["s1"], name)
            if name == "agree":
                agreed.append((float(there.mean()), f1(answers["label_agree"][there], right.water[there])))
        answers |= hidden_answers(train, right, tuple(spec["sensors"][OPTICAL]), seed)
        for way, answer in answers.items():
            scores.setdefault(way, []).append((f1(answer, right.water), balanced(answer, right.water)))
        print(f"draw {seed + 1}/{seeds}", file=sys.stderr, flush=True)
    report(scores, agreed, weight, rule, quick)


def report(
    scores: dict[str, list[tuple[float, float]]],
    agreed: list[tuple[float, float]],
    weight: float,
    rule: str,
    quick: bool,
) -> None:
    """Print what was found."""
    scores["label_fusion"] = scores[f"label_{rule}"]
    f1s = {way: [s[0] for s in some] for way, some in scores.items()}
    rows, metrics = [], {}
    for way, some in scores.items():
        mean, half = interval(f1s[way])
        accuracy, wide = interval([s[1] for s in some])
        rows.append((way, mean, f"± {half:.3f}", accuracy, f"± {wide:.3f}"))
        metrics |= {f"f1_{way}": mean, f"f1_{way}_ci": half, f"balanced_accuracy_{way}": accuracy}
    table(rows, ("way", "f1", "95 %", "balanced accuracy", "95 %"))
    single = max(("s2", "s1"), key=lambda way: np.mean(f1s[way]))
    pairs = {
        "fusion_gain_vs_best_single": ("feature_fusion", single),
        "fusion_alike_gain_vs_best_single": ("feature_fusion_alike", single),
        "label_fusion_gain_vs_best_single": ("label_fusion", single),
        "fusion_gain_hidden": ("feature_fusion_hidden", "s1"),
        "label_fusion_gain_hidden": ("label_first_hidden", "s1"),
        "fusion_gain_vs_concat": ("feature_fusion", "concat"),
        "fusion_gain_vs_concat_scaled": ("feature_fusion", "concat_scaled"),
    }
    print()
    rows = []
    for name, (ours, theirs) in pairs.items():
        mean, half = interval([a - b for a, b in zip(f1s[ours], f1s[theirs], strict=True)])
        rows.append((name, f"{ours} - {theirs}", mean, f"± {half:.3f}"))
        metrics |= {name: mean, f"{name}_ci": half}
    table(rows, ("gain in f1", "of", "mean of pairs", "95 %"))
    share, there = (float(np.mean([a[i] for a in agreed])) for i in range(2))
    print(f"\nagree answers {share:.1%} of the chips, with F1 {there:.3f} on them")
    print(f"chosen on the left half: radar weight {weight:g}, rule {rule}")
    metrics |= {"agree_share": share, "f1_where_agreed": there, "radar_weight_chosen": weight}
    finish("fusion", metrics, quick, packages=("scikit-learn",))


if __name__ == "__main__":
    main()
