"""A real STAC API with several pages, assets behind signed S3 addresses, real pixels: search -> scenes -> values."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import stacitems
from realservers.http import FileServer, Reply
from realservers.s3 import S3Server
from realservers.stac import StacServer

import groundset as gs
from groundset.core import Bbox, GroundsetError, InputError, ServiceError, whole
from groundset.imagery import SceneReader, SceneStore, read_aoi, scenes_from_items, search, signing
from groundset.imagery.stac_read import read_items

pytestmark = pytest.mark.services
DAYS = 7


@pytest.fixture(scope="module")
def made(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("cogs")
    return folder, stacitems.sentinel_2(data_dir, folder)


Catalogue = Callable[[S3Server, Callable[[str, str], str]], str]


@pytest.fixture
def catalogue(made: tuple[Path, dict[str, Any]], stac_api: StacServer) -> Catalogue:
    """Put the COGs into a bucket and seven items into the API; hrefs by a function of bucket and key."""
    folder, template = made

    def fill(s3: S3Server, href: Callable[[str, str], str]) -> str:
        bucket = s3.bucket("cogs")
        for path in folder.glob("*.tif"):
            s3.upload(bucket, path.name, path)
        collection = stac_api.collection("s2")
        items = []
        for day in range(DAYS):
            data = json.loads(json.dumps(template))
            data["id"] = f"S2B_30SXH_2023061{day}_0_L2A"
            data["properties"] |= {"datetime": f"2023-06-1{day}T10:56:31Z", "eo:cloud_cover": day * 10.0}
            for asset in data["assets"].values():
                if asset["href"].startswith("/"):
                    asset["href"] = href(bucket, Path(asset["href"]).name)
            items.append(data)
        stac_api.add(collection, items)
        return collection

    return fill


def found(api: StacServer, collection: str, **more: Any) -> list[pystac.Item]:
    return search(api.url, collection=collection, **more)


def pixels(items: list[pystac.Item]) -> np.ndarray:
    (scene,) = scenes_from_items(items, bands=["blue", "swir16"])
    with SceneReader(scene) as reader:
        read = reader.read(whole(scene.width, scene.height))
    assert read.valid_fraction > 0.99
    return np.asarray(read.data)


@pytest.fixture
def truth(made: tuple[Path, dict[str, Any]]) -> np.ndarray:
    return pixels([_local(made[1])])


def _local(data: dict[str, Any]) -> pystac.Item:
    from groundset.imagery.stac_read import to_item

    return to_item(data, "/x.json")


def test_pages_filters_and_areas(
    s3: S3Server, stac_api: StacServer, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from groundset.imagery import stac_search

    collection = catalogue(s3, lambda bucket, key: f"s3://{bucket}/{key}")
    monkeypatch.setattr(stac_search, "PAGE", 3)  # three pages
    assert len({i.id for i in found(stac_api, collection)}) == DAYS
    assert len(found(stac_api, collection, limit=4)) == 4
    assert len(found(stac_api, collection, max_cloud=20)) == 3
    assert len(found(stac_api, collection, max_cloud=20, limit=2)) == 2
    assert len(found(stac_api, collection, datetime="2023-06-12T00:00:00Z/2023-06-14T23:59:59Z")) == 3
    assert len(found(stac_api, collection, bbox=Bbox(-0.77, 38.09, -0.76, 38.1))) == DAYS
    assert not found(stac_api, collection, bbox=Bbox(10, 50, 11, 51))
    aoi = tmp_path / "aoi.geojson"
    square = {"type": "Polygon", "coordinates": [[[-0.77, 38.09], [-0.76, 38.09], [-0.76, 38.1], [-0.77, 38.09]]]}
    aoi.write_text(json.dumps(square))
    assert len(found(stac_api, collection, intersects=read_aoi(aoi))) == DAYS
    with pytest.raises(GroundsetError, match="no item found"):
        scenes_from_items(found(stac_api, collection, datetime="1999-01-01T00:00:00Z"))
    assert len(read_items(f"{stac_api.url}/collections/{collection}/items?limit=3")) == DAYS
    assert len(read_items(f"{stac_api.url}/collections/{collection}")) == DAYS


def test_s3_addresses(
    s3: S3Server, stac_api: StacServer, catalogue: Catalogue, truth: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = catalogue(s3, lambda bucket, key: f"s3://{bucket}/{key}")
    items = found(stac_api, collection, limit=1)
    assert (pixels(items) == truth).all()
    # GDAL keeps what it has read: another bucket for the wrong keys.
    items = found(stac_api, catalogue(s3, lambda bucket, key: f"s3://{bucket}/{key}"), limit=1)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ServiceError, match=r"(blue|swir16)\.tif"):
        pixels(items)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match=r"S3 needs credentials.*AWS_ACCESS_KEY_ID"):
        pixels(items)


def test_http_addresses_under_our_endpoint_are_signed_when_read(
    s3: S3Server, stac_api: StacServer, catalogue: Catalogue, truth: np.ndarray
) -> None:
    collection = catalogue(s3, lambda bucket, key: f"{s3.endpoint}/{bucket}/{key}")
    assert (pixels(found(stac_api, collection, limit=1)) == truth).all()


def test_presigned_addresses_without_credentials(
    s3_service: S3Server, stac_api: StacServer, catalogue: Catalogue, truth: np.ndarray
) -> None:
    collection = catalogue(s3_service, s3_service.presign)
    items = found(stac_api, collection, limit=1)
    assert "X-Amz-Signature" in items[0].assets["blue"].href
    assert (pixels(items) == truth).all()


def test_a_presigned_address_that_ended_says_so(
    s3_service: S3Server, stac_api: StacServer, catalogue: Catalogue
) -> None:
    collection = catalogue(s3_service, lambda bucket, key: s3_service.presign(bucket, key, 1))
    items = found(stac_api, collection, limit=1)
    time.sleep(2.1)
    with pytest.raises(ServiceError) as refused:
        pixels(items)
    assert "X-Amz-Signature=" not in str(refused.value).replace("X-Amz-Signature=...", "")
    assert ".tif" in str(refused.value)


def test_signatures_that_can_be_made_again_are_not_kept(
    s3: S3Server, stac_api: StacServer, catalogue: Catalogue, truth: np.ndarray, tmp_path: Path
) -> None:
    """The scene is stored without signature, and is read long after the signature's end."""
    collection = catalogue(s3, lambda bucket, key: s3.presign(bucket, key, 1))
    (scene,) = scenes_from_items(found(stac_api, collection, limit=1), bands=["blue", "swir16"])
    store = SceneStore(tmp_path / "scenes")
    store.put(scene)
    assert "X-Amz" not in (tmp_path / "scenes" / f"{scene.id}.json").read_text()
    time.sleep(2.1)
    with SceneReader(store.get(scene.id)) as reader:
        assert (reader.read(whole(240, 240)).data == truth).all()


