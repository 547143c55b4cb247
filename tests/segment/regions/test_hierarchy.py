from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groundset.core import InputError
from groundset.segment.regions import hierarchy
from groundset.segment.regions.hierarchy import leaf_count

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def chips(draw):
    shape = draw(SHAPES)
    bands = draw(st.integers(1, 5))
    physical = draw(arrays(np.float32, (bands, *shape), elements=st.sampled_from([0.0, 0.1, 0.5, 1.0, 100.0])))
    nodata = draw(arrays(bool, shape, elements=st.sampled_from([False, False, False, True])))
    physical[:, nodata] = np.nan
    return physical, nodata


def node_mask(tree, node):
    out = np.zeros(tree.leaves.shape, bool)
    x, y, width, height = tree.bbox[node]
    out[y : y + height, x : x + width] = tree.mask(node)
    return out


def components(mask):
    from scipy.ndimage import label

    return label(mask)[1]


@SETTINGS
@given(chips(), st.sampled_from(["slic", "felzenszwalb"]), st.integers(1, 30))
def test_every_tree_is_one(chip, base, leaves):
    """Leaves part the data, children part their parent, each node hangs together, one root for data that does."""
    physical, nodata = chip
    tree = hierarchy(physical, nodata, base=base, leaves=leaves)
    assert np.array_equal(tree.leaves < 0, nodata)
    assert len(np.unique(tree.leaves[~nodata])) == tree.leaf_count
    masks = [node_mask(tree, node) for node in range(len(tree))]
    roots = np.flatnonzero(tree.parent == np.arange(len(tree)))
    assert len(roots) == components(~nodata)
    for node, mask in enumerate(masks):
        assert tree.size[node] == mask.sum() > 0
        assert components(mask) == 1
        children = np.flatnonzero((tree.parent == node) & (np.arange(len(tree)) != node))
        assert len(children) == (0 if node < tree.leaf_count else 2)
        if len(children):
            one, other = (masks[c] for c in children)
            assert not (one & other).any()
            assert np.array_equal(one | other, mask)
            assert (tree.parent[children] > children).all()
            assert (tree.height[children] <= tree.height[node]).all()
    assert ((tree.contrast >= 0) & (tree.contrast <= 1)).all()


@SETTINGS
@given(chips())
def test_a_path_is_all_that_contain_the_pixel(chip):
    tree = hierarchy(*chip, leaves=9)
    rows, cols = tree.leaves.shape
    row, col = rows // 2, cols // 2
    holding = [node for node in range(len(tree)) if node_mask(tree, node)[row, col]]
    assert sorted(tree.path(row, col)) == holding
    assert tree.path(row, col) == sorted(tree.path(row, col), key=lambda n: tree.size[n])


def test_sums_are_those_of_the_leaves():
    rng = np.random.default_rng(0)
    tree = hierarchy(rng.random((3, 20, 20), np.float32), np.zeros((20, 20), bool), leaves=40)
    values = rng.random((tree.leaf_count, 2))
    for node in range(0, len(tree), 7):
        inside = np.unique(tree.leaves[node_mask(tree, node)])
        assert np.allclose(tree.sums(values)[node], values[inside].sum(axis=0))


def test_two_halves_are_two_nodes_with_a_sharp_border():
    physical = np.zeros((4, 32, 32), np.float32)
    physical[:, :, 20:] = 1
    physical += np.random.default_rng(0).normal(0, 0.02, physical.shape).astype(np.float32)
    tree = hierarchy(physical, np.zeros((32, 32), bool))
    root = len(tree) - 1
    assert sorted(tree.size[tree.parent == root][:2]) == [32 * 12, 32 * 20]
    assert (tree.contrast[:-1][tree.parent[:-1] == root] > 0.5).all()


