from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from groundset.segment.regions import RegionStore, hierarchy
from groundset.segment.regions import store as module


def test_a_tree_is_made_once_and_comes_back_from_disk(made, monkeypatch):
    lake, chips, _ = made
    asked = []
    monkeypatch.setattr(module, "hierarchy", lambda *a, **k: asked.append(1) or hierarchy(*a, **k))
    store = RegionStore(lake)
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(lambda _: store.of(chips[3]), range(4)))
    assert len(asked) == 1
    assert all(tree is trees[0] for tree in trees)
    again = RegionStore(lake).of(chips[3])
    assert len(asked) == 1
    for name in ("leaves", "parent", "size", "height", "contrast", "bbox"):
        assert np.array_equal(getattr(again, name), getattr(trees[0], name))
        assert getattr(again, name).dtype == getattr(trees[0], name).dtype


def test_marks_tell_chips_and_ways_apart(made):
    lake, chips, _ = made
    store = RegionStore(lake)
    marks = {store.mark(chips[0]), store.mark(chips[1]), store.mark(chips[0], leaves=9),
             store.mark(chips[0], base="felzenszwalb")}  # fmt: skip
    assert len(marks) == 4
    assert store.mark(chips[0]) in marks
    assert store.of(chips[5], leaves=9).leaf_count < store.of(chips[5]).leaf_count


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip file"])
def test_a_damaged_file_is_made_again(made, content):
    lake, chips, _ = made
    tree = RegionStore(lake).of(chips[3])
    (file,) = (lake.layout.cache / "regions").glob("*.npz")
    file.write_bytes(content)
    assert np.array_equal(RegionStore(lake).of(chips[3]).parent, tree.parent)
    assert file.stat().st_size > 100


def test_memory_and_disk_are_bounded(made):
    lake, chips, _ = made
    store = RegionStore(lake, in_memory=1, on_disk=1)
    for chip in chips[:4]:
        store.of(chip)
    assert len(store._there) == 1
    assert len(list((lake.layout.cache / "regions").glob("*.npz"))) == 1
    store.close()
    assert not store._there


def test_where_the_cache_cannot_be_written_the_tree_comes_all_the_same(made):
    lake, chips, _ = made
    (lake.layout.cache).mkdir(exist_ok=True)
    (lake.layout.cache / "regions").write_text("in the way")
    assert len(RegionStore(lake).of(chips[3]))


def test_pixels_without_data_are_in_no_region(made):
    lake, chips, _ = made
    tree = RegionStore(lake).of(chips[0])
    assert (tree.leaves[:5] == -1).all()
    assert (tree.leaves[5:] >= 0).all()
