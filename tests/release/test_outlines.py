"""Releases of outline tasks: files, splits, checks, differences, and what is refused."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from madelake import TIME, add_scene, write_scene
from PIL import Image

import groundset as gs
from groundset.core import InputError, Origin
from groundset.imagery import open_source
from groundset.journal import NewEvent
from groundset.lake import Lake, init
from groundset.outlines.cover import instance
from groundset.release import Release, build, check, rebuild
from groundset.release._check_chips import Job, look
from groundset.release._check_folder import open_folder
from groundset.release._check_ready import read_codes
from groundset.release._check_shapes import shapes
from groundset.release.blocks import Place
from groundset.release.differences import differences
from groundset.release.kinds.coco import rle
from groundset.release.kinds.said import OutlineLabels
from groundset.release.splits import assign_splits
from groundset.taxonomy import WATER

SIDE, TASK = 32, "ponds"
KINDS_OF_NUMBERS = ("float32", "int64", "uint8")
HOLE = shapely.Polygon([(4, 4), (20, 4), (20, 20), (4, 20)], [[(8, 8), (12, 8), (12, 12), (8, 12)]])
EIGHT = shapely.Polygon([(2, 2), (12, 12), (12, 2), (2, 12)])


def say(lake: Lake, own: str, geometry: Any, chip: str, code: int = 1, actor: str = "anna", **more: Any) -> None:
    """One shape in pixels of its chip."""
    origin = more.pop("origin", Origin.HUMAN)
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": {"class": code, **more}}
    payload = {"type": "FeatureCollection", "coordinates": "pixel", "layer": own, "features": [feature]}
    payload |= {} if origin == Origin.HUMAN else {"origin": int(origin)}
    (done,) = lake.annotate([NewEvent("shapes", TASK, chip, payload)], actor=actor)
    assert done.status == "created", done.error


def mark(lake: Lake, chip: str, **said: Any) -> None:
    """What somebody says of the work on a chip."""
    (done,) = lake.annotate([NewEvent("work", TASK, chip, {"state": "complete", **said})], actor="anna")
    assert done.status == "created", done.error


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """12 x 12 chips of 32 pixels of 10 m, the last ones padded; a shape of each kind, and one on five chips."""
    root = tmp_path_factory.mktemp("lake")
    with init(root / "lake", scheme=WATER, tasks={"pixels": "segment", TASK: "outline"}) as lake:
        image = np.random.default_rng(0).integers(1, 3000, (4, 379, 379)).astype(np.uint16)
        path = write_scene(root / "s.tif", image)
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        add_scene(lake, scene, SIDE)
        for row in range(0, 12, 2):
            for col in range(0, 12, 2):
                say(lake, f"w{row}-{col}", shapely.box(5, 5, 15, 12), f"s_0_{row}_{col}", attributes={"deep": True})
                say(lake, f"n{row}-{col}", shapely.Point(20.5, 20.5).buffer(4), f"s_0_{row}_{col}", code=0)
        say(lake, "hole", HOLE, "s_0_1_1", actor="import", origin=Origin.IMPORT)
        say(lake, "eight", EIGHT, "s_0_1_3")
        say(lake, "line", shapely.LineString([(2, 2), (28, 20)]), "s_0_1_5")
        say(lake, "point", shapely.Point(31.99, 7.5), "s_0_1_7")
        say(lake, "cloud", shapely.box(1, 1, 9, 9), "s_0_1_9", code=2)
        say(lake, "again", shapely.box(5, 5, 15, 12), "s_0_0_0")  # just as w0-0, and later
        say(lake, "long", shapely.box(-70, 10, 40, 20), "s_0_3_9")
        say(lake, "sliver", shapely.box(20, 5, 32.01, 25), "s_0_5_5")
        say(lake, "edge", shapely.box(5, 10, 40, 20), "s_0_11_11")  # beyond the scene
        mark(lake, "s_0_7_7")
        mark(lake, "s_0_7_9", state="incomplete")
        say(lake, "open", shapely.box(5, 5, 15, 12), "s_0_7_9")
        mark(lake, "s_0_7_11", cannot_tell="fog")
        yield lake


@pytest.fixture(scope="module")
def release(lake: Lake) -> Release:
    return build(lake, "v1", task=TASK, buffer="0m", license="CC-BY-4.0")


def labels(root: Path, chip: str) -> dict[str, Any]:
    return dict(json.loads((root / "items" / chip / "labels.geojson").read_text()))


def item(root: Path, chip: str) -> dict[str, Any]:
    return dict(json.loads((root / "items" / chip / f"{chip}.json").read_text()))


def coco(root: Path) -> dict[str, Any]:
    """All splits' files together."""
    files = [json.loads(p.read_text()) for p in sorted((root / "annotations").glob("*.json"))]
    return {k: [one for f in files for one in f[k]] for k in ("images", "annotations")} | {
        "categories": files[0]["categories"]
    }


