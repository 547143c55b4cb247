"""Publishing to a real S3 server and a real STAC API."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from realservers.s3 import S3Server
from realservers.stac import StacServer
from tinyrelease import tiny_release

from groundset.core import GroundsetError, InputError, MissingError, ServiceError
from groundset.publish import publish

pytestmark = pytest.mark.services


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return tiny_release(tmp_path / "v1", name=f"tiny-{uuid.uuid4().hex[:8]}")


def keys(s3: S3Server, bucket: str) -> dict[str, Any]:
    listed = s3.client().list_objects_v2(Bucket=bucket)
    return {o["Key"]: o for o in listed.get("Contents", [])}


def test_to_s3_and_stac_api_then_read_back_with_pystac_client(
    s3: S3Server, stac_api: StacServer, release: Path
) -> None:
    from pystac_client import Client

    bucket = s3.bucket()
    report = publish(release, s3=f"s3://{bucket}/data/v1", stac_api=stac_api.url)
    assert (report.items, report.created, report.updated, report.verified) == (3, 3, 0, 7)
    assert report.objects == report.uploaded == len(keys(s3, bucket)) == 15
    name = json.loads((release / "collection.json").read_text())["id"]
    items = list(Client.open(stac_api.url).search(collections=[name]).items())
    assert len(items) == 3
    for item in items:
        for key, asset in item.assets.items():
            assert asset.href == f"s3://{bucket}/data/v1/items/{item.id}/{key}.tif"
            _, _, path = asset.href.removeprefix("s3://").partition("/")
            data = s3.client().get_object(Bucket=bucket, Key=path)["Body"].read()
            assert asset.extra_fields["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
        assert [link.href for link in item.links if link.rel == "source"] == ["https://example.com/scene.json"]
    head = s3.client().head_object(Bucket=bucket, Key=f"data/v1/items/{items[0].id}/image.tif")
    assert head["ContentType"].startswith("image/tiff")


def test_twice_is_once(s3: S3Server, stac_api: StacServer, release: Path) -> None:
    bucket = s3.bucket()
    publish(release, s3=f"s3://{bucket}/v1", stac_api=stac_api.url)
    before = {k: o["LastModified"] for k, o in keys(s3, bucket).items()}
    again = publish(release, s3=f"s3://{bucket}/v1", stac_api=stac_api.url)
    assert (again.uploaded, again.bytes, again.created, again.updated, again.verified) == (0, 0, 0, 0, 7)
    assert {k: o["LastModified"] for k, o in keys(s3, bucket).items()} == before


def test_changed_item_is_replaced(s3: S3Server, stac_api: StacServer, release: Path) -> None:
    bucket = s3.bucket()
    publish(release, s3=f"s3://{bucket}/v1", stac_api=stac_api.url)
    path = release / "items/scene_0_0_1/scene_0_0_1.json"
    body = json.loads(path.read_text())
    body["properties"]["groundset:split"] = "test"
    path.write_text(json.dumps(body))
    again = publish(release, s3=f"s3://{bucket}/v1", stac_api=stac_api.url)
    assert (again.uploaded, again.created, again.updated) == (1, 0, 1)


def test_order_is_files_items_collection_catalog(s3: S3Server, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundset.publish.s3 import Folder

    sent: list[str] = []
    file, data = Folder.put_file, Folder.put_bytes

    def put_file(self: Folder, path: str, *rest: Any) -> bool:
        sent.append(path)
        return file(self, path, *rest)

    def put_bytes(self: Folder, path: str, *rest: Any) -> bool:
        sent.append(path)
        return data(self, path, *rest)

    monkeypatch.setattr(Folder, "put_file", put_file)
    monkeypatch.setattr(Folder, "put_bytes", put_bytes)
    publish(release, s3=f"s3://{s3.bucket()}/v1")
    ranks = [
        3
        if p == "catalog.json"
        else 2
        if p == "collection.json"
        else int(p.startswith("items/") and p.endswith(".json"))
        for p in sent
    ]
    assert ranks == sorted(ranks)


def test_href_base_is_used_and_read(s3: S3Server, release: Path, serve_folder: Any, tmp_path: Path) -> None:
    server = serve_folder(release.parent)
    bucket = s3.bucket()
    report = publish(release, s3=f"s3://{bucket}/v1", href_base=f"{server.url}/v1")
    assert report.verified == 7
    body = json.loads(s3.client().get_object(Bucket=bucket, Key="v1/collection.json")["Body"].read())
    assert {link["rel"]: link["href"] for link in body["links"]}["self"] == f"{server.url}/v1/collection.json"


def test_wrong_bytes_behind_hrefs_are_found(s3: S3Server, release: Path, serve_folder: Any, tmp_path: Path) -> None:
    other = tiny_release(tmp_path / "other" / "v1", name="x")
    (other / "items/scene_0_0_0/image.tif").write_bytes(b"something else")
    server = serve_folder(tmp_path / "other")
    with pytest.raises(ServiceError, match=r"not what was published.*items/scene_0_0_0/image.tif"):
        publish(release, s3=f"s3://{s3.bucket()}/v1", href_base=f"{server.url}/v1")


def test_large_file_goes_in_parts(s3: S3Server, release: Path) -> None:
    (release / "big.bin").write_bytes(bytes(range(256)) * (80 << 10))
    bucket = s3.bucket()
    publish(release, s3=f"s3://{bucket}/v1")
    data = s3.client().get_object(Bucket=bucket, Key="v1/big.bin")["Body"].read()
    assert data == (release / "big.bin").read_bytes()


class TestRefusals:
    def refused(self, error: type[GroundsetError], match: str, path: Path, **to: str) -> None:
        with pytest.raises(error, match=match):
            publish(path, **to)

    def test_no_credentials(self, s3: S3Server, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        self.refused(InputError, "no credentials.*AWS_ACCESS_KEY_ID", release, s3=f"s3://{s3.bucket()}/v1")

    def test_wrong_secret(self, s3: S3Server, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket = s3.bucket()
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        self.refused(InputError, "refuses these credentials.*SignatureDoesNotMatch", release, s3=f"s3://{bucket}/v1")
        assert keys(s3, bucket) == {}

    @pytest.mark.usefixtures("s3")
    def test_no_bucket(self, release: Path) -> None:
        self.refused(MissingError, "no such bucket.*s3://not-there-x/v1", release, s3="s3://not-there-x/v1")

    @pytest.mark.usefixtures("s3")
    def test_no_server(self, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        self.refused(ServiceError, "S3 cannot be reached", release, s3="s3://b/v1")

    def test_stac_api_without_transaction(self, s3: S3Server, stac_api_readonly: StacServer, release: Path) -> None:
        bucket = s3.bucket()
        self.refused(
            InputError, "no Transaction extension", release, s3=f"s3://{bucket}/v1", stac_api=stac_api_readonly.url
        )
        assert keys(s3, bucket) == {}

    def test_no_stac_api(self, release: Path, serve_folder: Any, tmp_path: Path) -> None:
        server = serve_folder(tmp_path)
        self.refused(InputError, "no STAC API", release, stac_api=server.url, href_base="https://x.org/v1")
        self.refused(
            ServiceError, "does not answer", release, stac_api="http://127.0.0.1:9", href_base="https://x.org/v1"
        )

    def test_chips_without_crs(self, s3: S3Server, stac_api: StacServer, tmp_path: Path) -> None:
        release = tiny_release(tmp_path / "photos", crs=False)
        bucket = s3.bucket()
        self.refused(
            InputError,
            "chips without CRS have none.*scene_0_0_0",
            release,
            s3=f"s3://{bucket}/v1",
            stac_api=stac_api.url,
        )
        assert keys(s3, bucket) == {}
        assert publish(release, s3=f"s3://{bucket}/v1").verified == 7

    def test_broken_release(self, s3: S3Server, release: Path) -> None:
        bucket = s3.bucket()
        with (release / "items/scene_0_0_0/mask.tif").open("ab") as file:
            file.write(b"x")
        self.refused(InputError, "broken.*items/scene_0_0_0/mask.tif: wanted 1220", release, s3=f"s3://{bucket}/v1")
        (release / "items/scene_0_0_0/mask.tif").unlink()
        self.refused(InputError, "items/scene_0_0_0/mask.tif is missing", release, s3=f"s3://{bucket}/v1")
        assert keys(s3, bucket) == {}

    @pytest.mark.usefixtures("s3")
    def test_no_release(self, tmp_path: Path) -> None:
        self.refused(MissingError, "no release.*no such folder", tmp_path / "nothing", s3="s3://b/v1")
        self.refused(MissingError, "no release.*no catalog.json", tmp_path, s3="s3://b/v1")

    def test_nowhere(self, release: Path) -> None:
        self.refused(InputError, "nowhere to publish to", release)
        self.refused(InputError, "not an S3 address.*s3://bucket/prefix", release, s3="bucket/prefix")
        self.refused(InputError, "needs to know where the files lie", release, stac_api="http://127.0.0.1:9")
