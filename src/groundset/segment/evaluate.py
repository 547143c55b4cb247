"""Blocked cross-validation: how well the model does where it has seen no label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, Scheme
from groundset.segment.blocks import Places, choose_blocks, folds_of
from groundset.segment.score import Score, block_confusions, score_of
from groundset.segment.segmenter import Segmenter

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


def evaluate(
    features: Float32,
    codes: UInt8,
    places: Places,
    scheme: Scheme,
    make: Callable[[], Segmenter],
    *,
    chip_size: int,
    seed: int = 0,
) -> Score | str:
    """Cross-validate on spatial blocks of labelled pixels.

    Args:
        features: (n, features) without NaN.
        codes: (n,) class codes.
        places: Where the pixels lie.
        scheme: The classes; not-applicable is left out of the scores.
        make: Gives an unfitted segmenter.
        chip_size: Side of a chip in pixels; blocks are whole chips where labels allow, else parts of chips.
        seed: Of the folds and the resampling.

    Returns:
        The score of the held-out answers, its intervals from resampling blocks; or the reason why there is none.
    """
    answerable = np.isin(codes, [c.code for c in scheme.answerable])
    if len(np.unique(codes[answerable])) < 2:
        return "no score: labels of two classes at least are needed"
    blocks, side, why_not = choose_blocks(places, codes, chip_size)
    if why_not:
        return f"no score: {why_not}"
    fold = folds_of(blocks, codes, seed)[blocks]
    predicted = np.full(len(codes), UNLABELLED, np.uint8)
    for k in np.unique(fold):
        train, test = fold != k, fold == k
        model = make().fit(features[train], codes[train])
        predicted[test] = model.classes[model.predict_proba(features[test]).argmax(axis=1)]
    how = f"{len(np.unique(fold))}-fold cross-validation on blocks of {side} x {side} pixels"
    note = None
    if side < chip_size:
        note = "blocks are smaller than a chip, so neighbouring pixels stand on both sides and the score is optimistic"
    return score_of(block_confusions(predicted, codes, scheme, blocks), scheme, seed=seed, how=how, note=note)
