"""The real servers that other tests stand on answer as their contracts say."""

import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pystac_client
import pytest
from botocore.exceptions import ClientError
from realservers.http import FileServer, Reply
from realservers.network import NetworkBlockedError
from realservers.postgres import PostgresServer
from realservers.s3 import S3Server
from realservers.stac import StacServer

pytestmark = pytest.mark.services


def test_s3_holds_objects_and_refuses_wrong_keys(s3: S3Server) -> None:
    bucket = s3.bucket()
    s3.client().put_object(Bucket=bucket, Key="a/b", Body=b"hello")
    assert s3.client().get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"hello"
    with pytest.raises(ClientError):
        s3.client(secret_key="wrong").get_object(Bucket=bucket, Key="a/b")
    with pytest.raises(ClientError) as taken:
        s3.client().put_object(Bucket=bucket, Key="a/b", Body=b"other", IfNoneMatch="*")
    assert taken.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_presigned_address_reads_and_the_bare_one_does_not(s3: S3Server) -> None:
    bucket = s3.bucket()
    s3.client().put_object(Bucket=bucket, Key="x", Body=b"signed")
    with urllib.request.urlopen(s3.presign(bucket, "x")) as answer:
        assert answer.read() == b"signed"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{s3.endpoint}/{bucket}/x")
    refused.value.close()
    assert refused.value.code == 403


def test_each_test_gets_an_empty_database(postgres_url: str, postgres: PostgresServer) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE t (x int)")
        version = connection.execute("SHOW server_version_num").fetchone()
    assert version is not None
    assert int(version[0]) >= 130000
    assert postgres.create() not in postgres_url


def test_stac_api_takes_items_and_pages(stac_api: StacServer) -> None:
    collection = stac_api.collection()
    stac_api.add(collection, [item(f"i{n}") for n in range(5)])
    client = pystac_client.Client.open(stac_api.url)
    search = client.search(collections=[collection], limit=2)
    assert [len(page.items) for page in search.pages()] == [2, 2, 1]


def test_readonly_api_refuses_to_write(stac_api: StacServer, stac_api_readonly: StacServer) -> None:
    collection = stac_api.collection()
    with pytest.raises(urllib.error.HTTPError) as refused:
        stac_api_readonly.add(collection, [item("x")])
    refused.value.close()
    assert refused.value.code == 405
    assert any("transaction" in c for c in pystac_client.Client.open(stac_api.url).to_dict()["conformsTo"])
    assert not any("transaction" in c for c in pystac_client.Client.open(stac_api_readonly.url).to_dict()["conformsTo"])


def test_http_files_serves_ranges_and_faults(http_files: FileServer) -> None:
    (http_files.root / "f.bin").write_bytes(bytes(range(100)))
    asked = urllib.request.Request(http_files.href("f.bin"), headers={"Range": "bytes=10-19"})
    with urllib.request.urlopen(asked) as answer:
        assert (answer.status, answer.read()) == (206, bytes(range(10, 20)))
    assert http_files.requests[-1].range == (10, 19)
    http_files.fault = lambda *_: Reply(503, b"busy")
    with pytest.raises(urllib.error.HTTPError) as busy:
        urllib.request.urlopen(http_files.href("f.bin"))
    busy.value.close()
    assert busy.value.code == 503


def test_nothing_leaves_this_machine() -> None:
    import socket

    with socket.socket() as s, pytest.raises(NetworkBlockedError):
        s.connect(("192.0.2.1", 80))
    with pytest.raises(OSError, match="loopback only"):
        socket.getaddrinfo("example.com", 80)


def test_gdal_stays_here_too(tmp_path: Path) -> None:
    import rasterio

    with pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open("/vsicurl/http://192.0.2.1/x.tif")


def item(item_id: str) -> dict[str, object]:
    point = {"type": "Point", "coordinates": [3.0, 42.0]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "geometry": point,
        "bbox": [3.0, 42.0, 3.0, 42.0],
        "properties": {"datetime": "2023-05-01T10:00:00Z"},
        "assets": {},
        "links": [],
    }