def test_in_a_process_of_its_own(s3: S3Server, stac_api: StacServer, catalogue: Catalogue) -> None:
    """Only the environment carries the credentials."""
    collection = catalogue(s3, lambda bucket, key: f"s3://{bucket}/{key}")
    code = (
        "import sys\nfrom groundset.core import whole\nfrom groundset.imagery import *\n"
        "(s,) = scenes_from_items(search(sys.argv[1], collection=sys.argv[2], limit=1), bands=['blue'])\n"
        "with SceneReader(s) as r: print(r.read(whole(s.width, s.height)).valid_fraction)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, stac_api.url, collection], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) > 0.99


def test_planetary_computer_addresses_are_signed(http_files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token comes from the service (here on loopback), is used until shortly before its end, and is not kept."""
    from planetary_computer import sas
    from planetary_computer.settings import Settings

    sas.TOKEN_CACHE.clear()
    monkeypatch.setattr(Settings.get(), "sas_url", f"{http_files.url}/token")
    token = {"msft:expiry": "2999-01-01T00:00:00Z", "token": "sv=1&se=2999-01-01T00%3A00%3A00Z&sp=rl&sig=abc"}
    http_files.fault = lambda _, path: (
        Reply(404, b"{}") if "unknown" in path else Reply(200, json.dumps(token).encode(), "application/json")
    )
    href = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/30/S/B02.tif"
    signed = signing.sign(href)
    assert signed == f"{href}?{token['token']}"
    assert signing.unsigned(signed) == href
    assert signing.gdal_path(href) == f"/vsicurl/{signed}"
    signing.sign(href.replace("B02", "B03"))
    assert [r.path for r in http_files.requests] == ["/token/sentinel2l2a01/sentinel2-l2"]
    other = "https://unknown.blob.core.windows.net/mine/x.tif"
    assert signing.sign(other) == other  # not the Planetary Computer's
    expires = signing.expiry(signed)
    assert expires is not None
    assert expires.year == 2999
    sas.TOKEN_CACHE.clear()
    http_files.fault = lambda *_: Reply(403, b"no")
    with pytest.raises(ServiceError, match=r"did not sign.*B02\.tif"):
        signing.sign(href)


def test_cdse_needs_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"s3://eodata at https://eodata\.dataspace\.copernicus\.eu.*S3 keys manager"):
        signing.gdal_env("s3://eodata/Sentinel-2/MSI/L2A/B02_10m.jp2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    env = signing.gdal_env("s3://eodata/Sentinel-2/MSI/L2A/B02_10m.jp2")
    assert env.options["AWS_VIRTUAL_HOSTING"] == "FALSE"
    assert env.session.endpoint_url == "eodata.dataspace.copernicus.eu"
    with pytest.raises(InputError, match="two S3 endpoints"):
        signing.gdal_env(["s3://eodata/a.jp2", "s3://mine/b.tif"])


def test_a_workspace_ingests_what_a_search_finds(
    s3: S3Server, stac_api: StacServer, catalogue: Catalogue, tmp_path: Path
) -> None:
    collection = catalogue(s3, lambda bucket, key: f"s3://{bucket}/{key}")
    with gs.create(tmp_path / "lake") as ws:
        with pytest.raises(InputError, match="--limit"):
            ws.ingest("x.tif", limit=2)
        report = ws.ingest(
            stac=stac_api.url, collection=collection, max_cloud=15, bands=["red", "nir"], chip_size=120, group="lake"
        )
        assert ws.status().scenes == 2
        assert set(ws.chips["group"].to_pylist()) == {"lake"}
        assert "8 chips" in report.summary()
