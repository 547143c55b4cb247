"""croissant.json: valid by mlcroissant, and its records can be read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from groundset.release.croissant import croissant
from groundset.release.documents import write_documents
from groundset.release.facts import ReleaseFacts

Make = Callable[..., ReleaseFacts]


@pytest.fixture
def folder(small_facts: Make, tmp_path: Path) -> Path:
    facts = small_facts(tmp_path, title="Lake & friends", description="Water")
    rows = [
        {
            "id": c.id,
            "ml-aoi:split": None if c.split == "none" else c.split,
            "datetime": c.datetime,
            "assets": {k: {"href": f"./{f.path.rsplit('/', 1)[1]}"} for k, f in c.files.items()},
        }
        for c in facts.chips
    ]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "chips.parquet")
    write_documents(tmp_path, facts)
    return tmp_path


# mlcroissant 1.1 calls what rdflib 7 and pandas 3 warn of; nothing of ours
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning")
def test_mlcroissant_finds_nothing_wrong_and_reads_records(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    mlc = pytest.importorskip("mlcroissant")
    with caplog.at_level(logging.WARNING):
        dataset = mlc.Dataset(jsonld=folder / "croissant.json")
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []
    chips = list(dataset.records("chips"))
    assert len(chips) == 24
    assert chips[0]["chips/id"] == b"S2_0_0_0"
    assert {c["chips/split"] for c in chips} >= {b"train", b"validate", b"test"}
    for chip in chips:
        for key in ("image", "mask", "origin", "thumbnail"):
            assert (folder / "items" / chip["chips/id"].decode() / chip[f"chips/{key}"].decode()).is_file()
    pictures = list(dataset.records("thumbnails"))
    assert [p["thumbnails/picture"].size for p in pictures] == [(16, 16)] * 24


def test_geocroissant_properties(small_facts: Make, tmp_path: Path) -> None:
    found = croissant(tmp_path, small_facts(tmp_path))
    assert found["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/geo/1.0"]
    assert found["geocr:coordinateReferenceSystem"] == "EPSG:32632"
    assert found["geocr:spatialResolution"] == {"@type": "QuantitativeValue", "value": 10.0, "unitText": "m"}
    assert found["geocr:bandConfiguration"]["geocr:bandNameList"] == ["B02", "B03", "B08"]
    blue = found["geocr:spectralBandMetadata"][0]
    assert blue["geocr:centerWavelength"] == {"@type": "QuantitativeValue", "value": 493.0, "unitText": "nm"}
    south, west, north, east = map(float, found["spatialCoverage"]["geo"]["box"].split())
    assert 45 < south < north < 46
    assert 9 - 0.01 < west < east < 9.1
    assert found["temporalCoverage"] == "2020-06-01/2020-06-01"
    assert found["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"


@pytest.mark.parametrize(
    ("name", "version"), [("v1", "1.0.0"), ("2.3", "2.3.0"), ("v1.02.3", "1.2.3"), ("spring", "1.0.0")]
)
def test_a_version_is_three_numbers(small_facts: Make, tmp_path: Path, name: str, version: str) -> None:
    assert croissant(tmp_path, small_facts(tmp_path, name=name))["version"] == version


def test_photos_without_ground(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    chips = [replace(c, crs=None, footprint=None) for c in facts.chips]
    found = croissant(tmp_path, replace(facts, chips=chips, license="other", license_stated=False))
    assert "spatialCoverage" not in found
    assert "geocr:coordinateReferenceSystem" not in found
    assert found["license"] == "other"
    json.dumps(found)
