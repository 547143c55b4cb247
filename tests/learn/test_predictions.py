"""What each chip is, as a file: one row a chip, people before models."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from chiplake import add_chips, add_photos, chip_lake, say, some

import groundset as gs
from groundset.core import InputError
from groundset.learn.predict import predict
from groundset.learn.predictions import COLUMNS, lines, predictions, write_predictions


def test_csv_and_geojson_have_one_row_a_chip(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake") as lake:
        truth = add_chips(lake, tmp_path, "a")
        labels = some(truth, 20)
        say(lake, labels)
        report = predict(lake, threshold=0.8)
        assert write_predictions(lake, tmp_path / "out.csv") == len(labels) + report.chips
        rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
        assert tuple(rows[0]) == COLUMNS
        by_id = {row["chip_id"]: row for row in rows}
        assert len(by_id) == len(rows)
        assert {by_id[c]["by"] for c in labels} == {"people"}
        assert {by_id[c]["confidence"] for c in labels} == {""}
        assert all(by_id[c]["class"] == ("water" if k else "non-water") for c, k in labels.items())
        told = [row for row in rows if row["by"] == "model"]
        assert len(told) == report.chips
        assert all(0.8 <= float(row["confidence"]) <= 1 for row in told)
        chip = lake.chips.get(rows[0]["chip_id"])
        middle = chip.footprint.envelope.centroid
        assert float(rows[0]["longitude"]) == pytest.approx(middle.x, abs=1e-6)
        assert float(rows[0]["latitude"]) == pytest.approx(middle.y, abs=1e-6)
        assert rows[0]["datetime"] == "2024-05-01T10:00:00.000Z"

        write_predictions(lake, tmp_path / "out.geojson", task="chips")
        shapes = json.loads((tmp_path / "out.geojson").read_text())["features"]
        assert {f["id"] for f in shapes} == by_id.keys()
        assert shapes[0]["geometry"]["type"] == "Polygon"
        one = next(f["properties"] for f in shapes if f["properties"]["by"] == "model")
        assert by_id[one["chip_id"]]["confidence"] == f"{one['confidence']:g}"
        with pytest.raises(InputError, match=r"csv or \.geojson"):
            write_predictions(lake, tmp_path / "out.shp")
        with pytest.raises(InputError, match="folder"):
            write_predictions(lake, tmp_path / "none" / "out.csv")


def test_several_classes_and_none(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake", multi=True) as lake:
        truth = add_chips(lake, tmp_path, "a", 4, 4)
        ids = sorted(truth)
        say(lake, [(ids[0], 0), (ids[0], 1)])
        say(lake, [(ids[1], 1)], "negative")
        say(lake, [(ids[2], 1)], "unsure")
        rows, chips = predictions(lake)
        table = list(csv.reader(io.StringIO("".join(lines("csv", rows, chips)))))
        assert [row[1:4] for row in table[1:]] == [
            ["non-water;water", ";", "people"], ["", "", "people"], ["not-applicable", "", "people"],
        ]  # fmt: skip
        features = json.loads("".join(lines("geojson", rows, chips)))["features"]
        assert [f["properties"]["class"] for f in features] == [["non-water", "water"], None, "not-applicable"]


def test_chips_without_a_place_and_no_answers(tmp_path: Path) -> None:
    with chip_lake(tmp_path / "lake") as lake:
        truth = add_photos(lake, tmp_path, 4)
        rows, chips = predictions(lake)
        assert rows == []
        assert json.loads("".join(lines("geojson", rows, chips)))["features"] == []
        assert "".join(lines("csv", rows, chips)).count("\n") == 1
        say(lake, {c: int(k) for c, k in truth.items()})
        rows, chips = predictions(lake)
        assert "".join(lines("csv", rows, chips)).splitlines()[1].endswith(",,")
        assert json.loads("".join(lines("geojson", rows, chips)))["features"][0]["geometry"] is None


def test_from_python_with_a_file(tmp_path: Path) -> None:
    chip_lake(tmp_path / "lake").close()
    with gs.open(tmp_path / "lake") as ws:
        truth = add_chips(ws.lake, tmp_path, "a")
        say(ws.lake, some(truth, 12))
        with pytest.raises(InputError, match="csv"):
            ws.predict(out=tmp_path / "out.xlsx")
        assert ws.predict(out=tmp_path / "out.csv").chips
        assert ws.predict(out=tmp_path / "again.csv").unchanged
        assert (tmp_path / "again.csv").read_text() == (tmp_path / "out.csv").read_text()
