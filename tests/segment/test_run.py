from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, add_scene, lake_like_image, paint, sparse, write_scene

from groundset.chips.chip import Chip
from groundset.core import BandSet, ConflictError, InputError, MissingError, Origin, Step
from groundset.imagery import SceneReader, open_source
from groundset.lake import Lake, init
from groundset.segment import load_model, segment, uncertainty
from groundset.segment.sampling import other_numbers
from groundset.taxonomy import WATER

Made = tuple[Lake, list[Chip], np.ndarray]


def masks_of(lake: Lake, actor: str) -> dict[str, str]:
    return {e.chip_id or "": e.payload["sha256"] for e in lake.journal.current("pixels", kind="mask", actor=actor)}


def test_a_mask_with_confidence_for_every_chip(labelled: Made) -> None:
    lake, chips, truth = labelled
    steps: list[Step] = []
    report = segment(lake, progress=steps.append)
    assert report.chips == len(chips) == 16
    assert report.proposed == (128 - 5) * 128
    assert set(report.trained) == {"water", "non-water"}
    assert {"labels", "score", "train", "masks", "journal"} <= set(report.seconds)
    assert {s.what for s in steps} >= {"proposing masks"}
    found = masks_of(lake, "model:pixels-forest")
    right = total = 0
    for chip in chips:
        mask = lake.masks.get(found[str(chip.id)], chip.geobox)
        there = np.zeros(mask.shape, bool)
        there[max(0, 5 - chip.window.y_off) :] = True
        np.testing.assert_array_equal(mask.labelled, there)
        assert set(np.unique(mask.origin[there])) == {Origin.MODEL}
        assert mask.confidence[there].max() <= 100
        assert (mask.confidence[~there] == 255).all()
        right += (mask.classes == truth[chip.window.slices])[there].sum()
        total += there.sum()
    assert right / total > 0.97
    assert report.score is not None
    assert report.score.iou["water"].low is not None
    assert "water: IoU" in report.summary()
    assert json.dumps(report.to_dict())


def test_peoples_pixels_win(labelled: Made) -> None:
    lake, chips, truth = labelled
    chip = chips[8]
    wrong = np.full(chip.window.shape, 255, np.uint8)
    wrong[10:14, 10:14] = 1 - truth[chip.window.slices][10:14, 10:14]
    paint(lake, chip, wrong, actor="bert")
    segment(lake)
    merged = lake.labels("pixels").mask(chip)
    there = wrong != 255
    np.testing.assert_array_equal(merged.classes[there], wrong[there])
    assert (merged.origin[there] == Origin.HUMAN).all()
    assert (merged.origin == Origin.MODEL).any()


def test_run_again_redoes_nothing_until_a_label_changes(labelled: Made) -> None:
    lake, chips, truth = labelled
    segment(lake)
    head, first = lake.journal.head(), masks_of(lake, "model:pixels-forest")
    again = segment(lake)
    assert again.unchanged
    assert "nothing redone" in again.summary()
    assert lake.journal.head() == head
    assert not segment(lake, seed=1).unchanged
    paint(lake, chips[1], sparse(truth, chips[1], 0.5, 7))
    third = segment(lake, seed=1)
    assert not third.unchanged
    assert set(masks_of(lake, "model:pixels-forest")) == set(first)  # superseded, one a chip
    masks = [e for e in lake.labels("pixels").events(chips[0].id) if e.actor.startswith("model:")]
    assert len(masks) == 1


def test_one_undo_takes_the_whole_run_back_and_it_can_be_made_again(labelled: Made) -> None:
    lake, _, _ = labelled
    segment(lake)
    before = masks_of(lake, "model:pixels-forest")
    bulk = next(e for e in lake.journal.events(kind="bulk") if e.actor == "model:pixels-forest")
    lake.journal.undo(bulk.id, actor="anna")
    assert not masks_of(lake, "model:pixels-forest")
    assert not segment(lake).unchanged
    assert masks_of(lake, "model:pixels-forest") == before


def test_the_same_masks_for_a_seed_however_wide(labelled: Made) -> None:
    lake, _, _ = labelled
    segment(lake)
    alone = masks_of(lake, "model:pixels-forest")
    (lake.layout.models / "pixels-forest" / "run.json").unlink()
    with ThreadPoolExecutor(2) as pool:
        segment(lake, executor=pool)
    assert masks_of(lake, "model:pixels-forest") == alone


@pytest.mark.long
def test_the_same_masks_from_another_process(labelled: Made) -> None:
    lake, _, _ = labelled
    segment(lake)
    alone = masks_of(lake, "model:pixels-forest")
    (lake.layout.models / "pixels-forest" / "run.json").unlink()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        segment(lake, executor=pool)
    assert masks_of(lake, "model:pixels-forest") == alone


def test_only_people_imports_regions_and_consensus_train(made: Made) -> None:
    lake, chips, truth = made
    for i, origin in enumerate((Origin.HUMAN, Origin.IMPORT, Origin.REGION, Origin.CONSENSUS)):
        paint(lake, chips[i + 4], sparse(truth, chips[i + 4], 0.05, i), origin=origin, actor=f"a{i}")
    codes = sparse(truth, chips[9], 0.9, 5)
    paint(lake, chips[9], codes, origin=Origin.MODEL, actor="other")
    paint(lake, chips[10], codes, origin=Origin.PRODUCT, actor="flags")
    report = segment(lake)
    assert sum(report.labelled.values()) < 400


