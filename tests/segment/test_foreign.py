from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from groundset.chips.chip import Chip
from groundset.core import InputError, MissingError, Origin
from groundset.lake import Lake
from groundset.segment import open_model, segment
from groundset.segment.foreign import tiles
from groundset.segment.live import Assistant
from groundset.taxonomy import WATER

Made = tuple[Lake, list[Chip], np.ndarray]
TOML = 'bands = ["green", "nir"]\nclasses = ["non-water", "water"]\nscaling = [{type = "scale", value = 1000}]\n'


def image_model(
    path: Path, *, side: int | str = 16, channels: int = 2, labels: bool = False, last: str = "Softmax"
) -> Path:
    """A 1 x 1 convolution: water where green is above nir; (n, 2, h, w) probabilities or (n, h, w) labels."""
    weights = np.zeros((2, channels, 1, 1), np.float32)
    weights[:, 0, 0, 0], weights[:, 1, 0, 0] = (-9, 9), (9, -9)
    nodes = [helper.make_node("Conv", ["x", "w"], ["z"])]
    if labels:
        nodes.append(helper.make_node("ArgMax", ["z"], ["y"], axis=1, keepdims=0))
        out = helper.make_tensor_value_info("y", TensorProto.INT64, ["n", side, side])
    else:
        nodes.append(helper.make_node(last, ["z"], ["y"], **({"axis": 1} if last == "Softmax" else {})))
        out = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2, side, side])
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", channels, side, side])], [out],
        [numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return path


def pixel_model() -> LogisticRegression:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 3, (400, 2)).astype(np.float32)
    return LogisticRegression(C=100).fit(x, (x[:, 0] > x[:, 1]).astype(int))


def share_right(lake: Lake, chips: list[Chip], truth: np.ndarray, actor: str) -> float:
    right = total = 0
    for event in lake.journal.current("pixels", kind="mask", actor=actor):
        chip = next(c for c in chips if str(c.id) == event.chip_id)
        mask = lake.masks.get(event.payload["sha256"], chip.geobox)
        assert set(np.unique(mask.origin[mask.labelled])) <= {Origin.MODEL}
        right += (mask.classes == truth[chip.window.slices])[mask.labelled].sum()
        total += mask.labelled.sum()
    assert total == 123 * 128
    return float(right / total)


@pytest.mark.parametrize("side", [16, "h", 48])
def test_an_image_model_in_tiles(made: Made, tmp_path: Path, side: int | str) -> None:
    lake, chips, truth = made
    file = image_model(tmp_path / "seen.onnx", side=side)
    file.with_suffix(".toml").write_text(TOML + ("patch_size = 24\n" if side == "h" else ""))
    report = segment(lake, model=str(file))
    assert report.name == "seen"
    assert report.score is None
    assert share_right(lake, chips, truth, "model:seen") > 0.98
    assert segment(lake, model=str(file)).unchanged
    assert {"seen.onnx", "seen.toml", "item.json", "scheme.csv"} <= {p.name for p in report.model.iterdir()}


def test_labels_without_probabilities_have_no_confidence(made: Made, tmp_path: Path) -> None:
    lake, chips, truth = made
    file = image_model(tmp_path / "hard.onnx", labels=True)
    file.with_suffix(".toml").write_text(TOML)
    segment(lake, model=str(file))
    assert share_right(lake, chips, truth, "model:hard") > 0.98
    event = lake.journal.current("pixels", kind="mask")[0]
    assert (lake.masks.get(event.payload["sha256"]).confidence == 255).all()


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_pixel_model_from_scikit_learn_as_onnx(made: Made, tmp_path: Path, zipmap: bool) -> None:
    from skl2onnx import to_onnx

    lake, chips, truth = made
    model = pixel_model()
    file = tmp_path / "logistic.onnx"
    converted = to_onnx(model, np.zeros((1, 2), np.float32), options={id(model): {"zipmap": zipmap}})
    file.write_bytes(converted.SerializeToString())
    file.with_suffix(".toml").write_text(TOML)
    segment(lake, model=str(file))
    assert share_right(lake, chips, truth, "model:logistic") > 0.98


def mlm_item(file: str, shape: list[int], order: list[str]) -> dict[str, object]:
    """A model's description as its author publishes it, with classes of its own."""
    return {
        "type": "Feature",
        "properties": {
            "mlm:tasks": ["semantic-segmentation"],
            "mlm:input": [
                {
                    "name": "x", "bands": ["green", "nir"],
                    "input": {"shape": shape, "dim_order": order, "data_type": "float32"},
                    "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 1000}],
                }
            ],
            "mlm:output": [
                {"classification:classes": [{"value": 10, "name": "dry"}, {"value": 20, "name": "wet"}]}
            ],
            "groundset:sheet": "theirs__water.csv",
        },
        "assets": {"model": {"href": file, "roles": ["mlm:model"]}},
    }  # fmt: skip


SHEET = "from_code,relation,to_code\n10,exact,non-water\n20,exact,water\n"


def test_a_skops_model_described_by_an_mlm_item_and_a_sheet(made: Made, tmp_path: Path) -> None:
    lake, chips, truth = made
    file = tmp_path / "theirs.skops"
    skops.io.dump(pixel_model(), file)
    (tmp_path / "theirs__water.csv").write_text(SHEET)
    (tmp_path / "item.json").write_text(json.dumps(mlm_item(file.name, [-1, 2], ["batch", "bands"])))
    segment(lake, model=str(file))
    assert share_right(lake, chips, truth, "model:theirs") > 0.98


