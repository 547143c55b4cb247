from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from odc.geo.geobox import GeoBox

from groundset.core import ConflictError, InputError, LabelMask, MissingError, Origin
from groundset.journal import MaskStore
from groundset.journal.masks import decode, encode
from groundset.taxonomy import WATER

SHAPE = (24, 32)
BOX = GeoBox(SHAPE, Affine(10, 0, 500_000, 0, -10, 5_000_000), "EPSG:32632")
PHOTO = GeoBox(SHAPE, Affine.identity(), None)
MASK = LabelMask.of((np.indices(SHAPE).sum(0) % 3).astype(np.uint8), Origin.HUMAN)


def same(a: LabelMask, b: LabelMask) -> bool:
    pairs = ((a.classes, b.classes), (a.origin, b.origin), (a.confidence, b.confidence))
    return all(np.array_equal(x, y) for x, y in pairs)


def test_a_mask_is_a_geotiff_that_says_what_it_is(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    sha256 = store.put(MASK, BOX, WATER)
    path = store.path(sha256)
    assert path.relative_to(tmp_path).as_posix() == f"{sha256[:2]}/{sha256}.tif"
    with rasterio.open(path) as source:
        assert (source.count, set(source.dtypes), source.shape) == (3, {"uint8"}, SHAPE)
        assert source.crs.to_epsg() == 32632
        assert source.transform == BOX.transform
        assert source.descriptions == ("class", "origin", "confidence")
        assert "#1f78d1" in source.tags(1)["CLASSES"]
        assert np.array_equal(source.read(1), MASK.classes)


def test_put_twice_is_one_file_and_bytes_are_the_same(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    sha256 = store.put(MASK, BOX, WATER)
    before = store.path(sha256).stat().st_mtime_ns
    assert store.put(MASK, BOX, WATER) == sha256
    assert store.path(sha256).stat().st_mtime_ns == before
    assert encode(MASK, BOX, WATER) == encode(MASK, BOX, WATER)
    assert sha256 in store
    assert "0" * 64 not in store


def test_the_mask_of_a_photo_is_packed_many_rows_at_once() -> None:
    classes = np.full((1024, 1100), 255, np.uint8)
    classes[100:400, 300:900] = 1
    mask = LabelMask.of(classes, Origin.HUMAN)
    data = encode(mask, GeoBox(mask.shape, Affine.identity(), None), WATER)
    assert same(decode(data), mask)
    assert mask.count() == {1: 300 * 600}
    with rasterio.MemoryFile(data) as memory, memory.open() as source:
        assert source.block_shapes == [(64, 1100)] * 3


def test_a_file_that_a_crash_left_broken_is_written_anew(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    sha256 = store.put(MASK, BOX, WATER)
    store.path(sha256).write_bytes(b"")
    assert store.put(MASK, BOX, WATER) == sha256
    assert same(store.get(sha256, BOX), MASK)


@st.composite
def masks(draw: st.DrawFn) -> LabelMask:
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=20))
    classes = draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 2, 255])))
    origin = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 6)))
    origin[(origin == 0) & (classes != 255)] = Origin.HUMAN
    confidence = draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 37, 100, 255])))
    return LabelMask(classes, origin, confidence)


@settings(max_examples=30, deadline=None)
@given(masks())
def test_any_mask_comes_back_as_it_was(mask: LabelMask) -> None:
    for box in (GeoBox(mask.shape, BOX.transform, BOX.crs), GeoBox(mask.shape, PHOTO.transform, None)):
        assert same(decode(encode(mask, box, WATER), box), mask)


def test_masks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    sha256 = store.put(MASK, BOX, WATER)
    photo = store.put(MASK, PHOTO, WATER)
    with pytest.raises(InputError, match=r"chip's size. asked: 24 x 32.*found: 24 x 33"):
        store.put(MASK, GeoBox((24, 33), BOX.transform, BOX.crs), WATER)
    with pytest.raises(InputError, match="chip's size"):
        store.get(sha256, GeoBox((12, 32), BOX.transform, BOX.crs))
    with pytest.raises(InputError, match="chip's CRS"):
        store.get(sha256, GeoBox(SHAPE, BOX.transform, "EPSG:32633"))
    with pytest.raises(InputError, match="chip's CRS"):
        store.get(photo, BOX)
    with pytest.raises(InputError, match="where its chip lies"):
        store.get(sha256, GeoBox(SHAPE, BOX.transform * Affine.translation(1, 0), BOX.crs))


def test_values_that_no_mask_may_have_are_refused() -> None:
    def changed(name: str, value: int) -> LabelMask:
        parts = {n: getattr(MASK, n).copy() for n in ("classes", "origin", "confidence")}
        parts[name][0, 0] = value
        return LabelMask(**parts)

    for name, value, message in [
        ("classes", 7, r"not in the scheme water. asked: \[7\]"),
        ("origin", 9, "unknown origin"),
        ("origin", 0, "needs an origin"),
        ("confidence", 101, "0 to 100 percent"),
    ]:
        with pytest.raises(InputError, match=message):
            encode(changed(name, value), BOX, WATER)


def test_damaged_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    sha256 = store.put(MASK, BOX, WATER)
    data = bytearray(store.path(sha256).read_bytes())
    data[-1] ^= 1
    store.path(sha256).write_bytes(data)
    with pytest.raises(ConflictError, match="changed or damaged"):
        store.get(sha256)
    with pytest.raises(MissingError, match="no such mask"):
        store.get("0" * 64)
    for bad in ("x", "../" * 21 + "x", "A" * 64):
        with pytest.raises(InputError, match="64 hexadecimal digits"):
            store.path(bad)
    with pytest.raises(InputError, match="not a GeoTIFF"):
        decode(b"<html></html>")


def test_many_masks_are_kept_in_order(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    several = [LabelMask.of(np.full(SHAPE, i % 3, np.uint8), Origin.MODEL) for i in range(12)]
    names = store.put_many([(m, BOX) for m in several], WATER)
    assert [store.get(n, BOX).classes[0, 0] for n in names] == [i % 3 for i in range(12)]
    assert len(set(names)) == 3


@pytest.mark.long
def test_ten_thousand_masks(tmp_path: Path) -> None:
    store, rng = MaskStore(tmp_path), np.random.default_rng(0)
    box = GeoBox((256, 256), BOX.transform, BOX.crs)
    blocks = rng.integers(0, 3, (10_000, 8, 8)).astype(np.uint8)
    start = time.monotonic()
    names = store.put_many(((LabelMask.of(np.kron(b, np.ones((32, 32), np.uint8)), Origin.MODEL), box) for b in blocks), WATER)  # fmt: skip  # noqa: E501
    print(f"10,000 masks of 256 x 256 in {time.monotonic() - start:.0f} s")
    assert len(set(names)) == 10_000
