"""Layers by what bands are: Distil's composites and indices on three sensors, radar in one unit, one string for all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from groundset.chips import Edges, indices_of, layers_of, own_view, view_of
from groundset.chips.expression import parse
from groundset.chips.layers import known_names
from groundset.chips.looks import parse_ranges, split_layer
from groundset.chips.ramps import RAMPS, TITLES, stops, table
from groundset.core import Band, BandSet, InputError
from groundset.imagery import SENSORS

DISTIL = {
    "natural": "B04 B03 B02",
    "natural-lab": "B04 B03 B02",
    "infrared": "B08 B04 B03",
    "urban": "B12 B11 B04",
    "agriculture": "B11 B08 B02",
    "atmospheric-penetration": "B12 B11 B8A",
    "healthy-vegetation": "B08 B11 B02",
    "land-water": "B08 B11 B04",
    "atmospheric-removal": "B12 B08 B03",
    "shortwave-infrared": "B12 B08 B04",
    "vegetation-analysis": "B11 B08 B04",
}
S2 = SENSORS["sentinel-2-l2a"].bands
EDGES = Edges(0.5, 1.0, 4.0, 6.0)


def radar(co: str | None, cross: str | None) -> BandSet:
    return BandSet((Band("vv", "vv", unit=co), Band("vh", "vh", unit=cross)))


def test_distils_composites_on_sentinel_2() -> None:
    there = {x.name: " ".join(x.bands) for x in layers_of(S2) if x.group == "composite"}
    assert there == DISTIL
    assert [x.name for x in layers_of(S2) if x.group == "band"] == list(S2.names)


@pytest.mark.parametrize(
    ("sensor", "wanted", "nir"),
    [
        ("landsat-8", set(DISTIL), "B5"),
        ("landsat-5", set(DISTIL), "B4"),
        ("naip", {"natural", "natural-lab", "infrared"}, "nir"),
    ],
)
def test_other_sensors_offer_those_they_have_bands_for(sensor: str, wanted: set[str], nir: str) -> None:
    bands = SENSORS[sensor].bands
    there = {x.name: x.bands for x in layers_of(bands) if x.group == "composite"}
    assert set(there) == wanted
    assert there["infrared"][0] == nir


def test_distils_seven_indices() -> None:
    there = {i.name: i for i in indices_of(S2, EDGES)}
    assert {"NDVI", "NDMI", "NDWI", "NSMI", "MNDWI", "RSWIR", "OPTRAM"} <= set(there)
    assert there["NSMI"].formula == "(B11 - B12) / (B11 + B12)"
    assert there["RSWIR"].formula == "(B04 - B11) / (B04 + B11)"
    assert "OPTRAM" not in {i.name for i in indices_of(S2)}
    assert "OPTRAM" not in {i.name for i in indices_of(SENSORS["naip"].bands, EDGES)}


def test_soil_moisture_is_0_on_the_dry_edge_and_1_on_the_wet_one() -> None:
    optram = next(i for i in indices_of(S2, EDGES) if i.name == "OPTRAM")
    formula = parse(optram.formula, S2)
    red, nir = 0.1, 0.3
    for edge, wanted in ((0.5 + 1.0 * 0.5, 0.0), (4.0 + 6.0 * 0.5, 1.0)):
        swir = 1 + edge - np.sqrt((1 + edge) ** 2 - 1)  # (1 - R)^2 / 2R = edge
        pixel = {S2.index(n): np.array([v]) for n, v in (("B04", red), ("B08", nir), ("B12", swir))}
        assert formula.at(pixel)[0] == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("units", [("dB", "dB"), ("linear", "linear"), ("dB", "linear")])
def test_radar_is_shown_in_decibels_whatever_its_unit(units: tuple[str, str]) -> None:
    bands = radar(*units)
    stored = [10 ** (v / 10) if u == "linear" else v for v, u in zip((-8.0, -14.0), units, strict=True)]
    planes = {i: np.array([v]) for i, v in enumerate(stored)}
    view = view_of(bands, "radar")
    order = [bands.index(n) for n in view.bands]
    seen = [c.at({i: planes[at] for i, at in enumerate(order)})[0] for c in view.channels]
    assert seen == pytest.approx([-8, -14, 6], rel=1e-5)
    there = {i.name: parse(i.formula, bands).at(planes)[0] for i in indices_of(bands)}
    assert there["VV/VH"] == pytest.approx(6, rel=1e-5)
    assert there["RVI"] == pytest.approx(4 * 10**-1.4 / (10**-0.8 + 10**-1.4), rel=1e-5)


def test_radar_of_no_stated_unit_has_no_composite() -> None:
    assert all(x.group == "band" or x.name == "natural" for x in layers_of(radar(None, "dB")))
    assert indices_of(radar(None, "dB")) == ()


def test_a_layer_is_one_string() -> None:
    said = split_layer("=(nir - red) / 2@ramp=viridis@range=-1,1@stretch=chip")
    assert said == ("=(nir - red) / 2", "viridis", ((-1.0, 1.0),), "chip")
    view = view_of(S2, "=(nir - red) / 2@ramp=viridis@range=-1,1@stretch=chip")
    assert (view.bands, view.ranges, view.stretch, view.ramp) == (
        ("B08", "B04"),
        ((-1.0, 1.0),),
        "chip",
        stops("viridis"),
    )
    assert view_of(S2, "NDVI@ramp=magma").ramp == stops("magma")
    assert view_of(S2, "shortwave").bands == view_of(S2, "vegetation-analysis").bands == ("B11", "B08", "B04")
    assert len(view_of(S2, "=nir;red;green").channels) == 3
    assert view_of(S2, "B04,B03,B02").bands == ("B04", "B03", "B02")
    assert view_of(S2, "natural-lab").lab
    assert [len(c) for c in map(parse_ranges, ("0,1", "0,1;2,3;4,5"))] == [1, 3]


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("nonsense", "unknown layer"),
        ("NDVI@ramp=virdis", "did you mean viridis"),
        ("NDVI@stretch=full", "unknown stretch"),
        ("NDVI@range=1", "no range"),
        ("NDVI@range=1,nan", "no range"),
        ("NDVI@range=1,1", "no range"),
        ("=nir +", r"too early.*column 6"),
        ("=nir;red", "one formula, or three"),
        ("=nir;swr;red", 'no band "swr"'),
        ("=1 + 1", "at least one band"),
        ("OPTRAM", "needs bands"),
        ("=nir@range=0,1;0,1;0,1", "one formula has one range"),
        ("x" * 3000, "shorter"),
    ],
)
def test_mistakes_are_told(layer: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        view_of(S2, layer)


def test_views_of_ones_own() -> None:
    own = own_view(
        "wet", {"expression": "(green - nir) / (green + nir)", "ramp": "brbg", "range": [-0.5, 0.5], "stretch": "chip"}
    )
    view = view_of(S2, "wet", own={"wet": own})
    assert (view.bands, view.ramp, view.ranges, view.stretch) == (("B03", "B08"), stops("brbg"), ((-0.5, 0.5),), "chip")
    assert view_of(S2, "wet@ramp=turbo@stretch=scene", own={"wet": own}).ramp == stops("turbo")
    assert own.title == "wet"
    for name, said in (("NDVI", {"expression": "nir"}), ("x", {}), ("x", {"expression": "nir", "range": ["a", 1]}),
                       ("x", {"expression": "nir;red"}), ("a b", {"expression": "nir"})):  # fmt: skip
        with pytest.raises(InputError):
            own_view(name, said)
    assert {"natural", "shortwave", "NDVI", "OPTRAM", "RVI"} <= known_names()


def test_scales_are_the_pages() -> None:
    page = (Path(__file__).parents[2] / "ui" / "src" / "canvas" / "ramps.ts").read_text()
    body = page[page.index("const ANCHORS") : page.index("const made")]
    found = {
        m[1]: "".join(re.findall(r"'([0-9a-f]+)'", m[2]))
        for m in re.finditer(r"  (\w+):\s*((?:'[0-9a-f]+'[\s+]*)+)", body)
    }
    assert found == dict(RAMPS)
    assert set(TITLES) == set(RAMPS)
    assert table(stops("viridis"), 256)[[0, -1], :3].tolist() == [[68, 1, 84], [253, 231, 36]]
