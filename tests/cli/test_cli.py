"""The command line as a person meets it: every verb, every exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEN1FLOODS = "sen1floods11_sample/sample"
VERBS = ("demo", "init", "ingest", "status", "annotate", "segment", "release", "check", "publish")
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


def test_a_release_can_be_made_again(lake: Path, tmp_path: Path):
    said(groundset("release", lake, "--rebuild", "v1", "--to", tmp_path / "again"))
    for name in ("collection.json", "chips.parquet", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (lake / "releases" / "v1" / name).read_bytes()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("status", "nowhere"), ("nowhere",)),
        (("ingest", "{lake}"), ("nothing to ingest", "--stac")),
        (("ingest", "{lake}", "missing.tif"), ("no such file", "missing.tif")),
        (("ingest", "{lake}", "x.tif", "--workers", "0"), ("--workers", "0")),
        (("annotate", "{lake}", "missing.gpkg"), ("missing.gpkg",)),
        (("release", "{lake}", "v1"), ("v1", "already")),
        (("release", "{lake}", "v2", "--splits", "50,50"), ("sum to 100", "50,50")),
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
