"""``/api/tasks/TASK/arrangement`` and ``/api/backdrops``: what the views of the pixel editor show."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from groundset.workspace import Workspace

TILES = """
[views.osm]
kind = "tiles"
title = "Streets"
url = "http://127.0.0.1:9/{z}/{x}/{y}.png"
attribution = "© whoever"

[views.broken]
kind = "tiles"
url = "https://a/{z}"
attribution = "none"
"""


def test_an_arrangement_is_kept_for_everybody(web: TestClient, ws: Workspace) -> None:
    task = ws.lake.config.tasks[0].name
    way = f"/api/tasks/{task}/arrangement"
    assert web.get(way).json() == {"groups": []}
    groups = [["Two", "chip?layer=natural", "date:before?formula=a+%2B+%22b%22"], ["One", "tiles:osm"]]
    assert web.put(way, json={"groups": groups}).json() == {"groups": groups}
    assert web.put(way, json={"groups": groups[::-1]}).json() == {"groups": groups[::-1]}
    assert web.get(way).json() == {"groups": groups[::-1]}
    assert f"[arrangements.{task}]" in ws.lake.layout.config.read_text()
    assert web.put(way, json={"groups": []}).json() == {"groups": []}
    assert "arrangements" not in ws.lake.layout.config.read_text()


@pytest.mark.parametrize(
    "groups",
    [
        [["One"]],
        [["Five", *["chip"] * 5]],
        [["", "chip"]],
        [["One", "nonsense:a"]],
        [["One", "chip?layer=\u0007"]],
        [["One", "chip?" + "a" * 3000]],
        [["One", "chip"]] * 13,
    ],
)
def test_what_is_no_arrangement_is_refused(web: TestClient, ws: Workspace, groups: list[list[str]]) -> None:
    task = ws.lake.config.tasks[0].name
    assert web.put(f"/api/tasks/{task}/arrangement", json={"groups": groups}).status_code == 422
    assert web.get("/api/tasks/nobody/arrangement").status_code == 422


def test_the_page_may_load_pictures_of_the_settings_alone(web: TestClient, ws: Workspace) -> None:
    before = web.get("/", headers={"accept": "text/html"})
    assert "img-src 'self' blob: data:;" in before.headers["content-security-policy"]
    ws.lake.layout.config.write_text(ws.lake.layout.config.read_text() + TILES)
    told = {one["name"]: one for one in web.get("/api/backdrops").json()}
    assert (told["osm"]["title"], told["osm"]["problem"]) == ("Streets", None)
    assert "does not say where a tile is" in told["broken"]["problem"]
    after = web.get("/", headers={"accept": "text/html"})
    assert "img-src 'self' blob: data: http://127.0.0.1:9;" in after.headers["content-security-policy"]
    assert "img-src 'self' blob: data:;" in web.get("/api/backdrops").headers["content-security-policy"]
    assert web.get("/api/views").json() == []  # a web map is no layer
    assert web.post("/api/views", json={"name": "osm", "expression": "1"}).status_code in (409, 422)
