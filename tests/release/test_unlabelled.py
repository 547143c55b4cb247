"""Chips without a label in a release: kept apart, never leaking, loaded only when asked for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, add_scene, write_scene

from groundset.core import InputError
from groundset.imagery import open_source
from groundset.journal import NewEvent, answer, answers
from groundset.lake import Lake, init
from groundset.loading import load
from groundset.release import build, check, rebuild
from groundset.release.distances import Footprints
from groundset.taxonomy import WATER
from groundset.workspace import Workspace

DATA = Path(os.environ.get("GROUNDSET_TEST_DATA", "/nowhere"))
TOML = """
[tasks.several]
kind = "classify"
multi = true

[attributes.cloudy]
kind = "flag"

[attributes.haze]
kind = "number"
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """16 x 16 chips of 8 pixels, 10 m each; every fourth has a label, half of them water."""
    root = tmp_path_factory.mktemp("lake") / "lake"
    with init(root, scheme=WATER) as made, made.layout.config.open("a") as file:
        file.write(TOML)
    with Lake.open(root) as opened:
        image = np.random.default_rng(0).integers(1, 3000, (4, 128, 128)).astype(np.uint16)
        path = write_scene(root / "s.tif", image)
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        add_scene(opened, scene, 8)
        ids = sorted(str(c.id) for c in opened.chips.chips())
        ws = Workspace(opened)
        ws.annotate(ids[::8], "water", actor="anna", task="chips")
        ws.annotate(ids[4::8], "non-water", actor="anna", task="chips")
        opened.annotate([NewEvent("answer", "several", ids[0], answers([0, 1]))], actor="anna")
        opened.annotate([NewEvent("answer", "several", ids[0], answer(0, "unlabelled"))], actor="anna")
        ws.set_attribute(ids[:2], "cloudy", True, actor="anna")
        ws.set_attribute(ids[0], "haze", 1, actor="anna")
        yield opened


def split_of(path: Path) -> dict[str, str]:
    items = [json.loads(p.read_text()) for p in path.glob("items/*/*.json")]
    return {i["id"]: i["properties"]["groundset:split"] for i in items}


def test_unlabelled_chips_are_kept_apart(lake: Lake, tmp_path: Path) -> None:
    made = build(lake, "v1", task="chips", unlabelled=True, buffer="10m", license="CC-BY-4.0")
    splits = split_of(made.path)
    kept = {i for i, s in splits.items() if s == "unlabelled"}
    held = {i for i, s in splits.items() if s in ("validate", "test")}
    assert len(kept) > 20
    assert len(held) > 5
    assert made.split.chips["unlabelled"] == len(kept)
    assert any(f"{len(kept)} chips without a label" in w for w in made.split.warnings)
    assert "without a label" in (made.path / "report.html").read_text()
    chips = {str(c.id): c for c in lake.chips.chips()}
    prints = Footprints([chips[i].footprint for i in (*sorted(kept), *sorted(held))])
    a, b = np.arange(len(kept)), np.arange(len(kept), len(kept) + len(held))
    nearest = prints.smallest(a, b)
    assert nearest is not None
    assert nearest >= 10 - 0.05
    folder = DATA / "stac-schemas"
    report = check(made.path, schemas=folder if folder.is_dir() else tmp_path)
    assert [report.status(level) for level in ("Q0", "Q2")] == ["passed", "passed"], report.render()
    assert report.status("Q1") == ("passed" if folder.is_dir() else "not fully checked")


def test_a_check_tells_chips_that_leak(lake: Lake, tmp_path: Path) -> None:
    copy = tmp_path / "v1"
    shutil.copytree(lake.layout.releases / "v1", copy)
    splits = split_of(copy)
    validate = next(i for i, s in splits.items() if s == "validate")
    for chip, s in splits.items():
        path = copy / "items" / chip / f"{chip}.json"
        item = json.loads(path.read_text())
        if s == "unlabelled":
            item["geometry"] = json.loads((copy / "items" / validate / f"{validate}.json").read_text())["geometry"]
            path.write_text(json.dumps(item))
            break
    found = [f for f in check(copy, schemas=tmp_path).findings if "overlaps" in f.what or "too near" in f.what]
    assert any("unlabelled" in f.what for f in found)


