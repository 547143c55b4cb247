from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from groundset.chips import Chip
from groundset.chips.chip import cut
from groundset.core import ConflictError, Grid, InputError, LabelMask, MissingError, Origin, Scheme, SchemeClass
from groundset.imagery import open_source
from groundset.journal import NewEvent, answer, answers, mask_payload, new_id
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

LAND = Scheme("land", (SchemeClass(5, "forest", "Forest", "#006400"),))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A workspace with one real scene file: two bands of 32 x 32, the first 4 columns nodata; four chips of 16."""
    path = tmp_path / "scene.tif"
    data = np.ones((2, 32, 32), np.uint16)
    data[:, :, :4] = 0
    profile = {"driver": "GTiff", "width": 32, "height": 32, "count": 2, "dtype": "uint16", "nodata": 0}
    with rasterio.open(path, "w", crs="EPSG:32632", transform=Affine(10, 0, 5e5, 0, -10, 5e6), **profile) as out:
        out.write(data)
    (scene,) = open_source(str(path), time=datetime(2026, 3, 1, tzinfo=UTC))
    lake = init(tmp_path / "lake", scheme=WATER)
    lake.scenes.put(scene)
    chips = [cut(scene, 0, row, col, window) for row, col, window in Grid(16).windows(32, 32)]
    lake.chips.write_part(f"{scene.id}_0", chips)
    return lake


def first(lake: Lake) -> Chip:
    return next(iter(lake.chips.chips()))


def painted(lake: Lake, chip: Chip, code: int = 1) -> NewEvent:
    classes = np.full((16, 16), 255, np.uint8)
    classes[:2] = code
    sha256 = lake.masks.put(LabelMask.of(classes, Origin.HUMAN), chip.geobox, WATER)
    return NewEvent("mask", "pixels", str(chip.id), mask_payload(sha256))


def test_a_new_workspace_opens(tmp_path: Path) -> None:
    with init(tmp_path / "a", scheme=LAND, name="Land & sea") as made:
        assert made.journal.head() == 0
    with Lake.open(tmp_path / "a") as lake:
        assert lake.config.name == "Land & sea"
        assert [(t.name, t.kind) for t in lake.config.tasks] == [("chips", "classify"), ("pixels", "segment")]
        assert lake.scheme("pixels").classes == LAND.classes
        assert (lake.scenes.ids(), len(lake.chips), lake.labels("chips").chip_ids) == ([], 0, ())


def test_there_is_one_workspace_a_folder(tmp_path: Path) -> None:
    init(tmp_path / "a", scheme=WATER).close()
    before = (tmp_path / "a" / "groundset.toml").read_text()
    with pytest.raises(ConflictError, match="there is a workspace here already"):
        init(tmp_path / "a", scheme=LAND)
    assert (tmp_path / "a" / "groundset.toml").read_text() == before
    with pytest.raises(MissingError, match="there is no workspace here"):
        Lake.open(tmp_path / "b")


def test_a_scheme_file_of_the_users_own_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "scheme.csv").write_text("mine")
    with pytest.raises(ConflictError, match=r"another scheme.csv"):
        init(tmp_path, scheme=WATER)
    assert (tmp_path / "scheme.csv").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["scheme.csv"]


def test_nothing_is_left_of_a_workspace_that_could_not_be_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not supported"):
        init(tmp_path / "a", scheme=WATER, database="mysql://u@h/d")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="not a folder"):
        init(tmp_path / "file", scheme=WATER)


def test_the_journal_may_lie_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    init(tmp_path / "a", scheme=WATER, database=postgres_url).close()
    with Lake.open(tmp_path / "a") as lake:
        assert lake.annotate([NewEvent("comment", payload={"text": "hello"})], actor="anna")[0].status == "created"
    assert not (tmp_path / "a" / "journal.db").exists()


def test_the_grid_is_written_once(tmp_path: Path) -> None:
    with init(tmp_path / "a", scheme=WATER) as lake:
        lake.set_grid(Grid(256), "default")
        lake.set_grid(Grid(256), "default")
        assert Lake.open(tmp_path / "a").config == lake.config
        with pytest.raises(ConflictError, match=r"another chip grid. asked: chip_size=128.*found: chip_size=256"):
            lake.set_grid(Grid(128))
        with pytest.raises(ConflictError, match=r"another encoder. asked: tiny. found: default"):
            lake.set_grid(Grid(256), "tiny")


def test_labels_take_the_products_nodata_into_account(lake: Lake) -> None:
    chip = first(lake)
    assert lake.reasons(chip)[:, :4].all()
    assert not lake.reasons(chip)[:, 4:].any()
    assert lake.annotate([painted(lake, chip)], actor="anna")[0].status == "created"
    mask = lake.labels("pixels").mask(chip)
    assert mask.classes[0].tolist() == [1] * 16
    assert mask.classes[5].tolist() == [2] * 4 + [255] * 12
    assert mask.origin[5].tolist() == [6] * 4 + [0] * 12
    assert lake.labels("pixels").training_mask(chip).count() == {1: 32}
    lake.close()
    assert lake.labels("pixels").chip_ids == (str(chip.id),)


def test_only_the_scenes_used_last_stay_open(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundset.lake._OPEN_READERS", 1)
    (scene_id,) = lake.scenes.ids()
    lake.scenes.put(replace(lake.scenes.get(scene_id), id="other"))
    chip = first(lake)
    other = replace(chip, id=replace(chip.id, scene="other"))
    for _ in range(2):
        assert np.array_equal(lake.reasons(chip), lake.reasons(other))
    assert list(lake._readers) == ["other"]


def test_events_that_do_not_fit_the_workspace_are_refused(lake: Lake) -> None:
    chip, other = list(lake.chips.chips())[:2]
    good = painted(lake, chip)
    for event, message in [
        (NewEvent("answer", "chips", str(chip.id), answer(7)), "class not in the scheme"),
        (NewEvent("answer", "pixels", str(chip.id), answer(1)), "does not answer this task"),
        (NewEvent("answer", "chips", str(chip.id), answers([0, 1])), "a chip has one class"),
        (NewEvent("answer", "nope", str(chip.id), answer(1)), "no single"),
        (NewEvent("answer", "chips", "scene_0_9_9", answer(1)), "no such chip"),
        (NewEvent("mask", "pixels", str(chip.id), mask_payload("0" * 64)), "no such mask"),
        (NewEvent("mask", "pixels", str(other.id), good.payload), "where its chip lies"),
    ]:
        (result,) = lake.annotate([event], actor="anna")
        assert result.status == "refused"
        assert message in str(result.error)
    assert [r.status for r in lake.annotate([good, NewEvent("undo", undoes=new_id())], actor="a")] == [
        "created",
        "refused",
    ]


def test_schemes_can_differ_by_task(tmp_path: Path) -> None:
    init(tmp_path / "a", scheme=WATER).close()
    config = tmp_path / "a" / "groundset.toml"
    config.write_text(config.read_text().replace('kind = "classify"', 'kind = "classify"\nscheme = "land.csv"'))
    (tmp_path / "a" / "land.csv").write_text("code,name,title,color\n5,forest,Forest,#006400\n")
    with Lake.open(tmp_path / "a") as lake:
        assert lake.scheme("chips") == LAND
        assert lake.scheme("pixels").names == lake.scheme().names == WATER.names


def test_a_journal_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    init(tmp_path / "lake", scheme=WATER).close()
    (tmp_path / "lake" / "journal.db").unlink()
    with Lake.open(tmp_path / "lake") as lake, pytest.raises(MissingError, match=r"gone.*journal\.db"):
        lake.journal.head()
    assert not (tmp_path / "lake" / "journal.db").exists()
