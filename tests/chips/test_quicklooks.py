"""Pictures of chips, and the packed files that hold them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from groundset.chips import QuicklookStore, Stretch, encode_image, render, render_rgba, stretch_of, unpack_page
from groundset.chips.render import layer_bands
from groundset.core import Band, BandSet, InputError, MissingError
from groundset.imagery import Pixels


def pixels(names: str, size: int = 32, *, hole: bool = False) -> Pixels:
    bands = BandSet(tuple(Band(f"B{i}", n) for i, n in enumerate(names.split())))
    ramp = np.linspace(0, 1000, size * size).reshape(size, size)
    data = np.stack([ramp * (i + 1) for i in range(len(bands))]).astype(np.float32)
    valid = np.ones(data.shape, bool)
    if hole:
        valid[:, :8, :8] = False
    return Pixels(data, valid, bands)


@pytest.mark.parametrize(
    ("names", "layer", "wanted"),
    [
        ("blue green red nir", "natural", (2, 1, 0)),
        ("vv vh", "natural", (0, 1, 0)),
        ("blue green red vv vh", "natural", (2, 1, 0)),
        ("nir swir16", "natural", (0, 0, 0)),
        ("a b c d", "natural", (0, 1, 2)),
        ("blue green red nir", "infrared", (3, 2, 1)),
        ("blue green red nir", "nir", (3, 3, 3)),
        ("blue green red nir", "B3,B0,green", (3, 0, 1)),
    ],
)
def test_layers(names: str, layer: str, wanted: tuple[int, int, int]) -> None:
    assert layer_bands(pixels(names).bands, layer) == wanted


@pytest.mark.parametrize("layer", ["shortwave", "nonsense", "red,green", "red,green,B99"])
def test_layers_that_cannot_be_shown(layer: str) -> None:
    with pytest.raises(InputError):
        layer_bands(pixels("blue green red").bands, layer)


def test_render_stretches_and_leaves_nodata_black() -> None:
    chip = pixels("blue green red", hole=True)
    picture = render(chip)
    assert picture.shape == (32, 32, 3)
    assert picture.dtype == np.uint8
    assert not picture[:8, :8].any()
    assert picture[-1, -1].tolist() == [255, 255, 255]
    assert render_rgba(chip)[..., 3].sum() == 255 * (32 * 32 - 64)
    assert render(chip, size=10).shape == (8, 8, 3)
    dark = render(chip, stretch=Stretch((2, 1, 0), (0, 0, 0), (1e6, 1e6, 1e6)))
    assert dark.max() < 20


def test_nothing_valid_is_black() -> None:
    chip = pixels("blue green red")
    chip.valid[:] = False
    assert not render(chip).any()
    assert stretch_of([chip]) is None


def test_packed_round_trip(tmp_path: Path) -> None:
    store = QuicklookStore(tmp_path)
    images = [encode_image(np.full((4, 4, 3), i % 251, np.uint8), "image/png") for i in range(2500)]
    stretch = Stretch((2, 1, 0), (0.0, 1.0, 2.0), (3.0, 4.0, 5.0))
    store.write_part("s_0", iter(images), stretch=stretch)
    assert store.rows("s_0") == 2500
    assert store.stretch("s_0") == stretch
    for row in (0, 1023, 1024, 2499):
        assert store.get("s_0", row) == images[row]
    assert unpack_page(store.page("s_0", range(1000, 2100))) == images[1000:2100]
    assert Image.open(io.BytesIO(store.get("s_0", 7))).getpixel((0, 0)) == (7, 7, 7)
    with pytest.raises(MissingError, match="2500 rows"):
        store.get("s_0", 2500)
    with pytest.raises(MissingError, match="no quicklooks"):
        store.get("t_0", 0)
    assert [p.name for p in (tmp_path / "natural").iterdir()] == ["s_0.arrow"]


def test_packed_is_plain_arrow(tmp_path: Path) -> None:
    from pyarrow import feather

    store = QuicklookStore(tmp_path)
    store.write_part("s_0", [encode_image(np.zeros((4, 4, 4), np.uint8))])
    table = feather.read_table(tmp_path / "natural" / "s_0.arrow")
    assert table.schema.metadata[b"media_type"] == b"image/webp"
    assert Image.open(io.BytesIO(table.column("image")[0].as_py())).mode == "RGBA"
