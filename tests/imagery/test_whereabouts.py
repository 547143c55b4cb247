"""Whether a scene's files are where they were, and the mark that changes with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from madelake import TIME, lake_like_image, write_scene

from groundset.imagery import open_source
from groundset.imagery.scene import Scene
from groundset.imagery.whereabouts import MovedError, absent, check_there, hrefs, local_file, mark_of, stamp


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    path = write_scene(tmp_path / "s.tif", lake_like_image()[0])
    return open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")[0]


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/a/b c.tif", "/a/b c.tif"),
        ("file:///a/b%20c.tif", "/a/b c.tif"),
        ("/vsizip//a/b.zip/c/d.tif", "/a/b.zip"),
        ("/vsizip/{/a/b.zip}/c.tif", "/a/b.zip"),
        ("/vsitar//a/b.tar/c.tif", "/a/b.tar"),
        ("https://example.org/a.tif", None),
        ("s3://bucket/a.tif", None),
        ("/vsicurl/https://example.org/a.tif", None),
    ],
)
def test_the_file_that_an_address_names(href: str, path: str | None) -> None:
    assert local_file(href) == (None if path is None else Path(path))


def test_each_file_is_named_once(scene: Scene, tmp_path: Path) -> None:
    assert hrefs(scene) == [str(tmp_path / "s.tif")]


def test_a_file_moved_away_is_told_and_found_again(scene: Scene, tmp_path: Path) -> None:
    path, there = tmp_path / "s.tif", stamp(scene)
    check_there(scene)
    path.rename(tmp_path / "t.tif")
    assert absent(scene) == [path]
    assert mark_of(str(path)) is None
    assert stamp(scene) != there
    with pytest.raises(MovedError, match="not where it was") as caught:
        check_there(scene)
    assert caught.value.asked == str(path)
    (tmp_path / "t.tif").rename(path)
    check_there(scene)
    assert stamp(scene) == there


def test_a_file_touched_has_another_mark(scene: Scene, tmp_path: Path) -> None:
    before = stamp(scene)
    os.utime(tmp_path / "s.tif", ns=(0, 1))
    assert stamp(scene) != before
