"""What an ingest over HTTP may read, and the guard before the network."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from madelake import TIME, lake_like_image, write_scene
from realservers.http import FileServer, Reply, file_server
from waiting import run

from groundset.core import GroundsetError, InputError, MissingError
from groundset.imagery import BandSource
from groundset.server._guard import NAMES, Guard, scenes_or_public
from groundset.server.addresses import Addresses, gdal_without_others, is_public, public_addresses
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.problems import ForbiddenError
from groundset.workspace import Workspace

BASE = "http://127.0.0.1:8000"
BANDS = ["blue", "green", "red", "nir"]
PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.127.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "198.18.0.1", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::",
    "2002:a00:1::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "1.1.1.1", "172.32.0.1", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for name in ("lake", "data", "elsewhere"):
        write_scene_in(tmp_path / name)
    return tmp_path / "lake"


def write_scene_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return write_scene(folder / "a.tif", lake_like_image(64, 64)[0])


@pytest.mark.parametrize("number", PRIVATE)
def test_private_numbers(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", PUBLIC)
def test_public_numbers(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


@given(st.ip_addresses(v=4))
def test_an_address_is_what_it_wraps(number: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address("::ffff:0:0")) | int(number))
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(number))
    assert is_public(mapped) == is_public(nat64) == is_public(number)
    assert is_public(number) <= number.is_global


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "localhost", "::1"])
def test_every_spelling_of_a_private_host(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo.__globals__.get("_LOOKUP", socket.getaddrinfo))
    with pytest.raises(ForbiddenError, match="private networks"):
        public_addresses(host, 80)


def test_a_host_that_is_not_known() -> None:
    with pytest.raises(MissingError, match="not known"):
        public_addresses("no-such-host.invalid", 443)


@pytest.mark.parametrize(
    "text",
    [
        "", "a\nb", "/vsicurl/http://x/a.tif", "/vsizip//tmp/a.zip", "gs://b/a.tif", "ftp://h/a.tif", "~/a.tif",
        "file://host/a.tif", "http://", "http://user:word@example.org/a.tif", "http://example.org\\@127.0.0.1/",
        "http://[::1/a.tif", "http://example.org:99999/a", "http://a b/c", "https://h/a\x00b",
        '{"type": "Feature"}\n',
    ],
)  # fmt: skip
def test_what_is_no_path_and_no_address(lake: Path, text: str) -> None:
    with pytest.raises(InputError):
        Addresses(lake).source(text)


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd", "../elsewhere/a.tif", "file:///etc/passwd", "file:///%65tc/passwd", "/proc/self/environ",
        "NETCDF:/etc/passwd:x", "GTIFF_DIR:1:/etc/passwd", "link.tif", "linked/a.tif", ".cache/keys",
        "<VRTDataset></VRTDataset>", "data/../../elsewhere/a.tif",
    ],
)  # fmt: skip
def test_paths_that_are_not_read(lake: Path, text: str, private: bool) -> None:
    (lake / "link.tif").symlink_to("../elsewhere/a.tif")
    (lake / "linked").symlink_to("../elsewhere")
    may = Addresses(lake, allow_private_networks=private)
    with pytest.raises((ForbiddenError, MissingError)) as error:
        may.source(text)
    assert "root:" not in str(error.value)


def test_paths_that_are_read(lake: Path) -> None:
    may = Addresses(lake, [lake.parent / "data"])
    assert may.source("a.tif") == str(lake / "a.tif")
    assert may.source(str(lake / "a.tif")) == str(lake / "a.tif")
    assert may.source(f"file://{lake}/a.tif") == str(lake / "a.tif")
    assert may.source("../data/a.tif") == str(lake.parent / "data" / "a.tif")
    assert may.source(str(lake.parent / "data")) == str(lake.parent / "data")
    with pytest.raises(MissingError):
        may.source("b.tif")
    with pytest.raises(MissingError):
        may.source("x" * 5000)


@given(st.text(max_size=60))
def test_no_path_leads_out(text: str) -> None:
    root = Path("/usr/share")
    try:
        found = Addresses(root).source(text)
    except GroundsetError:
        return
    if "://" not in found:
        assert Path(found).resolve().is_relative_to(root)


def test_private_networks_where_they_are_allowed(lake: Path) -> None:
    assert Addresses(lake, allow_private_networks=True).source("http://127.0.0.1/a.tif") == "http://127.0.0.1/a.tif"
    assert Addresses(lake).source("s3://bucket/a.tif") == "s3://bucket/a.tif"


# --- the guard ---------------------------------------------------------------------------------------------------


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[FileServer, FileServer]]:
    """One server that may be read, and one that may not, which the first redirects to under /away/."""
    for name in ("open", "closed"):
        write_scene_in(tmp_path / name)
    with file_server(tmp_path / "open") as one, file_server(tmp_path / "closed") as other:

        def away(_method: str, path: str) -> Reply | None:
            if path.startswith("/away/"):
                return Reply(302, headers={"Location": other.href(path.removeprefix("/away/"))})
            return None

        one.fault = away
        yield one, other


def only(server: FileServer) -> Any:
    port = int(server.url.rpartition(":")[2])

    def check(host: str, asked: int) -> list[str]:
        if asked != port:
            raise ForbiddenError("not this one", asked=f"{host}:{asked}")
        return [host]

    return check


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy beyond the guard's."""
    for name in (*NAMES, "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


READ = """
import sys, rasterio
from groundset.imagery.opening import open_raster
with open_raster(sys.argv[1]) as dataset:
    print(dataset.read(1).sum())
"""


def gdal(href: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", READ, href], capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("direct")
def test_gdal_reads_through_the_guard_and_follows_no_redirect_out(servers: tuple[FileServer, FileServer]) -> None:
    one, other = servers
    with Guard(only(one)):
        assert int(gdal(one.href("a.tif")).stdout) > 0
        refused = gdal(f"{one.url}/away/a.tif")
        assert refused.returncode != 0
        assert gdal(other.href("a.tif")).returncode != 0
    assert one.requests
    assert not other.requests, "nothing reached it"


@pytest.mark.usefixtures("direct")
def test_scenes_are_read_from_where_they_lie_and_no_redirect_leads_elsewhere(
    workspace: Workspace, servers: tuple[FileServer, FileServer]
) -> None:
    one, other = servers
    scene = workspace.lake.scenes.get("s")
    named = replace(scene, id="far", sources=((BandSource(f"/vsicurl/{one.href('a.tif')}"),),) * len(scene.bands))
    with Guard(scenes_or_public(lambda: [workspace.root])):
        assert gdal(one.href("a.tif")).returncode != 0  # no scene lies there
        assert not one.requests
        workspace.lake.scenes.put(replace(named, guarded=True))  # from the page: its host was public then
        assert gdal(one.href("a.tif")).returncode != 0
        workspace.lake.scenes.put(named)
        assert int(gdal(one.href("a.tif")).stdout) > 0
        assert gdal(f"{one.url}/away/a.tif").returncode != 0
    assert any("/away/" in str(told) for told in one.requests)
    assert not other.requests


@pytest.mark.usefixtures("direct")
def test_requests_read_through_the_guard(servers: tuple[FileServer, FileServer]) -> None:
    one, other = servers
    before = os.environ.get("no_proxy")
    with Guard(only(one)) as guard:
        with requests.Session() as session:
            whole = session.get(one.href("a.tif"), timeout=10)
            assert whole.content == (one.root / "a.tif").read_bytes()
            assert session.head(one.href("a.tif"), timeout=10).status_code == 200
            assert session.get(one.href("b.tif"), timeout=10).status_code == 404
            away = session.get(f"{one.url}/away/a.tif", timeout=10)
            assert (away.status_code, "not this one" in away.text) == (403, True)
        assert os.environ["https_proxy"] == guard.address
    assert not other.requests
    assert "https_proxy" not in os.environ
    assert os.environ.get("no_proxy") == before


@pytest.mark.usefixtures("direct")
def test_a_tunnel_goes_only_where_it_may(servers: tuple[FileServer, FileServer]) -> None:
    one, other = servers
    with Guard(only(one)) as guard:
        port = int(guard.address.rpartition(":")[2])
        for server, status in ((one, b"200"), (other, b"403")):
            where = server.url.removeprefix("http://")
            with socket.create_connection(("127.0.0.1", port), 10) as line:
                line.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
                head = line.recv(4096)
                assert head.split()[1] == status
                if status == b"200":
                    line.sendall(b"GET /a.tif HTTP/1.0\r\n\r\n")
                    assert b"200" in line.recv(4096)
    assert not other.requests


@pytest.mark.usefixtures("direct")
def test_a_guard_before_another_proxy(servers: tuple[FileServer, FileServer], monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = servers
    with Guard(only(one)) as beyond:
        monkeypatch.setenv("https_proxy", beyond.address)
        with Guard(only(one)), requests.Session() as session:
            assert session.get(one.href("a.tif"), timeout=10).status_code == 200
            assert "not this one" in session.get(f"{one.url}/away/a.tif", timeout=10).text


# --- ingest over HTTP --------------------------------------------------------------------------------------------


def client(workspace: Workspace, settings: Settings, data: Path, *, private: bool = False) -> TestClient:
    made = create_app(workspace, replace(settings, data_roots=(data,), allow_private_networks=private))
    return TestClient(made, base_url=BASE, headers={"Authorization": f"Bearer {settings.token}"})


def item(href: str, name: str = "one") -> dict[str, Any]:
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [9, 45, 9.1, 45.1], "links": [],
        "geometry": {"type": "Point", "coordinates": [9, 45]}, "properties": {"datetime": "2024-05-01T10:00:00Z"},
        "assets": {
            "data": {"href": href, "type": "image/tiff; application=geotiff", "roles": ["data"],
                     "eo:bands": [{"name": b} for b in BANDS]}
        },
    }  # fmt: skip


def test_a_private_address_is_refused_and_read_where_it_is_allowed(
    workspace: Workspace, settings: Settings, servers: tuple[FileServer, FileServer], tmp_path: Path
) -> None:
    options = {"bands": BANDS, "time": TIME.isoformat(), "scene_id": "t", "chip_size": 32}
    href = servers[0].href("a.tif")
    with client(workspace, settings, tmp_path) as asked:
        answer = asked.post("/api/jobs", json={"verb": "ingest", "options": {"source": href, **options}})
        assert answer.status_code == 403
        assert "--allow-private-networks" in answer.json()["hint"]
    with client(workspace, settings, tmp_path, private=True) as asked:
        job = run(asked, "ingest", source=href, **options)
        assert job["state"] == "done", job["problem"]
    assert len(workspace.lake.chips) == 16 + 4


@pytest.mark.parametrize(
    ("href", "status"),
    [
        ("http://127.0.0.1:9/a.tif", 403),
        ("http://169.254.169.254/a.tif", 403),
        ("/etc/hostname.tif", 403),
        ("../elsewhere/a.tif", 403),
        ("/vsicurl/http://127.0.0.1:9/a.tif", 422),
    ],
)
def test_an_item_that_leads_elsewhere_is_refused(
    workspace: Workspace, settings: Settings, tmp_path: Path, href: str, status: int
) -> None:
    write_scene_in(tmp_path / "elsewhere")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "item.json").write_text(json.dumps(item(href)))
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(tmp_path / "data" / "item.json"), chip_size=32)
    assert (job["state"], job["problem"]["status"]) == ("failed", status), job
    assert len(workspace.lake.chips) == 16


