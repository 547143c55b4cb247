"""Splits never leak: blocks, buffer, groups, shares, determinism, speed of growth."""

from __future__ import annotations

import random

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from groundset.core import InputError
from groundset.release.blocks import Ground, Place
from groundset.release.distances import Footprints
from groundset.release.groups import fingerprint, near_duplicates
from groundset.release.splits import assign_splits, told_splits

GEOD = Geod(ellps="WGS84")


def grid(
    rows: int,
    cols: int,
    *,
    size: float = 640.0,
    stride: float | None = None,
    crs: int = 32630,
    at=(400_000.0, 4_400_000.0),
    classes=None,
) -> list[Place]:
    """Chips of ``size`` metres on a UTM grid."""
    to_lonlat = Transformer.from_crs(crs, 4326, always_xy=True)
    out = []
    for r in range(rows):
        for c in range(cols):
            left, top = at[0] + c * (stride or size), at[1] - r * (stride or size)
            box = shapely.box(left, top - size, left + size, top)
            footprint = shapely.transform(box, lambda xy: np.column_stack(to_lonlat.transform(xy[:, 0], xy[:, 1])))
            names = classes(r, c) if classes else {"water": 10, "land": 5}
            out.append(
                Place(f"s{crs}_0_{r}_{c}", footprint, f"EPSG:{crs}", (left, top - size, left + size, top), None, names)
            )
    return out


def smallest_metres(places: list[Place], split: dict[str, str]) -> float:
    """Brute force, with another way to measure: dense points along the outlines."""
    found = np.inf
    kept = [p for p in places if split[p.id] != "none"]
    for i, a in enumerate(kept):
        for b in kept[i + 1 :]:
            if split[a.id] == split[b.id]:
                continue
            if shapely.distance(a.footprint, b.footprint) > 0.05:
                continue
            pa = shapely.get_coordinates(shapely.segmentize(a.footprint, 0.001))
            pb = shapely.get_coordinates(shapely.segmentize(b.footprint, 0.001))
            x, y = np.repeat(pa, len(pb), axis=0), np.tile(pb, (len(pa), 1))
            found = min(found, GEOD.inv(x[:, 0], x[:, 1], y[:, 0], y[:, 1])[2].min())
    return found


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(2, 9),
    cols=st.integers(2, 9),
    stride=st.sampled_from([640.0, 320.0, 900.0]),
    buffer=st.sampled_from([0.0, 100.0, 700.0]),
    seed=st.integers(0, 5),
)
def test_no_two_splits_touch_within_the_buffer(rows, cols, stride, buffer, seed):
    places = grid(rows, cols, stride=stride)
    result = assign_splits(places, buffer=buffer, seed=seed)
    kept = [p for p in places if result.splits[p.id] != "none"]
    prints = Footprints([p.footprint for p in kept])
    pairs, metres = prints.within(max(buffer, 1.0))
    other = np.array([result.splits[kept[i].id] != result.splits[kept[j].id] for i, j in pairs], bool)
    assert not (metres[other] < buffer).any()
    assert not prints.overlapping(pairs[other]).any()
    report = result.report
    if report.smallest_distance_m is not None:
        assert report.smallest_distance_m >= buffer
    assert sum(report.chips.values()) == rows * cols


def test_the_stated_distance_is_the_true_one():
    places = grid(7, 7)
    result = assign_splits(places, buffer="0.1km")
    assert result.report.smallest_distance_m == pytest.approx(smallest_metres(places, result.splits), abs=30)
    assert result.report.smallest_distance_m >= 100
    assert min(result.report.distances_m.values()) == result.report.smallest_distance_m


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.integers(0, 1000))
def test_same_chips_and_seed_give_the_same_splits_in_any_order(seed, order):
    places = grid(6, 8)
    mixed = list(places)
    random.Random(order).shuffle(mixed)
    assert assign_splits(places, seed=seed) == assign_splits(mixed, seed=seed)


@pytest.mark.parametrize("size", [8, 15, 30])
def test_shares_come_near_what_was_asked_for(size):
    report = assign_splits(grid(size, size), buffer=100).report
    kept = sum(report.chips[s] for s in ("train", "validate", "test"))
    for name, wanted in (("train", 0.7), ("validate", 0.15), ("test", 0.15)):
        assert abs(report.chips[name] / kept - wanted) <= 0.1
    assert not report.warnings
    assert report.block_chips is not None
    assert report.block_chips > 1


def test_a_block_is_a_whole_number_of_chips_and_the_largest_that_gives_every_class():
    rare = {(0, 0), (0, 14), (14, 0), (14, 14), (7, 7)}
    places = grid(15, 15, classes=lambda r, c: {"land": 9, **({"water": 3} if (r, c) in rare else {})})
    report = assign_splits(places).report
    assert report.missing == {}
    assert all(report.class_share[s]["water"] > 0 for s in ("train", "validate", "test"))
    assert report.block_m == pytest.approx(report.block_chips * 640, rel=0.01)


def test_a_class_too_rare_for_three_splits_is_named_in_a_warning():
    places = grid(12, 12, classes=lambda r, c: {"land": 9, **({"ice": 1} if (r, c) == (3, 3) else {})})
    report = assign_splits(places).report
    assert sorted(name for lost in report.missing.values() for name in lost) == ["ice", "ice"]
    assert any("ice" in w for w in report.warnings)
    assert any("ice" in line for line in told_splits(report))


def test_a_given_block_without_a_class_names_a_size_that_would_do():
    corners = {(0, 0), (0, 5), (5, 0)}
    places = grid(12, 12, classes=lambda r, c: {"land": 9, **({"water": 3} if (r, c) in corners else {})})
    with pytest.raises(InputError) as caught:
        assign_splits(places, block="6km")
    assert "--block" in caught.value.hint
    size = caught.value.hint.split()[1]
    assert not assign_splits(places, block=size).report.missing