def test_chips_with_shapes_or_marked_complete_are_in_it(release: Release) -> None:
    there = {p.name for p in (release.path / "items").iterdir()}
    assert {"s_0_0_0", "s_0_1_1", "s_0_7_7", "s_0_11_11"} <= there
    assert there.isdisjoint(
        {"s_0_7_9", "s_0_7_11", "s_0_9_9", "s_0_5_6"}
    )  # unfinished, not to be told, unseen, a sliver
    negative = item(release.path, "s_0_7_7")["properties"]
    assert labels(release.path, "s_0_7_7")["features"] == []
    assert (negative["groundset:complete"], negative["groundset:class_counts"]) == (True, {})
    assert negative["label:methods"] == ["manual"]
    assert item(release.path, "s_0_0_0")["properties"]["groundset:complete"] is False
    assert release.record["negatives"] == 1
    notes = " ".join(release.record["notes"])
    for said in (
        "2 chips left out",
        "1 shape with crossing edges repaired",
        "1 shape left out, each just like another",
    ):
        assert said in notes
    assert f"note: {release.record['notes'][0]}" in release.summary()


def test_a_shape_is_cut_at_the_edge_of_each_chip(release: Release) -> None:
    parts = {c: labels(release.path, c)["features"] for c in ("s_0_3_6", "s_0_3_7", "s_0_3_9", "s_0_3_10")}
    boxes = {c: next(f for f in fs if f["id"] == "long")["properties"]["bbox_pixels"] for c, fs in parts.items()}
    assert boxes == {
        "s_0_3_6": [26, 10, 32, 20], "s_0_3_7": [0, 10, 32, 20], "s_0_3_9": [0, 10, 32, 20], "s_0_3_10": [0, 10, 8, 20]
    }  # fmt: skip
    assert all(f["properties"]["clipped"] for fs in parts.values() for f in fs if f["id"] == "long")
    (edge,) = [f["properties"] for f in labels(release.path, "s_0_11_11")["features"] if f["id"] == "edge"]
    assert (edge["bbox_pixels"], edge["clipped"]) == ([5, 10, 27, 20], True)  # the padding is no part of the scene
    (box,) = [f["properties"] for f in labels(release.path, "s_0_2_2")["features"] if f["id"] == "w2-2"]
    assert (box["class"], box["kind"], box["origin"], box["method"]) == ("water", "box", "human", "manual")
    assert (box["clipped"], box["attributes"], box["area_pixels"], box["score"]) == (False, {"deep": True}, 70, None)
    (eight,) = [f["properties"] for f in labels(release.path, "s_0_1_3")["features"]]
    assert (eight["repaired"], eight["area_pixels"]) == (True, 50)


def test_geojson_is_what_rfc_7946_asks_for(release: Release, lake: Lake) -> None:
    path = release.path / "items/s_0_1_1/labels.geojson"
    found = geopandas.read_file(path)
    assert found.crs.to_epsg() == 4326
    (shape,) = found.geometry
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw
    back = found.to_crs(lake.scenes.get("s").geobox.crs.to_wkt()).geometry[0]
    chip = lake.chips.get("s_0_1_1").geobox
    wanted = shapely.transform(HOLE, lambda p: np.array([chip.affine * tuple(xy) for xy in p]))
    assert shapely.hausdorff_distance(back, wanted) < 1e-3
    asset = item(release.path, "s_0_1_1")["assets"]["labels"]
    assert (asset["type"], asset["roles"]) == ("application/geo+json", ["labels", "labels-vector"])


