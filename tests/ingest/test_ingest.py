"""Scenes to chips, quicklooks and features: on real scenes, on every executor, stopped anywhere."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from madelake import write_scene

from groundset.core import ConflictError, Grid, GroundsetError, InputError, Step, StoppedError
from groundset.imagery import Scene, open_source
from groundset.imagery.scene_item import scene_from_item, scene_to_item
from groundset.ingest import ingest, make_level
from groundset.ingest._known import same as said_the_same
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

GRID = Grid(64, levels=3)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        yield lake


def raster(path: Path, width: int = 320, height: int = 1200, *, bands: int = 3, nodata_columns: int = 0) -> Path:
    """A striped GeoTIFF, high enough for several strips of chips."""
    rng = np.random.default_rng(len(path.name))
    data = rng.integers(200, 3000, (bands, height // 8 + 1, width // 8 + 1)).repeat(8, 1).repeat(8, 2)
    data = data[:, :height, :width].astype(np.uint16)
    data[:, :, :nodata_columns] = 0
    profile = {"driver": "GTiff", "width": width, "height": height, "count": bands, "dtype": "uint16", "nodata": 0,
               "crs": "EPSG:32632", "transform": Affine(10, 0, 600000, 0, -10, 5000000), "compress": "lzw"}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(data)
    return path


def scene(path: Path) -> Scene:
    return open_source(path, bands=["B02", "B03", "B04"])[0]


def contents(lake: Lake) -> dict[str, str]:
    """Checksum of every file of chips, features, quicklooks and scenes."""
    layout = lake.layout
    return {
        str(p.relative_to(layout.root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for folder in (layout.chips, layout.features, layout.quicklooks, layout.scenes)
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@contextmanager
def dask() -> Iterator[Executor]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address=None,
            host="127.0.0.1",
            protocol="tcp",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor()


def processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver"))


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A raster and what a serial ingest makes of it."""
    folder = tmp_path_factory.mktemp("serial")
    path = raster(folder / "a.tif")
    with init(folder / "lake", scheme=WATER) as lake:
        report = ingest(lake, [scene(path)], grid=GRID)
        assert (report.scenes, report.chips, report.skipped) == (1, 95, 0)
        assert "95 chips" in report.summary()
        assert report.chips_per_second > 0
        return path, contents(lake)


@pytest.mark.parametrize(
    "pool",
    [
        lambda: ThreadPoolExecutor(2),
        processes,
        pytest.param(dask, marks=pytest.mark.filterwarnings("ignore::DeprecationWarning")),
    ],
    ids=["threads", "processes", "dask"],
)
def test_the_same_bits_on_every_executor(
    lake: Lake, serial: tuple[Path, dict[str, str]], pool: Callable[[], Executor]
) -> None:
    path, wanted = serial
    with pool() as executor:
        ingest(lake, [scene(path)], grid=GRID, executor=executor)
    assert contents(lake) == wanted
    assert not (lake.layout.cache / "ingest").exists() or not any((lake.layout.cache / "ingest").iterdir())


def test_a_crs_that_is_written_otherwise_once_kept_is_the_same(tmp_path: Path) -> None:
    """PROJ names the axes of the base of a bound CRS anew each time that it reads its own text."""
    path = raster(tmp_path / "a.tif", 32, 32)
    with rasterio.open(path, "r+") as file:
        file.crs = "+proj=utm +zone=33 +ellps=intl +towgs84=-87,-98,-121,0,0,0,0 +units=m"
    new = scene(path)
    kept = scene_from_item(scene_to_item(new))
    assert str(kept.geobox.crs) != str(new.geobox.crs)  # else this shows nothing
    assert said_the_same(kept, new)


