"""The main job's end: a real scene, labelled, released, published, read back for training."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from realservers.s3 import S3Server
from realservers.stac import StacServer

import groundset as gs
from groundset.core import Grid
from groundset.imagery import open_source
from groundset.ingest import annotate, ingest
from groundset.lake import init
from groundset.publish import publish
from groundset.release import build, check
from groundset.segment import segment
from groundset.taxonomy import WATER

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """Sen1Floods11's Spanish chip in 16 chips, labelled by its hand-made mask and one polygon on top."""
    folder = tmp_path_factory.mktemp("real")
    sample = data_dir / "sen1floods11_sample/sample"
    with rasterio.open(sample / "Labels/Spain_7370579_LabelHand.tif") as file:
        profile, hand = file.profile, file.read()
    with rasterio.open(folder / "hand.tif", "w", **{**profile, "nodata": -1}) as file:
        file.write(hand)
    west, south, east, north = -0.7818936, 38.0928, -0.7718936, 38.1028
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"class": "non-water"}, "geometry": polygon}
    (folder / "polygon.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    scenes = open_source(
        str(sample / "S2/Spain_7370579_S2Hand.tif"), sensor="sentinel-2-l1c", time="2019-09-17T10:50:00Z"
    )
    with init(folder / f"lake-{folder.name}", scheme=WATER) as lake:
        ingest(lake, scenes, grid=Grid(128))
        annotate(lake, folder / "hand.tif", actor="sen1floods11")
        annotate(lake, folder / "polygon.geojson", actor="expert-1")
        segment(lake, task="pixels")  # fills what the hand-made mask leaves open
        return Path(build(lake, "v1", license="CC-BY-4.0").path)


def test_published_read_back_and_loaded(
    s3: S3Server, stac_api: StacServer, release: Path, stac_schemas: Path, tmp_path: Path
) -> None:
    from pystac_client import Client

    bucket = s3.bucket()
    address = f"s3://{bucket}/water/v1"
    report = publish(release, s3=address, stac_api=stac_api.url)
    assert report.items == report.created == 16
    assert report.objects == len([p for p in release.rglob("*") if p.is_file()])
    again = publish(release, s3=address, stac_api=stac_api.url)
    assert (again.uploaded, again.created, again.updated) == (0, 0, 0)

    collection = json.loads((release / "collection.json").read_text())["id"]
    items = list(Client.open(stac_api.url).search(collections=[collection]).items())
    assert len(items) == 16
    for item in items:
        assert {"image", "mask", "origin", "thumbnail"} == item.assets.keys()
        for asset in item.assets.values():
            key = asset.href.removeprefix(f"s3://{bucket}/")
            data = s3.client().get_object(Bucket=bucket, Key=key)["Body"].read()
            assert asset.extra_fields["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()

    here, there = gs.load(release), gs.load(address)
    assert here.ids == there.ids
    assert len(here) > 0
    np.testing.assert_array_equal(here.statistics.mean, there.statistics.mean)
    assert np.isfinite(here.statistics.std).all()
    for a, b in zip(here, there, strict=True):
        for key in ("image", "mask", "valid"):
            assert a[key].tobytes() == b[key].tobytes()


def test_every_published_document_says_the_truth_of_the_others(s3: S3Server, release: Path) -> None:
    bucket = s3.bucket()
    publish(release, s3=f"s3://{bucket}/v1")

    def read(href: str) -> bytes:
        key = href.removeprefix(f"s3://{bucket}/")
        return bytes(s3.client().get_object(Bucket=bucket, Key=key)["Body"].read())

    todo, seen = [f"s3://{bucket}/v1/catalog.json"], set()
    while todo:
        href = todo.pop()
        seen.add(href)
        document = json.loads(read(href))
        for thing in [*document.get("assets", {}).values(), *document["links"]]:
            target = thing["href"]
            assert target.startswith((f"s3://{bucket}/v1/", "https://"))
            if not target.startswith("s3://"):
                continue
            data = read(target)
            assert thing.get("file:size", len(data)) == len(data)
            if "file:checksum" in thing:
                assert thing["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
            if target.endswith(".json") and b'"stac_version"' in data and target not in [*seen, *todo]:
                todo.append(target)
    assert len(seen) == 16 + 4  # chips, and a scene, a model, the collection and the catalog


def test_one_training_step(release: Path) -> None:
    from sklearn.linear_model import SGDClassifier

    data = gs.load(release, split="train")
    model = SGDClassifier(loss="log_loss", random_state=0)
    for sample in data:
        good = sample["valid"] & (sample["mask"] != 255)
        if good.any():
            mean, std = data.statistics.mean[:, None, None], data.statistics.std[:, None, None]
            x = ((sample["image"] - mean) / std)[:, good].T
            model.partial_fit(x, sample["mask"][good], classes=list(data.codes))
    assert model.coef_.shape == (3, 13)


def test_release_is_sound(release: Path, stac_schemas: Path) -> None:
    assert not [f for f in check(release).findings if f.severity == "error" and f.level != "Q3"]


def test_downloaded_publication_is_sound_too(s3: S3Server, release: Path, stac_schemas: Path, tmp_path: Path) -> None:
    bucket = s3.bucket()
    publish(release, s3=f"s3://{bucket}/v1")
    for file in s3.client().list_objects_v2(Bucket=bucket)["Contents"]:
        path = tmp_path / file["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.client().download_file(bucket, file["Key"], str(path))
    findings = check(tmp_path / "v1").findings
    assert not [f for f in findings if f.severity == "error" and f.level != "Q3"]
