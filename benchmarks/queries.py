"""One filter over everything at 1,000,000 chips, beside pandas and GeoPandas; and attaching, ours beside GeoPandas.

Real rows are repeated: chips of 16 pixels of the two Boadella dates (Sentinel-2) with their footprints, features,
classes (water, agriculture, other, by NDWI and NDVI), and the distance in metres to the reservoir, which stands in for
roads. Each repeat lies elsewhere, at another date, under other clouds; a fifth of the chips is labelled, a tenth of
these labels is wrong.

``query_ms``: the text is read, evaluated, the chips are put in the order of their likeness to a chip, and the first 100
are there as the JSON that the page gets. Warm: the workspace is open, and scores of ``water`` and of that likeness are
known, as after any ranking; the text itself is another one each time, so that no list is remembered. Of
``query_new_like_ms`` the example too is one that nobody asked for before. The peer has one data frame with all columns,
scores and likeness included, and a spatial index, all made before the time that counts.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count as numbers
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from _attaching import attaching
from _bench import cache_dir, finish, peak_rss_gb, quick_asked, run, table, test_data

FULL, QUICK = 1_000_000, 200_000
SIZE, PER_PART, DIM, LABELLED, PAGE = 16, 10_000, 128, 0.2, 100
ROUNDS = {True: 5, False: 15}
CLASSES = ("other", "agriculture", "water")
START = datetime(2016, 1, 1, tzinfo=UTC)
STEP = (0.06, 0.045)
"""Degrees between two repeats: a little more than the scene."""
ACROSS, REAL, CORNER = 40, 1152, (2.79, 42.33)
"""Repeats side by side, real chips, and where the first one lies."""
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")


def main() -> None:
    quick = quick_asked()
    chips = QUICK if quick else FULL
    root = cache_dir("benchmarks") / f"queries-{chips}-v1"
    if not root.exists():
        made = Path(tempfile.mkdtemp(prefix="groundset-queries-", dir=root.parent))
        try:
            make(made / "lake", chips)
            (made / "lake").rename(root)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    metrics = measure(root, ROUNDS[quick])
    folder = Path(tempfile.mkdtemp(prefix="groundset-attaching-"))
    try:
        size = 10_000 if quick else 100_000
        _, told = attaching(folder, polygons=size, chips=size, rounds=1 if quick else 3)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    metrics |= told
    table([(name, float(value)) for name, value in metrics.items()], ("metric", "value"))
    wanted = {"query_ms": ("<=", 300.0), "attach_s": ("<=", 20.0)}
    packages = ("duckdb", "pyarrow", "pandas", "geopandas", "shapely", "cql2")
    finish("queries", metrics | {"chips": chips}, quick, wanted=wanted, packages=packages)


def question(cloud: float, chips: int) -> tuple[str, str, float]:
    """The filter, its polygon (about a third of the place) and its bound of clouds, which is another one each time."""
    size = np.array([ACROSS * STEP[0], chips / REAL / ACROSS * STEP[1]])
    middle, far = np.array(CORNER) + size / 2, 0.4 * size
    turn = np.linspace(0, 2 * np.pi, 13)[:-1]
    ring = middle + far * (1 - 0.3 * (np.arange(12) % 2))[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    polygon = f"POLYGON(({', '.join(f'{x:.5f} {y:.5f}' for x, y in (*ring, ring[0]))}))"
    return (
        f"cloud_cover < {cloud:.6f} AND label = 'agriculture' AND score_water > 0.3 AND road_distance < 500 "
        f"AND S_INTERSECTS(geometry, {polygon}) AND datetime > TIMESTAMP('2018-01-01T00:00:00Z')"
    ), polygon, cloud  # fmt: skip


def measure(root: Path, rounds: int) -> dict[str, float]:
    """Both contenders in turns, then what is asked for the first time."""
    from groundset.server import listing
    from groundset.workspace import open as open_workspace

    begin = time.perf_counter()
    with open_workspace(root) as ws:
        like = ws.search("label = 'agriculture'", task="chips", limit=1).ids[0]
        opened = time.perf_counter() - begin
        bounds = (10 + i * 1e-6 for i in numbers())

        def ask(example: str = like, cloud: float | None = None) -> Any:
            text, _, _ = question(next(bounds) if cloud is None else cloud, len(ws.index.now().chips))
            found = ws.index.find(text, sort="similar", like=[example], task="chips", limit=PAGE)
            return found, listing.page(found)

        ask()
        peer = theirs(ws, like)
        times = run(
            "query", {"groundset": lambda: ask()[0], "pandas": lambda: peer(next(bounds))}, rounds=rounds, warm=2
        )
        mine, other = ask(cloud=10.0)[0], peer(10.0)
        if mine.ids != other[1] or mine.total != other[0]:
            raise RuntimeError(f"the two differ: {mine.total} and {other[0]} chips")
        others = ws.search("label = 'water'", task="chips", limit=rounds).ids
        fresh = []
        for one in others[: min(5, rounds)]:
            start = time.perf_counter()
            ask(one)
            fresh.append(time.perf_counter() - start)
    told = {
        "query_ms": 1000 * times.median("groundset"),
        "query_ms_worst": 1000 * max(times.seconds["groundset"]),
        "query_pandas_ms": 1000 * times.median("pandas"),
        "query_ratio_vs_pandas": times.ratio("pandas", "groundset"),
        "query_new_like_ms": 1000 * float(np.median(fresh)),
        "found": mine.total,
        "open_s": opened,
        "rss_gb": peak_rss_gb(),
    }
    return {name: round(value, 3) for name, value in told.items()}


def theirs(ws: Any, like: str) -> Callable[[float], tuple[int, list[str]]]:
    """The same by hand: masks of a data frame, a spatial index for the polygon, a sort by likeness."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    from groundset.query.learned import Want

    now = ws.index.moment("chips")
    chips = now.chips
    names = now.names()
    frame = pd.DataFrame({
        "chip_id": chips.ids,
        "cloud_cover": chips.column("cloud_cover").to_numpy(zero_copy_only=False),
        "datetime": chips.column("datetime").to_pandas(),
        "label": _arrow(names["label"][2](now).data).to_pandas().astype("category"),
        "score_water": now.learned.scores(Want(CLASSES.index("water"))).values,  # noqa: PD011  # no pandas
        "road_distance": names["road_distance"][2](now).data.to_numpy(zero_copy_only=False),
        "likeness": now.learned.scores(Want(like=(like,))).order,
    })  # fmt: skip
    outlines = chips.column("geometry").to_numpy(zero_copy_only=False)
    frame = gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(outlines), crs="EPSG:4326")
    frame.sindex  # noqa: B018  # made before the time that counts
    after = pd.Timestamp("2018-01-01T00:00:00Z")

    def ask(cloud: float) -> tuple[int, list[str]]:
        shape = shapely.from_wkt(question(cloud, len(frame))[1])
        kept = frame[
            (frame["cloud_cover"] < cloud) & (frame["label"] == "agriculture") & (frame["score_water"] > 0.3)
            & (frame["road_distance"] < 500) & (frame["datetime"] > after)
        ]  # fmt: skip
        kept = (
            kept[kept.intersects(shape)]
            if len(kept) < 100_000
            else kept[kept.index.isin(frame.sindex.query(shape, "intersects"))]
        )
        first = kept.sort_values("likeness", ascending=False, kind="stable").head(PAGE)
        rows = first.drop(columns="likeness").to_json(default=str)
        assert rows
        return len(kept), first["chip_id"].tolist()

    return ask


