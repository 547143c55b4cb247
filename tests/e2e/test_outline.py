"""The editor of outlines: each tool draws, saves and survives a reload; vertices, holes, undo, keys alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from labelpage import api
from outlinepage import CHIP, TASK, OutlinePage, make_ponds
from pageserver import Served
from playwright.sync_api import APIResponse, Page, Route, expect
from rankpage import until

NEAR = 0.06
"""Pixels of the scene that a pixel of the screen is, and more."""


@pytest.fixture
def editor(page: Page, serve_own: Callable[..., Served], tmp_path: Path) -> OutlinePage:
    return OutlinePage(page, serve_own(make_ponds(tmp_path / "ponds"))).open()


def geometry(feature: dict[str, Any]) -> Any:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def like(feature: dict[str, Any], wanted: Any) -> bool:
    return bool(shapely.hausdorff_distance(geometry(feature), wanted) < NEAR)


def test_every_tool_draws_saves_and_is_there_after_a_reload(editor: OutlinePage) -> None:
    editor.press("n", "1", "x")  # snapping off
    editor.drag((34, 34), (40, 38))
    editor.press("o")
    editor.drag((44, 34), (48, 38))
    editor.click((46, 40))
    editor.press("2", "p")
    editor.click((34, 44), (40, 44), (40, 50))
    editor.press("Enter", "l")
    editor.click((44, 44), (50, 46), (52, 50))
    editor.press("Enter", "t")
    editor.click((56, 36))
    found = {one["properties"]["kind"]: one for one in editor.until(5)}
    wanted = {
        "box": shapely.box(34, 34, 40, 38),
        "oriented-box": shapely.Polygon([(44, 34), (48, 38), (46, 40), (42, 36)]),
        "polygon": shapely.Polygon([(34, 44), (40, 44), (40, 50)]),
        "polyline": shapely.LineString([(44, 44), (50, 46), (52, 50)]),
        "point": shapely.Point(56, 36),
    }
    assert found.keys() == wanted.keys()
    for kind, shape in wanted.items():
        assert like(found[kind], shape), (kind, found[kind]["geometry"])
        assert found[kind]["chip_id"] == CHIP
    first, second = found["box"]["properties"]["class"], found["polygon"]["properties"]["class"]
    assert first != second
    assert {found[k]["properties"]["class"] for k in ("polyline", "point")} == {second}
    editor.reload()
    assert {one["id"]: one["geometry"] for one in editor.shapes()} == {o["id"]: o["geometry"] for o in found.values()}
    for left in (4, 3, 2, 1, 0):
        editor.press("u")
        editor.until(left)
    for back in (1, 2, 3, 4, 5):
        editor.press("r")
        editor.until(back)
    assert {one["id"]: one["geometry"] for one in editor.shapes()} == {o["id"]: o["geometry"] for o in found.values()}


def test_vertices_holes_parts_and_undo_is_exact(editor: OutlinePage, page: Page) -> None:
    editor.press("n", "p")
    editor.click((36, 36), (56, 36), (56, 56), (36, 56))
    editor.press("Enter")
    (whole,) = editor.until(1)
    page.keyboard.down("Shift")
    editor.click((40, 40))
    page.keyboard.up("Shift")
    editor.click((46, 40), (46, 46))
    editor.press("Enter")
    page.keyboard.down("Alt")
    editor.click((58, 36))
    page.keyboard.up("Alt")
    editor.click((62, 36), (62, 42))
    editor.press("Enter")
    until(page, lambda: editor.shapes()[0]["geometry"]["type"] == "MultiPolygon", "a hole and a part are drawn")
    (both,) = editor.shapes()
    assert abs(geometry(both).area - (400 - 18 + 12)) < 1.5
    editor.press("v")
    editor.drag((56, 56), (58, 60))  # a vertex
    editor.drag((46, 36), (46, 34))  # an edge: a vertex more
    editor.press("ArrowRight", "Shift+ArrowDown")  # the vertex that was drawn last, by keys

    def outer() -> Any:
        return geometry(editor.shapes()[0]).geoms[0].exterior

    def nudged() -> bool:
        return any(abs(x - 47) < NEAR and abs(y - 44) < NEAR for x, y in outer().coords)

    until(page, nudged, "the vertex is where the keys brought it")
    assert shapely.distance(outer(), shapely.Point(58, 60)) < NEAR
    editor.press("Delete")
    until(page, lambda: len(outer().coords) == 5, "the vertex is gone")
    for _ in range(4):
        editor.press("u")
    until(page, lambda: editor.shapes()[0]["geometry"] == both["geometry"], "four edits are undone")
    editor.reload()
    editor.press("u", "u")
    until(page, lambda: editor.shapes()[0]["geometry"] == whole["geometry"], "part and hole are undone")
    editor.press("u")
    editor.until(0)


def test_keys_alone_draw_class_copy_and_delete(editor: OutlinePage, page: Page) -> None:
    editor.stage.focus()
    editor.press("2", "p", "ArrowUp", "Space")  # the cursor comes in the middle of the chip, at 48, 48
    editor.press("Shift+ArrowRight", "Space", "Shift+ArrowDown", "ArrowDown", "Space", "Enter")
    (made,) = editor.until(1)
    assert geometry(made).equals(shapely.Polygon([(48, 48), (58, 48), (58, 59)]))
    editor.press("Escape", "v", "]", ".", "ArrowLeft")
    moved = shapely.Polygon([(47, 48), (58, 48), (58, 59)])
    for _ in range(40):  # what arrows move is sent once they rest
        if geometry(editor.shapes()[0]).equals(moved):
            break
        page.wait_for_timeout(250)
    assert geometry(editor.shapes()[0]).equals(moved)
    editor.press("c", "1")
    two = editor.until(2)
    assert len({one["properties"]["class"] for one in two}) == 2
    editor.press("Delete")
    (left,) = editor.until(1)
    assert left["id"] == made["id"]


def test_crossing_outlines_attributes_files_and_a_layer_that_is_moved(editor: OutlinePage, page: Page) -> None:
    editor.press("n", "p")
    editor.click((36, 36), (46, 46), (46, 36), (36, 46))
    editor.press("Enter")
    expect(page.get_by_text("This outline crosses itself")).to_be_visible()
    assert editor.until(1)[0]["problem"]
    page.get_by_label("Name of an attribute").fill("depth_m")
    page.get_by_label("Its value").fill("3.5")
    page.get_by_label("Its value").press("Enter")
    page.get_by_role("button", name="Repair", exact=True).click()
    expect(page.get_by_text("1 shape repaired.")).to_be_visible()
    (one,) = editor.shapes()
    assert "problem" not in one
    assert one["properties"]["attributes"] == {"depth_m": 3.5}
    assert geometry(one).is_valid
    transform = api(editor.server, f"/chips/{CHIP}")["transform"]
    at = transform[2], transform[5]
    body = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
        "features": [
            {
                "type": "Feature",
                "properties": {"class": "water"},
                "geometry": shapely.geometry.mapping(shapely.box(at[0] + 100, at[1] - 150, at[0] + 150, at[1] - 100)),
            }
        ],
    }
    page.get_by_label("File with shapes").set_input_files(
        {"name": "ponds.geojson", "mimeType": "application/geo+json", "buffer": json.dumps(body).encode()}
    )
    expect(page.get_by_text("ponds.geojson: 1 shape brought in.")).to_be_visible()
    before = next(one for one in editor.until(2) if one["origin"] == 4)
    editor.press("j")
    editor.drag((50, 50), (52, 53))
    expect(page.get_by_text("1 shape moved.")).to_be_visible()
    after = next(one for one in editor.shapes() if one["id"] == before["id"])
    assert like(after, shapely.affinity.translate(geometry(before), 2, 3))
    editor.press("u")

    def now() -> Any:
        return next(one for one in editor.shapes() if one["id"] == before["id"])["geometry"]

    until(page, lambda: now() == before["geometry"], "it is where it was")
    page.get_by_role("button", name="Files and masks").click()
    page.get_by_role("menuitem", name="Draw into masks of pixels").click()
    expect(page.get_by_text("Drawn into pixels")).to_be_visible()
    assert api(editor.server, f"/shapes?task={TASK}")["numberMatched"] == 2
    page.get_by_role("button", name="Files and masks").click()
    page.get_by_role("menuitem", name="Trace masks of pixels").click()
    expect(page.get_by_text("pixels traced:")).to_be_visible()
    drawn = shapely.union_all([geometry(one) for one in editor.shapes() if one["origin"] == 4])
    traced = [one for one in editor.shapes() if one["properties"].get("import") == "masks:pixels"]
    assert traced
    assert abs(shapely.union_all([geometry(one) for one in traced]).intersection(drawn).area - drawn.area) < 1
    editor.press("u")
    editor.until(2)


class TestNameless:
    @pytest.fixture
    def allowed_errors(self) -> list[str]:
        return ["404"]

    def test_a_file_that_names_no_class_asks_which(self, editor: OutlinePage, page: Page) -> None:
        transform = api(editor.server, f"/chips/{CHIP}")["transform"]
        x, y = transform[2] + 100, transform[5] - 150
        for properties, named in (({"natural": "sea"}, None), ({"natural": "water"}, "the property “natural”")):
            body = {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
                "features": [
                    {
                        "type": "Feature",
                        "properties": properties,
                        "geometry": shapely.geometry.mapping(shapely.box(x, y, x + 50, y + 50)),
                    }
                ],
            }
            page.get_by_label("File with shapes").set_input_files(
                {"name": "osm.geojson", "mimeType": "application/geo+json", "buffer": json.dumps(body).encode()}
            )
            dialog = page.get_by_role("dialog", name="Which class do these shapes have?")
            expect(dialog).to_contain_text("The shapes of osm.geojson have no property “class” that names their class.")
            if named:
                dialog.get_by_label("Named by").select_option(label=named)
            else:
                expect(dialog.get_by_label("Class of all")).to_be_visible()
            dialog.get_by_role("button", name="Bring in").click()
            expect(page.get_by_text("osm.geojson: 1 shape brought in.")).to_be_visible()
            x += 100
        expect(page.get_by_text("2 edits")).to_be_visible()
        one, two = sorted(editor.until(2), key=lambda each: geometry(each).bounds)
        assert one["properties"]["attributes"] == {"natural": "sea"}
        assert "attributes" not in two["properties"] or "natural" not in two["properties"]["attributes"]


def test_snapping_numbers_frames_and_views(editor: OutlinePage, page: Page) -> None:
    editor.press("n", "p")  # snapping off
    editor.click((36, 36), (46, 36), (46, 46), (36, 46))
    editor.press("Enter", "n", "l")
    editor.click((46.2, 35.8), (50.4, 40.3), (46.3, 41.1))  # near a corner, near nothing, near an edge
    editor.press("Enter")
    line = next(one for one in editor.until(2) if one["properties"]["kind"] == "polyline")
    first, free, last = line["geometry"]["coordinates"]
    square = next(geometry(one) for one in editor.shapes() if one["id"] != line["id"])
    assert tuple(first) in square.exterior.coords
    assert shapely.distance(square.exterior, shapely.Point(last)) < 1e-3
    assert abs(last[1] - 41.1) < NEAR
    assert abs(free[0] - 50.4) < NEAR
    editor.press("Escape", "Escape", "v", "Alt+2")
    views = page.locator("[role=application]")
    expect(views).to_have_count(2)
    editor.press("f")
    second = views.nth(1)
    editor.click((40, 40))
    editor.press(".")
    place = page.get_by_role("group", name="Place of the vertex")
    place.get_by_label("Column").fill("37.25")
    place.get_by_label("Row").fill("38.5")
    place.get_by_label("Row").press("Tab")
    found = next(geometry(one) for one in editor.shapes() if one["id"] != line["id"])
    assert (37.25, 38.5) in found.exterior.coords
    second.focus()
    editor.press("Escape")
    shape = page.get_by_role("group", name="Place of the shape")
    shape.get_by_label("Column").fill("34")
    shape.get_by_label("Column").press("Tab")
    after = next(geometry(one) for one in editor.shapes() if one["id"] != line["id"])
    assert after.equals_exact(shapely.affinity.translate(found, 34 - found.bounds[0], 0), 1e-3)
    second.focus()
    editor.press("Escape")
    page.keyboard.down("Shift")
    editor.drag((33, 33), (58, 58))
    page.keyboard.up("Shift")
    expect(page.get_by_text("2 shapes", exact=True)).to_be_visible()
    editor.press("Delete")
    editor.until(0)
    editor.press("u")
    editor.until(2)
    other = page.get_by_role("region", name=re.compile("^View 2"))
    shows = page.get_by_role("dialog", name="View 2").get_by_label("Shows")
    other.get_by_title("What this view shows").click()
    shows.select_option("2024-05-31")
    page.keyboard.press("Escape")
    expect(other).to_contain_text("2024-05-31")
    editor.reload()
    expect(views).to_have_count(2)
    expect(other).to_contain_text("2024-05-31")


def hold_shapes(page: Page) -> list[tuple[Route, APIResponse]]:
    """The next list of shapes is read on the server, and does not come until it is fulfilled."""
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append((route, route.fetch()))

    page.route(re.compile(r"/shapes\?"), hold)
    return held


@pytest.fixture
def allowed_errors() -> list[str]:
    """What the browser says of requests that tests hold back."""
    return ["ERR_FAILED"]


def test_what_waited_is_seen_though_it_arrived_while_the_shapes_were_on_their_way(
    editor: OutlinePage, page: Page
) -> None:
    """The next page sends what waits and reads the shapes at once: they may have been read before."""
    page.route(re.compile(r"/annotations$"), lambda route: route.abort())
    editor.press("n", "1", "x")
    editor.drag((34, 34), (40, 38))
    expect(page.locator("[data-saved]")).to_have_attribute("data-waiting", "1")
    page.wait_for_timeout(500)  # it counts from the moment it is drawn; then the browser has it
    page.goto("about:blank")
    page.unroute(re.compile(r"/annotations$"))
    held = hold_shapes(page)
    page.goto(f"{editor.server.base}#/outline/{CHIP}?task={TASK}")
    until(page, lambda: len(held) > 0, "the shapes are asked for")
    editor.until(1)
    page.wait_for_timeout(300)
    ((route, response),) = held
    route.fulfill(response=response)
    expect(page.get_by_text("1 shape on the scene")).to_be_visible()


def test_what_is_done_while_the_shapes_are_on_their_way_stands(editor: OutlinePage, page: Page) -> None:
    """They come as they were before it."""
    editor.press("n", "1", "x")
    editor.drag((34, 34), (40, 38))
    editor.until(1)
    editor.reload()
    held = hold_shapes(page)
    editor.press("u")  # what it was is known to the server alone
    editor.until(0)
    until(page, lambda: len(held) > 0, "the shapes are asked for")
    editor.press("x")
    editor.drag((44, 44), (50, 48))
    editor.until(1)
    ((route, response),) = held
    route.fulfill(response=response)
    page.wait_for_timeout(500)
    editor.press("v")
    editor.click((47, 46))
    editor.press("Delete")
    editor.until(0)


def test_an_outline_is_kept_by_the_browser_though_the_server_says_nothing(editor: OutlinePage, page: Page) -> None:
    """Where a shape lives is asked for; nobody waits long for the answer, and until then nothing says "saved"."""

    def hang(_route: Route) -> None: ...

    page.route(re.compile(r"/chips\?|/annotations$"), hang)
    editor.press("n", "1", "x")
    editor.drag((34, 34), (40, 38))
    saved = page.locator("[data-saved]")
    expect(saved).to_have_attribute("data-waiting", "1")
    expect(saved).not_to_have_attribute("data-saved", "saved")
    page.wait_for_timeout(2000)
    page.unroute_all(behavior="ignoreErrors")
    page.goto("about:blank")
    page.goto(f"{editor.server.base}#/outline/{CHIP}?task={TASK}")
    editor.until(1)
    expect(page.get_by_text("1 shape on the scene")).to_be_visible()
