"""Attaching polygons to chips, ours beside geopandas; ``queries.py`` calls :func:`attaching`.

Measured is the whole verb: a GeoPackage of polygons in longitude and latitude is read and checked, brought to the
scene's UTM grid, joined to every chip and written into the workspace: whether it lies in the chip, the share of the
chip under it (places under several polygons once), the distance in metres, how many, and a mean by area. The
polygons are irregular (12 vertices, half a chip large, many overlap), the chips a grid without gaps, 640 m a side.
The peer does the same with ``read_file``, ``to_crs``, ``overlay``, ``dissolve``, ``sjoin_nearest`` and a Parquet file;
its distances are planar, ours on the ellipsoid. Both results are compared before anything is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from _bench import Timings, run

SIDE, PIXEL = 64, 10.0
CRS = "EPSG:32630"
_CORNER = (500_000.0, 4_700_000.0)
_VERTICES = 12
COLUMNS = ("inside", "share", "distance", "count", "height")


def chips_lake(root: Path, count: int) -> Path:
    """A workspace of so many chips of one scene, without pixels; made outside of the time that counts."""
    from odc.geo.geobox import GeoBox
    from rasterio.transform import from_origin

    from groundset.chips import Chip
    from groundset.core import ChipId, Grid, Window
    from groundset.lake import init
    from groundset.taxonomy import WATER

    cols = round(count**0.5)
    with init(root, scheme=WATER) as lake:
        lake.set_grid(Grid(SIDE))
        chips = []
        for i in range(count):
            row, col = divmod(i, cols)
            x, y = _CORNER[0] + col * SIDE * PIXEL, _CORNER[1] - row * SIDE * PIXEL
            box = GeoBox((SIDE, SIDE), from_origin(x, y, PIXEL, PIXEL), CRS)
            chips.append(Chip(ChipId("made", 0, row, col), Window(col * SIDE, row * SIDE, SIDE, SIDE), box))
        lake.chips.write_part("made_0", chips)
    return root


def polygons_file(path: Path, count: int, chips: int, seed: int = 0) -> Path:
    """Irregular polygons over the grid of :func:`chips_lake`, in EPSG:4326, each with a number."""
    import geopandas as gpd
    import shapely

    rng = np.random.default_rng(seed)
    extent = round(chips**0.5) * SIDE * PIXEL
    middle = np.array([_CORNER[0], _CORNER[1] - extent]) + rng.random((count, 2)) * extent
    turn = np.sort(rng.random((count, _VERTICES)), axis=1) * 2 * np.pi
    far = SIDE * PIXEL * rng.uniform(0.2, 0.6, (count, 1)) * rng.uniform(0.6, 1.0, (count, _VERTICES))
    ring = middle[:, None] + far[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    shapes = shapely.make_valid(shapely.polygons(ring))
    frame = gpd.GeoDataFrame({"height": rng.uniform(0, 100, count).round(2)}, geometry=shapes, crs=CRS)
    frame.to_crs("EPSG:4326").to_file(path, driver="GPKG")
    return path


def ours(root: Path, file: Path) -> Callable[[], Any]:
    """Attach the file anew."""

    def work() -> Any:
        from groundset import attach
        from groundset.lake import Lake

        with Lake.open(root) as lake:
            store = attach.AttachedStore(lake.root)
            if store.names():
                attach.remove(lake, "land")
            attach.attach(lake, file, name="land", asked=attach.Asked(columns=("height",)))
            table = store.values(store.get("land"), [f"land_{c}" for c in COLUMNS])["made_0"]
        return [table.column(i).to_numpy().astype(float) for i in range(len(COLUMNS))]

    return work


def theirs(root: Path, file: Path) -> Callable[[], Any]:
    """The same with geopandas."""

    def work() -> Any:
        import geopandas as gpd
        import pandas as pd
        import shapely

        from groundset.lake import Lake

        with Lake.open(root) as lake:
            table = lake.chips.table(["chip_id", "x_off", "y_off"])
        x = _CORNER[0] + table.column("x_off").to_numpy() * PIXEL
        y = _CORNER[1] - table.column("y_off").to_numpy() * PIXEL
        boxes = shapely.box(x, y - SIDE * PIXEL, x + SIDE * PIXEL, y)
        chips = gpd.GeoDataFrame({"chip": np.arange(len(x))}, geometry=boxes, crs=CRS)
        land = gpd.read_file(file).to_crs(CRS)
        land["feature"] = np.arange(len(land))
        cut = gpd.overlay(chips, land, how="intersection", keep_geom_type=True)
        cut["area"] = cut.geometry.area
        cut["sum"] = cut["area"] * cut["height"]
        by = cut.groupby("chip")
        whole = cut.dissolve("chip", method="unary").geometry.area / (SIDE * PIXEL) ** 2
        sums = by[["area", "sum"]].sum()
        index = chips["chip"]
        count = by["feature"].nunique().reindex(index, fill_value=0)
        near = gpd.sjoin_nearest(chips, land[["geometry"]], distance_col="metres").groupby("chip")["metres"].first()
        out = pd.DataFrame({
            "inside": (count > 0).astype(float), "share": whole.reindex(index, fill_value=0.0),
            "distance": near.reindex(index), "count": count, "height": (sums["sum"] / sums["area"]).reindex(index),
        })  # fmt: skip
        out.to_parquet(root / ".cache" / "peer.parquet")
        return [out[name].to_numpy().astype(float) for name in COLUMNS]

    return work


def attaching(
    folder: Path, *, polygons: int = 100_000, chips: int = 100_000, rounds: int = 3
) -> tuple[Timings, dict[str, float]]:
    """Time both in turns.

    Args:
        folder: Where the workspace and the file are made; empty.
        polygons: How many.
        chips: How many.
        rounds: Rounds that count.

    Returns:
        The timings (contenders ``groundset`` and ``geopandas``), and ``attach_s``, ``attach_ratio_vs_geopandas``.

    Raises:
        RuntimeError: The two do not say the same.
    """
    root = chips_lake(folder / "lake", chips)
    file = polygons_file(folder / "land.gpkg", polygons, chips)
    times = run("attach", {"groundset": ours(root, file), "geopandas": theirs(root, file)}, rounds=rounds)
    _agree(times.returned["groundset"], times.returned["geopandas"])
    told = {"attach_s": times.median("groundset"), "attach_ratio_vs_geopandas": times.ratio("geopandas", "groundset")}
    return times, {name: round(value, 3) for name, value in told.items()}


def _agree(mine: Any, peer: Any) -> None:
    """Shares to a hundred-thousandth, distances to 0.1 % (planar against ellipsoid) and a metre, counts but slivers."""
    for name, a, b in zip(COLUMNS, mine, peer, strict=True):
        both = np.isfinite(a) & np.isfinite(b)
        differ = (np.isfinite(a) != np.isfinite(b)).sum()
        if name == "distance":
            worst = np.abs(a - b)[both].max(initial=0) if np.allclose(a[both], b[both], rtol=1e-3, atol=1) else np.inf
        elif name in ("inside", "count"):
            worst, differ = 0.0, differ + (a != b).sum()
        else:
            worst = np.abs(a - b)[both].max(initial=0)
            worst = worst if name == "share" else 0.0  # a mean of slivers alone may be anything
        if differ > len(a) * 1e-3 or worst > (np.inf if name == "distance" else 1e-5):
            raise RuntimeError(f"{name} differs in {differ} chips, by at most {worst}")


if __name__ == "__main__":
    import sys
    import tempfile

    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as made:
        print(attaching(Path(made), polygons=number, chips=number, rounds=1)[1])
