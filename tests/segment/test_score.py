from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, jaccard_score

from groundset.core import Band, BandSet, InputError
from groundset.segment import evaluate, get_segmenter, otsu_baseline, score
from groundset.segment.blocks import Places, choose_blocks, folds_of
from groundset.segment.score import Score
from groundset.taxonomy import WATER

RNG = np.random.default_rng(1)


def noisy(truth: np.ndarray, share: float) -> np.ndarray:
    return np.where(RNG.random(truth.shape) < share, 1 - truth, truth).astype(np.uint8)


def test_the_numbers_are_scikit_learns() -> None:
    truth = (RNG.random((40, 50)) < 0.3).astype(np.uint8)
    said = noisy(truth, 0.2)
    blocks = np.add.outer(np.arange(40) // 10 * 5, np.arange(50) // 10)
    found = score(said, truth, WATER, blocks)
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(truth.ravel(), said.ravel()))
    assert found.iou["water"].value == pytest.approx(jaccard_score(truth.ravel(), said.ravel()))
    assert found.f1["water"].value == pytest.approx(f1_score(truth.ravel(), said.ravel()))
    assert found.blocks == 20
    low, high = found.iou["water"].low, found.iou["water"].high
    assert low is not None
    assert high is not None
    assert low < found.iou["water"].value < high


def test_not_applicable_and_unlabelled_are_left_out_but_missing_answers_are_wrong() -> None:
    truth = np.array([0, 0, 1, 1, 2, 255], np.uint8)
    said = np.array([0, 255, 1, 2, 0, 1], np.uint8)
    found = score(said, truth, WATER, np.arange(6))
    assert found.pixels == 4
    assert "not-applicable" not in found.iou
    assert found.balanced_accuracy.value == pytest.approx(0.5)


def test_intervals_come_from_blocks_not_pixels() -> None:
    truth = np.tile(np.array([0, 1], np.uint8), 5000)
    blocks = np.repeat(np.arange(10), 1000)
    said = np.where(blocks % 2 == 0, truth, 1 - truth).astype(np.uint8)  # whole blocks right or wrong
    found = score(said, truth, WATER, blocks).balanced_accuracy
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.4


def test_too_few_blocks_give_no_interval_and_say_so() -> None:
    truth = np.array([0, 1, 0, 1], np.uint8)
    found = score(truth, truth, WATER, np.array([0, 0, 1, 1]))
    assert found.iou["water"].low is None
    assert "only 2 spatial blocks" in (found.note or "")
    assert "only 2 spatial blocks" in found.summary()


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(InputError, match="no pixel to score"):
        score(np.zeros(3, np.uint8), np.full(3, 255, np.uint8), WATER, np.arange(3))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 5), st.integers(2, 4))
def test_folds_take_whole_blocks_and_spread_classes(blocks: int, seed: int, kinds: int) -> None:
    rng = np.random.default_rng(seed)
    block = np.concatenate([np.arange(blocks), rng.integers(0, blocks, 300)])
    codes = rng.integers(0, kinds, len(block)).astype(np.uint8)
    fold = folds_of(block, codes, seed)
    assert len(fold) == blocks
    assert len(np.unique(fold)) == min(5, blocks)
    np.testing.assert_array_equal(fold, folds_of(block, codes, seed))


def test_two_dates_of_one_place_share_a_block() -> None:
    places = Places(np.array([0, 0, 0]), np.array([5, 5, 90]), np.array([7, 7, 7]))
    block = places.block(32)
    assert block[0] == block[1] != block[2]


def test_blocked_scores_are_not_fooled_by_memorised_places() -> None:
    """Features that only tell the place: random pixels would score high, blocks do not."""
    y, x = np.mgrid[:64, :64]
    codes = RNG.integers(0, 2, (8, 8)).repeat(8, 0).repeat(8, 1).astype(np.uint8).ravel()
    features = np.stack([y.ravel(), x.ravel()], 1).astype(np.float32)
    places = Places(np.zeros(4096, np.int64), x.ravel(), y.ravel())
    found = evaluate(features, codes, places, WATER, lambda: get_segmenter("forest"), chip_size=8)
    assert isinstance(found, Score)
    assert found.balanced_accuracy.value < 0.75
    assert "blocks of" in found.how


def test_no_score_says_why() -> None:
    one_place = Places(np.zeros(20, np.int64), np.zeros(20, np.int64), np.zeros(20, np.int64))
    codes = np.repeat(np.array([0, 1], np.uint8), 10)
    features = np.zeros((20, 2), np.float32)
    found = evaluate(features, codes, one_place, WATER, lambda: get_segmenter("forest"), chip_size=32)
    assert isinstance(found, str)
    assert "one spatial block only" in found
    assert choose_blocks(one_place, codes, 32)[2] is not None
    only = evaluate(features, codes * 0, one_place, WATER, lambda: get_segmenter("forest"), chip_size=32)
    assert "two classes" in str(only)


class Planes:
    def __init__(self, names: list[str], data: np.ndarray) -> None:
        self.bands, self.data = BandSet(tuple(Band(n, n) for n in names)), data.astype(np.float32)

    def physical(self) -> np.ndarray:
        return self.data


@pytest.mark.parametrize(
    ("names", "of"),
    [(["green", "swir16"], "MNDWI"), (["green", "nir"], "NDWI"), (["nir"], "nir"), (["red", "blue"], "brightness")],
)
def test_otsu_finds_dark_water_with_what_bands_there_are(names: list[str], of: str) -> None:
    water = np.zeros((20, 20), bool)
    water[5:12, 5:12] = True
    dark = np.where(water, 0.05, 0.3) + RNG.normal(0, 0.01, (len(names), 20, 20))
    if "green" in names:
        dark[0] = 0.1
    dark[:, 0, 0] = np.nan
    found = otsu_baseline(Planes(names, dark))
    assert found.of == of
    assert of in str(found)
    assert found.classes[0, 0] == 255
    assert (found.classes.ravel()[1:] == water.ravel()[1:]).mean() > 0.99


def test_otsu_needs_two_values() -> None:
    with pytest.raises(InputError, match="no threshold"):
        otsu_baseline(Planes(["nir"], np.full((1, 4, 4), np.nan)))