def test_the_table_is_geoparquet(release: Release) -> None:
    found = geopandas.read_parquet(release.path / "outlines.parquet")
    assert found.crs == "OGC:CRS84"  # longitude and latitude
    assert found.geometry.is_valid.all()
    assert (found.groupby("shape_id").split.nunique() <= 2).all()
    assert len(found) == sum(release.record["class_counts"].values())
    meta = json.loads(pq.read_schema(release.path / "outlines.parquet").metadata[b"geo"])
    assert (meta["version"], meta["columns"]["geometry_pixels"]["crs"]) == ("1.1.0", None)
    row = found[found.shape_id == "w2-2"].iloc[0]
    assert row.bbox_pixels == {"xmin": 5, "ymin": 5, "xmax": 15, "ymax": 12}
    assert json.loads(row.attributes) == {"deep": True}


def test_coco_says_the_same(release: Release) -> None:
    found = coco(release.path)
    assert [(c["id"], c["name"], c["code"]) for c in found["categories"]] == [
        (1, "non-water", 0), (2, "water", 1), (3, "not-applicable", 2)
    ]  # fmt: skip
    images = {i["id"]: i for i in found["images"]}
    assert len(images) == len(found["images"])
    assert all((release.path / i["file_name"]).is_file() for i in images.values())
    assert "s_0_7_7" in {i["chip_id"] for i in images.values()} | none_chips(release.path)
    assert len({a["id"] for a in found["annotations"]}) == len(found["annotations"])
    for a in found["annotations"]:
        x, y, w, h = a["bbox"]
        told = next(
            f["properties"] for f in labels(release.path, images[a["image_id"]]["chip_id"])["features"]
            if f["id"] == a["shape_id"]
        )  # fmt: skip
        assert np.allclose([x, y, x + w, y + h], told["bbox_pixels"])
        assert (a["category_id"], a["area"]) == (told["category_id"], told["area_pixels"])
        assert a["iscrowd"] == int(told["class"] == "not-applicable")
        runs = isinstance(a["segmentation"], dict)
        assert runs == (a["shape_id"] in {"hole", "cloud"})
        if not runs:
            assert sum(shapely.Polygon(np.reshape(ring, (-1, 2))).area for ring in a["segmentation"]) == pytest.approx(
                a["area"], abs=1e-2
            )


def none_chips(root: Path) -> set[str]:
    table = pq.read_table(root / "chips.parquet", columns=["id", "groundset:split"]).to_pylist()
    return {r["id"] for r in table if r["groundset:split"] == "none"}


def test_runs_go_down_the_columns() -> None:
    mask = np.zeros((3, 4), np.uint8)
    mask[1:, 1] = 1
    mask[0, 2] = 1
    assert rle(mask) == {"size": [3, 4], "counts": [4, 3, 5]}
    mask[0, 0] = 1
    assert rle(mask)["counts"][:2] == [0, 1]


def test_no_shape_lies_in_two_splits(release: Release) -> None:
    found = geopandas.read_parquet(release.path / "outlines.parquet", columns=["shape_id", "split", "geometry"])
    placed = found[found.split != "none"]
    assert set(placed.split) == {"train", "validate", "test"}
    assert (placed.groupby("shape_id").split.nunique() == 1).all()


def test_chips_of_one_shape_go_to_one_split() -> None:
    boxes = [shapely.box(i * 0.01, j * 0.01, (i + 1) * 0.01, (j + 1) * 0.01) for i in range(12) for j in range(12)]
    river = frozenset({"river"})
    places = [Place(f"c{i:03}", b, shapes=river if i % 12 == 5 else frozenset()) for i, b in enumerate(boxes)]
    found = assign_splits(places, buffer=0)
    on = {found.splits[p.id] for p in places if p.shapes}
    assert len(on - {"none"}) == 1
    assert any("a shape on them" in w for w in found.report.warnings)
    photos = [Place(f"p{i}", shapes=frozenset({f"s{i // 2}"})) for i in range(20)]
    without = assign_splits(photos).splits
    assert all(without[f"p{i}"] == without[f"p{i + 1}"] for i in range(0, 20, 2))


def test_it_passes_the_checks_and_comes_out_the_same(
    release: Release, lake: Lake, tmp_path: Path, stac_schemas
) -> None:
    report = check(release.path)
    assert report.passed("Q2"), report.render()
    say(lake, "later", shapely.box(1, 1, 5, 5), "s_0_9_9")
    mark(lake, "s_0_9_5")
    assert rebuild(lake, release.path, to=tmp_path / "again").differences(release.path) == []


