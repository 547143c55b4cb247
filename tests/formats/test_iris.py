"""IRIS projects in and out, tested with one that IRIS itself made."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from groundset.core import UNLABELLED, ConflictError, LabelMask, Origin
from groundset.formats import LossyError, export_project, import_project
from groundset.ingest import annotate_mask
from groundset.journal import NewEvent, mask_payload, work
from groundset.lake import Lake

AREA = np.s_[6:30, 4:44]
Edit = Callable[..., Path]


def bring(root: Path, project: Path, **options: Any) -> Any:
    return import_project(root, "iris", project, actor="me", **options)


def own_mask(lake: Lake, chip_id: str, actor: str, task: str = "pixels") -> LabelMask:
    events = [e for e in lake.journal.current(task, kind="mask", actor=actor) if e.chip_id == chip_id]
    assert len(events) == 1
    return lake.masks.get(events[0].payload["sha256"], lake.chips.get(chip_id).geobox)


def arrays(project: Path, image: str, user: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    folder = project / "lakes.iris" / "segmentation" / image
    return np.load(folder / f"{user}_final.npy"), np.load(folder / f"{user}_user.npy")


def actions(project: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(project / "lakes.iris" / "iris.db") as db:
        return db.execute(
            "SELECT image_id, u.name, last_modification, time_spent, score, unverified, complete, difficulty,"
            " nullif(notes, 'null') FROM action JOIN user u ON u.id = user_id ORDER BY 1, 2"
        ).fetchall()


def test_a_project_comes_in(project: Path, tmp_path: Path):
    report = bring(tmp_path / "lake", project)
    assert report.counts.numbers["masks"] == 3
    assert "Edges" in report.summary()
    with Lake.open(tmp_path / "lake") as lake:
        assert [c.name for c in lake.scheme("pixels")] == ["Land", "Water", "Cloud"]
        assert lake.scheme("pixels").find("Land").color == "#00ffff"  # its own colour cannot be seen
        assert {str(c.id): c.window.shape for c in lake.chips.chips()} == {
            "coast_0_0_0": (40, 48), "mountains_0_0_0": (40, 48), "river-1_0_0_0": (40, 48),
        }  # fmt: skip
        pixels = lake.reader("river-1").read(lake.chips.get("river-1_0_0_0").window)
        assert (np.moveaxis(pixels.data, 0, -1) == np.load(project / "images" / "river 1.npy")).all()
        for user, actor in ((1, "ann"), (2, "ben b.")):
            final, drawn = arrays(project, "coast", user)
            mask = own_mask(lake, "coast_0_0_0", actor)
            assert (mask.classes[AREA] == final.argmax(axis=-1)).all()
            assert ((mask.origin[AREA] == Origin.HUMAN) == drawn).all()
            assert ((mask.origin[AREA] == Origin.MODEL) == ~drawn).all()
            outside = np.ones((40, 48), bool)
            outside[AREA] = False
            assert (mask.classes[outside] == UNLABELLED).all()


def test_what_no_model_filled_in_stays_open(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        _, drawn = arrays(project, "mountains", 1)
        mask = own_mask(lake, "mountains_0_0_0", "ann")
        assert (mask.labelled[AREA] == drawn).all()
        assert set(np.unique(mask.origin)) == {Origin.NONE, Origin.HUMAN}


def test_notes_difficulty_and_times_come_in(project: Path, tmp_path: Path):
    with sqlite3.connect(project / "lakes.iris" / "iris.db") as db:
        db.execute(
            "UPDATE action SET time_spent = '1970-01-01 00:01:30.500000' WHERE image_id = 'coast' AND user_id = 1"
        )
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        said = {(e.chip_id, e.actor): e for e in lake.journal.current("pixels", kind="work")}
        ann, ben = said["coast_0_0_0", "ann"], said["coast_0_0_0", "ben b."]
        assert ann.payload == {"state": "complete", "difficulty": 2, "note": "haze in the west"}
        assert ben.payload == {"state": "incomplete", "difficulty": 4}  # IRIS's page writes "null" into empty notes
        assert ann.at.isoformat().startswith("2026-11-21T19:08:04")
        mask = next(e for e in lake.journal.current("pixels", kind="mask", actor="ann") if e.chip_id == "coast_0_0_0")
        assert mask.payload["seconds"] == 90.5


def test_the_same_again_adds_nothing_and_what_changed_takes_its_place(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        head = lake.journal.head()
        again = bring(tmp_path / "lake", project)
        assert lake.journal.head() == head
        assert again.counts.known == 6
        _, drawn = arrays(project, "coast", 1)
        drawn[0] = True
        np.save(project / "lakes.iris" / "segmentation" / "coast" / "1_user.npy", drawn)
        assert bring(tmp_path / "lake", project).counts.numbers["masks"] == 1
        assert (own_mask(lake, "coast_0_0_0", "ann").origin[6, 4:44] == Origin.HUMAN).all()
        bulk = lake.journal.current("pixels", kind="mask", actor="ann")[-1].bulk
        lake.journal.undo(str(bulk), actor="ann")
        assert bring(tmp_path / "lake", project).counts.numbers["masks"] >= 1


def test_a_round_trip_gives_the_same_project(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        report = export_project(lake, "iris", tmp_path / "out")
    assert not report.losses
    files = [p.relative_to(project) for p in project.rglob("*") if p.suffix in (".npy", ".png")]
    assert len(files) == 11
    assert all(filecmp.cmp(project / f, tmp_path / "out" / f, shallow=False) for f in files)
    assert json.loads((tmp_path / "out/project.json").read_text()) == json.loads((project / "project.json").read_text())
    assert actions(tmp_path / "out") == actions(project)
    bring(tmp_path / "lake2", tmp_path / "out")
    with Lake.open(tmp_path / "lake") as a, Lake.open(tmp_path / "lake2") as b:
        for task in ("pixels",):
            one = [(e.chip_id, e.actor, e.payload) for e in a.journal.current(task)]
            assert one == [(e.chip_id, e.actor, e.payload) for e in b.journal.current(task)]


def test_what_was_painted_here_goes_out_and_the_area_grows(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        classes = np.full((40, 48), UNLABELLED, np.uint8)
        classes[0, 0], classes[10, 10] = 2, 1
        annotate_mask(lake, "river-1_0_0_0", classes, actor="cleo", task="pixels")
        export_project(lake, "iris", tmp_path / "out")
    data = json.loads((tmp_path / "out/project.json").read_text())
    assert data["segmentation"]["mask_area"] == [0, 0, 48, 40]
    final, drawn = arrays(tmp_path / "out", "river 1", 3)
    assert drawn.sum() == 2
    assert final[0, 0].tolist() == [False, False, True]
    assert final[5, 5].tolist() == [True, False, False]


def test_the_time_of_every_stroke_goes_out(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    chip = "river-1_0_0_0"
    with Lake.open(tmp_path / "lake") as lake:
        classes = np.full((40, 48), UNLABELLED, np.uint8)
        classes[10, 10] = 1
        annotate_mask(lake, chip, classes, actor="cleo", task="pixels", seconds=30)
        (sha,) = {e.payload["sha256"] for e in lake.journal.current("pixels", kind="mask", actor="cleo")}
        for seconds in (5, 7):
            payload = mask_payload(sha, layer="page", tool="brush", seconds=seconds)
            stroke = lake.journal.append([NewEvent("mask", "pixels", chip, payload)], actor="cleo")[0]
        lake.journal.undo(stroke.id, actor="cleo")  # the time was spent all the same
        said = NewEvent("work", "pixels", chip, work("complete", seconds=2.5))
        lake.journal.append([said], actor="cleo")
        export_project(lake, "iris", tmp_path / "out")
    assert {(a[0], a[1], a[3]) for a in actions(tmp_path / "out")} >= {
        ("river 1", "cleo", "1970-01-01 00:00:44.500000")
    }


def test_what_would_be_lost_is_told_before_a_byte_is_written(project: Path, tmp_path: Path):
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        classes = np.full((40, 48), UNLABELLED, np.uint8)
        classes[20:22, 10] = 1
        mask = LabelMask.of(classes, Origin.IMPORT, np.full_like(classes, 40))
        annotate_mask(lake, "river-1_0_0_0", mask, actor="cleo", task="pixels")
        annotate_mask(lake, "river-1_0_0_0", LabelMask.of(classes, Origin.MODEL), actor="model:m", task="pixels")
        with pytest.raises(LossyError) as refused:
            export_project(lake, "iris", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        for words in ("regions, imports or a consensus: 1", "confidence of each pixel: 1", "masks of models: 1"):
            assert words in str(refused.value)
        report = export_project(lake, "iris", tmp_path / "out", allow_lossy=True)
        assert len(report.losses) == 3
        with pytest.raises(ConflictError, match="something here already"):
            export_project(lake, "iris", tmp_path / "out", allow_lossy=True)
    assert not list((tmp_path / "out").rglob("*model*"))


def test_masks_of_images_that_are_gone_are_a_loss(project: Path, tmp_path: Path):
    (project / "images" / "coast.npy").unlink()
    with pytest.raises(LossyError, match="masks of images that the project does not have: 2"):
        bring(tmp_path / "lake", project)
    assert not (tmp_path / "lake").exists()
    assert bring(tmp_path / "lake", project, allow_lossy=True).counts.numbers["masks"] == 1


def test_merged_masks_alone_are_an_import(project: Path, tmp_path: Path):
    final = [arrays(project, "coast", n)[0].argmax(axis=-1) for n in (1, 2)]
    shutil.rmtree(project / "lakes.iris")
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        mask = own_mask(lake, "coast_0_0_0", "me")
        assert set(np.unique(mask.origin[AREA])) == {Origin.IMPORT}
        assert (mask.classes[AREA] == np.minimum(*final)).all()  # of two that differ IRIS takes the lower class


def test_a_workspace_with_other_classes_gets_a_task_of_its_own(project: Path, tmp_path: Path):
    from groundset.lake import init
    from groundset.taxonomy import WATER

    init(tmp_path / "lake", scheme=WATER).close()
    report = bring(tmp_path / "lake", project)
    assert report.task == "lakes"
    with Lake.open(tmp_path / "lake") as lake:
        assert lake.config.task("lakes").kind == "segment"
        assert own_mask(lake, "coast_0_0_0", "ann", "lakes").labelled[AREA].all()


def test_georeferenced_files_of_two_sensors_keep_their_place(project: Path, tmp_path: Path, edit: Edit):
    place = {"crs": "EPSG:32631", "transform": Affine(10, 0, 500_000, 0, -10, 4_600_000)}
    for path in (project / "images").glob("*.npy"):
        pixels = np.moveaxis(np.load(path), -1, 0)
        for key, planes, where in (("S2", pixels, place), ("S1", pixels[:2].astype("float32") / 7, {})):
            with rasterio.open(
                path.with_name(f"{path.stem}_{key}.tif"), "w", driver="GTiff", width=48, height=40, count=len(planes),
                dtype=planes.dtype, **where,
            ) as ds:  # fmt: skip
                ds.write(planes)

    def two(data: dict[str, Any]) -> None:
        data["images"]["path"] = {"S1": "images/{id}_S1.tif", "S2": "images/{id}_S2.tif"}
        data["views"] = {"Both": {"type": "image", "data": ["$S1.B1", "$S2.B4", "$S2.B1-$S1.B2"]}}
        data["view_groups"] = {"default": ["Both"]}

    bring(tmp_path / "lake", edit(two))
    with Lake.open(tmp_path / "lake") as lake:
        scene = lake.scenes.get("coast")
        assert scene.bands.names == ("S1_b1", "S1_b2", "S2_b1", "S2_b2", "S2_b3", "S2_b4")
        assert scene.geobox.crs.epsg == 32631
        assert scene.sources[2][0].href == str(project / "images" / "coast_S2.tif")  # read where it lies
        pixels = lake.reader("coast").read(lake.chips.get("coast_0_0_0").window)
        assert pixels.data[0, 3, 4] == pytest.approx(np.load(project / "images/coast.npy")[3, 4, 0] / 7, rel=1e-6)
        assert lake.config.views["Both"]["expression"] == "S1_b1;S2_b4;S2_b1-S1_b2"
        mask = lake.journal.current("pixels", kind="mask")[0]
        with rasterio.open(lake.masks.path(mask.payload["sha256"])) as ds:
            assert (ds.crs.to_epsg(), ds.transform) == (32631, place["transform"])
        export_project(lake, "iris", tmp_path / "out")
    with (
        rasterio.open(tmp_path / "out/images/coast_S2.tif") as out,
        rasterio.open(project / "images/coast_S2.tif") as was,
    ):
        assert (out.read() == was.read()).all()
        assert (out.crs, out.transform, out.interleaving.name) == (was.crs, was.transform, "pixel")


IRIS = os.environ.get("GROUNDSET_IRIS"), os.environ.get("GROUNDSET_IRIS_PYTHON")


@pytest.mark.skipif(not all(IRIS), reason="GROUNDSET_IRIS and GROUNDSET_IRIS_PYTHON name no checkout of IRIS")
def test_iris_opens_what_goes_out(project: Path, tmp_path: Path):
    """IRIS itself signs in, serves the masks and views, and its model learns from them."""
    bring(tmp_path / "lake", project)
    with Lake.open(tmp_path / "lake") as lake:
        report = export_project(lake, "iris", tmp_path / "out")
    password = report.summary().partition("made: ann: ")[2].partition(",")[0]
    script = Path(__file__).parents[1] / "support" / "iris_opens.py"
    call = [str(IRIS[1]), str(script), str(IRIS[0]), str(tmp_path / "out/project.json"), "ann", password]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert "opened 3 images, 2 masks as saved" in done.stdout, done.stdout + done.stderr