def test_they_are_loaded_only_when_asked_for(lake: Lake) -> None:
    path = lake.layout.releases / "v1"
    splits = split_of(path)
    kept = {i for i, s in splits.items() if s == "unlabelled"}
    data = load(path, split="unlabelled")
    assert set(data.ids) == kept
    assert {data[i]["label"] for i in range(3)} == {255}
    for split in (None, "train", "validate", "test"):
        assert not set(load(path, split=split).ids) & kept
    assert load(path, split="train")[0]["label"] in (0, 1)
    some = json.loads((path / "items" / min(kept) / f"{min(kept)}.json").read_text())
    assert some["properties"]["label"] is None
    assert not [k for k in some["properties"] if k.startswith(("label:", "ml-aoi:"))]


def test_attributes_go_with_the_chips(lake: Lake) -> None:
    path = lake.layout.releases / "v1"
    first = json.loads((path / "items" / "s_0_0_0" / "s_0_0_0.json").read_text())
    assert first["properties"]["groundset:attributes"] == {"cloudy": True, "haze": 1.0}
    assert first["properties"]["label:methods"] == ["manual"]


def test_made_again_it_is_the_same_though_chips_came(lake: Lake, tmp_path: Path) -> None:
    again = rebuild(lake, lake.layout.releases / "v1", to=tmp_path / "again")
    assert split_of(again.path) == split_of(lake.layout.releases / "v1")


def test_without_them_as_before(lake: Lake) -> None:
    made = build(lake, "v2", task="chips", buffer="10m")
    assert "unlabelled" not in made.split.chips
    assert "parts" not in json.loads((made.path / "release.json").read_text())["recipe"]
    assert "unlabelled" not in set(split_of(made.path).values())
    with pytest.raises(InputError, match="no such split"):
        load(made.path, split="unlabelled")


def test_of_several_classes_what_is_denied_is_stated(lake: Lake) -> None:
    made = build(lake, "v3", task="several", buffer="0m")
    (item,) = [json.loads(p.read_text()) for p in made.path.glob("items/*/*.json")]
    assert item["properties"]["label"] == ["water"]
    assert item["properties"]["groundset:negative"] == ["not-applicable"]


def test_a_chip_whose_label_was_taken_away_is_not_released(lake: Lake) -> None:
    ws = Workspace(lake)
    ws.annotate(["s_0_0_0"], "water", value="unlabelled", actor="bela", task="chips")
    made = build(lake, "v4", task="chips", buffer="10m")
    assert "s_0_0_0" not in split_of(made.path)


def test_of_pixels_they_have_no_mask(lake: Lake, tmp_path: Path) -> None:
    ids = sorted(str(c.id) for c in lake.chips.chips())
    codes = np.array([[0, 1] * 4] * 8, np.uint8)
    Workspace(lake).annotate(dict.fromkeys(ids[::4], codes), actor="anna", task="pixels")
    made = build(lake, "p1", task="pixels", unlabelled=True, buffer="10m", license="CC-BY-4.0")
    kept = sorted(i for i, s in split_of(made.path).items() if s == "unlabelled")
    assert kept
    files = {p.name for p in (made.path / "items" / kept[0]).iterdir()}
    assert files == {f"{kept[0]}.json", "image.tif", "thumbnail.png"}
    folder = DATA / "stac-schemas"
    report = check(made.path, schemas=folder if folder.is_dir() else tmp_path)
    assert [report.status(level) for level in ("Q0", "Q2")] == ["passed", "passed"], report.render()
    sample = load(made.path, split="unlabelled")[0]
    assert (sample["mask"] == 255).all()
    assert sample["mask"].shape == (8, 8)
    assert set(load(made.path, split="train").ids).isdisjoint(kept)