Spoil = Callable[[Path], object]


def edit(path: str, change: Callable[[Any], None]) -> Spoil:
    def go(root: Path) -> None:
        content = json.loads((root / path).read_text())
        change(content)
        (root / path).write_text(json.dumps(content))

    return go


def of_first(change: Callable[[dict[str, Any]], None]) -> Spoil:
    return edit("items/s_0_1_1/labels.geojson", lambda c: change(c["features"][0]))


TRAIN, HOLED = "annotations/instances_train.json", "items/s_0_1_1/labels.geojson"
FAR = shapely.geometry.mapping(shapely.box(9, 9, 99, 20))
ELSEWHERE = [[[9, 9], [9.1, 9], [9, 9.1], [9, 9]]]
SPOILT: dict[str, tuple[Spoil, str]] = {
    "class": (of_first(lambda f: f["properties"].update({"class": "lava"})), "class"),
    "box": (of_first(lambda f: f["properties"].update(bbox_pixels=[0, 0, 9, 9])), "box in pixels"),
    "area": (of_first(lambda f: f["properties"].update(area_pixels=3)), "area in pixels"),
    "place": (of_first(lambda f: f["geometry"].update(coordinates=ELSEWHERE)), "place"),
    "crossing": (
        of_first(lambda f: f["properties"].update(geometry_pixels=shapely.geometry.mapping(EIGHT))),
        "self-intersection",
    ),
    "outside": (of_first(lambda f: f["properties"].update(geometry_pixels=FAR)), "outside of the chip"),
    "twice": (edit(HOLED, lambda c: c["features"].append(c["features"][0])), "twice"),
    "drawn": (edit(HOLED, lambda c: c["features"].append({**c["features"][0], "id": "x"})), "drawn twice"),
    "gone": (edit(HOLED, lambda c: c["features"].clear()), "class_counts"),
    "broken": (lambda root: root.joinpath(HOLED).write_text("{"), "not readable as GeoJSON"),
    "no geometry": (
        of_first(lambda f: f["properties"].update(geometry_pixels={"type": "Polygon", "coordinates": "x"})),
        "geometry in pixels",
    ),
    "split": (
        edit("items/s_0_3_7/s_0_3_7.json", lambda c: c["properties"].update({"groundset:split": "test"})),
        "lies in two splits",
    ),
    "coco box": (edit(TRAIN, lambda c: c["annotations"][0].update(bbox=[1, 2, 3, 4])), "annotation of"),
    "coco rings": (
        edit(TRAIN, lambda c: c["annotations"][0].update(segmentation=[[1, 2, 3, 4, 5, 6]])),
        "segmentation",
    ),
    "coco gone": (edit(TRAIN, lambda c: c["annotations"].pop()), "instances_train.json: shape "),
    "coco names": (edit(TRAIN, lambda c: c["categories"].pop()), "categories"),
    "coco broken": (lambda root: root.joinpath(TRAIN).write_text("[]"), "not readable as COCO"),
    "table": (lambda root: root.joinpath("outlines.parquet").write_bytes(b"PAR1"), "not readable"),
}


def test_what_is_spoilt_is_found(release: Release, tmp_path: Path, stac_schemas) -> None:
    root = tmp_path / "v1"
    shutil.copytree(release.path, root)
    folder = open_folder(root)
    scheme, _ = read_codes(folder)
    assert scheme is not None
    codes = {c.name: c.code for c in scheme}
    whole = {one.path: one for one in look(Job(root, None, codes, "outline", tuple(folder.items.items()), ()))[1]}
    assert shapes(folder, scheme, list(whole.values()), None) == []
    touched = tuple(f"items/{c}/{c}.json" for c in ("s_0_1_1", "s_0_3_7"))
    for name, (spoil, said) in SPOILT.items():
        before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and p.suffix != ".tif"}
        spoil(root)
        folder = open_folder(root)
        findings, seen = look(Job(root, None, codes, "outline", tuple((p, folder.items[p]) for p in touched), ()))
        found = [*findings, *shapes(folder, scheme, list((whole | {one.path: one for one in seen}).values()), None)]
        told = [f.message for f in found if f.level == "Q2"]
        assert any(said.lower() in line.lower() for line in told), (name, told)
        for path, data in before.items():
            if path.read_bytes() != data:
                path.write_bytes(data)


