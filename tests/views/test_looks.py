"""Pictures of layers: their numbers are NumPy's, ranges are the scene's or the chip's, soil moisture has edges."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from serving import make_workspace

from groundset.chips import view_of
from groundset.chips.ramps import stops, table
from groundset.core import Band, BandSet, InputError
from groundset.imagery import Pixels
from groundset.views import Views
from groundset.views.draw import draw
from groundset.views.lab import toned
from groundset.views.moisture import find_edges
from groundset.views.own import remove_view, save_view
from groundset.workspace import Workspace

RANDOM = np.random.default_rng(3)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with make_workspace(tmp_path / "lake") as made:
        yield made


def pixels(dtype: str = "float32") -> Pixels:
    bands = BandSet((Band("r", "red", dtype=dtype), Band("n", "nir", dtype=dtype)))
    data = RANDOM.integers(1, 100, (2, 8, 8)).astype(dtype)
    valid = np.ones(data.shape, bool)
    valid[:, 0, 0] = False
    return Pixels(data, valid, bands)


def test_an_expression_is_drawn_in_the_colours_of_its_scale() -> None:
    chip = pixels()
    view = view_of(chip.bands, "=(nir - red) / (nir + red)@ramp=viridis@range=-1,1")
    order = [chip.bands.index(n) for n in view.bands]
    few = Pixels(chip.data[order], chip.valid[order], chip.bands.select(view.bands))
    picture = draw(few, view, [(-1.0, 1.0)])
    n, r = chip.data[1], chip.data[0]
    wanted = table(stops("viridis"), 1024)[(((n - r) / (n + r) + 1) / 2 * 1023).astype(int)]
    assert np.abs(picture[1:].astype(int) - wanted[1:]).max() <= 2
    assert picture[0, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_the_chips_own_stretch_uses_all_of_black_to_white(dtype: str) -> None:
    chip = pixels(dtype)
    view = view_of(chip.bands, "r")
    few = Pixels(chip.data[:1], chip.valid[:1], chip.bands.select(["r"]))
    own = draw(few, view, None)[..., 0]
    assert (own.min(), own.max()) == (0, 255)
    assert draw(few, view, [(0.0, 1e6)])[..., 0].max() < 10


def test_lab_keeps_grey_grey_and_the_hue_of_what_is_too_bright() -> None:
    grey = np.full((3, 1, 1), 0.25, np.float32)
    assert np.ptp(toned(grey, [(0, 1)] * 3)[0, 0, :3].astype(int)) <= 1
    assert toned(grey, [(0, 1)] * 3)[0, 0, 0] == pytest.approx(255 * 0.25 ** (1 / 2.2), abs=1)
    bright = np.array([2.0, 0.8, 0.4], np.float32)[:, None, None]
    red, green, blue = toned(bright, [(0, 1)] * 3)[0, 0, :3].tolist()
    assert red > green > blue
    assert toned(np.full((3, 1, 1), np.nan, np.float32), [(0, 1)] * 3).tolist() == [[[0, 0, 0, 0]]]


def test_edges_are_found_in_the_cloud_that_they_bound() -> None:
    ndvi = RANDOM.uniform(0, 0.9, 40_000)
    dry, wet = 0.3 + 1.2 * ndvi, 3.0 + 5.0 * ndvi
    trapped = dry + RANDOM.uniform(0, 1, ndvi.size) * (wet - dry)
    swir = 1 + trapped - np.sqrt((1 + trapped) ** 2 - 1)
    red = np.full(ndvi.size, 0.1)
    nir = red * (1 + ndvi) / (1 - ndvi)
    found = find_edges(*(p.astype(np.float32) for p in (nir, red, swir)))
    assert found is not None
    assert found == pytest.approx((0.3 + 0.054, 1.2 + 0.076, 3.0 - 0.054, 5.0 - 0.076), abs=0.1)


def test_no_edges_where_there_is_no_cloud() -> None:
    few = np.full(10, 0.3, np.float32)
    assert find_edges(few, few / 2, few) is None
    assert find_edges(few * np.nan, few, few) is None


def test_a_view_is_kept_listed_replaced_and_taken_away(ws: Workspace) -> None:
    config = ws.lake.layout.config
    before = config.read_text()
    a, b = ws.lake.scenes.get("s").bands.names[:2]
    save_view(ws.lake, "mine", {"expression": f"{a} - {b}", "title": "Mine", "ramp": "rdbu", "range": [-1, 1]})
    assert ws.lake.config.views["mine"]["expression"] == f"{a} - {b}"
    views = Views(ws.lake)
    scene = ws.lake.scenes.get("s")
    assert views.looks.view(scene, "mine").ramp == stops("rdbu")
    mark = views.looks.mark(scene, "mine")
    save_view(ws.lake, "mine", {"expression": f"{b} - {a}"}, replace=True)
    assert views.looks.mark(scene, "mine") != mark
    with pytest.raises(InputError, match="column"):
        save_view(ws.lake, "wrong", {"expression": f"{a} -"})
    with pytest.raises(InputError, match="layer of this name"):
        save_view(ws.lake, "NDVI", {"expression": a})
    with pytest.raises(InputError, match="name of a view"):
        save_view(ws.lake, "a.b", {"expression": a})
    remove_view(ws.lake, "mine")
    assert config.read_text().rstrip() == before.rstrip()
    views.close()


def test_own_expressions_have_the_scenes_range(ws: Workspace) -> None:
    views = Views(ws.lake)
    scene = ws.lake.scenes.get("s")
    a, b = scene.bands.names[:2]
    stored = ws.lake.reader("s").read_small(4096, [a, b]).physical()
    view = views.looks.view(scene, f"={a} - {b}")
    (span,) = views.looks.ranges(scene, view) or []
    assert span == pytest.approx(tuple(np.percentile(stored[0] - stored[1], (2, 98))), rel=1e-3)
    even = views.looks.ranges(scene, views.looks.view(scene, f"=({a} - {b}) / ({a} + {b})")) or []
    assert even[0][0] == -even[0][1]
    assert views.looks.ranges(scene, views.looks.view(scene, f"={a}@stretch=chip")) is None
    views.close()


def test_a_page_of_an_expression(ws: Workspace) -> None:
    views = Views(ws.lake)
    a = ws.lake.scenes.get("s").bands.names[0]
    part = ws.lake.chips.parts()[0]
    images = views.pages.images([(part, 0), (part, 1)], f"={a} * 2@ramp=magma")
    assert all(Image.open(io.BytesIO(i)).size[0] > 0 for i in images)
    views.close()