def test_a_block_larger_than_the_ground_names_one_that_would_do():
    places = grid(12, 12)
    with pytest.raises(InputError, match="empty") as caught:
        assign_splits(places, block="100km")
    assert min(assign_splits(places, block=caught.value.hint.split()[1]).report.chips[s] for s in ("train", "test")) > 0


def test_fewer_than_three_blocks_is_all_train_with_a_warning():
    result = assign_splits(grid(1, 2))
    assert set(result.splits.values()) == {"train"}
    assert result.report.method == "all-train"
    assert result.report.warnings


def test_overlapping_chips_do_not_leak_without_a_buffer():
    places = grid(12, 12, stride=160.0)
    result = assign_splits(places, buffer=0)
    by_split = {
        s: shapely.union_all([shapely.buffer(p.footprint, -1e-7) for p in places if result.splits[p.id] == s])
        for s in ("train", "validate", "test")
    }
    assert not by_split["train"].intersects(by_split["test"])
    assert not by_split["validate"].intersects(by_split["test"])
    assert not by_split["train"].intersects(by_split["validate"])


def test_scenes_of_one_place_in_two_utm_zones_share_blocks():
    west, east = grid(10, 10, crs=32630, at=(745_000.0, 4_400_000.0)), []
    there = Transformer.from_crs(32630, 32631, always_xy=True)
    for p in west:
        left, bottom, right, top = p.bounds
        x, y = there.transform((left + right) / 2, (bottom + top) / 2)
        east.append(Place("t" + p.id, p.footprint, "EPSG:32631", (x - 320, y - 320, x + 320, y + 320), None, p.classes))
    ground = Ground(west + east)
    blocks = ground.blocks(3)
    assert (blocks[:100] == blocks[100:]).all()
    result = assign_splits(west + east)
    assert all(result.splits[p.id] == result.splits["t" + p.id] for p in west)


def test_ground_across_the_antimeridian_and_near_the_pole():
    def chip(n: int, lon: float, lat: float) -> Place:
        d = 0.003
        left, right = lon - d, lon + d
        if right > 180:
            right_part = shapely.box(-180, lat - d, right - 360, lat + d)
            box = shapely.MultiPolygon([shapely.box(left, lat - d, 180, lat + d), right_part])
        else:
            box = shapely.box(left, lat - d, right, lat + d)
        return Place(f"s_0_0_{n}", box, "OGC:CRS84", None, None, {"a": 1})

    places = [chip(n, (180 - 0.045 + 0.01 * n + 180) % 360 - 180, 0.0) for n in range(10)]
    report = assign_splits(places, buffer=100).report
    assert report.smallest_distance_m is not None
    assert 100 <= report.smallest_distance_m < 3000
    polar = [
        Place(f"p_0_0_{n}", shapely.box(n, 89.9, n + 1, 89.95), "OGC:CRS84", None, None, {"a": 1})
        for n in range(0, 360, 4)
    ]
    assert assign_splits(polar, buffer=100).report.smallest_distance_m >= 100


def test_chips_without_crs_go_by_group_and_likeness():
    places = [
        Place(
            f"photo{n:02}_0_0_0",
            group=f"field{n // 4}",
            classes={"a": 1},
            fingerprint=(n + 1) * 0x123456789ABCDEF % 2**64,
        )
        for n in range(40)
    ]
    twin = Place("twin_0_0_0", group=None, classes={"a": 1}, fingerprint=places[0].fingerprint ^ 0b101)
    split = assign_splits([*places, twin], seed=3).splits
    for g in range(10):
        assert len({split[p.id] for p in places[4 * g : 4 * g + 4]}) == 1
    assert split["twin_0_0_0"] == split[places[0].id]
    assert set(split.values()) == {"train", "validate", "test"}


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=40), st.integers(0, 63), st.integers(0, 63))
def test_every_near_duplicate_is_found(values, one, two):
    values = [*values, values[0] ^ (1 << one) ^ (1 << two)]
    brute = {
        (i, j)
        for i in range(len(values))
        for j in range(i + 1, len(values))
        if (values[i] ^ values[j]).bit_count() <= 6
    }
    assert set(near_duplicates(values)) == brute


def test_fingerprints_stay_when_brightness_changes():
    picture = np.random.default_rng(0).random((64, 64))
    assert fingerprint(picture) == fingerprint(picture * 3 + 1)
    assert fingerprint(picture) != fingerprint(picture[:, ::-1])


def test_twenty_thousand_chips():
    result = assign_splits(
        grid(142, 142, classes=lambda r, c: {"land": 9, **({"water": 3} if (r * 7 + c * 3) % 50 == 0 else {})})
    )
    assert sum(result.report.chips.values()) == 142 * 142
    assert not result.report.missing


@pytest.mark.parametrize("bad", [(70, 30), (0, 0, 0), (-1, 50, 51), (float("nan"), 1, 1)])
def test_bad_shares(bad):
    with pytest.raises(InputError, match="three shares"):
        assign_splits(grid(2, 2), fractions=bad)


@pytest.mark.parametrize("bad", ["far", "-3m", "1 mile", ""])
def test_bad_buffer(bad):
    with pytest.raises(InputError, match="buffer is a length"):
        assign_splits(grid(2, 2), buffer=bad)


def test_no_chips():
    with pytest.raises(InputError, match="no chips"):
        assign_splits([])


def test_only_train_and_test():
    report = assign_splits(grid(10, 10), fractions=(80, 0, 20)).report
    assert report.chips["validate"] == 0
    assert report.chips["train"] > report.chips["test"] > 0
