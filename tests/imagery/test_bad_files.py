"""Bad input: one clear message each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from groundset.core import GroundsetError, InputError, MissingError, ServiceError, Window
from groundset.imagery import SceneReader, open_source


def cog(path: Path, side: int = 1024, dtype: str = "uint16") -> Path:
    rng = np.random.default_rng(0)
    data = rng.integers(1, 4000, (3, side, side)).astype(dtype)
    profile = {"driver": "GTiff", "count": 3, "height": side, "width": side, "dtype": dtype, "crs": "EPSG:32631"}
    profile |= {"transform": rasterio.Affine(10, 0, 500000, 0, -10, 4600000), "tiled": True, "compress": "deflate"}
    with rasterio.open(path, "w", **profile, blockxsize=256, blockysize=256) as ds:
        ds.write(data)
    return path


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        open_source(tmp_path / "gone.tif")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "HTML"),
        (b"", "empty file"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        (b"II*\x00 this is no TIFF at all", "corrupt"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n broken", "corrupt"),
    ],
)
def test_not_an_image(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(InputError, match=word) as caught:
        open_source(path)
    assert str(path) in str(caught.value)


def test_a_truncated_cog_is_an_error_and_never_zeros(tmp_path: Path) -> None:
    path = cog(tmp_path / "a.tif")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(GroundsetError, match="corrupt or cut short"), SceneReader(open_source(path)[0]) as reader:
        reader.read(Window(0, 0, 1024, 1024))


def test_no_crs(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=8, height=8, count=1, dtype="uint8") as ds:
        ds.write(np.ones((1, 8, 8), np.uint8))
    with pytest.raises(InputError, match="rio edit-info --crs"):
        open_source(path)


def test_a_palette_is_no_image_of_values(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with rasterio.open(path, "w", driver="PNG", width=8, height=8, count=1, dtype="uint8") as ds:
        ds.write(np.ones((1, 8, 8), np.uint8))
        ds.write_colormap(1, {0: (0, 0, 0), 1: (255, 0, 0)})
    with pytest.raises(InputError, match="palette"):
        open_source(path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no image in this folder"):
        open_source(tmp_path)


def test_a_naive_time(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="RFC 3339"):
        open_source(cog(tmp_path / "a.tif", 64), time="2020-01-13T10:00:00")


def test_the_same_band_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="twice: a"):
        open_source(cog(tmp_path / "a.tif", 64), bands=["a", "a", "b"])


def test_a_scene_whose_file_has_gone_since(tmp_path: Path) -> None:
    path = cog(tmp_path / "a.tif", 64)
    (scene,) = open_source(path)
    path.unlink()
    with pytest.raises(MissingError, match="no such file"), SceneReader(scene) as reader:
        reader.read(Window(0, 0, 8, 8))


def test_cog_over_http_by_ranges(http_files, tmp_path: Path) -> None:
    path = cog(http_files.root / "a.tif")
    (scene,) = open_source(http_files.href("a.tif"))
    with SceneReader(scene) as reader, rasterio.open(path) as ds:
        pixels = reader.read(Window(300, 300, 100, 100))
        assert (pixels.data == ds.read(window=((300, 400), (300, 400)))).all()
    gets = [r for r in http_files.requests if r.method == "GET" and r.status in (200, 206)]
    assert all(r.status == 206 for r in gets), gets
    sent = sum(min(r.range[1], path.stat().st_size) - r.range[0] + 1 for r in gets)
    assert 0 < sent < path.stat().st_size / 4


def test_an_address_signed_for_get_alone(http_files) -> None:
    from realservers.http import Reply

    cog(http_files.root / "a.tif", 512)
    http_files.fault = lambda method, _: Reply(403, b"<Error/>") if method == "HEAD" else None
    signed = http_files.href("a.tif") + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-Signature=ab12"
    (scene,) = open_source(signed)
    with SceneReader(scene) as reader:
        assert reader.read(Window(0, 0, 8, 8)).data.any()


def test_html_over_http(http_files) -> None:
    (http_files.root / "a.tif").write_bytes(b"<html><body>Not here any more</body></html>" * 50)
    with pytest.raises(InputError, match="HTML"):
        open_source(http_files.href("a.tif"))
    (http_files.root / "page").write_bytes(b"<!doctype html><p>hello")
    with pytest.raises(InputError, match="HTML"):
        open_source(http_files.href("page"))


def test_nothing_there_over_http(http_files) -> None:
    with pytest.raises(MissingError, match=r"404|not there"):
        open_source(http_files.href("gone.tif"))


def test_no_server() -> None:
    with pytest.raises(ServiceError, match="does not answer"):
        open_source("http://127.0.0.1:9/a.tif")


def test_a_server_that_fails_in_the_middle_gives_an_error_and_never_zeros(http_files) -> None:
    from realservers.http import Reply

    cog(http_files.root / "a.tif")
    (scene,) = open_source(http_files.href("a.tif"))
    with SceneReader(scene) as reader:
        reader.read(Window(0, 0, 8, 8))
        http_files.fault = lambda *_: Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        with pytest.raises(ServiceError):
            reader.read(Window(900, 900, 100, 100))