def _arrow(data: Any) -> Any:
    return getattr(data, "strings", data)


def make(root: Path, count: int) -> None:
    """The workspace: real rows, repeated."""
    from groundset import attach
    from groundset.core import Grid, Scheme, SchemeClass
    from groundset.lake import Lake, init

    colors = ("#999999", "#e8c547", "#1f78d1")
    scheme = Scheme("land", tuple(SchemeClass(i, n, n.title(), colors[i]) for i, n in enumerate(CLASSES)))
    base = base_rows(root.parent / "base", scheme)
    with init(root, scheme=scheme, name="queries", tasks={"chips": "classify"}) as lake:
        lake.set_grid(Grid(SIZE), "default")
    (root / "features" / "default").mkdir(parents=True)
    parts = [(i, min(PER_PART, count - i * PER_PART)) for i in range(-(-count // PER_PART))]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda one: write_part(root, base, *one), parts))
    with Lake.open(root) as lake:
        store = attach.AttachedStore(root)
        shutil.copyfile(base["file"], root / "outline.geojson")
        layer = replace(base["layer"], file="outline.geojson", mark=attach.source.mark_of(root / "outline.geojson"))
        store.write(layer, [(f"s{i:03d}_0", ids) for (i, _), (ids, _) in zip(parts, drawn, strict=True)],
                    {"road_distance": pa.array(np.concatenate([base["road"][pick] for _, pick in drawn]))})  # fmt: skip
        store.put(layer)
        label(lake, drawn, base["kinds"])


def base_rows(root: Path, scheme: Any) -> dict[str, Any]:
    """The chips of both Boadella dates with all that is known of them."""
    from groundset import attach
    from groundset.workspace import create

    folder = test_data("boadella")
    with create(root, scheme=scheme) as ws:
        for path in sorted(folder.glob("*.tif")):
            ws.ingest(path, bands=BANDS, time=f"{path.stem[-10:]}T10:40:00Z", chip_size=SIZE)
        asked = attach.Asked(joins=("distance",))
        attach.attach(ws.lake, folder / "boadella.geojson", name="road", asked=asked)
        layer = attach.AttachedStore(root).get("road")
        values = attach.AttachedStore(root).values(layer, ["road_distance"])
        parts = ws.lake.chips.parts()
        chips = pa.concat_tables([pq.read_table(ws.lake.chips.path(part)) for part in parts])
        features = np.concatenate([ws.lake.features().read_part(part) for part in parts])
        road = np.concatenate([values[part].column("road_distance").to_numpy() for part in parts])
        kinds = np.array([kind_of(ws, chip) for part in parts for chip in ws.lake.chips.chips(part)])
    outlines = np.array(chips.column("geometry").to_pylist(), dtype="S93").view(np.uint8).reshape(-1, 93)
    step = max(1, features.shape[1] // DIM)
    return {
        "chips": chips, "features": np.ascontiguousarray(features[:, ::step][:, :DIM]).astype(np.float32), "road": road,
        "kinds": kinds, "outlines": outlines, "layer": layer, "file": folder / "boadella.geojson",
    }  # fmt: skip


def kind_of(ws: Any, chip: Any) -> int:
    """Water, agriculture or other, by the chip's mean NDWI and NDVI."""
    pixels = ws.lake.reader(chip.id.scene).read(chip.window, ["B03", "B04", "B08"])
    green, red, near = np.nanmean(pixels.physical(), axis=(1, 2))
    if (green - near) / (green + near) > 0:
        return 2
    return 1 if (near - red) / (near + red) > 0.5 else 0


def write_part(root: Path, base: dict[str, Any], number: int, rows: int) -> tuple[list[str], np.ndarray]:
    """A scene of so many repeated chips, shifted as a whole repeat; their ids and which real ones they are."""
    rng = np.random.default_rng([7, number])
    start, each = number * PER_PART, len(base["kinds"])
    pick = (start + np.arange(rows)) % each
    repeat = (start + np.arange(rows)) // each
    name = f"s{number:03d}"
    row, col = np.divmod(np.arange(rows), 100)
    ids = [f"{name}_0_{r}_{c}" for r, c in zip(row, col, strict=True)]
    outlines = base["outlines"][pick].copy()
    points = outlines[:, 13:].copy().view("<f8").reshape(rows, -1, 2)
    points += np.stack([repeat % ACROSS * STEP[0], repeat // ACROSS * STEP[1]], axis=1)[:, None]
    outlines[:, 13:] = points.reshape(rows, -1).view(np.uint8)
    micros = int(START.timestamp() * 1e6) + rng.integers(0, 8 * 365 * 86_400, rows) * 1_000_000
    new = {
        "chip_id": pa.array(ids), "scene_id": pa.array([name] * rows), "row": pa.array(row.astype(np.int32)),
        "col": pa.array(col.astype(np.int32)), "geometry": pa.array([o.tobytes() for o in outlines], pa.binary()),
        "datetime": pa.array(micros, pa.timestamp("us", tz="UTC")), "cloud_cover": pa.array(rng.uniform(0, 40, rows)),
    }  # fmt: skip
    chips = base["chips"].take(pa.array(pick))
    for key, column in new.items():
        at = chips.schema.get_field_index(key)
        chips = chips.set_column(at, chips.schema.field(key), column)
    pq.write_table(chips, root / "chips" / f"{name}_0.parquet")
    noise = rng.standard_normal((rows, base["features"].shape[1]), np.float32)
    spread = base["features"].std(axis=0)
    np.save(root / "features" / "default" / f"{name}_0.npy", base["features"][pick] + np.float32(0.2) * spread * noise)
    return ids, pick


def label(lake: Any, drawn: list[tuple[list[str], np.ndarray]], kinds: np.ndarray) -> None:
    """A fifth of the chips, as three people said."""
    from groundset.journal import NewEvent, answer

    rng = np.random.default_rng(1)

    def said() -> Iterator[NewEvent]:
        for ids, pick in drawn:
            for at in rng.choice(len(ids), int(LABELLED * len(ids)), replace=False).tolist():
                wrong = int(rng.random() < 0.1) * int(rng.integers(1, 3))
                yield NewEvent("answer", "chips", ids[at], answer((int(kinds[pick[at]]) + wrong) % 3))

    waiting: list[NewEvent] = []
    for event in said():
        waiting.append(event)
        if len(waiting) == 20_000:
            lake.journal.append(waiting, actor="anna")
            print(".", end="", file=sys.stderr, flush=True)
            waiting = []
    lake.journal.append(waiting, actor="bela")


if __name__ == "__main__":
    main()
