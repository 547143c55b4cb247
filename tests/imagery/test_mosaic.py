"""Mosaics by solar day, and what is never taken for pixels."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import stacitems
from hypothesis import given, settings
from hypothesis import strategies as st
from realservers.http import FileServer, Reply

from groundset.core import GroundsetError, InputError, MissingError, Window, whole
from groundset.imagery import Reason, Scene, SceneReader, SceneStore, scenes_from_items
from groundset.imagery.mosaic import solar_day, solar_day_mosaics, union_grid
from groundset.imagery.stac_read import to_item


@pytest.fixture(scope="module")
def tiles(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """Two tiles of one day that overlap by 100 columns, one of the day after."""
    folder = tmp_path_factory.mktemp("mosaic")
    made = [
        stacitems.sentinel_2(data_dir, folder, "west", when="2023-06-12T10:56:31Z"),
        stacitems.sentinel_2(data_dir, folder, "east", when="2023-06-12T10:56:46Z", shift=(70, 0)),
        stacitems.sentinel_2(data_dir, folder, "later", when="2023-06-13T10:56:31Z"),
    ]
    return scenes_from_items([to_item(m, "/x.json") for m in made], bands=["blue", "nir", "swir16"])


def test_tiles_of_a_day_become_one_scene(tiles: list[Scene], tmp_path: Path) -> None:
    day, later = solar_day_mosaics(tiles)
    assert later.id == "later"
    assert day.id == "sentinel-2-l2a-2023-06-12-west"
    assert (day.height, day.width) == (240, 310)
    assert day.geobox[:, :240] == tiles[0].geobox
    assert all(len(s) == 2 for s in day.sources)
    with SceneReader(day) as both, SceneReader(tiles[0]) as west, SceneReader(tiles[1]) as east:
        pixels = both.read(whole(310, 240))
        first, second = west.read(whole(240, 240)), east.read(whole(240, 240))
        reasons = both.read_reasons(whole(310, 240))
    assert pixels.valid_fraction > 0.99
    assert (pixels.data[:2, :, :240][first.valid[:2]] == first.data[:2][first.valid[:2]]).all()  # the first wins
    assert (pixels.data[:2, :, 240:] == second.data[:2, :, 170:]).all()
    assert (reasons[:20, :20] == Reason.CLOUD).all()  # flags of the first where it speaks ...
    assert (reasons[:, 240:] == Reason.NONE).mean() > 0.99  # ... of the second where the first is silent
    store = SceneStore(tmp_path)
    store.put(day)
    again = store.get(day.id)
    assert (again.sources, again.flags) == (day.sources, day.flags)


def test_every_valid_pixel_is_counted(tiles: list[Scene]) -> None:
    """Valid pixels of the mosaic are exactly those of its parts together."""
    day = solar_day_mosaics(tiles)[0]
    union = np.zeros((240, 310), bool)
    for tile, left in ((tiles[0], 0), (tiles[1], 70)):
        with SceneReader(tile) as reader:
            union[:, left : left + 240] |= reader.read(whole(240, 240)).valid[0]
    with SceneReader(day) as reader:
        assert (reader.read(whole(310, 240)).valid[0] == union).all()
        beyond = reader.read(Window(300, 230, 40, 40))
    assert not beyond.valid[:, 10:, :].any()
    assert not beyond.valid[:, :, 10:].any()


def test_what_differs_is_not_joined(tiles: list[Scene]) -> None:
    bands = replace(tiles[1].bands, bands=tuple(replace(b, offset=0.0) for b in tiles[1].bands))
    with pytest.raises(InputError, match=r"bands differ.*B02 \(x 0.0001 \+ -0.1.*B02 \(x 0.0001 \+ 0"):
        solar_day_mosaics([tiles[0], replace(tiles[1], bands=bands)])
    with pytest.raises(InputError, match="needs time and CRS"):
        solar_day_mosaics([replace(tiles[0], datetime=None)])


def test_another_orbit_or_sensor_is_another_mosaic(tiles: list[Scene]) -> None:
    a = replace(tiles[0], product={"sat:relative_orbit": 94})
    b = replace(tiles[1], product={"sat:relative_orbit": 51})
    assert len(solar_day_mosaics([a, b])) == 2
    assert len(solar_day_mosaics([tiles[0], replace(tiles[1], sensor="sentinel-2-l1c")])) == 2


def test_mosaic_of_items_by_name(data_dir: Path, tmp_path: Path) -> None:
    items = [to_item(stacitems.sentinel_2(data_dir, tmp_path, f"t{n}", shift=(n * 50, 0)), "/x.json") for n in range(2)]
    (scene,) = scenes_from_items(items, mosaic="solar-day", bands=["nir"])
    assert scene.width == 290
    with pytest.raises(InputError, match="take solar-day"):
        scenes_from_items(items, mosaic="month")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "longitude", "want"),
    [
        ("2023-06-12T10:56:31", -0.8, date(2023, 6, 12)),
        ("2023-06-12T23:50:00", 151.0, date(2023, 6, 13)),  # Sydney: the morning of the 13th
        ("2023-06-13T00:10:00", 151.0, date(2023, 6, 13)),
        ("2023-06-13T00:10:00", -122.0, date(2023, 6, 12)),  # Seattle: still the 12th
    ],
)
def test_solar_day(when: str, longitude: float, want: date) -> None:
    assert solar_day(datetime.fromisoformat(when).replace(tzinfo=UTC), longitude) == want


@settings(deadline=None)
@given(st.integers(-(10**9), 4 * 10**9), st.floats(-180, 180))
def test_solar_day_is_odc_stacs(second: int, longitude: float) -> None:
    from odc.stac.model import _convert_to_solar_time

    when = datetime.fromtimestamp(second, UTC)
    assert solar_day(when, longitude) == _convert_to_solar_time(when, longitude).date()


def test_union_grid_keeps_the_lattice(tiles: list[Scene]) -> None:
    grid = tiles[0].geobox
    assert union_grid([grid]) == grid
    assert union_grid([grid, grid[10:50, 20:60]]) == grid
    grown = union_grid([grid[100:, 100:], grid])
    assert tuple(grown.shape) == (240, 240)
    assert grown.affine.almost_equals(grid.affine)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(404, b"gone"), MissingError),
        (Reply(403, b"<Error>AccessDenied</Error>"), GroundsetError),
        (Reply(500, b"oops"), GroundsetError),
        (Reply(200, b"<!DOCTYPE html><html>sorry</html>", "text/html"), GroundsetError),
        (Reply(200, b""), GroundsetError),
    ],
)
def test_an_asset_that_cannot_be_read_is_named_never_zeros(
    data_dir: Path, http_files: FileServer, monkeypatch: pytest.MonkeyPatch, reply: Reply, kind: type[Exception]
) -> None:
    from groundset.imagery import signing

    monkeypatch.setitem(signing.REMOTE_OPTIONS, "GDAL_HTTP_RETRY_DELAY", 0.01)
    made = stacitems.sentinel_2(data_dir, http_files.root, f"s{reply.status}{len(reply.body)}", href=http_files.href)
    (scene,) = scenes_from_items([to_item(made, "/x.json")], bands=["blue", "swir16"])
    http_files.fault = lambda _, path: reply if "swir16" in path else None
    with SceneReader(scene) as reader:
        assert reader.read(whole(240, 240), ["B02"]).valid_fraction > 0.99
        with pytest.raises(kind, match="swir16"):
            reader.read(whole(240, 240))


def test_a_cog_cut_short_over_http_is_an_error(
    data_dir: Path, http_files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundset.imagery import signing

    monkeypatch.setitem(signing.REMOTE_OPTIONS, "GDAL_HTTP_RETRY_DELAY", 0.01)
    made = stacitems.sentinel_2(data_dir, http_files.root, "cut", href=http_files.href)
    for key in ("blue", "swir16"):  # read as it lies, and resampled
        path = http_files.root / f"cut_{key}.tif"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        (scene,) = scenes_from_items([to_item(made, "/x.json")], bands=[key, "nir"])
        with SceneReader(scene) as reader, pytest.raises(GroundsetError, match=f"cut_{key}"):
            reader.read(whole(240, 240), [key])


def test_only_the_needed_bytes_are_fetched(data_dir: Path, http_files: FileServer) -> None:
    made = stacitems.sentinel_2(data_dir, http_files.root, "ranges", href=http_files.href)
    (scene,) = scenes_from_items([to_item(made, "/x.json")], bands=["blue"])
    with SceneReader(scene) as reader:
        reader.read(Window(0, 0, 16, 16))
    asked = [r for r in http_files.requests if "blue" in r.path and r.method == "GET"]
    assert asked, http_files.requests
    assert all(r.range is not None and r.status == 206 for r in asked), asked