def test_an_item_beside_its_files_is_read(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    write_scene_in(tmp_path / "data")
    (tmp_path / "data" / "item.json").write_text(json.dumps(item("./a.tif")))
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(tmp_path / "data" / "item.json"), chip_size=32)
    assert job["state"] == "done", job


def test_a_catalog_that_links_elsewhere_is_refused(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    write_scene_in(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "item.json").write_text(json.dumps(item("./a.tif")))
    (tmp_path / "data").mkdir()
    links = [{"rel": "item", "href": "../elsewhere/item.json"}]
    catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "c", "links": links}
    (tmp_path / "data" / "catalog.json").write_text(json.dumps(catalog))
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(tmp_path / "data" / "catalog.json"), chip_size=32)
    assert (job["state"], job["problem"]["status"]) == ("failed", 403), job


VRT = """<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="UInt16" band="1">
<SimpleSource><SourceFilename>{}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
</VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("name", ["a.vrt", "a.tif", "folder/b.tif"])
def test_a_file_that_names_other_files_is_no_image(
    workspace: Workspace, settings: Settings, tmp_path: Path, name: str
) -> None:
    secret = write_scene_in(tmp_path / "elsewhere")
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text(VRT.format(secret))
    asked_for = path if "/" not in name else path.parent
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(asked_for), bands=["blue"], chip_size=32)
    assert (job["state"], job["problem"]["status"]) == ("failed", 422), job
    assert len(workspace.lake.chips) == 16


def test_a_scene_from_the_page_never_lies_on_a_private_network(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    write_scene_in(tmp_path / "data")
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(tmp_path / "data"), chip_size=32, bands=BANDS)
    assert job["state"] == "done", job["problem"]
    added = [i for i in workspace.lake.scenes.ids() if i != "s"]
    assert [workspace.lake.scenes.get(i).guarded for i in [*added, "s"]] == [True, False]


def test_a_link_in_a_folder_does_not_lead_out(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    secret = write_scene_in(tmp_path / "elsewhere")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "B02.tif").symlink_to(secret)
    with client(workspace, settings, tmp_path / "data") as asked:
        job = run(asked, "ingest", source=str(tmp_path / "data"), chip_size=32)
    assert (job["state"], job["problem"]["status"]) == ("failed", 403), job
    assert len(workspace.lake.chips) == 16


def test_the_drivers_that_are_left_read_what_they_are_given() -> None:
    gone = set(gdal_without_others()["GDAL_SKIP"].split(","))
    assert {"VRT", "GTI", "WMS", "WMTS", "WCS", "HTTP", "STACIT", "STACTA", "DERIVED", "MRF", "netCDF", "HDF5"} <= gone
    assert not {"GTiff", "JP2OpenJPEG", "PNG", "JPEG"} & gone
