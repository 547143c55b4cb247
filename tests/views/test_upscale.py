"""The door for super-resolution: a tiny model made here enlarges a chip; one that belies its card is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pixellake import clients
from serving import make_workspace

from groundset.core import InputError, MissingError
from groundset.views.upscale import Upscaler, read_card
from groundset.workspace import Workspace

onnx = pytest.importorskip("onnx", reason="onnx, which makes the model of this test, is not installed")


def write(folder: Path, card: object, factor: int = 2) -> Path:
    """A model that repeats each pixel, and its card."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    shape = [1, 3, "rows", "columns"]
    graph = helper.make_graph(
        [helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest", nearest_mode="floor",
                          coordinate_transformation_mode="asymmetric")],
        "repeat",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, [1, 3, None, None])],
        [helper.make_tensor("scales", kind, [4], [1.0, 1.0, float(factor), float(factor)])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / "repeat.onnx"
    path.write_bytes(model.SerializeToString())
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with make_workspace(tmp_path / "lake") as made:
        yield made


def test_a_picture_becomes_larger(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (8, 6, 4)).astype(np.uint8)
    picture[..., 3] = 255
    picture[0, 0] = 0
    large = Upscaler(write(tmp_path, {"factor": 2, "range": [-1, 1]})).enlarge(picture)
    assert (large == picture.repeat(2, axis=0).repeat(2, axis=1)).all()


def test_what_does_otherwise_than_its_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"otherwise than its card says.*\(1, 3, 48, 48\) where \(1, 3, 32, 32\)"):
        Upscaler(write(tmp_path, {"factor": 2}, factor=3)).enlarge(np.zeros((4, 4, 3), np.uint8))
    broken = write(tmp_path, {"factor": 2})
    broken.write_bytes(b"no model")
    with pytest.raises(InputError, match="not a whole ONNX model"):
        Upscaler(broken).enlarge(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(InputError, match="too large"):
        Upscaler(write(tmp_path, {"factor": 2})).enlarge(np.zeros((4, 2000, 3), np.uint8))


@pytest.mark.parametrize(
    "card", [[], {"factor": 5}, {"factor": 2, "channels": 4}, {"factor": 2, "range": [1, 0]}, {"size": 2}]
)
def test_cards_that_cannot_be(tmp_path: Path, card: object) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card))
    with pytest.raises(InputError):
        read_card(path)
    path.write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        read_card(path)


def test_the_server_gives_it(ws: Workspace) -> None:
    chip = str(next(iter(ws.lake.chips.chips())).id)
    small = ws.lake.chips.get(chip).window
    for web in clients(ws):
        _asked(web, ws, chip, small.width)


def _asked(web: TestClient, ws: Workspace, chip: str, width: int) -> None:
    where = f"/api/chips/{chip}/quicklook?upscale=true"
    assert web.get(where).status_code == 404
    write(ws.root, {"factor": 2})
    config = ws.lake.layout.config
    config.write_text(config.read_text() + '\n[display]\nupscaler = "repeat.onnx"\n')
    ws.lake.refresh()
    told = web.get(where)
    assert told.status_code == 200
    assert Image.open(io.BytesIO(told.content)).size[0] == 2 * width
    assert web.get(where, headers={"If-None-Match": told.headers["etag"]}).status_code == 304
    with pytest.raises(MissingError):
        Upscaler(ws.root / "none.onnx")
