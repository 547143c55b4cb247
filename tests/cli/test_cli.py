"""The command line as a person meets it: every verb, every exit code, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SEN1FLOODS = "sen1floods11_sample/sample"
VERBS = ("demo", "init", "ingest", "status", "annotate", "segment", "import", "export", "release", "check", "publish")
S2_TIME = "2019-11-19T10:56:00Z"


def groundset(*args: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groundset", *map(str, args)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
        check=False,
    )


def said(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """A workspace taken through the main job by the command line alone."""
    root = tmp_path_factory.mktemp("cli") / "lake"
    said(groundset("init", root, "--scheme", "water"))
    s2 = data_dir / SEN1FLOODS / "S2" / "Spain_7370579_S2Hand.tif"
    source = [s2, "--sensor", "sentinel-2-l1c", "--time", S2_TIME, "--chip-size", 64]
    assert "64 chips" in said(groundset("ingest", root, *source))
    assert "1 scene already there" in said(groundset("ingest", root, *source))
    labels = data_dir / SEN1FLOODS / "Labels" / "Spain_7370579_LabelHand.tif"
    sheet = root.parent / "sheet.csv"
    sheet.write_text("from_code,relation,to_code\n-1,ignore,\n0,exact,0\n1,exact,1\n")
    said(groundset("annotate", root, labels, "--sheet", sheet, "--actor", "expert-1"))
    said(groundset("segment", root))
    said(groundset("release", root, "v1", "--license", "CC-BY-4.0"))
    return root


def test_every_verb_has_help():
    text = said(groundset("--help"))
    for verb in VERBS:
        assert verb in text
        assert "Usage" in said(groundset(verb, "--help"))


def test_the_main_job_ends_in_a_release_that_passes(lake: Path, stac_schemas: Path):
    env = {"GROUNDSET_STAC_SCHEMAS": str(stac_schemas)}
    assert "passed" in said(groundset("check", lake / "releases" / "v1", "--require", "Q2", env=env))


def test_q3_is_not_claimed(lake: Path, stac_schemas: Path):
    env = {"GROUNDSET_STAC_SCHEMAS": str(stac_schemas)}
    said(groundset("check", lake / "releases" / "v1", "--require", "Q3", env=env), 1)


def test_status_counts(lake: Path):
    text = said(groundset("status", lake))
    assert "chips     64" in text
    assert "releases  v1" in text
    assert f"next: groundset check {lake / 'releases' / 'v1'}, then groundset publish" in text


def test_a_release_can_be_made_again(lake: Path, tmp_path: Path):
    said(groundset("release", lake, "--rebuild", "v1", "--to", tmp_path / "again"))
    for name in ("collection.json", "chips.parquet", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (lake / "releases" / "v1" / name).read_bytes()


@pytest.mark.parametrize("relative", [False, True])
def test_a_release_to_make_again_is_named_by_its_path_too(lake: Path, tmp_path: Path, relative: bool):
    path = lake / "releases" / "v1"
    name = os.path.relpath(path) if relative else str(path)
    said(groundset("release", lake, "--rebuild", name, "--to", tmp_path / "again"))
    assert (tmp_path / "again" / "collection.json").read_bytes() == (path / "collection.json").read_bytes()


def test_photos_of_a_group_stay_in_one_split(tmp_path: Path):
    import numpy as np
    from PIL import Image

    import groundset as gs

    rng = np.random.default_rng(0)
    root = tmp_path / "lake"
    with gs.create(root, scheme="water") as ws:
        for n in range(9):
            Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(tmp_path / f"p{n}.png")
        for site in range(3):
            files = [tmp_path / f"p{n}.png" for n in range(site, 9, 3)]
            when = ["--time", S2_TIME, "--workers", "1"]
            if site:  # by the command line and in Python alike
                ws.ingest(*files, time=S2_TIME, group=f"site{site}", chip_size=32)
            else:
                said(groundset("ingest", root, *files, *when, "--group", "site0", "--chip-size", "32"))
        assert sorted(ws.chips.column("group").to_pylist()) == sorted(f"site{n % 3}" for n in range(9))
        ws.annotate(ws.chips.column("chip_id").to_pylist(), "water", actor="a", task="chips")
        ws.release("v1", splits=(34, 33, 33))
    split = {}
    for path in (root / "releases" / "v1" / "items").glob("*/*.json"):
        said_ = json.loads(path.read_text())["properties"]
        split.setdefault(said_["groundset:group"], set()).add(said_["groundset:split"])
    assert sorted(split) == ["site0", "site1", "site2"]
    assert sorted(tuple(s) for s in split.values()) == [("test",), ("train",), ("validate",)]
    said(groundset("ingest", root, tmp_path / "p0.png", "--group", " "), 2)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("status", "nowhere"), ("nowhere",)),
        (("ingest", "{lake}"), ("nothing to ingest", "--stac")),
        (("ingest", "{lake}", "x.tif", "--bbox", "1,2,3,4"), ("--bbox", "--stac")),
        (("ingest", "{lake}", "x.tif", "--resampling", "foo"), ("foo", "bilinear")),
        (("ingest", "{lake}", "missing.tif"), ("no such file", "missing.tif")),
        (("ingest", "{lake}", "x.tif", "--workers", "0"), ("--workers", "0")),
        (("annotate", "{lake}", "missing.gpkg"), ("missing.gpkg",)),
        (("init", "/dev/null/lake", "--scheme", "water"), ("file or folder", "/dev/null")),
        (("release", "{lake}", "v1"), ("v1", "already")),
        (("release", "{lake}", "v2", "--splits", "50,50"), ("sum to 100", "50,50")),
        (("release", "{lake}", "v2", "--scenes", ","), ("--scenes names nothing", "joined by commas")),
        (("release", "{lake}", "v2", "--scenes", ""), ("--scenes names nothing",)),
        (("release", "{lake}", "--rebuild", "v1"), ("--to",)),
        (("check", "nowhere"), ("nowhere",)),
        (("publish", "nowhere", "--s3", "s3://b/p"), ("nowhere",)),
        (("init", "{lake}", "--scheme", "water"), ("workspace",)),
        (("segment", "{lake}", "--model", "missing.onnx"), ("missing.onnx",)),
        (("demo", "{lake}", "--sample", "wake"), ("holds another workspace",)),
        (("demo", "d", "--sample", "moon"), ("moon", "wake")),
        (("frobnicate",), ("frobnicate",)),
    ],
)
def test_mistakes_end_with_2_and_say_what_to_do(lake: Path, args: tuple[str, ...], words: tuple[str, ...]):
    text = said(groundset(*(a.format(lake=lake) for a in args)), 2)
    for word in words:
        assert word in text


def test_a_release_is_opened_again_in_python(lake: Path):
    import groundset as gs

    release = gs.Release(lake / "releases" / "v1")
    assert release.name == "v1"
    assert callable(release.publish)


def test_import_is_quick_and_light():
    code = "import sys, groundset; print([m for m in ('rasterio', 'sklearn', 'pystac', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
