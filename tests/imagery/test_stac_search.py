"""Search against made-up APIs that misbehave as real ones do; tests/services has the real API."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from realservers.http import FileServer, Reply

from groundset.core import Bbox, InputError, MissingError, ServiceError
from groundset.imagery import read_aoi, search, stac_http
from groundset.imagery.stac_search import APIS, address

CORE = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"]


def feature(name: str, cloud: float | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"datetime": "2023-05-01T10:00:00Z"} | (
        {} if cloud is None else {"eo:cloud_cover": cloud}
    )
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [3, 42, 3.1, 42.1], "links": [],
        "geometry": {"type": "Point", "coordinates": [3, 42]}, "properties": properties, "assets": {},
    }  # fmt: skip


class FakeApi:
    """An API without any filter language, GET only, two items a page."""

    def __init__(self, server: FileServer, clouds: list[float | None]) -> None:
        self.server, self.clouds = server, clouds
        self.busy: list[int] = []
        server.fault = self

    def __call__(self, _method: str, path: str) -> Reply | None:
        if self.busy:
            return Reply(self.busy.pop(0), b"busy")
        parts = urlsplit(path)
        if parts.path == "/search":
            first = int(parse_qs(parts.query).get("page", ["0"])[0]) * 2
            page = [feature(f"i{n}", c) for n, c in list(enumerate(self.clouds))[first : first + 2]]
            links = [{"rel": "next", "href": f"{self.server.url}/search?page={first // 2 + 1}"}] if page else []
            return self.json({"type": "FeatureCollection", "features": page, "links": links})
        root = {"type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "", "conformsTo": CORE}
        return self.json({**root, "links": [{"rel": "search", "href": f"{self.server.url}/search"}]})

    def json(self, data: object) -> Reply:
        return Reply(200, json.dumps(data).encode(), "application/json")


def test_cloud_cover_is_filtered_here_where_the_api_cannot(http_files: FileServer) -> None:
    FakeApi(http_files, [50, 3, None, 80, 10, 9.9, 0])
    items = search(http_files.url, collection="c", max_cloud=10)
    assert [i.id for i in items] == ["i1", "i4", "i5", "i6"]
    assert [i.id for i in search(http_files.url, collection="c", max_cloud=10, limit=3)] == ["i1", "i4", "i5"]
    assert len(search(http_files.url, collection="c")) == 7
    assert not search(http_files.url, collection="c", max_cloud=-1)


def test_a_busy_api_is_asked_again(http_files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_http, "BACKOFF", 0.01)
    api = FakeApi(http_files, [1, 2, 3])
    api.busy = [503, 429]
    assert len(search(http_files.url, collection=None)) == 3


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (Reply(404, b"no"), MissingError, "HTTP 404"),
        (Reply(500, b"oops"), ServiceError, "HTTP 500|too many 500"),
        (Reply(401, b"who?"), ServiceError, "wants a login"),
        (Reply(200, b"<html>portal</html>", "text/html"), InputError, "STAC"),
        (Reply(200, b'{"a": 1}', "application/json"), InputError, "STAC"),
    ],
)
def test_an_api_that_is_none(
    http_files: FileServer, monkeypatch: pytest.MonkeyPatch, reply: Reply, kind: type[Exception], message: str
) -> None:
    monkeypatch.setattr(stac_http, "BACKOFF", 0.01)
    http_files.fault = lambda *_: reply
    with pytest.raises(kind, match=message):
        search(http_files.url, collection="c", bbox=Bbox(1, 2, 3, 4))


def test_a_static_catalog_cannot_be_searched(http_files: FileServer) -> None:
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "static", "description": "", "links": []}
    http_files.fault = lambda *_: Reply(200, json.dumps(root).encode(), "application/json")
    with pytest.raises(InputError, match="cannot be searched"):
        search(http_files.url, collection="c")


def test_wrong_questions(http_files: FileServer) -> None:
    FakeApi(http_files, [1])
    with pytest.raises(InputError, match="RFC 3339"):
        search(http_files.url, collection="c", datetime="last summer")
    with pytest.raises(InputError, match="not both"):
        search(
            http_files.url, collection="c", bbox=Bbox(1, 2, 3, 4), intersects={"type": "Point", "coordinates": [1, 2]}
        )
    with pytest.raises(InputError, match="at least 1"):
        search(http_files.url, collection="c", limit=0)
    with pytest.raises(InputError, match=r"unknown STAC API.*earth-search, planetary-computer, cdse"):
        search("earthsearch", collection="c")


def test_known_apis() -> None:
    assert set(APIS) == {"earth-search", "planetary-computer", "cdse"}
    assert address("cdse").startswith("https://")
    assert address("http://127.0.0.1:1/stac/") == "http://127.0.0.1:1/stac"


def test_an_area_in_another_crs_becomes_degrees(tmp_path: Path, data_dir: Path) -> None:
    import pyogrio
    import shapely

    path = tmp_path / "aoi.gpkg"
    boxes = shapely.to_wkb(
        [shapely.box(500_000, 4_649_776, 510_000, 4_659_776), shapely.box(505_000, 4_649_776, 515_000, 4_650_000)]
    )
    pyogrio.raw.write(path, boxes, [], [], crs="EPSG:32631", geometry_type="Polygon")  # fmt: skip
    geometry = read_aoi(path)
    assert geometry["type"] == "Polygon"
    west, south, east, north = shapely.from_geojson(json.dumps(geometry)).bounds
    assert (round(west, 4), round(south, 3)) == (3.0, 42.0)
    assert 0.15 < east - west < 0.2
    assert 0.08 < north - south < 0.1
    boadella = read_aoi(data_dir / "boadella" / "boadella.geojson")
    assert boadella["type"] in ("Polygon", "MultiPolygon")


def test_an_area_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        read_aoi(tmp_path / "gone.geojson")
    (tmp_path / "text.geojson").write_text("hello")
    with pytest.raises(InputError, match="cannot be read as a vector file"):
        read_aoi(tmp_path / "text.geojson")
    (tmp_path / "empty.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(InputError, match="no shape"):
        read_aoi(tmp_path / "empty.geojson")
    import pyogrio
    import shapely

    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(
            tmp_path / "n.gpkg", shapely.to_wkb([shapely.box(0, 0, 1, 1)]), [], [], geometry_type="Polygon"
        )
    with pytest.raises(InputError, match="no CRS"):
        read_aoi(tmp_path / "n.gpkg")
