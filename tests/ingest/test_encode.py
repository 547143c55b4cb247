"""Features of further encoders: for all chips, stopped anywhere, and of scenes that come later."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from madelake import lake_like_image, write_scene
from onnxencoders import CARD, weights_of, write_encoder

from groundset.core import ConflictError, Grid, InputError, MissingError, Step, StoppedError
from groundset.features import kept_encoders
from groundset.imagery import Scene, open_source
from groundset.ingest import _encode, encode, ingest
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

BANDS = ["blue", "green", "red", "nir"]


def scene(folder: Path, name: str, bands: list[str] = BANDS, seed: int = 0) -> Scene:
    image = lake_like_image(128, 128, seed)[0][: len(bands)]
    return open_source(str(write_scene(folder / f"{name}.tif", image)), bands=bands)[0]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as made:
        ingest(made, [scene(tmp_path, "a")], grid=Grid(32))
        yield made


def test_a_further_encoder_for_all_chips_and_for_later_scenes(lake: Lake, tmp_path: Path) -> None:
    file = write_encoder(tmp_path / "tiny.onnx")
    report = encode(lake, f"onnx:{file}")
    assert (report.encoder, report.chips, report.skipped) == ("onnx-tiny", 16, 0)
    assert kept_encoders(lake.layout.features) == ["default", "onnx-tiny"]
    found = lake.features("onnx-tiny").read_part("a_0")
    chip = next(iter(lake.chips.chips("a_0")))
    pixels = lake.reader("a").read(chip.window).physical()
    assert np.allclose(found[0], pixels[2:].mean(axis=(1, 2)) @ weights_of(), rtol=1e-3)
    assert encode(lake, "onnx-tiny").summary().startswith("Nothing new with onnx-tiny: 16 chips already there")
    file.unlink()  # the workspace has its own copy
    assert not ingest(lake, [scene(tmp_path, "b", seed=1)]).notes
    assert lake.features("onnx-tiny").read_part("b_0").shape == (16, 6)
    assert lake.features().read_part("b_0").shape[1] > 500
    assert lake.config.encoder == "default"


def test_stopped_it_goes_on_and_parts_appear_whole(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_encode, "STRIP_CHIPS", 3)
    file = write_encoder(tmp_path / "tiny.onnx")
    steps: list[Step] = []
    worked: list[int] = []
    real = _encode.work

    def slowly(strip: _encode.Strip) -> _encode.Features:
        worked.append(len(strip.windows))
        time.sleep(0.11)  # steps are told ten times a second
        return real(strip)

    monkeypatch.setattr(_encode, "work", slowly)

    def stop(step: Step) -> None:
        steps.append(step)
        if step.done >= 6:
            raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        encode(lake, f"onnx:{file}", progress=stop)
    assert not lake.features("onnx-tiny").parts()
    assert len(list((lake.layout.cache / "encode").rglob("*.npy"))) == len(worked) == 2
    assert encode(lake, f"onnx:{file}", progress=steps.append).chips == 16
    assert worked == [3, 3, 3, 3, 3, 1]
    assert not list((lake.layout.cache / "encode").rglob("*.npy"))
    assert steps[-1].what == "encoding with onnx-tiny"
    assert steps[-1].total == 16


def test_the_same_on_processes(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_encoder(tmp_path / "tiny.onnx")
    monkeypatch.setattr(_encode, "STRIP_CHIPS", 5)
    encode(lake, f"onnx:{file}")
    alone = np.array(lake.features("onnx-tiny").read_part("a_0"))
    lake.features("onnx-tiny").path("a_0").unlink()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        encode(lake, "onnx-tiny", executor=pool)
    assert np.array_equal(lake.features("onnx-tiny").read_part("a_0"), alone)


def test_what_cannot_be_encoded_is_told(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lack a band.*swir16"):
        encode(lake, f"onnx:{write_encoder(tmp_path / 'bad.onnx', CARD | {'bands': ['red', 'swir16']})}")
    with pytest.raises(InputError, match=r"another scale"):
        encode(lake, f"onnx:{write_encoder(tmp_path / 'small.onnx', CARD | {'range': [0, 1]})}")
    with pytest.raises(MissingError, match="no such encoder"):
        encode(lake, "clip")
    assert kept_encoders(lake.layout.features) == ["default"]
    assert sorted(p.name for p in lake.layout.features.iterdir()) == ["default"]
    encode(lake, f"onnx:{write_encoder(tmp_path / 'tiny.onnx')}")
    with pytest.raises(ConflictError, match=r"onnx-tiny changed since"):
        encode(lake, f"onnx:{write_encoder(tmp_path / 'tiny.onnx', seed=5)}")
    report = ingest(lake, [scene(tmp_path, "c", ["blue", "green"])])
    assert report.chips == 16
    assert "lack a band" in report.notes[0]
    assert "onnx-tiny" not in report.notes[0] or "c_0" in report.notes[0]
    assert "c_0" in report.summary()
    again = encode(lake, "onnx-tiny")
    assert again.chips == 0
    assert "16 chips were not encoded (c_0)" in again.summary()


def test_a_model_that_changed_in_the_workspace_is_told(lake: Lake, tmp_path: Path) -> None:
    encode(lake, f"onnx:{write_encoder(tmp_path / 'tiny.onnx')}")
    write_encoder(lake.features("onnx-tiny").folder / "model.onnx", None, seed=9)
    report = ingest(lake, [scene(tmp_path, "d", seed=2)])
    assert "changed since its features were computed" in report.notes[0]
    assert lake.features("onnx-tiny").parts() == ["a_0"]


def test_an_onnx_model_may_be_the_workspaces_own(tmp_path: Path) -> None:
    file = write_encoder(tmp_path / "own.onnx")
    with init(tmp_path / "lake", scheme=WATER) as lake:
        ingest(lake, [scene(tmp_path, "a")], grid=Grid(32), encoder=f"onnx:{file}")
        assert lake.config.encoder == "onnx-own"
        assert lake.features().read_part("a_0").shape == (16, 6)
        ingest(lake, [scene(tmp_path, "b", seed=1)])
        assert lake.features().parts() == ["a_0", "b_0"]
        assert encode(lake, "default").chips == 32
    dark = write_encoder(tmp_path / "x.onnx", CARD | {"range": [0, 1]})
    with init(tmp_path / "bad", scheme=WATER) as bad, pytest.raises(InputError, match="another scale"):
        ingest(bad, [scene(tmp_path, "a")], grid=Grid(32), encoder=f"onnx:{dark}")
    assert not list((tmp_path / "bad" / "features").glob("*"))


def test_a_pair_is_kept_with_its_text_half(lake: Lake, tmp_path: Path) -> None:
    from onnxpairs import TEXT, TOKENIZER, write_pair

    from groundset.features.text import TextFiles, has_text, kept_text

    image = write_pair(tmp_path / "pair")
    half = TextFiles(tmp_path / "pair" / TEXT, tmp_path / "pair" / TOKENIZER)
    folder = lake.features("onnx-tiny").folder
    report = encode(lake, f"onnx:{image}")
    assert not has_text(folder)
    report = encode(lake, f"onnx:{image}", text=half)  # later, chips need not be encoded again
    assert (report.chips, report.skipped) == (0, 16)
    assert report.notes == ("Images are found by words: text.onnx",)
    assert kept_text(folder).dim == 6
    with pytest.raises(InputError, match="only an ONNX encoder"):
        encode(lake, "default", text=half)
    write_pair(tmp_path / "other", text_dim=8)
    wrong = TextFiles(tmp_path / "other" / TEXT, tmp_path / "other" / TOKENIZER)
    with pytest.raises(InputError, match="vectors of different lengths"):
        encode(lake, f"onnx:{image}", text=wrong)
    assert kept_text(folder).dim == 6


def test_a_card_names_its_text_half(lake: Lake, tmp_path: Path) -> None:
    from onnxpairs import write_pair

    from groundset.features.text import has_text

    encode(lake, f"onnx:{write_pair(tmp_path / 'pair', named=True)}")
    assert has_text(lake.features("onnx-tiny").folder)
    assert encode(lake, "onnx-tiny").chips == 0  # kept with its card; the files beside the first are not asked for
    card = tmp_path / "pair" / "tiny.json"
    card.write_text(card.read_text().replace("text.onnx", "../text.onnx"))
    with pytest.raises(InputError, match="wrong at text"):
        encode(lake, f"onnx:{tmp_path / 'pair' / 'tiny.onnx'}")
