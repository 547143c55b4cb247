"""groundset check: a good release passes, over thirty broken on purpose are each told with file, found and wanted."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
from rasterio.transform import from_origin

import groundset as gs
from groundset.core import Grid, InputError, MissingError, Step
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.release import Finding, check
from groundset.release._check_types import CheckReport

SIZE = 16
DATA = Path(os.environ.get("GROUNDSET_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The filled cache where there is one, else an empty one: then only the core schemas are checked."""
    folder = DATA / "stac-schemas"
    return folder if folder.is_dir() else tmp_path_factory.mktemp("schemas")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real release of 4 x 8 chips, made through the rooms."""
    root = tmp_path_factory.mktemp("lake")
    rng = np.random.default_rng(5)
    rows, cols = 4 * SIZE, 8 * SIZE
    profile = {"driver": "GTiff", "height": rows, "width": cols, "crs": "EPSG:32632"}
    profile["transform"] = from_origin(500_000, 5_000_000, 20, 20)
    with rasterio.open(root / "scene.tif", "w", count=3, dtype="uint16", nodata=0, **profile) as dst:
        dst.write(rng.integers(1, 4000, (3, rows, cols)).astype(np.uint16))
    mask = rng.choice(np.array([1, 2, 255], np.uint8), (rows, cols), p=[0.4, 0.4, 0.2])
    with gs.create(root / "lake", scheme="water") as ws:
        codes = {c.name: c.code for c in ws.scheme("pixels")}
        mask = np.select([mask == 1, mask == 2], [codes["water"], codes["non-water"]], 255).astype(np.uint8)
        with rasterio.open(root / "labels.tif", "w", count=1, dtype="uint8", nodata=255, **profile) as dst:
            dst.write(mask, 1)
        scenes = open_source(
            str(root / "scene.tif"), bands=["B02", "B03", "B08"], time=datetime(2020, 6, 1, tzinfo=UTC), scene_id="S2"
        )
        ingest(ws.lake, scenes, grid=Grid(SIZE, SIZE, 1, "drop"))
        ws.annotate(root / "labels.tif", actor="ann", task="pixels")
        return Path(ws.release("v1", license="CC-BY-4.0").path)


@pytest.fixture
def release(good: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "v1"
    shutil.copytree(good, copy)
    return copy


def first(root: Path, split: str = "train") -> Path:
    """The first item of a split."""
    for path in sorted(root.glob("items/*/*.json")):
        if json.loads(path.read_text())["properties"]["groundset:split"] == split:
            return path
    raise AssertionError(split)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Change a JSON file; gives back its path below the release."""
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    return path.name if path.parent.name == "v1" else path.relative_to(path.parents[2]).as_posix()


def redraw(path: Path, change: Callable[[np.ndarray[Any, Any]], Any], **profile: Any) -> None:
    """Change the pixels or the profile of a GeoTIFF."""
    with rasterio.open(path) as src:
        data, meta = src.read(), src.profile
    data = change(data)
    for key in ("blockxsize", "blockysize", "tiled", "interleave", "photometric"):
        meta.pop(key, None)
    meta |= {"count": data.shape[0], "height": data.shape[1], "width": data.shape[2], "dtype": data.dtype.name}
    path.unlink()
    with rasterio.open(path, "w", **{**meta, **profile}) as dst:
        dst.write(data)


