from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skops.io
from itemschemas import errors_of
from sklearn.preprocessing import FunctionTransformer

from groundset.chips.chip import Chip
from groundset.core import InputError, MissingError
from groundset.lake import Lake
from groundset.segment import load_model, segment

Made = tuple[Lake, list[Chip], np.ndarray]


@pytest.mark.parametrize("kind", ["forest", "boost", "linear"])
def test_round_trip_without_pickle(labelled: Made, kind: str, stac_schemas: Path) -> None:
    import pystac

    lake, _, _ = labelled
    folder = segment(lake, model=kind).model
    assert {p.name for p in folder.iterdir()} == {
        "model.skops", "features.json", "scheme.csv", "item.json", "run.json",
    }  # fmt: skip
    model = load_model(folder)
    x = np.random.default_rng(0).uniform(0, 3000, (500, len(model.fill))).astype(np.float32)
    np.testing.assert_array_equal(model.segmenter.predict_proba(x), load_model(folder).segmenter.predict_proba(x))
    theirs = model.segmenter.estimator.predict_proba(x)  # an index of 3000 is none: float32 has few digits there
    np.testing.assert_allclose(model.segmenter.predict_proba(x), theirs, atol=1e-3 if kind == "linear" else 1e-5)
    item = json.loads((folder / "item.json").read_text())
    assert errors_of(item, stac_schemas) == []
    pystac.Item.from_dict(item, preserve_dict=True)
    properties = item["properties"]
    assert properties["datetime"] == "2024-05-01T10:00:00.000Z"
    assert properties["mlm:input"][0]["bands"] == ["blue", "green", "red", "nir"]
    assert "NDWI@1" in properties["mlm:input"][0]["pre_processing_function"]["expression"]["names"]
    assert [c["name"] for c in properties["mlm:output"][0]["classification:classes"]] == ["non-water", "water"]
    assert properties["groundset:training"]["trained"]["water"] > 0
    assert item["geometry"]["type"] == "Polygon"
    assert item["assets"]["model"]["file:size"] == (folder / "model.skops").stat().st_size


def test_unknown_types_are_refused_by_name(labelled: Made) -> None:
    lake, _, _ = labelled
    folder = segment(lake).model
    skops.io.dump(FunctionTransformer(func=np.loadtxt), folder / "model.skops")
    with pytest.raises(InputError, match=r"types that could run code.*loadtxt"):
        load_model(folder)


def test_broken_folders(labelled: Made) -> None:
    lake, _, _ = labelled
    folder = segment(lake).model
    whole = (folder / "model.skops").read_bytes()
    (folder / "model.skops").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"not a whole skops file.*\d+ bytes"):
        load_model(folder)
    (folder / "model.skops").write_bytes(whole)
    (folder / "features.json").write_text("{")
    with pytest.raises(InputError, match="feature list is broken"):
        load_model(folder)
    (folder / "features.json").unlink()
    with pytest.raises(MissingError, match="not whole"):
        load_model(folder)


def test_a_model_of_an_interrupted_run_is_replaced_whole(labelled: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, _, _ = labelled
    folder = segment(lake).model
    before = (folder / "model.skops").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("groundset.segment.store.describe", full)
    with pytest.raises(Exception, match="No space left"):
        segment(lake, seed=9)
    assert (folder / "model.skops").read_bytes() == before
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