@pytest.mark.parametrize("kind", ["onnx", "skops"])
def test_a_file_with_its_mlm_item_is_a_live_model(made: Made, kind: str) -> None:
    lake, chips, truth = made
    folder = lake.layout.models / "theirs"
    folder.mkdir(parents=True)
    file = folder / f"water.{kind}"
    if kind == "onnx":
        image_model(file)
        item = mlm_item(file.name, [-1, 2, 16, 16], ["batch", "bands", "height", "width"])
    else:
        skops.io.dump(pixel_model(), file)
        item = mlm_item(file.name, [-1, 2], ["batch", "bands"])
    (folder / "theirs__water.csv").write_text(SHEET)
    (folder / "item.json").write_text(json.dumps(item))
    assistant, chip = Assistant(lake), chips[10]
    _, make, head = assistant.prepare("pixels", str(chip.id), model="theirs")  # though nothing is painted
    assert head == 0
    assert (make().classes == truth[chip.window.slices]).mean() > 0.98
    state = assistant.state(model="theirs")
    assert state.ready
    assert "does not follow strokes" in state.says
    assert ("theirs", "foreign") in {(m.name, m.kind) for m in state.models}
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match=r"water\."):
        assistant.propose("pixels", str(chip.id), model="theirs")
    (folder / "item.json").unlink()
    with pytest.raises(MissingError, match="no such model"):
        assistant.propose("pixels", str(chip.id), model="theirs")


def test_peoples_refinements_win_and_train(made: Made, tmp_path: Path) -> None:
    from madelake import paint, sparse

    lake, chips, truth = made
    file = image_model(tmp_path / "seen.onnx")
    file.with_suffix(".toml").write_text(TOML)
    segment(lake, model=str(file))
    wrong = np.full(chips[4].window.shape, 255, np.uint8)
    wrong[:3, :3] = 2
    paint(lake, chips[4], wrong)
    paint(lake, chips[9], sparse(truth, chips[9], 0.2, 1))
    merged = lake.labels("pixels").mask(chips[4])
    assert (merged.classes[:3, :3] == 2).all()
    assert merged.labelled.all()
    assert set(segment(lake).labelled) == {"water", "non-water", "not-applicable"}


def broken(tmp_path: Path, toml: str = TOML, **kind: object) -> Path:
    file = image_model(tmp_path / "m.onnx", **kind)  # type: ignore[arg-type]
    file.with_suffix(".toml").write_text(toml)
    return file


@pytest.mark.parametrize(
    ("toml", "kind", "message"),
    [
        (TOML, {"channels": 3}, r"another number of bands.*2 bands.*3 channels"),
        (TOML + "patch_size = 32\n", {}, r"another patch size.*32"),
        (TOML + 'input = "image"\n', {}, r"no such input.*image.*x"),
        (TOML + 'output = "mask"\n', {}, r"no such output.*mask.*y"),
        (TOML.replace('"water"]', '"sea"]'), {}, r"not in the scheme.*sea.*map its classes with a sheet"),
        (TOML + "patchsize = 3\n", {}, r"patchsize.*did you mean patch_size"),
        (TOML.replace("scale", "zscore", 1), {}, r"wrong at scaling.*zscore.*z-score"),
        (TOML.replace("1000", "0"), {}, "divides by zero"),
        ("bands = [", {}, "cannot be read"),
        ('classes = ["water"]', {}, "wrong at bands"),
    ],
)
def test_wrong_descriptions(tmp_path: Path, toml: str, kind: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_model(broken(tmp_path, toml, **kind), WATER)


def test_wrong_bands_outputs_and_files(made: Made, tmp_path: Path) -> None:
    lake, _, _ = made
    file = broken(tmp_path, TOML.replace("nir", "swir16"))
    with pytest.raises(InputError, match=r"lacks a band.*swir16.*blue, green, red, nir"):
        segment(lake, model=str(file))
    with pytest.raises(InputError, match=r"not a probability.*softmax"):
        segment(lake, model=str(broken(tmp_path, last="Identity")))
    with pytest.raises(InputError, match=r"does not fit its classes"):
        segment(lake, model=str(broken(tmp_path, TOML.replace('"water"]', '"water", "not-applicable"]'))))
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(InputError, match=r"not a whole ONNX model.*60 bytes"):
        segment(lake, model=str(file))
    file.with_suffix(".toml").unlink()
    with pytest.raises(MissingError, match=r"no description.*m\.toml"):
        segment(lake, model=str(file))
    with pytest.raises(MissingError, match="no such model file"):
        segment(lake, model=str(tmp_path / "none.onnx"))
    (tmp_path / "m.pkl").write_bytes(b"x")
    with pytest.raises(InputError, match="pickles are not read"):
        segment(lake, model=str(tmp_path / "m.pkl"))
    evil = tmp_path / "evil.skops"
    skops.io.dump(FunctionTransformer(func=np.loadtxt), evil)
    evil.with_suffix(".toml").write_text(TOML)
    with pytest.raises(InputError, match="loadtxt"):
        segment(lake, model=str(evil))
    assert not lake.journal.current("pixels")


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 70), st.integers(8, 70), st.integers(4, 24))
def test_tiles_answer_each_pixel_once_away_from_inner_edges(rows: int, cols: int, side: int) -> None:
    rows, cols, overlap = max(rows, side), max(cols, side), side // 8
    seen = np.zeros((rows, cols), int)
    for t in tiles(rows, cols, side, overlap):
        assert 0 <= t.y <= rows - side
        assert t.y <= t.top < t.bottom <= t.y + side
        assert t.top == 0 or t.top - t.y >= overlap
        assert t.bottom == rows or t.y + side - t.bottom >= overlap
        seen[t.top : t.bottom, t.left : t.right] += 1
    assert (seen == 1).all()
