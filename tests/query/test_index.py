from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manychips import many_chips

from groundset.core import InputError
from groundset.journal import NewEvent, answer
from groundset.lake import Lake
from groundset.query import Index


@pytest.fixture
def lake(many: Path, tmp_path: Path) -> Iterator[Lake]:
    """A copy to write to."""
    shutil.copytree(many, tmp_path / "lake", ignore=shutil.ignore_patterns("imagery"))
    with Lake.open(tmp_path / "lake") as opened:
        yield opened


@pytest.fixture
def own(lake: Lake) -> Iterator[Index]:
    """Its index."""
    made = Index(lake)
    yield made
    made.close()


SORTS = st.sampled_from(["id", "newest", "random", "random:7", "random:999"])
FILTERS = st.sampled_from([None, "row > 0", "label IS NULL", "cloud_cover < 40", "S_WITHIN(geometry, BBOX(0,40,9,60))"])


@settings(max_examples=60, deadline=None)
@given(sort=SORTS, text=FILTERS, size=st.integers(1, 300))
def test_pages_have_every_chip_once(index: Index, sort: str, text: str | None, size: int) -> None:
    total = index.find(text, limit=0).total
    pages = [index.find(text, sort=sort, limit=size, offset=at) for at in range(0, max(total, 1), size)]
    ids = [chip_id for page in pages for chip_id in page.ids]
    assert len(ids) == total == len(set(ids))
    assert set(ids) == set(index.find(text, limit=1000).ids)
    assert index.find(text, sort=sort, offset=total + 5).ids == []


def test_orders(index: Index) -> None:
    hits = index.find(limit=1000).hits
    keys = [(h.scene_id, h.level, h.grid_row, h.grid_col) for h in hits]
    assert keys == sorted(keys)
    newest = index.find(sort="newest", limit=1000).hits
    assert [h.datetime for h in newest] == sorted((h.datetime for h in newest), reverse=True)
    assert [h.id for h in newest if h.scene_id == "loire-000"] == [h.id for h in hits if h.scene_id == "loire-000"]
    mixed = index.find(sort="random:3", limit=1000).ids
    assert mixed == index.find(sort="random:3", limit=1000).ids != index.find(sort="random:4", limit=1000).ids
    some = index.find("row > 0", sort="random:3", limit=1000).ids
    assert some == [chip_id for chip_id in mixed if chip_id in set(some)]
    for wrong in ("size", "random:x", "newest:3", "random:-1"):
        with pytest.raises(InputError, match="no such order"):
            index.find(sort=wrong)


def test_random_depends_on_the_id_alone(index: Index, own: Index, lake: Lake) -> None:
    lake.chips.path("loire-000_0").unlink()
    before = index.find(sort="random:5", limit=1000).ids
    assert own.find(sort="random:5", limit=1000).ids == [i for i in before if not i.startswith("loire-000")]


def test_rows_say_where_the_quicklook_lies(index: Index, many: Path) -> None:
    with Lake.open(many) as lake:
        for hit in index.find(sort="random", limit=40).hits:
            assert lake.chips.row(hit.id) == (hit.part, hit.row)


def test_new_parts_events_and_releases_are_seen(own: Index, lake: Lake, many: Path, tmp_path: Path) -> None:
    assert own.find().total == 240
    chip = own.find("label IS NULL").ids[0]
    version = own.version()
    event = NewEvent("answer", "chips", chip, answer(3))
    lake.annotate([event], actor="dora")
    assert own.find("actor = 'dora' AND label = 'Highway'").ids == [chip]
    assert own.version() != version
    version = own.version()
    lake.journal.undo(event.id, actor="dora")
    assert own.find("actor = 'dora'").ids == []
    assert own.version() != version

    version, part = own.version(), lake.chips.path("rhone-003_0")
    part.rename(tmp_path / "away")
    assert own.find("scene_id = 'rhone-003'").total == 0
    assert own.find().total == 240 - 48
    assert own.version() != version
    shutil.move(tmp_path / "away", part)
    assert own.find().total == 240