def test_a_trainer_gets_boxes_labels_and_masks(release: Release) -> None:
    data = gs.load(release.path)
    assert (data.classes, data.codes) == (("non-water", "water"), (0, 1))
    for sample in data:
        n = len(sample["labels"])
        assert (sample["boxes"].shape, sample["boxes"].dtype) == ((n, 4), np.float32)
        assert (sample["masks"].shape, sample["masks"].dtype) == ((n, SIDE, SIDE), np.uint8)
        assert sample["labels"].dtype == np.int64
        assert set(sample["labels"].tolist()) <= {1, 2}  # 0 is the background, and clouds are nothing to find
        for box, mask in zip(sample["boxes"], sample["masks"], strict=True):
            rows, cols = np.nonzero(mask)
            assert box[2] > box[0]
            assert box[3] > box[1]
            assert cols.min() >= np.floor(box[0])
            assert cols.max() + 1 <= np.ceil(box[2])
            assert rows.min() >= np.floor(box[1])
            assert rows.max() + 1 <= np.ceil(box[3])
    assert set(data[0]) == {"image", "valid", "boxes", "labels", "masks", "id", "bands"}


def test_a_sheet_maps_classes_and_leaves_some_out(release: Release, tmp_path: Path) -> None:
    sheet = tmp_path / "water__other.csv"
    sheet.write_text("from_code,relation,to_code\n1,exact,7\n0,ignore,\n")
    data = gs.load(release.path, sheet=sheet)
    assert data.codes == (7,)
    assert {label for s in data for label in s["labels"].tolist()} == {1}


def test_masks_of_small_things() -> None:
    assert instance(shapely.box(3.1, 3.1, 3.2, 3.2), (8, 8)).sum() == 1
    assert instance(shapely.Point(7.9, 0.1), (8, 8))[0, 7] == 1
    assert instance(shapely.LineString([(0.5, 0.5), (7.5, 7.5)]), (8, 8)).trace() >= 7
    assert instance(shapely.box(2, 2, 4, 5), (8, 8)).sum() == 6


def test_two_releases_are_compared_by_shape(release: Release, lake: Lake) -> None:
    say(lake, "w2-2", shapely.box(5, 5, 16, 12), "s_0_2_2")
    (done,) = lake.annotate(
        [NewEvent("shapes", TASK, "s_0_4_4", {"type": "FeatureCollection", "coordinates": "pixel", "layer": "w4-4",
                                              "features": []})],
        actor="anna",
    )  # fmt: skip
    assert done.status == "created"
    say(lake, "new", shapely.box(20, 5, 26, 12), "s_0_2_4")
    made = build(lake, "v2", task=TASK, buffer="0m")
    found = differences(release.path, made.path)
    assert found.shapes is not None
    assert found.shapes.counts() == {"added": 2, "removed": 1, "changed": 1}  # one was said after the first release
    assert {"s_0_2_2", "s_0_4_4", "s_0_2_4"} <= set(found.relabelled)
    text = (made.path / "CHANGELOG.md").read_text()
    assert "- 2 shapes added" in text
    assert "- 1 shape removed" in text


def test_the_documents_show_shapes(release: Release) -> None:
    report = (release.path / "report.html").read_text()
    assert '<svg viewBox="0 0 32 32"' in report
    assert "Cut at an edge" in report
    card = (release.path / "README.md").read_text()
    assert "object-detection" in card
    assert "true negatives" in card
    assert "`mask.tif`" not in card
    described = json.loads((release.path / "croissant.json").read_text())
    assert {r["@id"] for r in described["recordSet"]} == {"chips", "outlines", "thumbnails"}
    with Image.open(release.path / "items/s_0_1_1/thumbnail.png") as picture:
        left, right = (np.asarray(picture.convert("RGB"))[:, part] for part in (slice(0, 256), slice(-256, None)))
    assert (left != right).any()


