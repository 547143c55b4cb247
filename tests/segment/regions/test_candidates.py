from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groundset.core import InputError
from groundset.segment.regions import candidates, hierarchy, pieces
from groundset.segment.regions.candidates import node_means
from groundset.segment.regions.cuts import best_cut

ROWS = COLS = 64


@pytest.fixture(scope="module")
def scene():
    """A lake, a field within it, and land: physical, truth."""
    rng = np.random.default_rng(0)
    truth = np.zeros((ROWS, COLS), np.uint8)
    truth[10:50, 8:40] = 1
    truth[20:30, 16:28] = 2
    colours = np.array([[0.3, 0.2, 0.5], [0.05, 0.1, 0.02], [0.5, 0.1, 0.1]], np.float32)
    physical = colours[truth].transpose(2, 0, 1) + rng.normal(0, 0.01, (3, ROWS, COLS)).astype(np.float32)
    return physical, truth


@pytest.fixture(scope="module")
def tree(scene):
    return hierarchy(scene[0], np.zeros((ROWS, COLS), bool), leaves=200)


def sure_of(truth, classes=3, share=0.95):
    said = np.full((classes, *truth.shape), (1 - share) / (classes - 1), np.float32)
    for code in range(classes):
        said[code][truth == code] = share
    return said


def pixels_of(tree, nodes):
    out = np.zeros(tree.leaves.shape, int)
    for node in nodes:
        x, y, width, height = tree.bbox[node]
        out[y : y + height, x : x + width] += tree.mask(node)
    return out


@pytest.mark.parametrize(("row", "col"), [(12, 10), (25, 20), (2, 60)])
def test_the_first_at_a_spot_is_the_thing_itself(scene, tree, row, col):
    """Of all that contain the spot, the best with a model is the whole of one class and nothing else."""
    truth = scene[1]
    found = candidates(tree, sure_of(truth), [0, 1, 2])
    first = found.at(row, col)[0]
    mine = pixels_of(tree, [first]) > 0
    assert found.code[first] == truth[row, col]
    assert (truth[mine] == truth[row, col]).mean() > 0.97
    assert (mine & (truth == truth[row, col])).sum() > 0.9 * (truth == truth[row, col]).sum()
    assert found.shortlist(first)[0] == truth[row, col]
    assert sorted(found.shortlist(first)) == [0, 1, 2]


def test_the_best_set_labels_the_scene_with_few_segments(scene, tree):
    truth = scene[1]
    found = candidates(tree, sure_of(truth), [0, 1, 2])
    count = pixels_of(tree, found.best)
    assert count.max() == 1
    assert len(found.best) < 12
    label = np.full(truth.shape, 255, np.uint8)
    for node in found.best:
        label[pixels_of(tree, [node]) > 0] = found.code[node]
    assert (label == truth).mean() > 0.97


def test_without_a_model_the_border_counts_and_no_class_is_known(scene, tree):
    found = candidates(tree, codes=[0, 1, 2])
    assert found.probability is None
    assert (found.code == 255).all()
    assert found.shortlist(0) == [0, 1, 2]
    lake = scene[1] == 2
    best = [pixels_of(tree, [n]) > 0 for n in found.at(25, 20)]
    assert max((m & lake).sum() / (m | lake).sum() for m in best) > 0.9
    assert pixels_of(tree, found.best).max() == 1


def test_a_list_at_a_spot_holds_no_doubles_and_ends_with_the_finest(tree):
    found = candidates(tree, wanted=60)
    for row, col in itertools.product(range(0, ROWS, 9), range(0, COLS, 9)):
        listed = found.at(row, col)
        assert set(listed) <= set(tree.path(row, col))
        sizes = sorted(int(tree.size[n]) for n in listed if found.there[n])
        assert all(small < 0.9 * large for small, large in itertools.pairwise(sizes))
        scores = [float(found.score[n]) for n in listed if found.there[n]]  # no model: no class goes first
        assert scores == sorted(scores, reverse=True)
        assert listed


