"""A release of an outline task, published and loaded from where it was published."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from madelake import TIME, add_scene, write_scene
from realservers.s3 import S3Server
from realservers.stac import StacServer

import groundset as gs
from groundset.imagery import open_source
from groundset.journal import NewEvent
from groundset.lake import init
from groundset.publish import publish
from groundset.release import build
from groundset.taxonomy import WATER

pytestmark = pytest.mark.services


def test_to_s3_and_stac_api_and_loaded_from_there(s3: S3Server, stac_api: StacServer, tmp_path: Path) -> None:
    from pystac_client import Client

    with init(tmp_path / f"lake-{tmp_path.name}", scheme=WATER, tasks={"ponds": "outline"}) as lake:
        image = np.random.default_rng(0).integers(1, 3000, (4, 64, 64)).astype(np.uint16)
        path = write_scene(tmp_path / "s.tif", image)
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        chips = add_scene(lake, scene, 32)
        box = {"type": "Feature", "geometry": shapely.geometry.mapping(shapely.box(5, 5, 40, 12))}
        told = {"type": "FeatureCollection", "coordinates": "pixel", "layer": "one"}
        features = [{**box, "properties": {"class": 1}}]
        events = [NewEvent("shapes", "ponds", str(chips[0].id), {**told, "features": features})]
        events += [NewEvent("work", "ponds", str(chips[3].id), {"state": "complete"})]
        assert [one.status for one in lake.annotate(events, actor="anna")] == ["created", "created"]
        release = build(lake, "v1", license="CC0-1.0").path

    bucket = s3.bucket()
    report = publish(release, s3=f"s3://{bucket}/v1", stac_api=stac_api.url)
    assert report.items == report.created == 3
    name = json.loads((release / "collection.json").read_text())["id"]
    (first, *_) = sorted(Client.open(stac_api.url).search(collections=[name]).items(), key=lambda i: i.id)
    assert first.properties["groundset:class_counts"] == {"water": 1}
    assert first.assets["labels"].href == f"s3://{bucket}/v1/items/{first.id}/labels.geojson"
    head = s3.client().head_object(Bucket=bucket, Key=f"v1/items/{first.id}/labels.geojson")
    assert head["ContentType"] == "application/geo+json"
    keys = {o["Key"] for o in s3.client().list_objects_v2(Bucket=bucket)["Contents"]}
    assert {"v1/outlines.parquet", "v1/annotations/instances_train.json"} <= keys

    here, there = gs.load(release), gs.load(f"s3://{bucket}/v1")
    assert len(here) == len(there) == 3
    for a, b in zip(here, there, strict=True):
        for key in ("image", "boxes", "labels", "masks"):
            assert a[key].tobytes() == b[key].tobytes()
