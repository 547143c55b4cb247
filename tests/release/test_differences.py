"""How two releases of real pixels differ."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from madelake import TIME, add_scene, lake_like_image, paint, sparse, write_scene

from groundset.chips import Chip
from groundset.core import InputError, MissingError
from groundset.imagery import open_source
from groundset.ingest import annotate_chips
from groundset.lake import Lake, init
from groundset.release import build
from groundset.release.differences import Differences, chip_splits, differences
from groundset.taxonomy import WATER


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Four chips labelled; one taken back, one painted anew and two more, twice; and a release of classes."""
    root = tmp_path_factory.mktemp("lake")
    image, truth = lake_like_image()
    with init(root / "lake", scheme=WATER) as lake:
        path = write_scene(root / "s.tif", image)
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        chips = add_scene(lake, scene, 32)

        def painted(chip: Chip, seed: int) -> str:
            return paint(lake, chip, sparse(truth, chip, 0.5, seed))

        last = [painted(chip, 1) for chip in chips[:4]]
        build(lake, "v1", task="pixels", buffer="0m")
        painted(chips[0], 2)
        lake.journal.undo(last[3], actor="anna")
        for chip in chips[4:6]:
            painted(chip, 1)
        build(lake, "v2", task="pixels", buffer="0m", license="CC-BY-4.0")
        build(lake, "v3", task="pixels", buffer="0m", license="CC-BY-4.0")
        annotate_chips(lake, [str(c.id) for c in chips[:4]], "water", actor="anna", task="chips")
        build(lake, "classes", task="chips", buffer="0m")
        annotate_chips(lake, [str(chips[1].id)], "non-water", actor="anna", task="chips")
        build(lake, "classes-2", task="chips", buffer="0m")
        yield lake


def compare(lake: Lake, base: str, other: str) -> Differences:
    return differences(lake.layout.releases / base, lake.layout.releases / other)


def test_chips_labels_and_settings(lake: Lake) -> None:
    found = compare(lake, "v1", "v2")
    assert (found.base, found.other) == ("v1", "v2")
    assert found.added == ("s_0_1_0", "s_0_1_1")
    assert found.removed == ("s_0_0_3",)
    assert found.relabelled == ("s_0_0_0",)
    assert found.same + len(found.relabelled) + len({m[0] for m in found.moved} - {"s_0_0_0"}) == 3
    assert found.recipe["license"] == ("other", "CC-BY-4.0")
    assert "name" not in found.recipe
    assert set(found.class_counts) == {"non-water", "water", "not-applicable"}
    assert found.class_counts["water"][0] != found.class_counts["water"][1]


def test_classes_of_chips(lake: Lake) -> None:
    found = compare(lake, "classes", "classes-2")
    assert (found.added, found.removed, found.relabelled) == ((), (), ("s_0_0_1",))
    assert found.class_counts["water"] == (4, 3)


def test_there_and_back(lake: Lake) -> None:
    there, back = compare(lake, "v1", "v2"), compare(lake, "v2", "v1")
    assert (there.added, there.removed, there.relabelled) == (back.removed, back.added, back.relabelled)
    assert {n: (a, b) for n, (b, a) in there.class_counts.items()} == back.class_counts
    assert {c: (a, b) for c, a, b in there.moved} == {c: (b, a) for c, a, b in back.moved}
    assert there.same == back.same


def test_a_release_and_itself(lake: Lake) -> None:
    found = compare(lake, "v2", "v3")
    assert (found.added, found.removed, found.relabelled, found.moved, found.recipe) == ((), (), (), (), {})
    assert found.same == 5
    assert all(a == b for a, b in found.class_counts.values())


def test_chips_that_moved_to_another_split(lake: Lake, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    one, two = lake.layout.releases / "v2", tmp_path / "v9"
    shutil.copytree(one, two)
    table = pq.read_table(one / "chips.parquet")
    splits = chip_splits(one)
    chip = min(splits)
    moved = [splits[str(i)] if str(i) != chip else "test-other" for i in table["id"].to_pylist()]
    at = table.schema.get_field_index("groundset:split")
    pq.write_table(table.set_column(at, "groundset:split", pa.array(moved)), two / "chips.parquet")
    found = differences(one, two)
    assert found.moved == ((chip, splits[chip], "test-other"),)
    assert found.same == 4


def test_kinds_that_cannot_be_compared(lake: Lake) -> None:
    with pytest.raises(InputError, match="different kinds") as error:
        compare(lake, "v1", "classes")
    assert "segment" in str(error.value)
    assert "classify" in str(error.value)


def test_what_is_missing_or_broken(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        compare(lake, "v1", "v9")
    for name in ("chips.parquet", "release.json"):
        broken = tmp_path / name.replace(".", "-")
        shutil.copytree(lake.layout.releases / "v1", broken)
        (broken / name).write_bytes(b"PAR1 and no more")
        with pytest.raises(InputError):
            differences(lake.layout.releases / "v1", broken)
        (broken / name).unlink()
        with pytest.raises(InputError):
            differences(broken, lake.layout.releases / "v1")