def test_no_more_than_wanted_and_none_too_small(tree):
    found = candidates(tree, wanted=30, least=20)
    assert found.there.sum() <= 30
    assert (tree.size[found.there] >= 20).all()
    assert ((found.score >= 0) & (found.score <= 1)).all()


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, 17, elements=st.integers(-3, 9).map(float)))
def test_the_best_cut_is_the_best_of_all(worth):
    """Against all sets of nodes that do not overlap, on a tree of 9 leaves."""
    physical = np.arange(9, dtype=np.float32).reshape(1, 3, 3) ** 2
    tree = hierarchy(physical, np.zeros((3, 3), bool), leaves=9)
    assert len(tree) == 17
    held = [0] * 17
    for node, up in enumerate(tree.parent):
        held[node] |= (1 << node) if node < 9 else 0
        if up != node:
            held[up] |= held[node]

    def most(node_list, free, so_far):
        best = so_far
        for i, node in enumerate(node_list):
            if held[node] & free == held[node]:
                best = max(best, most(node_list[i + 1 :], free & ~held[node], so_far + worth[node]))
        return best

    good = [n for n in range(17) if worth[n] > 0]
    chosen = best_cut(tree, worth)
    assert sum(worth[chosen]) == most(good, (1 << 9) - 1, 0.0)
    leaves = [held[n] for n in chosen]
    assert sum(bits.bit_count() for bits in leaves) == np.bitwise_or.reduce([0, *leaves]).bit_count()


def test_means_leave_out_what_the_model_does_not_say(scene, tree):
    said = sure_of(scene[1])
    said[:, :32] = np.nan
    mean = node_means(tree, said)
    for node in range(0, len(tree), 11):
        inside = (pixels_of(tree, [node]) > 0) & np.isfinite(said[0])
        assert np.allclose(mean[node], said[:, inside].mean(axis=1) if inside.any() else 0, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 5)])
def test_nothing_and_next_to_nothing(shape):
    """All nodata, one pixel, one row: no error, and what there is can be had."""
    for nodata in (True, False):
        tree = hierarchy(np.ones((2, *shape), np.float32), np.full(shape, nodata))
        for said in (None, np.full((2, *shape), 0.5, np.float32)):
            found = candidates(tree, said, [0, 1])
            assert found.best == []
            if shape[0]:
                assert found.at(0, 0) == ([] if nodata else [int(tree.leaves[0, 0])])


def test_probabilities_of_another_chip_are_refused(tree):
    with pytest.raises(InputError, match="do not fit"):
        candidates(tree, np.zeros((2, 3, 3), np.float32), [0, 1])


def test_masks_of_models_stand_in_line_with_the_nodes(scene, tree):
    truth = scene[1]
    said = sure_of(truth)
    masks = pieces(truth, np.full(truth.shape, 95, np.uint8), "somebody")
    found = candidates(tree, said, [0, 1, 2], extras=masks)
    assert [e.source for e in found.extras] == ["somebody"] * 3
    for extra in found.extras:
        node = max(found.best, key=lambda n: (pixels_of(tree, [n]) * extra.rle.mask()).sum())
        assert 0.3 * found.score[node] < extra.score <= 1
    assert found.extras[0].score > found.extras[2].score  # the larger of two as sure


def test_pieces_of_a_model_are_candidates_beside_the_tree():
    classes = np.full((20, 20), 255, np.uint8)
    classes[2:10, 2:8] = 1
    classes[12:18, 12:18] = 1
    classes[12:18, 2:5] = 0
    classes[0, 0] = 1
    confidence = np.where(classes == 1, 80, 255).astype(np.uint8)
    found = pieces(classes, confidence, "forest")
    assert [(e.size, e.code, e.bbox) for e in found] == [
        (48, 1, (2, 2, 6, 8)),
        (36, 1, (12, 12, 6, 6)),
        (18, 0, (2, 12, 3, 6)),
    ]
    assert [round(e.sure, 2) for e in found] == [0.8, 0.8, 0.5]
    assert np.array_equal(found[0].rle.mask(), np.pad(np.ones((8, 6), bool), ((2, 10), (2, 12))))
    assert found[0].rle.bbox == found[0].bbox
    assert found[0].to_dict()["class"] == 1
    assert len(pieces(classes, confidence, "forest", most=1)) == 1
    assert pieces(np.full((3, 3), 255, np.uint8), np.full((3, 3), 255, np.uint8), "m") == ()
