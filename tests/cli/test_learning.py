"""``groundset encode`` and ``groundset predict``, and the release of what they answered."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from chiplake import add_chips, chip_lake, say, some
from onnxencoders import CARD, write_encoder

import groundset as gs
from groundset.core import Origin
from groundset.journal import NewEvent, answer
from groundset.release import check


def groundset(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groundset", *map(str, args)],
        capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}, check=False,
    )  # fmt: skip


def said(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    with chip_lake(folder / "lake") as made:
        truth = add_chips(made, folder, "a", 8, 8)
        say(made, some(truth, 12))
    return folder / "lake"


def test_encode_then_predict_then_release(lake: Path, tmp_path: Path, stac_schemas: Path) -> None:
    file = write_encoder(tmp_path / "tiny.onnx")
    assert "64 chips encoded with onnx-tiny" in said(
        groundset("encode", lake, "--encoder", f"onnx:{file}", "--workers", 1)
    )
    out = tmp_path / "answers.csv"
    text = said(groundset("predict", lake, "--task", "chips", "--encoder", "onnx-tiny", "--threshold", 0, "--out", out))
    assert "Learned from 24 labelled chips" in text
    assert f"Written to {out}" in text
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["by"] for row in rows].count("people") == 24
    assert len(rows) == 64

    with gs.open(lake) as ws:
        release = ws.release("v1", task="chips", license="CC-BY-4.0")
    items = {p.stem: json.loads(p.read_text()) for p in release.path.glob("items/*/*.json")}
    by = {row["chip_id"]: row["by"] for row in rows}
    assert items.keys() == by.keys()
    for name, item in items.items():
        model = by[name] == "model"
        assert item["properties"]["label:methods"] == (["automated"] if model else ["manual"])
        links = [link["href"] for link in item["links"] if link["rel"] == "derived_from"]
        assert links == (["../../models/chips-chips/item.json"] if model else [])
    kept = {p.name for p in (release.path / "models" / "chips-chips").iterdir()}
    assert kept >= {"model.skops", "encoder.json", "item.json"}
    report = check(release.path)
    assert report.passed("Q0"), report.render()
    assert report.passed("Q1"), report.render()
    assert "Chip classifier" in (release.path / "report.html").read_text()


def test_of_several_classes_each_has_its_maker(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake", multi=True) as made:
        truth = add_chips(made, tmp_path, "a", 6, 6)
        ids = sorted(truth)
        say(made, [(c, 0) for c in ids[:4]])
        events = [NewEvent("answer", "chips", c, answer(1, origin=Origin.MODEL, confidence=0.8)) for c in ids[3:6]]
        made.annotate(events, actor="model:chips-chips")
        folder = made.layout.models / "chips-chips"
        folder.mkdir(parents=True)
        (folder / "item.json").write_text(
            json.dumps({"id": "chips-chips", "properties": {}, "assets": {}, "links": []})
        )
    with gs.open(tmp_path / "lake") as ws:
        release = ws.release("v1", task="chips")
    items = {p.stem: json.loads(p.read_text())["properties"] for p in release.path.glob("items/*/*.json")}
    told = {c: (items[c]["label:methods"], items[c]["label"]) for c in ids[:6]}
    assert told[ids[0]] == (["manual"], ["non-water"])
    assert told[ids[3]] == (["manual", "automated"], ["non-water", "water"])
    assert told[ids[5]] == (["automated"], ["water"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("encode", "{lake}", "--encoder", "clip"), ("no such encoder", "efficientnet-lite0")),
        (("encode", "{lake}", "--encoder", "onnx:none.onnx"), ("no such encoder file",)),
        (("encode", "{lake}", "--encoder", "onnx:{wrong}"), ("another size", "32")),
        (("predict", "{lake}", "--task", "pixels"), ("classify",)),
        (("predict", "{lake}", "--out", "answers.xlsx"), (".csv or .geojson",)),
        (("predict", "{lake}", "--model", "none"), ("no such chip classifier",)),
    ],
)
def test_what_is_wrong_is_told(lake: Path, tmp_path: Path, args: tuple[str, ...], words: tuple[str, ...]) -> None:
    wrong = write_encoder(tmp_path / "wrong.onnx", CARD | {"size": 32})
    text = said(groundset(*(a.format(lake=lake, wrong=wrong) for a in args)), 2)
    assert all(word in text for word in words), text
