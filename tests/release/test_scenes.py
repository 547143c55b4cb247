"""Scenes with other bands in one workspace: refused before anything is read, and released each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, add_scene, lake_like_image, write_scene

from groundset.core import InputError, MissingError
from groundset.core.bands import BandSet
from groundset.imagery import open_source
from groundset.lake import Lake, init
from groundset.release import build, check_bands, rebuild
from groundset.release.recipe import read_recipe
from groundset.taxonomy import WATER
from groundset.workspace import Workspace

BANDS = {"optical": ["blue", "green", "red", "nir"], "radar": ["hh", "hv"]}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Optical and radar of one place, 16 chips each, all labelled."""
    root = tmp_path_factory.mktemp("two")
    with init(root / "lake", scheme=WATER) as made:
        for name, bands in BANDS.items():
            image = lake_like_image(64, 64)[0][: len(bands)]
            path = write_scene(root / f"{name}.tif", image.astype(np.float32))
            add_scene(made, open_source(str(path), bands=bands, time=TIME, scene_id=name)[0], 16)
        ids = sorted(str(c.id) for c in made.chips.chips())
        ws = Workspace(made)
        ws.annotate(ids[::2], "water", actor="anna", task="chips")
        ws.annotate(ids[1::2], "non-water", actor="anna", task="chips")
        yield made


def test_both_together_are_refused_before_anything_is_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.release._batches.SceneReader", None)
    with pytest.raises(InputError, match="must have the same bands") as told:
        build(lake, "all", task="chips")
    assert told.value.found == "optical: blue, green, red, nir; radar: hh, hv"
    assert told.value.hint == "release one set of them: --scenes optical or --scenes radar"
    assert not list(lake.layout.releases.glob("*"))


def test_each_for_itself_and_again(lake: Lake, tmp_path: Path) -> None:
    made = build(lake, "radar", task="chips", scenes=["radar"], unlabelled=True, buffer="0km")
    names = {p.name for p in (made.path / "items").iterdir()}
    assert len(names) == 16
    assert all(name.startswith("radar_") for name in names)
    assert read_recipe(made.path).scenes == ("radar",)
    assert not rebuild(lake, made.path, to=tmp_path / "again").differences(made.path)


def test_a_scene_that_is_not_there_or_has_no_label(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such scene") as told:
        build(lake, "v", task="chips", scenes=["rader"])
    assert told.value.asked == "scenes = rader"
    path = write_scene(tmp_path / "bare.tif", np.ones((1, 16, 16), np.float32))
    lake.scenes.put(open_source(str(path), bands=["hh"], time=TIME, scene_id="bare")[0])
    with pytest.raises(InputError, match="these scenes have no labels") as none:
        build(lake, "v", task="chips", scenes=["bare"])
    assert (none.value.asked, none.value.found) == ("task chips, scenes bare", "labels in optical, radar")


def test_of_many_scenes_the_first_are_named_and_the_rest_counted(lake: Lake) -> None:
    one = lake.scenes.get("radar")
    many = [replace(lake.scenes.get("optical"), id=f"o{i:03}") for i in range(60)]
    with pytest.raises(InputError) as told:
        check_bands([*many, one])
    assert str(told.value.found).startswith("o000, o001, o002, o003, o004 and 55 more: blue")
    assert "with these 60, joined by commas: o000, o001, o002, o003, o004 and 55 more" in str(told.value.hint)
    with pytest.raises(InputError) as told:
        check_bands([*many[:12], one])
    assert f"--scenes {','.join(s.id for s in many[:12])} or --scenes radar" in str(told.value.hint)


def test_what_differs_is_said_where_names_are_the_same(lake: Lake) -> None:
    scene = lake.scenes.get("radar")
    scaled = BandSet((replace(scene.bands[0], scale=0.5), *scene.bands.bands[1:]))
    with pytest.raises(InputError) as told:
        check_bands([scene, replace(scene, id="scaled", bands=scaled)])
    assert "scaled: the same names, but hh is float32, scale 0.5" in str(told.value.found)
