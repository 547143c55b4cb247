"""A release of real pixels: layout, files, items, splits, rebuilding, and what is refused."""

from __future__ import annotations

import io
import json
import shutil
import struct
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pystac
import pytest
import rasterio
from PIL import Image

from groundset._files import multihash, sha256_file
from groundset.core import ConflictError, Grid, InputError, LabelMask, MissingError, Origin, StoppedError
from groundset.imagery import in_group, open_source
from groundset.ingest import annotate_chips, annotate_masks, ingest
from groundset.lake import Lake, init
from groundset.release import build, check, plan_splits, rebuild
from groundset.release.recipe import read_recipe
from groundset.release.schemas import Validator
from groundset.taxonomy import WATER

NAMES = ("B02", "B03", "B04", "B08")
TIME = datetime(2019, 9, 17, 10, 50, tzinfo=UTC)


@pytest.fixture(scope="module")
def crop(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 x 250 real pixels of four bands without nodata, and the hand-drawn water mask beside them."""
    folder = data_dir / "sen1floods11_sample" / "sample"
    out = tmp_path_factory.mktemp("scene") / "flood.tif"
    window = rasterio.windows.Window(0, 0, 250, 250)
    with rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif") as source:
        data = source.read([2, 3, 4, 8], window=window).astype(np.uint16)
        profile = {"crs": source.crs, "transform": source.transform}
    with rasterio.open(out, "w", driver="GTiff", width=250, height=250, count=4, dtype="uint16", **profile) as target:
        target.write(data)
        target.descriptions = NAMES
    with rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif") as source:
        np.save(out.with_suffix(".npy"), source.read(1, window=window))
    return out


def make_lake(root: Path, crop: Path, *, time: datetime | None = TIME, chip_size: int = 32) -> Lake:
    lake = init(root, scheme=WATER, name="floods")
    scenes = open_source(str(crop), time=time, bands=NAMES)
    ingest(lake, scenes, grid=Grid(chip_size))
    return lake


def hand_masks(lake: Lake, crop: Path) -> dict[str, np.ndarray]:
    reference = np.pad(np.load(crop.with_suffix(".npy")), ((0, 32), (0, 32)), constant_values=-1)
    codes = np.where(reference < 0, 255, reference).astype(np.uint8)
    return {str(c.id): codes[c.window.slices] for c in lake.chips.chips()}


@pytest.fixture(scope="module")
def lake(crop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    lake = make_lake(tmp_path_factory.mktemp("lake") / "floods", crop)
    masks = hand_masks(lake, crop)
    first, second, *rest = sorted(masks)
    annotate_masks(lake, {c: masks[c] for c in rest}, actor="anna", task="pixels")
    guess = LabelMask.of(masks[second], Origin.MODEL, np.full((32, 32), 80, np.uint8))
    folder = lake.layout.models / "pixels-forest"
    folder.mkdir(parents=True)
    (folder / "model.skops").write_bytes(b"weights")
    (folder / "item.json").write_text(json.dumps(model_item()))
    annotate_masks(lake, {second: guess}, actor="model:pixels-forest", task="pixels")
    assert first in lake.chips  # stays without a label
    yield lake
    lake.close()


@pytest.fixture(scope="module")
def release(lake: Lake):
    return build(lake, "v1", license="CC-BY-4.0")


def model_item() -> dict[str, object]:
    def tensor(*order: str) -> dict[str, object]:
        return {"shape": [-1] * len(order), "dim_order": list(order), "data_type": "float32"}

    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "pixels-forest",
        "geometry": None,
        "links": [],
        "stac_extensions": ["https://stac-extensions.github.io/mlm/v1.5.2/schema.json"],
        "properties": {
            "datetime": "2020-01-01T00:00:00Z",
            "title": "Forest",
            "bands": [{"name": "B02"}],
            "mlm:name": "pixels-forest",
            "mlm:architecture": "RandomForest",
            "mlm:tasks": ["semantic-segmentation"],
            "mlm:input": [{"name": "pixels", "bands": ["B02"], "input": tensor("batch", "bands")}],
            "mlm:output": [{"name": "classes", "tasks": ["semantic-segmentation"], "result": tensor("batch", "class")}],
            "groundset:training": {"score": {"mean_iou": 0.8}},
        },
        "assets": {"model": {"href": "./model.skops", "roles": ["mlm:model"], "mlm:artifact_type": "skops.io.dump"}},
    }


def items(root: Path) -> dict[str, dict]:
    return {p.stem: json.loads(p.read_text()) for p in sorted(root.glob("items/*/*.json"))}


def test_the_layout_is_the_contracts(release, lake):
    names = {p.name for p in release.path.iterdir()}
    assert names == {
        "catalog.json", "collection.json", "items", "chips.parquet", "scheme.csv", "sheets", "croissant.json",
        "README.md", "report.html", "dataset.py", "CHANGELOG.md", "LICENSE", "release.json", "scenes", "models",
    }  # fmt: skip
    assert len(items(release.path)) == len(lake.chips) - 1  # the chip without a label is left out
    for chip, item in items(release.path).items():
        files = {p.name for p in (release.path / "items" / chip).iterdir()}
        assert files == {f"{chip}.json", "image.tif", "mask.tif", "origin.tif", "thumbnail.png"}
        assert set(item["assets"]) == {"image", "mask", "origin", "thumbnail"}


def test_it_passes_the_checks(release, stac_schemas):
    report = check(release.path)
    assert report.exit_code() == 0, report.render()
    assert report.passed("Q1"), report.render()
    assert report.passed("Q2"), report.render()


def test_every_stac_document_is_valid(release, stac_schemas):
    validator = Validator(stac_schemas)
    for path in release.path.rglob("*.json"):
        document = json.loads(path.read_text())
        if document.get("type") in ("Feature", "Collection", "Catalog") and "models" not in path.parts:
            assert validator.validate(document) == [], path


def test_pystac_walks_it(release):
    catalog = pystac.Catalog.from_file(str(release.path / "catalog.json"))
    found = list(catalog.get_items(recursive=True))
    assert {i.id for i in found} == set(items(release.path))
    assert all(Path(a.get_absolute_href()).is_file() for i in found for a in i.assets.values())
    assert all(not link["href"].startswith("/") for i in items(release.path).values() for link in i["links"])


def test_images_keep_native_values(release, lake, crop):
    with rasterio.open(crop) as scene:
        for chip in list(lake.chips.chips())[10:20]:
            with rasterio.open(release.path / "items" / str(chip.id) / "image.tif") as image:
                assert image.dtypes[0] == "uint16"
                assert image.descriptions == NAMES
                assert image.crs == scene.crs
                assert image.transform.almost_equals(chip.geobox.transform)
                window = chip.window.intersection(chip.window.__class__(0, 0, 250, 250))
                part = scene.read(window=((window.y_off, window.bottom), (window.x_off, window.right)))
                assert (image.read()[:, : window.height, : window.width] == part).all()
                valid = image.read_masks(1) > 0
                assert valid.sum() == window.width * window.height


def test_scale_and_offset_are_in_the_file_and_in_the_item(data_dir, tmp_path):
    lake = init(tmp_path / "l", scheme=WATER)
    path = data_dir / "sen1floods11_sample" / "sample" / "S2" / "Spain_7370579_S2Hand.tif"
    ingest(lake, open_source(str(path), sensor="sentinel-2-l1c", time=TIME), grid=Grid(256))
    chip = next(iter(lake.chips.chips()))
    annotate_masks(lake, {str(chip.id): np.ones((256, 256), np.uint8)}, actor="a", task="pixels")
    made = build(lake, "v1")
    item = items(made.path)[str(chip.id)]
    scene = lake.scenes.get(chip.id.scene)
    with rasterio.open(made.path / "items" / str(chip.id) / "image.tif") as image:
        assert image.scales == tuple(b.scale for b in scene.bands)
        assert image.offsets == tuple(b.offset for b in scene.bands)
    assert [b["raster:scale"] for b in item["assets"]["image"]["bands"]] == [b.scale for b in scene.bands]
    assert {b["data_type"] for b in item["assets"]["image"]["bands"]} == {scene.bands.dtype.name}
    assert made.split.method == "all-train"
    lake.close()


def test_masks_are_cogs_with_the_schemes_colours(release, lake, crop):
    masks = hand_masks(lake, crop)
    chip = sorted(masks)[20]
    folder = release.path / "items" / chip
    with rasterio.open(folder / "mask.tif") as mask:
        assert (mask.read(1) == masks[chip]).all()
        assert (mask.nodata, mask.dtypes) == (255, ("uint8",))
        colours = mask.colormap(1)
        assert all(colours[c.code][:3] == c.rgb for c in WATER)
    with rasterio.open(folder / "origin.tif") as origin:
        assert origin.descriptions == ("origin", "confidence")
        assert set(np.unique(origin.read(1)[masks[chip] != 255])) == {int(Origin.HUMAN)}


@pytest.mark.parametrize("name", ["image.tif", "mask.tif", "origin.tif"])
def test_the_directory_of_a_tiff_comes_before_its_tiles(release, name):
    for path in sorted(release.path.glob(f"items/*/{name}"))[::9]:
        directory, tiles = tiff_layout(path.read_bytes())
        assert directory < min(tiles)


def tiff_layout(data: bytes) -> tuple[int, list[int]]:
    """Offset of the first directory and of the tiles of a classic little-endian TIFF."""
    assert data[:4] == b"II*\0"
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    for n in range(count):
        tag, _, length, value = struct.unpack_from("<HHII", data, directory + 2 + 12 * n)
        if tag == 324:
            return directory, [value] if length == 1 else list(struct.unpack_from(f"<{length}I", data, value))
    raise AssertionError("no tiles")


def test_methods_and_models_are_told_truly(release, lake):
    all_items = items(release.path)
    drawn = [i for i in all_items.values() if i["properties"]["label:methods"] == ["manual"]]
    guessed = [i for i in all_items.values() if i["properties"]["label:methods"] == ["automated"]]
    assert (len(drawn), len(guessed)) == (len(all_items) - 1, 1)
    links = {link["rel"]: link["href"] for link in guessed[0]["links"]}
    assert links["derived_from"] == "../../models/pixels-forest/item.json"
    model = json.loads((release.path / "models" / "pixels-forest" / "item.json").read_text())
    weights = release.path / "models" / "pixels-forest" / "model.skops"
    assert model["assets"]["model"]["file:checksum"] == multihash(sha256_file(weights))
    assert release.record["models"][0]["scores"] == {"mean_iou": 0.8}
    assert all("derived_from" not in {k["rel"] for k in i["links"]} for i in drawn)


def test_items_say_what_the_contract_says(release, lake):
    chip = sorted(items(release.path))[5]
    item = items(release.path)[chip]
    properties = item["properties"]
    assert properties["datetime"] == "2019-09-17T10:50:00Z"
    assert properties["label:classes"] == [{"name": None, "classes": ["non-water", "water", "not-applicable"]}]
    assert properties["created"] == read_recipe(release.path).created
    assert sum(properties["groundset:class_counts"].values()) == sum(properties["groundset:origin_counts"].values())
    assert {link["rel"] for link in item["links"]} >= {"root", "parent", "collection", "source"}
    scene = json.loads((release.path / "scenes" / "flood.json").read_text())
    assert scene["assets"] == {}
    assert str(lake.root) not in (release.path / "scenes" / "flood.json").read_text()


def test_no_path_of_this_machine_is_in_a_release(release, lake, crop):
    for path in release.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(lake.root.parent).encode() not in data, path
            assert str(crop.parent).encode() not in data, path


def test_the_table_has_all_items(release):
    table = pq.read_table(release.path / "chips.parquet")
    rows = {r["id"]: r for r in table.to_pylist()}
    for chip, item in items(release.path).items():
        assert rows[chip]["groundset:split"] == item["properties"]["groundset:split"]
        assert rows[chip]["assets"]["mask"]["file:checksum"] == item["assets"]["mask"]["file:checksum"]
        assert rows[chip]["groundset:agreement"] is None
    assert table.schema.metadata[b"geo"]


def test_the_table_is_read_by_others(release):
    import geopandas
    from stac_geoparquet.arrow import stac_table_to_items

    frame = geopandas.read_parquet(release.path / "chips.parquet")
    assert frame.crs == "OGC:CRS84"
    first = next(iter(stac_table_to_items(pq.read_table(release.path / "chips.parquet"))))
    known = items(release.path)[first["id"]]
    assert first["geometry"]["type"] == known["geometry"]["type"]
    assert first["bbox"] == pytest.approx(known["bbox"])


def test_statistics_are_those_of_the_train_split(release):
    values = []
    for item in items(release.path).values():
        if item["properties"]["groundset:split"] == "train":
            with rasterio.open(release.path / "items" / item["id"] / "image.tif") as image:
                values.append(image.read(masked=True).reshape(4, -1))
    together = np.ma.concatenate(values, axis=1).astype(np.float64)
    collection = release.collection
    for i, band in enumerate(collection["summaries"]["bands"]):
        stated = band["statistics"]
        assert stated["mean"] == pytest.approx(together[i].mean(), rel=1e-6)
        assert stated["stddev"] == pytest.approx(together[i].std(), rel=1e-6)
        assert (stated["minimum"], stated["maximum"]) == (together[i].min(), together[i].max())
        assert stated["count"] == together[i].count()


def test_splits_are_told_with_numbers(release):
    text = release.summary()
    assert "smallest distance between splits" in text
    assert "% of water" in text
    assert release.split.smallest_distance_m >= 100
    planned = {i: s["properties"]["groundset:split"] for i, s in items(release.path).items()}
    assert set(planned.values()) <= {"train", "validate", "test", "none"}
    assert {"train", "validate", "test"} <= set(planned.values())


def test_splits_planned_before_any_label_stay(lake, release):
    chips = [c for c in lake.chips.chips() if str(c.id) in items(release.path)]
    plan = plan_splits(chips)
    if not release.split.missing:
        assert plan.splits == {i: s["properties"]["groundset:split"] for i, s in items(release.path).items()}


def test_thumbnails_show_image_and_mask(release):
    path = next(iter(sorted(release.path.glob("items/*/thumbnail.png"))))
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        assert picture.width > picture.height
        assert not picture.info.get("date:create")


def test_made_again_every_checksum_is_the_same(release, lake, tmp_path, crop):
    chip, mask = next(iter(hand_masks(lake, crop).items()))
    annotate_masks(lake, {chip: np.zeros_like(mask)}, actor="later", task="pixels")
    (lake.layout.models / "pixels-forest" / "model.skops").write_bytes(b"trained again")
    with ThreadPoolExecutor(2) as pool:
        again = rebuild(lake, release.path, to=tmp_path / "again", executor=pool)
    assert again.differences(release.path) == []
    assert len(list(again.path.rglob("*"))) == len(list(release.path.rglob("*")))


def test_made_again_by_other_programs_says_so(release, lake, tmp_path):
    copy = tmp_path / "v1"
    shutil.copytree(release.path, copy)
    record = json.loads((copy / "release.json").read_text())
    record["recipe"]["versions"]["gdal"] = "1.2.3"
    (copy / "release.json").write_text(json.dumps(record))
    with pytest.raises(ConflictError, match=r"gdal 1\.2\.3"):
        rebuild(lake, copy, to=tmp_path / "again")


def test_processes_write_the_same_bytes(lake, release, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert rebuild(lake, release.path, to=tmp_path / "wide", executor=pool).differences(release.path) == []


def test_a_release_is_never_changed(lake, release):
    before = {p: p.stat().st_mtime_ns for p in release.path.rglob("*")}
    with pytest.raises(ConflictError, match="there already"):
        build(lake, "v1")
    assert before == {p: p.stat().st_mtime_ns for p in release.path.rglob("*")}


def test_the_next_one_says_what_changed(lake, release, crop):
    masks = hand_masks(lake, crop)
    chip = sorted(masks)[30]
    annotate_masks(lake, {chip: np.full((32, 32), 1, np.uint8)}, actor="anna", task="pixels")
    made = build(lake, "v2")
    text = (made.path / "CHANGELOG.md").read_text()
    assert "Compared with v1" in text
    assert f"- `{chip}`" in text.split("### Relabelled")[1]
    assert (made.path / "LICENSE").read_text().startswith("No licence was stated")
    assert made.collection["license"] == "other"
    shutil.rmtree(made.path)


@pytest.mark.parametrize("threads", [0, 2])
def test_stopped_in_the_middle_nothing_is_left(lake, release, threads):
    def stop(step):
        raise StoppedError("stopped")

    before = sorted(p.name for p in lake.layout.releases.iterdir())
    with ThreadPoolExecutor(max(threads, 1)) as pool, pytest.raises(StoppedError):
        build(lake, "v3", progress=stop, executor=pool if threads else None)
    assert sorted(p.name for p in lake.layout.releases.iterdir()) == before


def test_no_labels(crop, tmp_path):
    lake = make_lake(tmp_path / "l", crop, chip_size=128)
    with pytest.raises(InputError, match="no labels"):
        build(lake, "v1")
    with pytest.raises(InputError, match="no labels"):
        build(lake, "v1", task="pixels")
    assert not list(lake.layout.releases.glob("*"))
    lake.close()


def test_a_scene_without_a_time_is_named(crop, tmp_path):
    lake = make_lake(tmp_path / "l", crop, time=None, chip_size=128)
    annotate_chips(lake, [str(next(iter(lake.chips.chips())).id)], "water", actor="a")
    with pytest.raises(InputError, match="flood") as caught:
        build(lake, "v1")
    assert "--time" in caught.value.hint
    ingest(lake, open_source(str(crop), time=TIME, bands=NAMES))  # as the hint says
    made = build(lake, "v1")
    assert {i["properties"]["datetime"] for i in items(made.path).values()} == {"2019-09-17T10:50:00Z"}
    assert made.collection["extent"]["temporal"]["interval"] == [["2019-09-17T10:50:00Z"] * 2]
    lake.close()


def test_without_a_task_the_one_with_masks_is_released(lake, crop, tmp_path):
    small = make_lake(tmp_path / "l", crop, chip_size=128)
    chips = [str(c.id) for c in small.chips.chips()]
    annotate_chips(small, chips[:2], "water", actor="a")
    assert build(small, "v1").summary().startswith("task chips: 2 chips; chips: ")
    annotate_masks(small, {chips[0]: np.ones((128, 128), np.uint8)}, actor="a", task="pixels")
    assert build(small, "v2").summary().startswith("task pixels: 1 chips; pixels: ")
    small.close()
    settings = small.layout.config
    settings.write_text(settings.read_text() + '\n[tasks.roofs]\nkind = "segment"\n')
    with Lake.open(small.root) as several:
        annotate_masks(several, {chips[0]: np.ones((128, 128), np.uint8)}, actor="a", task="roofs")
        with pytest.raises(InputError, match=r"more than one task.*chips, pixels, roofs"):
            build(several, "v3")


def test_a_chip_comes_from_the_models_that_gave_it_pixels(crop, tmp_path):
    lake = make_lake(tmp_path / "l", crop, chip_size=128)
    first, second, *_ = [str(c.id) for c in lake.chips.chips()]
    half = np.full((128, 128), 255, np.uint8)
    half[:64] = 1
    water = np.ones((128, 128), np.uint8)
    for name, one, two in [("forest", water, water), ("boost", water, half)]:
        guesses = {c: LabelMask.of(m, Origin.MODEL) for c, m in ((first, one), (second, two))}
        annotate_masks(lake, guesses, actor=f"model:{name}", task="pixels")
    for name in ("forest", "boost"):
        (lake.layout.models / name).mkdir(parents=True)
        (lake.layout.models / name / "item.json").write_text(json.dumps(model_item() | {"id": name, "assets": {}}))

    def models(release):
        return {
            c: [k["href"].split("/")[-2] for k in i["links"] if k["rel"] == "derived_from"]
            for c, i in items(release.path).items()
        }

    assert models(build(lake, "v1")) == {first: ["boost"], second: ["boost", "forest"]}
    annotate_masks(lake, {second: LabelMask.of(water, Origin.MODEL)}, actor="model:boost", task="pixels")
    shutil.rmtree(lake.layout.models / "forest")
    made = build(lake, "v2")
    assert models(made) == {first: ["boost"], second: ["boost"]}
    assert [p.name for p in (made.path / "models").iterdir()] == ["boost"]
    lake.close()


def test_a_release_without_a_buffer_passes_its_own_check(crop, tmp_path, stac_schemas):
    lake = make_lake(tmp_path / "l", crop)
    masks = hand_masks(lake, crop)
    annotate_masks(lake, {c: np.where(m == 255, 0, m) for c, m in masks.items()}, actor="a", task="pixels")
    made = build(lake, "v1", buffer=0, license="CC0-1.0")
    assert made.split.smallest_distance_m == 0
    assert check(made.path).passed("Q2"), check(made.path).render()
    lake.close()


def test_a_missing_model_is_named(crop, tmp_path):
    lake = make_lake(tmp_path / "l", crop, chip_size=128)
    chip = str(next(iter(lake.chips.chips())).id)
    guess = LabelMask.of(np.ones((128, 128), np.uint8), Origin.MODEL)
    annotate_masks(lake, {chip: guess}, actor="model:gone", task="pixels")
    with pytest.raises(MissingError, match="gone"):
        build(lake, "v1")
    assert not list(lake.layout.releases.glob("*"))
    lake.close()


@pytest.mark.parametrize("bad", ["../v1", "", "v 1", "a/b"])
def test_a_bad_name(lake, bad):
    with pytest.raises(InputError, match="name of a release"):
        build(lake, bad)


def test_a_bad_licence(lake):
    with pytest.raises(InputError, match="SPDX"):
        build(lake, "v9", license="do what you want!")
    with pytest.raises(InputError, match=r"CC-BY-4\.0"):
        build(lake, "v9", license="CC BY 4")


def test_chip_answers_are_released_without_masks(data_dir, tmp_path, stac_schemas):
    lake = init(tmp_path / "l", scheme=WATER)
    files = sorted(data_dir.glob("eurosat_ms100_stac/**/*.tif"))[:8]
    if not files:
        pytest.skip("no EuroSAT chips")
    scenes = [replace(s, datetime=TIME) for f in files for s in open_source(str(f), sensor="sentinel-2-l1c", time=TIME)]
    ingest(lake, scenes, grid=Grid(64))
    chips = [str(c.id) for c in lake.chips.chips()]
    annotate_chips(lake, chips[::2], "water", actor="a")
    annotate_chips(lake, chips[1::2], "non-water", actor="a")
    made = build(lake, "v1", license="CC-BY-4.0")
    item = items(made.path)[chips[0]]
    assert item["properties"]["label"] == "water"
    assert item["properties"]["label:classes"][0]["name"] == "label"
    assert set(item["assets"]) == {"image", "thumbnail"}
    report = check(made.path)
    assert report.exit_code() == 0, report.render()
    lake.close()


def test_photos_without_crs_go_by_group(data_dir, tmp_path, stac_schemas):
    rng = np.random.default_rng(0)
    lake = init(tmp_path / "l", scheme=WATER)
    scenes = []
    for n in range(12):
        folder = tmp_path / f"site{n // 3}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / f"p{n}.png")
        scenes += open_source(str(folder / f"p{n}.png"), time=TIME)
    scenes = [s for n in range(0, 12, 3) for s in in_group(scenes[n : n + 3], f"site{n // 3}")]
    ingest(lake, scenes, grid=Grid(32))
    annotate_chips(lake, [str(c.id) for c in lake.chips.chips()], "water", actor="a")
    made = build(lake, "v1", license="CC0-1.0")
    assert made.split.method == "groups"
    assert made.split.smallest_distance_m is None
    by_group: dict[str, set[str]] = {}
    for item in items(made.path).values():
        assert item["geometry"] is None
        by_group.setdefault(item["properties"]["groundset:group"], set()).add(item["properties"]["groundset:split"])
    assert all(len(s) == 1 for s in by_group.values())
    report = check(made.path)
    assert report.exit_code() == 0, report.render()
    lake.close()
