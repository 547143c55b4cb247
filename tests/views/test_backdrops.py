"""Web maps of the settings: addresses of every usual kind, and none that a header could be broken with."""

from __future__ import annotations

import pytest

from groundset.core import InputError
from groundset.views.backdrops import backdrop

MINE = {"kind": "tiles", "attribution": "© me"}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://{s}.tiles.example/{z}/{x}/{-y}.png", "https://*.tiles.example"),
        ("http://127.0.0.1:8123/{z}/{x}/{y}", "http://127.0.0.1:8123"),
        ("https://wmts.example/a/{TileMatrix}/{TileRow}/{TileCol}.jpeg?key=1", "https://wmts.example"),
        ("https://wms.example/?bbox={bbox-epsg-3857}&width=256", "https://wms.example"),
    ],
)
def test_an_address_says_where_its_tiles_come_from(url: str, origin: str) -> None:
    found = backdrop("mine", MINE | {"url": url})
    assert (found.origin, found.url, found.max_zoom) == (origin, url, 19)


def test_a_wms_address_is_completed() -> None:
    url = backdrop("mine", MINE | {"url": "https://wms.example/ows?map=a&LAYERS=water&format=image/jpeg"}).url
    assert url.startswith("https://wms.example/ows?map=a&LAYERS=water&format=image/jpeg&service=WMS&request=GetMap")
    assert url.endswith("&crs=EPSG:3857&width={width}&height={height}&bbox={bbox-epsg-3857}")
    assert url.count("format=") == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "no address"),
        ({"url": "ftp://a/{z}/{x}/{y}"}, "no address"),
        ({"url": "https://a;script-src *//{z}/{x}/{y}"}, "no address"),
        ({"url": "https://a'b/{z}/{x}/{y}"}, "no address"),
        ({"url": "https://a:port/{z}/{x}/{y}"}, "no address"),
        ({"url": "https://me:secret@a/{z}/{x}/{y}"}, "password"),
        ({"url": "https://a/{z}/{x}"}, "does not say where"),
        ({"url": "https://a/{z}/{x}/{y}/{nonsense}"}, "unknown word"),
        ({"url": "https://a/{z}/{x}/{y}", "max_zoom": 40}, "zoom"),
        ({"url": "https://a/{z}/{x}/{y}", "attribution": " "}, "attribution"),
        ({"url": "https://a/{z}/{x}/{y}", "title": "a\nb"}, "control"),
    ],
)
def test_mistakes_are_named(said: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        backdrop("mine", MINE | said)
