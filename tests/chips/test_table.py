"""The chip table: open to other tools, whole or not at all, and quick to look into."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from groundset.chips import COLUMNS, Chip, ChipStore, cut, scene_windows
from groundset.core import Band, BandSet, ChipId, ConflictError, Grid, InputError, MissingError, Window
from groundset.imagery import BandSource, Scene


def a_scene(width: int = 1000, height: int = 700, *, crs: str | None = "EPSG:32632", **more: object) -> Scene:
    bands = BandSet((Band("B02", "blue"), Band("B08", "nir")))
    box = GeoBox((height, width), Affine(10, 0, 600000, 0, -10, 5000000), crs)
    options = {"datetime": datetime(2020, 1, 13, 10, 53, 21, 250, tzinfo=UTC), "sensor": "sentinel-2-l2a", **more}
    return Scene("S2_A", box, bands, ((BandSource("/x.tif", 1),), (BandSource("/x.tif", 2),)), **options)  # type: ignore[arg-type]


def chips_of(scene: Scene, grid: Grid, level: int = 0) -> list[Chip]:
    return [cut(scene, level, r, c, w, valid_fraction=0.25 * (c % 5)) for r, c, w in scene_windows(scene, grid, level)]


@pytest.fixture
def store(tmp_path: Path) -> ChipStore:
    return ChipStore(tmp_path / "chips")


def test_round_trip_and_columns(store: ChipStore) -> None:
    chips = chips_of(a_scene(cloud_cover=12.5, group="site"), Grid(128, levels=2))
    fine = chips_of(a_scene(), Grid(128, levels=2), 1)
    store.write_part("S2_A_0", chips)
    store.write_part("S2_A_1", fine)
    assert store.parts() == ["S2_A_0", "S2_A_1"]
    assert list(store.chips("S2_A_0")) == chips
    assert list(store.chips()) == chips + fine
    assert len(store) == len(chips) + len(fine)
    table = store.table()
    assert tuple(table.column_names) == COLUMNS
    row = table.slice(9, 1).to_pylist()[0]
    assert row["chip_id"] == "S2_A_0_1_1"
    assert row["transform"] == [10, 0, 601280, 0, -10, 4998720]
    assert row["cloud_cover"] == 12.5
    assert row["bands"] == ["B02", "B08"]
    assert row["group"] == "site"
    with pytest.raises(MissingError, match="no such column"):
        store.table(["clouds"])


def test_readable_without_groundset(store: ChipStore) -> None:
    """geopandas, pyogrio's sibling readers and DuckDB see an ordinary GeoParquet 1.1 file."""
    import duckdb
    import geopandas

    store.write_part("S2_A_0", chips_of(a_scene(), Grid(256)))
    frame = geopandas.read_parquet(store.path("S2_A_0"))
    assert frame.crs.to_epsg() == 4326
    assert len(frame) == 12
    assert str(frame["datetime"].dt.tz) == "UTC"
    geo = json.loads(pq.read_schema(store.path("S2_A_0")).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["bbox"] == pytest.approx(list(frame.total_bounds))
    query = f"SELECT count(*), max(valid_fraction) FROM read_parquet('{store.path('S2_A_0')}') WHERE row = 1"
    assert duckdb.sql(query).fetchall() == [(4, 0.75)]


def test_without_crs_the_geometry_is_null(store: ChipStore) -> None:
    import geopandas

    photo = a_scene(300, 200, crs=None, photo=True, datetime=None, sensor=None)
    chips = chips_of(photo, Grid(256))
    assert [c.window for c in chips] == [Window(0, 0, 300, 200)]
    store.write_part("S2_A_0", chips)
    assert store.table(["geometry", "crs", "datetime"]).to_pylist() == [
        {"geometry": None, "crs": None, "datetime": None}
    ]
    assert list(store.chips()) == chips
    assert len(geopandas.read_parquet(store.path("S2_A_0"))) == 1


def test_lookup(store: ChipStore) -> None:
    chips = chips_of(a_scene(), Grid(64))
    store.write_part("S2_A_0", chips[:100])
    store.write_part("S2_A_0~1", chips[100:])
    for i in (0, 57, 99):
        assert store.row(str(chips[i].id)) == ("S2_A_0", i)
        assert store.get(chips[i].id) == chips[i]
    assert store.row(str(chips[120].id)) == ("S2_A_0~1", 20)
    assert str(chips[3].id) in store
    assert "S2_A_0_99_0" not in store
    assert "nonsense" not in store
    assert 7 not in store
    with pytest.raises(MissingError, match="no such chip"):
        store.get("S2_A_0_99_0")


def test_a_part_is_written_once_and_whole(store: ChipStore, monkeypatch: pytest.MonkeyPatch) -> None:
    chips = chips_of(a_scene(), Grid(256))

    def fail(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(pq, "write_table", fail)
        with pytest.raises(KeyboardInterrupt):
            store.write_part("S2_A_0", chips)
    assert list(store.folder.iterdir()) == []
    store.write_part("S2_A_0", chips)
    with pytest.raises(ConflictError, match="there already"):
        store.write_part("S2_A_0", chips)
    store.path("broken_0").write_bytes(b"not parquet")
    with pytest.raises(InputError, match="cannot be read"):
        list(store.chips("broken_0"))


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(64, 400),
    height=st.integers(64, 400),
    edge=st.sampled_from(["pad", "drop", "shift"]),
    stride=st.sampled_from([32, 48, 64]),
    level=st.integers(0, 2),
)
def test_every_pixel_is_in_a_chip(width: int, height: int, edge: str, stride: int, level: int) -> None:
    scene = a_scene(width, height)
    grid = Grid(64, stride, 3, edge)  # type: ignore[arg-type]
    seen = np.zeros((height, width), bool)
    for row, col, window in scene_windows(scene, grid, level):
        inside = window.intersection(Window(0, 0, width, height))
        assert inside is not None
        assert edge == "pad" or inside == window
        seen[inside.slices] = True
        chip = cut(scene, level, row, col, window)
        assert chip.geobox.affine * (0, 0) == scene.geobox.affine * (window.x_off, window.y_off)
        assert ChipId.parse(str(chip.id)) == chip.id
    assert edge == "drop" or seen.all()


def test_too_small_a_scene_names_a_size_that_fits() -> None:
    with pytest.raises(InputError, match="--chip-size 128"):
        list(scene_windows(a_scene(200, 150), Grid(256)))


@pytest.mark.parametrize(
    ("crs", "affine", "size"),
    [
        ("EPSG:32632", Affine(10, 0, 600000, 0, -10, 5000000), 256),
        ("EPSG:32601", Affine(10, 0, 300000, 0, -10, 7000000), 10980),
        ("EPSG:3035", Affine(1000, 0, 2500000, 0, -1000, 5400000), 3000),
        ("EPSG:4326", Affine(0.001, 0, 10, 0, -0.001, 45), 128),
        ("EPSG:32633", Affine(7, 7, 500000, 7, -7, 5000000), 2048),
    ],
)
def test_footprints_are_right_in_longitude_and_latitude(crs: str, affine: Affine, size: int) -> None:
    """Every point of the true edge lies within a tenth of a pixel (and the metric's error) of the footprint."""
    scene = Scene("a", GeoBox((size, size), affine, crs), BandSet((Band("a"),)), ((BandSource("/x"),),))
    shape = cut(scene, 0, 0, 0, Window(0, 0, size, size)).footprint
    back = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    ring = shapely.segmentize(shapely.get_exterior_ring(shapely.get_parts(shape)[0]), 0.001)
    lon, lat = shapely.get_coordinates(ring).T
    keep = np.abs(np.abs(lon) - 180) > 1e-9
    x, y = back.transform(lon[keep], lat[keep])
    cols, rows = ~affine * (np.asarray(x), np.asarray(y))
    off = np.minimum.reduce([np.abs(cols), np.abs(rows), np.abs(cols - size), np.abs(rows - size)])
    assert off.max() < 0.25
    assert shapely.is_valid(shape)


def test_footprints_at_the_antimeridian_and_the_pole() -> None:
    def of(crs: str, affine: Affine, size: int) -> shapely.Geometry:
        return cut(
            Scene("a", GeoBox((size, size), affine, crs), BandSet((Band("a"),)), ((BandSource("/x"),),)),
            0, 0, 0, Window(0, 0, size, size),
        ).footprint  # fmt: skip

    split = of("EPSG:32601", Affine(10, 0, 320000, 0, -10, 7200000), 10980)
    assert split.geom_type == "MultiPolygon"
    assert split.area < 8
    assert split.bounds[0] == -180
    assert split.bounds[2] == 180
    pole = of("EPSG:3995", Affine(1000, 0, -500000, 0, -1000, 500000), 1000)
    assert shapely.contains_xy(pole, 12, 89.9)
    assert pole.bounds[3] == 90


def test_a_million_rows(store: ChipStore) -> None:
    """Looking up a chip reads two columns once and then one row group, never the whole part."""
    import pyarrow as pa

    from groundset.chips.schema import to_table
    from groundset.chips.table import ROWS_PER_GROUP

    one = to_table(chips_of(a_scene(), Grid(256))[:1])
    n, side = 1_000_000, 1000
    rows = np.arange(n, dtype=np.int32)
    block = pa.concat_tables([one] * ROWS_PER_GROUP).combine_chunks()
    store.folder.mkdir()
    with pq.ParquetWriter(store.path("S2_A_0"), one.schema, compression="zstd") as writer:
        for start in range(0, n, ROWS_PER_GROUP):
            part = block.slice(0, min(ROWS_PER_GROUP, n - start))
            at = rows[start : start + len(part)]
            part = part.set_column(3, one.schema.field(3), pa.array(at // side))
            part = part.set_column(4, one.schema.field(4), pa.array(at % side))
            writer.write_table(part, row_group_size=ROWS_PER_GROUP)
    assert len(store) == n
    assert store.row("S2_A_0_777_123") == ("S2_A_0", 777_123)
    chip = store.get("S2_A_0_999_999")
    assert (chip.id.row, chip.id.col) == (999, 999)
