"""STAC JSON as it is found: of every kind, near and far, whole and broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from realservers.http import FileServer, Reply

from groundset.core import InputError, MissingError, ServiceError
from groundset.imagery import stac_http
from groundset.imagery.stac_read import read_items


def an_item(name: str, href: str = "./image.tif", **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [3, 42, 3.1, 42.1],
        "geometry": {"type": "Point", "coordinates": [3, 42]}, "properties": {"datetime": "2023-05-01T10:00:00Z"},
        "assets": {"image": {"href": href, "type": "image/tiff", "roles": ["data"]}}, "links": [], **more,
    }  # fmt: skip


def put(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def catalog(root: Path, version: str = "1.0.0") -> Path:
    """A static catalog -> collection -> two items, all links relative."""
    top: dict[str, Any] = {"stac_version": version, "type": "Catalog", "id": "c", "description": "c"}
    put(root / "sub" / "a" / "a.json", an_item("a", links=[{"rel": "root", "href": "../../catalog.json"}]))
    put(root / "sub" / "b" / "b.json", an_item("b"))
    links = [{"rel": "item", "href": "./a/a.json"}, {"rel": "item", "href": "b/b.json"}]
    links += [{"rel": "parent", "href": "../catalog.json"}]
    put(root / "sub" / "collection.json", {**top, "type": "Collection", "links": links})
    children = [{"rel": "child", "href": "./sub/collection.json"}, {"rel": "child", "href": "catalog.json"}]
    return put(root / "catalog.json", {**top, "links": children})


def test_an_item(tmp_path: Path) -> None:
    (item,) = read_items(str(put(tmp_path / "i.json", an_item("i"))))
    assert item.assets["image"].href == str(tmp_path / "image.tif")


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_a_static_catalog_is_walked_once(tmp_path: Path, version: str) -> None:
    items = read_items(str(catalog(tmp_path, version)))
    assert [i.id for i in items] == ["a", "b"]
    assert items[0].assets["image"].href == str(tmp_path / "sub" / "a" / "image.tif")
    assert [i.id for i in read_items(str(tmp_path / "sub" / "collection.json"))] == ["a", "b"]
    assert len(read_items(str(tmp_path / "catalog.json"), limit=1)) == 1


def test_the_same_catalog_over_http(http_files: FileServer) -> None:
    catalog(http_files.root)
    items = read_items(http_files.href("catalog.json"))
    assert [i.assets["image"].href for i in items] == [
        http_files.href("sub/a/image.tif"),
        http_files.href("sub/b/image.tif"),
    ]
    assert items[0].get_self_href() == http_files.href("sub/a/a.json")


@pytest.mark.parametrize("href", ["file:///etc/hostname", "/vsizip//home/me/private.zip/a.tif"])
def test_an_item_from_the_network_names_no_file_of_this_machine(http_files: FileServer, href: str) -> None:
    put(http_files.root / "i.json", an_item("i", href))
    with pytest.raises(InputError, match=r"names a file of this machine.*i\.json"):
        read_items(http_files.href("i.json"))
    links = [{"rel": "item", "href": href}]
    top = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "", "links": links}
    put(http_files.root / "catalog.json", top)
    with pytest.raises(InputError, match="names a file of this machine"):
        read_items(http_files.href("catalog.json"))


def test_an_item_collection_with_a_next_page(tmp_path: Path) -> None:
    put(tmp_path / "2.json", {"type": "FeatureCollection", "features": [an_item("c")]})
    more = {"links": [{"rel": "next", "href": "2.json"}]}
    path = put(tmp_path / "1.json", {"type": "FeatureCollection", "features": [an_item("a"), an_item("b")], **more})
    assert [i.id for i in read_items(str(path))] == ["a", "b", "c"]


def test_absolute_links_of_a_copy_are_read_from_the_copy(tmp_path: Path) -> None:
    old = "https://example.invalid/data/v1"
    image = put(tmp_path / "copy" / "img" / "x.tif", "pixels")
    self_link = {"rel": "self", "href": f"{old}/stac/a.json"}
    put(tmp_path / "copy" / "stac" / "a.json", an_item("a", f"{old}/img/x.tif", links=[self_link]))
    links = [{"rel": "self", "href": f"{old}/stac/catalog.json"}, {"rel": "item", "href": f"{old}/stac/a.json"}]
    top = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "", "links": links}
    (item,) = read_items(str(put(tmp_path / "copy" / "stac" / "catalog.json", top)))
    assert item.assets["image"].href == str(image)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!DOCTYPE html><html>login</html>", r"not JSON.*bad\.json.*HTML"),
        ('{"type": "Feature", "id"', r"not JSON"),
        ("", r"not JSON.*nothing"),
        ("[1, 2]", r"JSON but not STAC.*a list"),
        ('{"type": "Feature", "geometry": null, "properties": {}}', r"GeoJSON but not STAC"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null}]}', r"not STAC.*annotate"),
        ('{"type": "Topology"}', r"JSON but not STAC.*Topology"),
        ('{"type": "Feature", "stac_version": "1.0.0", "assets": {}, "links": []}', r"item is broken"),
    ],
)
def test_what_is_not_stac_is_told_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_items(str(put(tmp_path / "bad.json", text)))


def test_what_is_not_there(tmp_path: Path, http_files: FileServer) -> None:
    with pytest.raises(MissingError, match=r"no such file.*gone\.json"):
        read_items(str(tmp_path / "gone.json"))
    with pytest.raises(MissingError, match=r"HTTP 404"):
        read_items(http_files.href("gone.json"))
    empty = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "", "links": []}
    with pytest.raises(MissingError, match="no STAC item lies here"):
        read_items(str(put(tmp_path / "empty.json", empty)))


def test_a_busy_server_is_asked_again(http_files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_http, "BACKOFF", 0.01)
    put(http_files.root / "i.json", an_item("i"))
    answers = iter([503, 429, 500])
    http_files.fault = lambda *_: Reply(code, b"busy") if (code := next(answers, None)) else None
    assert [i.id for i in read_items(http_files.href("i.json"))] == ["i"]
    assert [r.status for r in http_files.requests] == [503, 429, 500, 200]


@pytest.mark.parametrize(("status", "message"), [(500, "HTTP 500"), (401, "wants a login"), (400, "does not accept")])
def test_a_server_that_fails(
    http_files: FileServer, monkeypatch: pytest.MonkeyPatch, status: int, message: str
) -> None:
    monkeypatch.setattr(stac_http, "BACKOFF", 0.01)
    http_files.fault = lambda *_: Reply(status, b"<html>secret error page</html>", "text/html")
    with pytest.raises((ServiceError, InputError), match=message):
        read_items(http_files.href("i.json"))


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_http, "RETRIES", 0)
    with pytest.raises(ServiceError, match="the service failed"):
        read_items("http://127.0.0.1:9/item.json")