def test_what_one_band_of_thirteen_shows_is_a_node():
    row, col = np.mgrid[:48, :48]
    disc = (row - 20) ** 2 + (col - 25) ** 2 < 144
    physical = np.random.default_rng(0).normal(0, 0.02, (13, 48, 48)).astype(np.float32)
    physical[:12] += np.where(row < 24, 0.3, 0.0)  # what all other bands show
    physical[12] += np.where(disc, 0.5, 0.0)
    tree = hierarchy(physical, np.zeros((48, 48), bool))
    halves = [disc & (row < 24), disc & (row >= 24)]
    for wanted in halves:
        masks = (node_mask(tree, node) for node in range(len(tree)))
        assert max((m & wanted).sum() / (m | wanted).sum() for m in masks) > 0.9


def test_a_constant_image_is_one_tree_without_heights():
    tree = hierarchy(np.full((13, 64, 64), 0.3, np.float32), np.zeros((64, 64), bool))
    assert tree.size[-1] == 64 * 64
    assert not tree.height.any()
    assert not np.isnan(tree.contrast).any()


def test_no_data_no_nodes():
    tree = hierarchy(np.full((2, 8, 8), np.nan, np.float32), np.ones((8, 8), bool))
    assert len(tree) == 0
    assert (tree.leaves == -1).all()
    assert tree.path(3, 3) == []
    assert tree.bbox.shape == (0, 4)


def test_one_pixel():
    tree = hierarchy(np.ones((3, 1, 1), np.float32), np.zeros((1, 1), bool))
    assert (tree.parent.tolist(), tree.size.tolist(), tree.bbox.tolist()) == ([0], [1], [[0, 0, 1, 1]])
    assert tree.path(0, 0) == [0]


def test_a_band_that_is_missing_somewhere_is_its_median_there():
    physical = np.random.default_rng(0).random((3, 16, 16), np.float32)
    physical[1, :, :8] = np.nan
    physical[2] = np.nan
    tree = hierarchy(physical, np.zeros((16, 16), bool))
    assert np.isfinite(tree.height).all()
    assert tree.size[-1] == 256


def test_pure_noise_still_has_small_leaves():
    physical = np.random.default_rng(0).random((4, 96, 96), np.float32)
    tree = hierarchy(physical, np.zeros((96, 96), bool))
    assert tree.leaf_count > 250
    assert tree.size[: tree.leaf_count].max() < 400


def test_where_half_is_nodata_the_other_half_gets_the_leaves():
    row, col = np.mgrid[:96, :96].astype(np.float32)
    physical = np.stack([np.sin(row / 5) * np.cos(col / 7), np.cos(row / 9)])
    nodata = np.zeros((96, 96), bool)
    nodata[:, 24:] = True
    tree = hierarchy(physical, nodata, leaves=200)
    assert 150 < tree.leaf_count < 300


def test_a_glint_does_not_flatten_the_rest():
    physical = np.zeros((2, 32, 32), np.float32)
    physical[:, :, 16:] = 0.1
    physical[:, 0, 0] = 1e6
    tree = hierarchy(physical, np.zeros((32, 32), bool), leaves=64)
    assert {512, 511} & set(tree.size.tolist())


@pytest.mark.parametrize(
    ("physical", "nodata", "options"),
    [
        (np.zeros((1, 4, 4), np.float32), np.zeros((4, 5), bool), {}),
        (np.zeros((4, 4), np.float32), np.zeros((4, 4), bool), {}),
        (np.zeros((1, 9, 9), np.float32), np.zeros((9, 9), bool), {"base": "watershed", "leaves": 3}),
        (np.zeros((1, 4, 4), np.float32), np.zeros((4, 4), bool), {"leaves": 0}),
    ],
)
def test_what_does_not_fit_is_refused(physical, nodata, options):
    with pytest.raises(InputError):
        hierarchy(physical, nodata, **options)


def test_a_pixel_outside_is_refused():
    tree = hierarchy(np.ones((1, 4, 4), np.float32), np.zeros((4, 4), bool))
    with pytest.raises(InputError, match="not in the chip"):
        tree.path(4, 0)


def test_small_chips_get_small_leaves_and_large_ones_not_too_many():
    assert [leaf_count(side * side) for side in (1, 64, 128, 256, 512, 2048)] == [1, 500, 500, 1024, 4096, 6000]