def keep(data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return data


# -- the good one -----------------------------------------------------------------------------------------------------


def test_a_good_release_passes(good: Path) -> None:
    if not (DATA / "stac-schemas").is_dir():
        pytest.skip("no schemas (GROUNDSET_TEST_DATA)")
    steps: list[Step] = []
    report = check(good, schemas=DATA / "stac-schemas", progress=steps.append)
    assert [f.message for f in report.findings if f.level != "Q3"] == []
    assert [report.passed(level) for level in ("Q0", "Q1", "Q2", "Q3")] == [True, True, True, False]
    assert report.status("Q3") == "not reached"
    assert [report.exit_code(r) for r in (None, "Q0", "Q2", "Q3")] == [0, 0, 0, 1]
    assert steps[-1].done == steps[-1].total == report.chips == 32
    text = report.render()
    assert re.search(r"Q2 +ML-ready +passed", text)
    assert "not reached: accuracy estimate; found: no reviews" in text
    json.dumps(report.to_dict())


def test_an_executor_of_the_caller_gives_the_same(good: Path, schemas: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert check(good, schemas=schemas, executor=pool).findings == check(good, schemas=schemas).findings


def test_catalog_and_collection_name_the_release_too(good: Path, schemas: Path) -> None:
    assert check(good / "catalog.json", schemas=schemas).chips == 32


def test_without_schemas_q1_is_not_fully_checked(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.release._check_schema_store._download", lambda _uri, out: out.append(OSError()))
    report = check(good, schemas=tmp_path)
    assert report.status("Q1") == "not fully checked"
    assert not report.passed("Q1")
    assert [report.exit_code(r) for r in (None, "Q0", "Q1", "Q2")] == [0, 0, 1, 1]
    told = [f for f in report.of("Q1") if "label/v1.0.1" in f.what]
    assert [f.severity for f in told] == ["not-checked"]


# -- broken on purpose ------------------------------------------------------------------------------------------------

Told = tuple[str, str, str, str, str]  # level, file, what, found, wanted (each a part of it)
Break = Callable[[Path], Told]
CASES: dict[str, Break] = {}


def case(breaks: Break) -> Break:
    CASES[breaks.__name__] = breaks
    return breaks


@case
def missing_image(root: Path) -> Told:
    path = first(root).parent / "image.tif"
    path.unlink()
    return "Q0", path.relative_to(root).as_posix(), "missing file", "no such file", "the file"


@case
def missing_item(root: Path) -> Told:
    path = first(root)
    path.unlink()
    return "Q0", path.relative_to(root).as_posix(), "missing file", "no such file", "an existing file"


@case
def missing_collection(root: Path) -> Told:
    (root / "collection.json").unlink()
    return "Q0", "collection.json", "missing file", "no such file", "STAC document"


@case
def missing_table(root: Path) -> Told:
    (root / "chips.parquet").unlink()
    return "Q0", "chips.parquet", "missing file", "no such file", "the file"


@case
def stray_file(root: Path) -> Told:
    (root / "items" / "notes.txt").write_text("hello")
    return "Q0", "items/notes.txt", "stray file", "5 bytes", "no file that nothing refers to"


@case
def changed_bytes(root: Path) -> Told:
    path = first(root).parent / "thumbnail.png"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    name = path.relative_to(root).as_posix()
    return "Q0", name, "checksum (sha256)", "1220" + hashlib.sha256(data).hexdigest(), "1220"


@case
def grown_file(root: Path) -> Told:
    with (root / "LICENSE").open("ab") as f:
        f.write(b"!")
    size = (root / "LICENSE").stat().st_size
    return "Q0", "LICENSE", "size in bytes", str(size), str(size - 1)


@case
def malformed_checksum(root: Path) -> Told:
    path = first(root)
    edit(path, lambda i: i["assets"]["image"].update({"file:checksum": "1220abcd"}))
    image = path.with_name("image.tif").relative_to(root).as_posix()
    return "Q0", image, "no multihash", "1220abcd", "64 hexadecimal digits"


@case
def no_checksum(root: Path) -> Told:
    path = first(root)
    edit(path, lambda i: i["assets"]["mask"].pop("file:checksum"))
    mask = path.with_name("mask.tif").relative_to(root).as_posix()
    return "Q0", mask, "no checksum is stated", "nothing", "1220"


@case
def link_to_another_file(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    outside = root.parent / "mask.tif"
    shutil.move(path, outside)
    path.symlink_to(outside)
    return "Q0", path.relative_to(root).as_posix(), "a link to another file", "link", "a file"


@case
def table_without_a_row(root: Path) -> Told:
    table = pq.read_table(root / "chips.parquet")
    pq.write_table(table.slice(1), root / "chips.parquet")
    name = table["id"][0].as_py()
    return "Q0", "chips.parquet", f"row of items/{name}/{name}.json", "no such row", name


@case
def table_of_another_split(root: Path) -> Told:
    path = first(root)
    edit(path, lambda i: i["properties"].update({"groundset:split": "validate", "ml-aoi:split": "validate"}))
    return "Q0", "chips.parquet", f"ml-aoi:split of items/{path.stem}", "train", "validate"


@case
def table_that_is_no_parquet(root: Path) -> Told:
    (root / "chips.parquet").write_bytes(b"PAR1 no")
    return "Q0", "chips.parquet", "not readable", "arquet", "a Parquet file"


@case
def truncated_json(root: Path) -> Told:
    path = first(root)
    path.write_text(path.read_text()[:200])
    return "Q1", path.relative_to(root).as_posix(), "not readable as JSON", "line", "a JSON object"


@case
def json_of_another_kind(root: Path) -> Told:
    path = first(root)
    path.write_text("[1, 2]")
    return "Q1", path.relative_to(root).as_posix(), "not a STAC object", "list", "a JSON object"


@case
def wrong_stac_version(root: Path) -> Told:
    name = edit(first(root), lambda i: i.update(stac_version="0.9.0"))
    return "Q1", name, "STAC version", "0.9.0", "1.1.0"


@case
def bad_bbox(root: Path) -> Told:
    name = edit(first(root), lambda i: i.update(bbox=[1, 2]))
    return "Q1", name, "bbox", "[1, 2]", "at least 4 entries"


@case
def absolute_href(root: Path) -> Told:
    name = edit(first(root), lambda i: i["assets"]["image"].update(href="/data/image.tif"))
    return "Q1", name, "asset image: address", "/data/image.tif", "a relative path inside the release"


@case
def href_that_leaves_the_release(root: Path) -> Told:
    name = edit(first(root), lambda i: i["assets"]["image"].update(href="../../../image.tif"))
    return "Q1", name, "asset image: address", "../../../image.tif", "inside the release"


@case
def link_that_leads_nowhere(root: Path) -> Told:
    def change(item: dict[str, Any]) -> None:
        next(x for x in item["links"] if x["rel"] == "collection")["href"] = "../../gone.json"

    name = edit(first(root), change)
    return "Q1", name, "link collection leads nowhere", "gone.json", "an existing file"


@case
def foreign_collection(root: Path) -> Told:
    name = edit(first(root), lambda i: i.update(collection="other"))
    return "Q1", name, "collection", "other", "v1"


@case
def foreign_id(root: Path) -> Told:
    name = edit(first(root), lambda i: i.update(id="other"))
    return "Q1", name, "path of the item other", name, "items/other/other.json"


@case
def code_outside_the_scheme(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    redraw(path, lambda d: np.where(np.arange(d.size).reshape(d.shape) == 7, 77, d).astype(np.uint8))
    return "Q2", path.relative_to(root).as_posix(), "codes that are not in the scheme", "[77]", "255"


@case
def mask_of_another_shape(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    redraw(path, lambda d: d[:, :-1])
    return "Q2", path.relative_to(root).as_posix(), "shape", "15 x 16", "16 x 16"


@case
def mask_of_another_place(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    redraw(path, keep, transform=from_origin(0, 0, 20, 20))
    return "Q2", path.relative_to(root).as_posix(), "transform", "[20.0, 0.0, 0.0, 0.0, -20.0, 0.0]", "5000000"


@case
def mask_of_another_crs(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    redraw(path, keep, crs="EPSG:32633")
    return "Q2", path.relative_to(root).as_posix(), "CRS", "EPSG:32633", "EPSG:32632"


@case
def mask_of_another_type(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    redraw(path, lambda d: d.astype(np.int16))
    return "Q2", path.relative_to(root).as_posix(), "data type of the mask", "1 x int16", "1 x uint8"


@case
def mask_that_is_html(root: Path) -> Told:
    path = first(root).with_name("mask.tif")
    path.write_text("<html>not found</html>")
    return "Q2", path.relative_to(root).as_posix(), "not readable as a raster", "", "a GeoTIFF"


@case
def wrong_class_counts(root: Path) -> Told:
    path = first(root)
    edit(path, lambda i: i["properties"]["groundset:class_counts"].update(water=10**30))
    mask = path.with_name("mask.tif").relative_to(root).as_posix()
    return "Q2", mask, "groundset:class_counts", "water", str(10**30)


@case
def wrong_valid_fraction(root: Path) -> Told:
    name = edit(first(root), lambda i: i["properties"].update({"groundset:valid_fraction": 0.25}))
    return "Q2", name, "groundset:valid_fraction", "0.25", "1.0"


@case
def labels_without_origin(root: Path) -> Told:
    path = first(root).with_name("origin.tif")
    redraw(path, np.zeros_like)
    return "Q2", path.relative_to(root).as_posix(), "labelled pixels without an origin", "", "0"


@case
def unknown_split(root: Path) -> Told:
    name = edit(first(root), lambda i: i["properties"].update({"groundset:split": "holdout"}))
    return "Q2", name, "groundset:split", "holdout", "train, validate, test, none"


@case
def leaking_splits(root: Path) -> Told:
    """A test chip moved to where a train chip is."""
    train, test = first(root), first(root, "test")
    there = json.loads(train.read_text())
    name = edit(test, lambda i: i.update(geometry=there["geometry"], bbox=there["bbox"]))
    one, two = sorted([train.relative_to(root).as_posix(), name])
    del two
    return "Q2", one if one != name else name, "is too near to split", "0.0 m", "at least 100.0 m"


@case
def overlapping_splits_without_a_buffer(root: Path) -> Told:
    """A test chip half over a train chip, in a release that asked for no buffer."""
    train, test = first(root), first(root, "test")
    there = json.loads(train.read_text())
    west, south, east, north = there["bbox"]
    half = (east - west) / 2
    ring = [[x + half, y] for x, y in there["geometry"]["coordinates"][0]]
    box = [west + half, south, east + half, north]
    edit(test, lambda i: i.update(geometry={"type": "Polygon", "coordinates": [ring]}, bbox=box))
    edit(root / "release.json", lambda r: r["split"].update(buffer_m=0.0))
    return "Q2", train.relative_to(root).as_posix(), "overlaps split", "shared ground", "no shared ground"


@case
def distance_stated_too_large(root: Path) -> Told:
    edit(root / "release.json", lambda r: r["split"].update(smallest_distance_m=99_999.0))
    return "Q2", "release.json", "smallest distance between splits", "99999.0 stated", "m, as measured"


@case
def wrong_number_of_chips(root: Path) -> Told:
    edit(root / "release.json", lambda r: r["split"]["chips"].update(train=1))
    return "Q2", "collection.json", "chips in split train", "", "1, as release.json says"


@case
def same_image_twice(root: Path) -> Told:
    one, two = sorted(root.glob("items/*/image.tif"))[:2]
    with rasterio.open(one) as src:
        data = src.read()
    redraw(two, lambda _: data)
    other = f"items/{two.parent.name}/{two.parent.name}.json"
    return "Q2", other, "same pixels", f"items/{one.parent.name}/{one.parent.name}.json", "its own pixels"


@case
def same_window_twice(root: Path) -> Told:
    one, two = sorted(root.glob("items/*/*.json"))[:2]
    keys = ("proj:transform", "proj:shape", "proj:code", "datetime")
    there = json.loads(one.read_text())["properties"]
    name = edit(two, lambda i: i["properties"].update({k: there[k] for k in keys}))
    return "Q2", name, "same window", one.relative_to(root).as_posix(), "a window of its own"


@case
def no_datetime(root: Path) -> Told:
    name = edit(first(root), lambda i: i["properties"].update(datetime=None))
    return "Q2", name, "datetime", "null", "the acquisition time"


@case
def another_scheme_in_one_item(root: Path) -> Told:
    name = edit(first(root), lambda i: i["properties"]["label:classes"][0].update(classes=["cat", "dog"]))
    return "Q2", name, "label:classes", '["cat", "dog"]', "water"


@case
def broken_scheme(root: Path) -> Told:
    text = (root / "scheme.csv").read_text().splitlines()
    (root / "scheme.csv").write_text("\n".join([*text, text[-1]]) + "\n")
    return "Q2", "scheme.csv", "not a class scheme", "", "code, name, title, color"


@case
def wrong_class_statistics(root: Path) -> Told:
    edit(root / "release.json", lambda r: r["class_counts"].update(water=3))
    return "Q2", "release.json", "class_counts", '"water": 3', "as counted"


@case
def wrong_band_statistics(root: Path) -> Told:
    edit(root / "collection.json", lambda c: c["summaries"]["bands"][1]["statistics"].update(mean=1e300))
    return "Q2", "collection.json", "mean of band B03", "1e+300", "as computed"


@case
def no_licence_text(root: Path) -> Told:
    (root / "LICENSE").unlink()
    return "Q2", "LICENSE", "missing licence text", "no such file", "LICENSE"


@pytest.mark.parametrize("name", CASES)
def test_broken_on_purpose(release: Path, schemas: Path, name: str) -> None:
    level, file, what, found, wanted = CASES[name](release)
    report = check(release, schemas=schemas)
    errors = [f for f in report.of(level) if f.severity == "error"]  # type: ignore[arg-type]
    hits = [f for f in errors if f.file == file and what in f.what and found in f.found and wanted in f.wanted]
    assert hits, "\n".join(f.message for f in report.findings if f.level != "Q3")
    message = hits[0].message
    assert message.startswith(f"{file}: ")
    assert "; found: " in message
    assert "; wanted: " in message
    assert "\n" not in message
    assert report.status(level) == "failed"  # type: ignore[arg-type]
    assert report.exit_code() == 1


def test_over_twenty_are_broken() -> None:
    assert len(CASES) > 20


# -- what is no error -------------------------------------------------------------------------------------------------


def test_a_checksum_of_another_algorithm_is_checked_and_told(release: Path, schemas: Path) -> None:
    path = first(release)
    digest = hashlib.sha512(path.with_name("image.tif").read_bytes()).hexdigest()
    edit(path, lambda i: i["assets"]["image"].update({"file:checksum": "1340" + digest}))
    image = path.with_name("image.tif").relative_to(release).as_posix()
    told = [f for f in check(release, schemas=schemas).of("Q0") if f.file == image]
    assert [(f.severity, f.found) for f in told] == [("warning", "sha512")]
    edit(path, lambda i: i["assets"]["image"].update({"file:checksum": "1340" + "0" * 128}))
    assert any(f.severity == "error" and "sha512" in f.what for f in check(release, schemas=schemas).of("Q0"))
    edit(path, lambda i: i["assets"]["image"].update({"file:checksum": "b220" + "0" * 64}))
    told = [f for f in check(release, schemas=schemas).of("Q0") if f.file == image]
    assert [f.severity for f in told] == ["not-checked"]


def test_no_licence_is_a_warning(release: Path, schemas: Path) -> None:
    edit(release / "collection.json", lambda c: c.update(license="other"))
    told = [f for f in check(release, schemas=schemas).of("Q2") if f.what == "licence"]
    assert [(f.severity, f.found) for f in told] == [("warning", "other")]


def test_hostile_json_is_told_and_nothing_is_raised(release: Path, schemas: Path) -> None:
    values: list[Any] = [None, 1e308, -1, 10**400, "x" * 10_000, [], {}, [[[]]], {"a": None}, True, "\ud83d\n\x00"]
    keys = ["properties", "assets", "links", "geometry", "bbox", "id", "stac_extensions", "collection", "type"]
    paths = sorted(release.glob("items/*/*.json"))
    for n, path in enumerate(paths):
        item = json.loads(path.read_text())
        item[keys[n % len(keys)]] = values[n % len(values)]
        path.write_text(json.dumps(item))
    for n, key in enumerate(("summaries", "links", "assets")):
        path = paths[n]
        item = json.loads(path.read_text())
        item["properties"] = {k: values[(n + i) % len(values)] for i, k in enumerate(item["properties"] or {})}
        path.write_text(json.dumps(item))
        edit(release / "collection.json", lambda c, k=key: c.update({k: c[k]}))  # type: ignore[misc]
    (release / "release.json").write_text(json.dumps({"split": [1], "statistics": {}, "class_counts": 3, "recipe": 1}))
    report = check(release, schemas=schemas)
    assert report.exit_code() == 1
    assert len(report.render()) < 100_000


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        check(tmp_path / "nothing")
    with pytest.raises(InputError, match="an empty folder"):
        check(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"but a\.txt"):
        check(tmp_path)
    with pytest.raises(InputError, match="a file"):
        check(tmp_path / "a.txt")


def test_a_long_list_is_cut_in_the_table_only() -> None:
    report = CheckReport("x", 1, [Finding("Q0", "error", f"f{i}", "missing file", "a", "b") for i in range(30)])
    text = report.render(limit=5)
    assert text.count("Q0 error: ") == 5
    assert "25 more" in text
    assert len(report.to_dict()["findings"]) == 30
    assert Finding("Q0", "error", "", "w").message == ".: w; found: nothing; wanted: nothing"