def test_only_what_an_event_touched_is_read_again(own: Index, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    own.find()
    asked: list[object] = []
    real = lake.journal.standing
    monkeypatch.setattr(lake.journal, "standing", lambda task, ids=None: asked.append(ids) or real(task, ids))
    chip = own.find().ids[5]
    lake.annotate([NewEvent("answer", "chips", chip, answer(2))], actor="dora")
    own.find()
    own.find()
    assert asked == [[chip]]


def test_bulk_acts_and_their_undo(own: Index, lake: Lake) -> None:
    ids = own.find("label IS NULL").ids[:20]
    own.find()
    bulk = lake.journal.append_bulk([NewEvent("answer", "chips", i, answer(9)) for i in ids], actor="dora")
    assert own.find("actor = 'dora'", limit=50).ids == ids
    lake.journal.undo(bulk.id, actor="anna")
    assert own.find("actor = 'dora'").total == 0


def test_boxes(index: Index) -> None:
    hit = index.find(sort="random:2", limit=1).hits[0]
    assert hit.bbox is not None
    west, south, east, north = hit.bbox
    here = index.find(bbox=[west, south, east, north], limit=1000)
    assert hit.id in here.ids
    assert 0 < here.total < 240
    middle = f"POINT({(west + east) / 2} {(south + north) / 2})"
    found = index.find(f"S_CONTAINS(geometry, {middle})", limit=1000).ids
    assert found == index.find(f"S_WITHIN({middle}, geometry)", limit=1000).ids
    assert hit.id in found
    wide = f"BBOX({west - 1e-6}, {south - 1e-6}, {east + 1e-6}, {north + 1e-6})"
    assert index.find(f"S_WITHIN(geometry, {wide})", limit=1000).ids == found
    away = index.find(f"S_DISJOINT(geometry, {wide})", limit=0).total
    assert away + index.find(f"S_INTERSECTS({wide}, geometry)", limit=0).total == 240
    assert index.find(bbox=[170, -80, -170, 80]).total == 0
    assert index.find(bbox=[0.5, -80, -170, 80]).total == 240
    for wrong in ([0, 1, 2], [0, 10, 1, 5], [0, 0, 400, 10], [0, 0, float("nan"), 1]):
        with pytest.raises(InputError):
            index.find(bbox=wrong)


def test_tasks(index: Index) -> None:
    task = index.task()
    assert task is not None
    assert task.name == "chips"
    assert index.find(task="pixels").task == "pixels"
    assert index.find("label IS NULL", task="pixels").total == 240
    with pytest.raises(InputError, match="no such task"):
        index.find(task="nobody")


def test_an_empty_workspace(tmp_path: Path) -> None:
    from groundset.lake import init
    from groundset.taxonomy import WATER

    with init(tmp_path / "lake", scheme=WATER) as lake:
        index = Index(lake)
        for text in (
            None,
            "label = 'water' OR row < 3",
            "S_INTERSECTS(geometry, POINT(1 1))",
            "split IS NULL",
            "1 = 1",
        ):
            for sort in ("id", "newest", "random:1"):
                assert index.find(text, sort=sort).total == 0
        assert {q.missing for q in index.queryables()} == {0}


def test_queryables(index: Index) -> None:
    told = {q.name: q for q in index.queryables()}
    assert told["sensor"].values == [("sentinel-2-l2a", 192)]
    assert told["sensor"].missing == 48
    assert sum(n for _, n in told["label"].values or []) + told["label"].missing == 240
    assert told["chip_id"].values is None
    assert (told["datetime"].minimum, told["datetime"].type) == ("2023-03-04T10:32:11Z", "datetime")
    assert told["level"].values == [("0", 240)]
    assert isinstance(told["cloud_cover"].maximum, float)
    for name, queryable in told.items():  # each may stand in a filter
        assert index.find(f"{name} IS NULL", limit=0).total == queryable.missing


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1000))
def test_many_threads_at_once(own: Index, lake: Lake, seed: int) -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        chip = own.find(sort=f"random:{seed + number}", limit=1).ids[0]
        lake.annotate([NewEvent("answer", "chips", chip, answer(number))], actor=f"x{seed}-{number}")
        found = own.find(f"actor = 'x{seed}-{number}'").ids
        if found != [chip] and own.find(f"'x{seed}-{number}' IN actors").ids != [chip]:
            wrong.append((number, chip, found))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_splits_of_the_latest_release(own: Index, lake: Lake) -> None:
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    def release(name: str, created: str, splits: dict[str, str]) -> None:
        folder = lake.layout.releases / name
        folder.mkdir(parents=True)
        table = pa.table({"id": list(splits), "groundset:split": list(splits.values())})
        pq.write_table(table, folder / "chips.parquet")
        (folder / "release.json").write_text(json.dumps({"recipe": {"created": created}}))

    ids = own.find().ids
    assert own.find("split IS NULL").total == 240
    release("v2", "2026-02-01T00:00:00Z", {ids[0]: "train", ids[1]: "test"})
    assert own.find("split = 'train'").ids == [ids[0]]
    release("v1", "2026-01-01T00:00:00Z", {ids[0]: "test"})
    assert own.find("split = 'train'").ids == [ids[0]]
    release("v3", "2026-03-01T00:00:00Z", {ids[5]: "validate"})
    assert own.find("split IS NOT NULL").hits[0].split == "validate"
    (lake.layout.releases / "v3" / "chips.parquet").write_bytes(b"broken")
    (lake.layout.releases / "v3" / "release.json").touch()
    assert own.find("split = 'train'").ids == [ids[0]]


def test_made_quickly_for_tests(tmp_path: Path) -> None:
    many_chips(tmp_path / "lake", 7, scenes=2)
    with Lake.open(tmp_path / "lake") as lake:
        assert len(lake.chips) == 7
        assert lake.quicklooks.rows("loire-000_0") == 4
        assert lake.reasons(lake.chips.get("loire-000_0_0_0")).shape == (64, 64)