def test_twice_adds_nothing(lake: Lake, tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", 256, 256)
    ingest(lake, [scene(path)], grid=GRID)
    before = contents(lake)
    report = ingest(lake, [scene(path), scene(path)])
    assert (report.scenes, report.chips, report.skipped) == (0, 0, 1)
    assert "already there" in report.summary()
    assert contents(lake) == before


def test_rows_agree(lake: Lake, tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", 200, 1200, nodata_columns=64)
    ingest(lake, [scene(path)], grid=GRID)
    chips = list(lake.chips.chips())
    assert [c.valid_fraction for c in chips[:4]] == [0, 1, 1, 8 / 64]
    assert [str(c.id) for c in chips[:2]] == ["a_0_0_0", "a_0_0_1"]
    features = lake.features().read_part("a_0")
    assert features.shape[0] == len(chips) == lake.quicklooks.rows("a_0")
    assert not features[0].any()
    assert features[1].any()
    assert lake.scenes.get("a").id == "a"
    assert 'encoder = "default"' in lake.layout.config.read_text()


def test_stopped_by_the_listener_it_goes_on(lake: Lake, serial: tuple[Path, dict[str, str]]) -> None:
    path, wanted = serial
    steps: list[Step] = []

    def stop(step: Step) -> None:
        steps.append(step)
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        ingest(lake, [scene(path)], grid=GRID, progress=stop)
    assert steps[0].unit == "chips"
    assert steps[0].total == 95
    assert steps[0].done == 40
    assert steps[0].to_go is not None
    assert contents(lake) == {}
    assert lake.config.grid.grid() is None
    kept = list((lake.layout.cache / "ingest").rglob("*.npz"))
    assert len(kept) == 1
    changed = kept[0].stat().st_mtime_ns

    def look(step: Step) -> None:
        if step.done < 95:
            assert kept[0].stat().st_mtime_ns == changed

    ingest(lake, [scene(path)], grid=GRID, progress=look)
    assert contents(lake) == wanted


@pytest.mark.parametrize(
    "after", ["_strip.save", "QuicklookStore.write_part", "FeatureStore.write_part", "SceneStore.put"]
)
def test_interrupted_anywhere_it_goes_on(
    lake: Lake, serial: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Ctrl-C right after each thing that is written: no chips yet, and the next run ends with the same files."""
    path, wanted = serial
    owner, name = _place(after)
    real = getattr(owner, name)

    def then_interrupt(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(owner, name, then_interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(lake, [scene(path)], grid=GRID)
    assert lake.chips.parts() == []
    assert not list(lake.root.rglob("*.tmp*"))
    ingest(lake, [scene(path)], grid=GRID)
    assert contents(lake) == wanted


def _place(name: str) -> tuple[object, str]:
    from groundset.chips import QuicklookStore
    from groundset.features import FeatureStore
    from groundset.imagery import SceneStore
    from groundset.ingest import _strip

    owner, attribute = name.split(".")
    return {"_strip": _strip, "QuicklookStore": QuicklookStore, "FeatureStore": FeatureStore,
            "SceneStore": SceneStore}[owner], attribute  # fmt: skip


def test_killed_at_any_moment_it_goes_on(lake: Lake, serial: tuple[Path, dict[str, str]]) -> None:
    path, wanted = serial
    script = (
        "import sys\nfrom groundset.lake import Lake\nfrom groundset.core import Grid\n"
        "from groundset.imagery import open_source\nfrom groundset.ingest import ingest\n"
        "lake = Lake.open(sys.argv[1]); scenes = open_source(sys.argv[2], bands=['B02', 'B03', 'B04'])\n"
        "print('go', flush=True)\ningest(lake, scenes, grid=Grid(64, levels=3))\n"
    )
    for delay in (0.1, 0.6):
        process = subprocess.Popen([sys.executable, "-c", script, str(lake.root), str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    ingest(lake, [scene(path)], grid=GRID)
    assert contents(lake) == wanted


def test_what_a_killed_ingest_was_writing_is_cleared(lake: Lake, tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", 256, 256)
    lake.layout.quicklooks.joinpath("natural").mkdir(parents=True)
    left = lake.layout.quicklooks / "natural" / ".a_0.arrow.x1y2.tmp.arrow"
    left.write_bytes(b"half")
    folder = lake.layout.features / ".default.x1y2.tmp"
    folder.mkdir(parents=True)
    ingest(lake, [scene(path)], grid=GRID)
    assert not left.exists()
    assert not folder.exists()


def test_two_at_once(lake: Lake, tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", 256, 256)

    def second(step: Step) -> None:
        with pytest.raises(ConflictError, match=f"process {os.getpid()}"):
            ingest(lake, [scene(path)], grid=GRID)

    ingest(lake, [scene(path)], grid=GRID, progress=second)
    assert len(lake.chips) == 16


def test_disk_full(lake: Lake, serial: tuple[Path, dict[str, str]]) -> None:
    """A real limit on what the process may write: a clear error, nothing half-left, and the next run goes on."""
    path, wanted = serial
    script = (
        "import resource, signal, sys\nfrom groundset.lake import Lake\n"
        "from groundset.core import Grid, GroundsetError\n"
        "from groundset.imagery import open_source\nfrom groundset.ingest import ingest\n"
        "lake = Lake.open(sys.argv[1]); scenes = open_source(sys.argv[2], bands=['B02', 'B03', 'B04'])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))\n"
        "try:\n    ingest(lake, scenes, grid=Grid(64, levels=3))\n"
        "except GroundsetError as error:\n    print(type(error).__name__, error); sys.exit(9)\n"
    )
    for limit in (50_000, 150_000):
        done = subprocess.run(
            [sys.executable, "-c", script, str(lake.root), str(path), str(limit)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 9, done.stderr
        assert done.stdout.startswith("ServiceError cannot write")
        assert "MB free" in done.stdout
        assert lake.chips.parts() == []
        assert not list(lake.root.rglob("*.tmp*"))
    ingest(lake, [scene(path)], grid=GRID)
    assert contents(lake) == wanted


def test_bad_input_leaves_nothing(lake: Lake, tmp_path: Path) -> None:
    small = raster(tmp_path / "small.tif", 40, 100)
    empty = raster(tmp_path / "empty.tif", 100, 1200, nodata_columns=100)
    for path, message in ((small, "--chip-size 32"), (empty, "no data")):
        with pytest.raises(InputError, match=message):
            ingest(lake, [scene(path)], grid=GRID)
    assert contents(lake) == {}
    assert lake.config.grid.grid() is None
    good = raster(tmp_path / "good.tif", 100, 100)
    with pytest.raises(InputError, match="empty"):
        ingest(lake, [scene(good), scene(empty)], grid=GRID)
    ingest(lake, [scene(good)], grid=GRID)
    assert lake.chips.parts() == ["good_0"]


def test_another_grid_encoder_or_scene_is_refused(lake: Lake, tmp_path: Path) -> None:
    ingest(lake, [scene(raster(tmp_path / "a.tif", 256, 256))], grid=GRID)
    before = contents(lake)
    other = raster(tmp_path / "b.tif", 256, 256)
    with pytest.raises(ConflictError, match=r"chip_size=32.*chip_size=64"):
        ingest(lake, [scene(other)], grid=Grid(32))
    with pytest.raises(ConflictError, match=r"mine.*default"):
        ingest(lake, [scene(other)], encoder="mine")
    renamed = open_source(other, bands=["B02", "B03", "B04"], scene_id="a")
    with pytest.raises(ConflictError, match=r"b\.tif.*a\.tif"):
        ingest(lake, renamed)
    assert contents(lake) == before
    unknown = init(tmp_path / "other", scheme=WATER)
    with unknown, pytest.raises(GroundsetError, match="no such encoder"):
        ingest(unknown, renamed, encoder="mine")


def test_a_time_said_later_is_noted(lake: Lake, tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", 256, 256)
    ingest(lake, [scene(path)], grid=GRID)
    before = contents(lake)
    when = datetime(2020, 6, 1, 10, tzinfo=UTC)
    timed = replace(scene(path), datetime=when)
    report = ingest(lake, [timed])
    assert (report.scenes, report.skipped, report.timed) == (0, 1, 1)
    assert report.summary() == "Nothing new: 1 scene already there, time noted"
    changed = {name for name, digest in contents(lake).items() if before.get(name) != digest}
    assert {Path(name).name for name in changed} <= {"a.json"}
    with Lake.open(lake.root) as again:
        chip = next(again.chips.chips())
        assert again.scenes.get("a").datetime == chip.datetime == again.chips.get(chip.id).datetime == when
        assert set(again.chips.table(["datetime"]).column(0).to_pylist()) == {when}
    for same in (timed, scene(path)):  # said again, or left out: nothing new
        assert ingest(lake, [same]).timed == 0
        assert lake.scenes.get("a").datetime == when
    with pytest.raises(ConflictError, match=r"2020-06-02.*2020-06-01"):
        ingest(lake, [replace(timed, datetime=datetime(2020, 6, 2, tzinfo=UTC))])


def test_levels_are_made_when_asked_for(lake: Lake, tmp_path: Path) -> None:
    ingest(lake, [scene(raster(tmp_path / "a.tif", 200, 150))], grid=GRID)
    assert lake.chips.parts() == ["a_0"]
    first = make_level(lake, "a", 1, ["a_0_1_1"])
    assert [str(c.id) for c in lake.chips.chips("a_1")] == ["a_1_2_2", "a_1_2_3", "a_1_3_2", "a_1_3_3"]
    rest = make_level(lake, "a", 1)
    assert (first.chips, rest.chips) == (4, 7 * 5 - 4)
    assert make_level(lake, "a", 1, ["a_1_0_0"]).chips == 0
    assert lake.chips.get("a_1_0_0").window.width == 32
    assert lake.chips.row("a_1_0_0") == ("a_1~1", 0)
    assert make_level(lake, "a", 2, ["a_1_0_0", "a_2_9_9"]).chips == 5
    with pytest.raises(InputError, match="level 3"):
        make_level(lake, "a", 3)
    with pytest.raises(InputError, match="same scene"):
        make_level(lake, "a", 1, ["b_0_0_0"])


def test_photos_are_one_chip_each(lake: Lake, tmp_path: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for i, size in enumerate([(90, 50), (700, 600)]):
        low = Image.fromarray(rng.integers(0, 255, (6, 7, 3), np.uint8))
        low.resize(size).save(tmp_path / f"photo{i}.png")
    scenes = [s for i in range(2) for s in open_source(tmp_path / f"photo{i}.png")]
    report = ingest(lake, scenes, grid=Grid(256))
    assert report.chips == 2
    small, large = lake.chips.chips()
    assert (small.window.shape, large.window.shape) == ((50, 90), (600, 700))
    assert small.footprint is None
    assert small.geobox.crs is None


def test_band_sets_have_encoders_of_their_own(lake: Lake, tmp_path: Path) -> None:
    ingest(lake, [scene(raster(tmp_path / "a.tif", 128, 128))], grid=GRID)
    ingest(lake, open_source(raster(tmp_path / "b.tif", 128, 128, bands=2), bands=["B03", "B08"]))
    store = lake.features()
    assert len(list(store.folder.glob("bands-*"))) == 2
    with pytest.raises(InputError, match="lengths"):
        store.all()


def test_real_scenes(lake: Lake, data_dir: Path) -> None:
    """Sentinel-2, aerial and the reservoir pair together in one workspace."""
    s2 = data_dir / "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"
    naip = data_dir / "naip_landsat/m_4709963_se_14_1_20180716.tif"
    names = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
    pair = sorted((data_dir / "boadella").glob("*.tif"))
    scenes = [
        *open_source(s2, sensor="sentinel-2-l1c"),
        *open_source(naip, sensor="naip"),
        *(s for p in pair for s in open_source(p, bands=names)),
    ]
    report = ingest(lake, scenes, grid=Grid(256))
    assert (report.scenes, report.chips) == (4, 4 + 12 + 8)
    for part in lake.chips.parts():
        features = lake.features().read_part(part)
        assert np.isfinite(features).all()
        assert features.any(axis=1).all()
    assert all(0 < c.valid_fraction <= 1 for c in lake.chips.chips())


def test_eurosat(lake: Lake, data_dir: Path) -> None:
    files = sorted((data_dir / "eurosat_ms100_stac").rglob("*.tif"))[::4]
    report = ingest(lake, [s for f in files for s in open_source(f)], grid=Grid(64))
    assert (report.scenes, report.chips) == (25, 25)
    assert lake.features().all(lake.chips.parts()).shape == (25, 4 * 13 + 512)


def test_a_scene_of_zeros_is_refused(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "zeros.tif", np.zeros((2, 64, 64), np.uint16), nodata=None)
    with init(tmp_path / "lake", scheme=WATER) as lake, pytest.raises(InputError, match="nothing but zeros"):
        ingest(lake, open_source(str(path)), grid=Grid(32))
