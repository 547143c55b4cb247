"""Dates of one place in a release: linked, in one split, loaded as (time, bands, rows, columns)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from madelake import lake_like_image, write_scene

import groundset as gs
from groundset.core import InputError

SCENES = ("early", "middle", "late")
BANDS = ["blue", "green", "red", "nir"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three dates of 16 chips; the middle one has no data in its first chip. A label for each date, some not."""
    root = tmp_path_factory.mktemp("series")
    with gs.create(root / "lake", scheme="water") as ws:
        for i, name in enumerate(SCENES):
            image = lake_like_image(128, 128, i)[0][:4]
            if name == "middle":
                image[:, :32, :32] = 0
            file = write_scene(root / f"{name}.tif", image)
            ws.ingest(file, bands=BANDS, time=f"2020-0{i + 1}-05T10:00:00+02:00", chip_size=32, scene_id=name)
        ws.add_series("pond", SCENES)
        ws.add_task("changed", about="change")
        ids = sorted(ws.chips["chip_id"].to_pylist())
        ws.annotate(ids[::2], "water", task="chips", actor="anna")
        ws.annotate(ids[1::2], "non-water", task="chips", actor="anna")
        ws.annotate(["middle_0_1_1"], "water", value="unlabelled", task="chips", actor="anna")
        ws.annotate(["middle_0_1_1"], "non-water", value="unlabelled", task="chips", actor="anna")
        late = [i for i in ids if i.startswith("late")]
        ws.annotate(late[::2], "water", task="changed", actor="anna")
        ws.annotate(late[1::2], "non-water", task="changed", actor="anna")
        ws.release("dates", task="chips", license="CC-BY-4.0", buffer="0km")
        ws.release("change", task="changed", license="CC-BY-4.0", buffer="0km")
    return root / "lake" / "releases"


def items(release: Path) -> Iterator[dict]:
    for path in sorted(release.glob("items/*/*.json")):
        yield json.loads(path.read_text())


@pytest.mark.parametrize("name", ["dates", "change"])
def test_dates_are_linked_and_in_one_split(made: Path, name: str) -> None:
    splits: dict[str, set[str]] = {}
    for item in items(made / name):
        said = item["properties"]
        assert said["groundset:series"] == "pond"
        splits.setdefault(said["groundset:place"], set()).add(said["groundset:split"])
        links = {link["rel"]: link["href"] for link in item["links"] if link["rel"] in ("prev", "next", "related")}
        here = made / name / "items" / item["id"]
        other = {rel: json.loads((here / href).read_text())["properties"] for rel, href in links.items()}
        assert other.get("prev", {"datetime": ""})["datetime"] < said["datetime"]
        assert other.get("next", {"datetime": "9"})["datetime"] > said["datetime"]
        assert {o["groundset:place"] for o in other.values()} == {said["groundset:place"]}
        assert said.get("groundset:about", "date") == ("change" if name == "change" else "date")
    assert {len(one) for one in splits.values()} == {1}
    assert len(set.union(*splits.values())) > 1
    table = pq.read_table(made / name / "chips.parquet")
    assert set(table["groundset:series"].to_pylist()) == {"pond"}
    report = gs.Release(made / name).check()
    assert (report.status("Q0"), report.status("Q2")) == ("passed", "passed"), report.render()
    assert report.exit_code() == 0, report.render()


def test_a_place_of_a_task_about_dates(made: Path) -> None:
    data = gs.load(made / "dates", series=True)
    at = {one["id"]: one for one in data}
    assert len(at) == len(data) == 16
    whole, without = at["pond_0_2_2"], at["pond_0_1_1"]
    assert whole["image"].shape == (3, 4, 32, 32)
    assert whole["image"].dtype == np.float32
    assert whole["label"].shape == (3,)
    assert [np.datetime64(int(t), "s").astype(str) for t in whole["times"]] == [
        "2020-01-05T08:00:00", "2020-02-05T08:00:00", "2020-03-05T08:00:00",
    ]  # fmt: skip
    assert whole["ids"] == ("early_0_2_2", "middle_0_2_2", "late_0_2_2")
    assert whole["present"].all()
    single = {one["id"]: one for one in gs.load(made / "dates")}
    for i, chip_id in enumerate(whole["ids"]):
        assert np.array_equal(whole["image"][i], single[chip_id]["image"], equal_nan=True)
        assert whole["label"][i] == single[chip_id]["label"]
    assert without["present"].tolist() == [True, False, True]  # nobody said anything of that date
    assert np.isnan(without["image"][1]).all()
    assert not without["valid"][1].any()
    assert without["label"][1] == 255
    assert without["ids"][1] == ""
    assert data.times(0).shape == (3,)
    train = gs.load(made / "dates", series=True, split="train")
    assert 0 < len(train) < 16
    assert set(train.ids) <= set(data.ids)


def test_a_place_of_a_task_about_change(made: Path) -> None:
    data = gs.load(made / "change")  # a place is a sample without being asked
    assert len(data) == 16
    sample = data[0]
    assert sample["image"].shape == (3, 4, 32, 32)
    assert sample["label"] in (0, 1)
    first = next(one for one in data if one["id"] == "pond_0_0_0")
    assert first["present"].tolist() == [True, False, True]  # the middle date has no data there
    single = gs.load(made / "change", series=False)
    assert len(single) == 47
    assert {one["label"] for one in single if one["id"].endswith("_0_2_2")} == {
        next(one for one in data if one["id"] == "pond_0_2_2")["label"]
    }
    assert "Each label is about the change" in (made / "change" / "README.md").read_text()


def test_it_is_made_again_and_leaks_are_found(made: Path, tmp_path: Path) -> None:
    with gs.open(made.parent) as ws:
        ws.rebuild("change", to=tmp_path / "again")
    folder = tmp_path / "again"
    item = next(folder.glob("items/late_0_2_2/*.json"))
    said = json.loads(item.read_text())
    was = said["properties"]["groundset:split"]
    said["properties"]["groundset:split"] = "test" if was != "test" else "train"
    item.write_text(json.dumps(said))
    findings = gs.Release(folder).check().findings
    assert any("the dates of place pond_0_2_2 are in two splits" in f.what for f in findings)
    shutil.rmtree(folder)


def test_no_series(made: Path, tmp_path: Path) -> None:
    with gs.create(tmp_path / "plain", scheme="water") as ws:
        file = write_scene(tmp_path / "a.tif", lake_like_image(64, 64, 0)[0][:4])
        ws.ingest(file, bands=BANDS, time="2020-01-01T00:00:00Z", chip_size=32, scene_id="a")
        ws.annotate(["a_0_0_0"], "water", task="chips")
        ws.release("v1", task="chips")
    recipe = json.loads((tmp_path / "plain/releases/v1/release.json").read_text())["recipe"]
    assert not {"about", "series", "parts"} & set(recipe)  # as before there were series
    with pytest.raises(InputError, match="no series in this release"):
        gs.load(tmp_path / "plain/releases/v1", series=True)