def test_not_applicable_is_learnt_only_from_people(labelled: Made) -> None:
    lake, chips, _ = labelled
    segment(lake)  # the product says that rows 0 to 4 are nodata: not-applicable, but no class of the model
    assert load_model(lake.layout.models / "pixels-forest").classes.tolist() == [0, 1]
    cloud = np.full(chips[5].window.shape, 255, np.uint8)
    cloud[4:9, 4:9] = 2
    paint(lake, chips[5], cloud)
    segment(lake)
    assert load_model(lake.layout.models / "pixels-forest").classes.tolist() == [0, 1, 2]


def test_chip_borders_do_not_show(labelled: Made, tmp_path: Path) -> None:
    lake, chips, _ = labelled
    segment(lake)
    model = load_model(lake.layout.models / "pixels-forest")
    scene = lake.scenes.get("made")
    with SceneReader(scene) as reader:
        from groundset.core import whole
        from groundset.segment.proposing import proposed_mask
        from groundset.segment.sampling import grown

        everything = proposed_mask(model, reader.read(grown(whole(scene.width, scene.height), model.halo)))
        pixels = reader.read(chips[0].window)
        unsure = uncertainty(model, pixels.physical(), pixels.bands, pixels.nodata)
    found = masks_of(lake, "model:pixels-forest")
    for chip in chips:
        mask = lake.masks.get(found[str(chip.id)])
        assert (mask.classes == everything.classes[chip.window.slices]).mean() > 0.999
    assert np.isnan(unsure[:5]).all()
    assert ((unsure[5:] >= 0) & (unsure[5:] <= 1)).all()


def test_one_model_over_scenes_of_different_bands(labelled: Made, tmp_path: Path) -> None:
    lake, _, _ = labelled
    image, _ = lake_like_image(64, 64, seed=5)
    path = write_scene(tmp_path / "second.tif", image[1:])
    scenes = open_source(str(path), time=TIME, bands=["green", "red", "nir"], scene_id="second")
    more = add_scene(lake, scenes[0], 32)
    report = segment(lake)
    assert report.chips == 16 + len(more)
    assert load_model(report.model).spec.bands == ("green", "red", "nir")
    assert "uint16" not in report.summary()
    bands = BandSet(tuple(replace(b, scale=1e-4) for b in scenes[0].bands))
    lake.scenes.put(replace(scenes[0], bands=bands))
    told = other_numbers(lake, lake.scenes.ids()) or ""
    assert "green is uint16 x 1 in scene made, but uint16 x 0.0001 in scene second" in told
    floats = BandSet(tuple(replace(b, dtype="float32") for b in scenes[0].bands))
    lake.scenes.put(replace(scenes[0], bands=floats))
    assert "but float32 x 1 in scene second" in (other_numbers(lake, lake.scenes.ids()) or "")


def test_boost(labelled: Made) -> None:
    report = segment(labelled[0], model="boost")
    assert report.name == "pixels-boost"
    assert report.score is not None
    assert report.score.balanced_accuracy.value > 0.95


def test_mistakes_have_one_clear_message(made: Made) -> None:
    lake, chips, truth = made
    with pytest.raises(InputError, match=r"two classes at least.*no labelled (chip|pixel)"):
        segment(lake)
    paint(lake, chips[4], np.where(truth[chips[4].window.slices] == 1, 1, 255))
    with pytest.raises(InputError, match=r"two classes at least.*water: \d+ pixels"):
        segment(lake)
    with pytest.raises(MissingError, match=r"no such segmenter.*forest, boost"):
        segment(lake, model="forst")
    with pytest.raises(InputError, match="chips"):
        segment(lake, task="chips")
    assert not lake.layout.models.exists()


def test_two_runs_at_once_are_refused(labelled: Made) -> None:
    from groundset._files import folder_lock

    lake, _, _ = labelled
    with (
        folder_lock(lake.layout.cache / "segment.lock", "a segment run"),
        pytest.raises(ConflictError, match="already running"),
    ):
        segment(lake)


def test_a_chip_without_data_gets_no_answer(tmp_path: Path) -> None:
    image, truth = lake_like_image()
    image[:, :40, :] = 0
    scenes = open_source(
        str(write_scene(tmp_path / "scene.tif", image)),
        time=TIME, bands=["blue", "green", "red", "nir"], scene_id="made",
    )  # fmt: skip
    with init(tmp_path / "lake", scheme=WATER, name="made") as lake:
        chips = add_scene(lake, scenes[0], 32)
        for chip in chips[8:]:
            paint(lake, chip, sparse(truth, chip, 0.05, 0))
        segment(lake)
        above = {str(c.id) for c in chips if c.window.bottom <= 32}
        assert set(masks_of(lake, "model:pixels-forest")) == {str(c.id) for c in chips} - above


def test_another_model_in_between_makes_the_first_one_speak_again(labelled: Made) -> None:
    lake, chips, _ = labelled
    segment(lake, model="forest")
    forest = lake.labels("pixels").mask(chips[1])
    segment(lake, model="boost")
    boost = lake.labels("pixels").mask(chips[1])
    assert not segment(lake, model="forest").unchanged
    assert (lake.labels("pixels").mask(chips[1]).confidence == forest.confidence).all()
    assert (forest.confidence != boost.confidence).any()