def test_dataset_py_gives_the_same(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """With arrays where torch has tensors; torch and torchgeo themselves are in the long tests."""
    torch = SimpleNamespace(
        as_tensor=np.asarray, tensor=np.array, zeros=np.zeros, stack=np.stack, **{k: k for k in KINDS_OF_NUMBERS}
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torchgeo", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torchgeo.datasets", SimpleNamespace(NonGeoDataset=object))
    train, ours = runpy.run_path(str(release.path / "dataset.py"))["train"], gs.load(release.path, split="train")
    assert len(train) == len(ours) > 20
    for i in range(len(ours)):
        told, sample = train[i], ours[i]
        for key in ("boxes", "labels", "masks"):
            np.testing.assert_array_equal(told[key], sample[key])
            assert told[key].dtype == sample[key].dtype
        assert told["image"].shape == sample["image"].shape


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what mlcroissant calls; nothing of ours
def test_croissant_reads_the_table(release: Release) -> None:
    mlc = pytest.importorskip("mlcroissant")
    data = mlc.Dataset(jsonld=release.path / "croissant.json")
    assert data.metadata.ctx.issues.errors == data.metadata.ctx.issues.warnings == set()
    record = next(iter(data.records("outlines")))
    assert record["outlines/chip"].decode() in {p.name for p in (release.path / "items").iterdir()}
    assert record["outlines/xmax"] > record["outlines/xmin"]


def test_bad_input(tmp_path: Path) -> None:
    with init(tmp_path / "lake", scheme=WATER, tasks={TASK: "outline"}) as lake:
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)).save(tmp_path / "p.png")
        (scene,) = open_source(str(tmp_path / "p.png"), time=TIME, scene_id="p")
        add_scene(lake, scene, 32)
        with pytest.raises(InputError, match="no labels"):
            build(lake, "v1", task=TASK)
        mark(lake, "p_0_0_0")
        with pytest.raises(InputError, match="no labels"):  # negatives alone are no dataset
            build(lake, "v1", task=TASK)
        say(lake, "flat", shapely.Polygon([(1, 1), (5, 5), (9, 9)]), "p_0_0_0")
        with pytest.raises(InputError, match="no labels"):
            build(lake, "v1", task=TASK)
        assert not list(lake.layout.releases.glob("*"))
        say(lake, "box", shapely.box(1, 1, 5, 5), "p_0_0_0")
        made = build(lake, "v1")
        assert made.record["recipe"]["task"] == TASK
        assert [f["geometry"] for f in labels(made.path, "p_0_0_0")["features"]] == [None]  # no CRS: pixels alone
        report = check(made.path)
        assert not [f for f in report.findings if f.level == "Q2" and f.severity == "error"], report.render()
        assert len(gs.load(made.path)[0]["boxes"]) == 1


def test_what_is_said_is_known_by_chip(lake: Lake) -> None:
    said = OutlineLabels(lake, TASK)
    assert said.actors("s_0_1_1") == ("import",)
    assert said.on("s_0_1_1").people == 1
    assert said.open["s_0_7_9"] == 1


def test_ground_lies_in_every_split_and_objects_in_one(lake: Lake, stac_schemas: Path) -> None:
    before = build(lake, "objects", task=TASK, buffer="0m", license="CC-BY-4.0")
    say(lake, "land", shapely.box(0, 0, 379, 379), "s_0_0_0", code=0)
    made = build(lake, "ground", task=TASK, buffer="0m", license="CC-BY-4.0")
    table = pq.read_table(made.path / "outlines.parquet").to_pylist()
    splits: dict[str, set[str]] = {}
    for row in table:
        if row["split"] != "none":
            splits.setdefault(row["shape_id"].rpartition("/")[2], set()).add(row["split"])
    land = next(found for own, found in splits.items() if len(found) > 1)
    assert land == {"train", "validate", "test"}
    assert sum(len(found) > 1 for found in splits.values()) == 1
    assert len(none_chips(made.path)) <= len(none_chips(before.path)) + 2
    assert "1 shape on more than 16 chips: ground" in (made.path / "README.md").read_text()
    report = check(made.path)
    assert report.passed("Q2"), report.render()
    record = json.loads((made.path / "release.json").read_text())
    del record["recipe"]["ground"]
    (made.path / "release.json").write_text(json.dumps(record))
    assert any("lies in two splits" in f.what for f in check(made.path).findings)
