"""gs.load: a release as arrays."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from realservers.s3 import S3Server
from tinyrelease import SIZE, tiny_release

import groundset as gs
from groundset.core import InputError, MissingError, ServiceError


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases") / "v1"
    return tiny_release(folder, chips=6, splits=("train", "none", "test"))


def test_sample_is_what_the_contract_says(release: Path) -> None:
    data = gs.load(release, split="train")
    assert len(data) == 2
    sample = data[0]
    assert list(sample) == ["image", "valid", "mask", "id", "bands"]
    with rasterio.open(release / "items/scene_0_0_0/image.tif") as file:
        stored = file.read()
    assert sample["image"].dtype == np.float32
    np.testing.assert_allclose(sample["image"], np.where(stored == 0, np.nan, stored * 1e-4 - 0.1), rtol=1e-5)
    with rasterio.open(release / "items/scene_0_0_0/mask.tif") as file:
        np.testing.assert_array_equal(sample["mask"], file.read(1))
    assert (sample["mask"].dtype, sample["valid"].dtype) == (np.uint8, bool)
    assert sample["valid"].shape == sample["mask"].shape == (SIZE, SIZE)
    assert (sample["id"], sample["bands"]) == ("scene_0_0_0", ("green", "nir"))


def test_nodata_is_nan_and_invalid(tmp_path: Path) -> None:
    release = tiny_release(tmp_path / "v1", chips=1)
    with rasterio.open(release / "items/scene_0_0_0/image.tif", "r+") as file:
        image = file.read()
        image[0, :3] = 0
        file.write(image)
    sample = gs.load(release)[0]
    assert np.isnan(sample["image"][0, :3]).all()
    assert np.isfinite(sample["image"][1]).all()
    assert not sample["valid"][:3].any()
    assert sample["valid"][3:].all()


def test_a_release_of_others_leads_nowhere_else(tmp_path: Path) -> None:
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    release = tiny_release(tmp_path / "v1", chips=1)
    image = release / "items/scene_0_0_0/image.tif"
    real = image.rename(tmp_path / "private.tif")
    source = f"<SimpleSource><SourceFilename>{real}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
    band = f'<VRTRasterBand dataType="UInt16" band="1">{source}</VRTRasterBand>'
    image.write_text(f'<VRTDataset rasterXSize="{SIZE}" rasterYSize="{SIZE}">{band}</VRTDataset>')
    with pytest.raises(InputError, match="a file of the release is broken"):
        gs.load(release)[0]
    table = pq.read_table(release / "chips.parquet")
    kind = table.schema.field("assets").type
    for href in ("../../../private.tif", str(real)):
        assets = json.loads(json.dumps(table.column("assets").to_pylist()))
        assets[0]["image"]["href"] = href
        at = table.schema.get_field_index("assets")
        pq.write_table(table.set_column(at, "assets", pa.array(assets, kind)), release / "chips.parquet")
        with pytest.raises(InputError, match=r"leads outside of it.*private.tif"):
            gs.load(release)


def test_splits(release: Path) -> None:
    assert gs.load(release).ids == ("scene_0_0_0", "scene_0_0_2", "scene_0_0_3", "scene_0_0_5")
    assert gs.load(release, split="test").ids == ("scene_0_0_2", "scene_0_0_5")
    assert len(gs.load(release, split="validate")) == 0
    with pytest.raises(InputError, match=r"no such split.*asked: val.*found: test, train"):
        gs.load(release, split="val")
    with pytest.raises(InputError, match=r"no such split.*asked: none"):
        gs.load(release, split="none")


def test_all_train(tmp_path: Path) -> None:
    data = gs.load(tiny_release(tmp_path / "v1"), split="train")
    assert len(data) == 3
    assert [s["id"] for s in data] == list(data.ids)
    assert data[-1]["id"] == "scene_0_0_2"
    with pytest.raises(IndexError):
        data[3]


def test_what_it_says_of_itself(release: Path) -> None:
    data = gs.load(release, split="train")
    assert (data.classes, data.codes, data.bands) == (("non-water", "water"), (0, 1), ("green", "nir"))
    assert data.scheme is not None
    assert data.scheme.find("water").color == "#2255ff"
    np.testing.assert_allclose(data.statistics.mean, [0.05, 0.05])
    np.testing.assert_allclose(data.statistics.std, [0.08, 0.08])
    assert repr(data) == "<Dataset v1, train: 2 chips, 2 bands, ('non-water', 'water')>"


def test_picklable_and_lazy(release: Path) -> None:
    data = pickle.loads(pickle.dumps(gs.load(release, split="train")))
    np.testing.assert_array_equal(data[1]["image"], gs.load(release, split="train")[1]["image"])


def test_worker_processes_read_it(release: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    data = gs.load(release, split="train")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        (sample,) = pool.map(data.__getitem__, [1])
    np.testing.assert_array_equal(sample["image"], data[1]["image"])


def test_from_the_web(release: Path, serve_folder: Callable[[Path], Any]) -> None:
    address = f"{serve_folder(release.parent).url}/v1"
    np.testing.assert_array_equal(gs.load(address)[0]["image"], gs.load(release)[0]["image"])
    with pytest.raises(MissingError, match=r"no release here.*no collection.json"):
        gs.load(address + "0")


def test_no_torch_is_imported(release: Path) -> None:
    import subprocess
    import sys

    code = f"import sys, groundset as gs; gs.load({str(release)!r})[0]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


class TestSheets:
    def test_codes_are_mapped_and_classes_named(self, release: Path, tmp_path: Path) -> None:
        sheet = tmp_path / "water__cover.csv"
        sheet.write_text("from_code,relation,to_code\nnon-water,broad,land\nwater,exact,sea\n")
        (tmp_path / "cover.csv").write_text("code,name,title,color\n7,sea,Sea,#0000ff\n9,land,Land,#00ff00\n")
        plain, mapped = gs.load(release)[0]["mask"], gs.load(release, sheet=sheet)
        np.testing.assert_array_equal(mapped[0]["mask"], np.where(plain == 1, 7, 9))
        assert (mapped.classes, mapped.codes) == (("sea", "land"), (7, 9))

    def test_ignored_is_unlabelled(self, release: Path, tmp_path: Path) -> None:
        sheet = tmp_path / "s.csv"
        sheet.write_text("from_code,relation,to_code\n0,ignore,\n1,exact,3\n")
        data = gs.load(release, sheet=sheet)
        assert set(np.unique(data[0]["mask"])) == {3, 255}
        assert (data.classes, data.scheme) == (("3",), None)

    def test_unmapped_is_named(self, release: Path, tmp_path: Path) -> None:
        sheet = tmp_path / "s.csv"
        sheet.write_text("from_code,relation,to_code\n1,exact,3\n")
        with pytest.raises(InputError, match=r"does not map every class.*0"):
            gs.load(release, sheet=sheet)


class TestClassify:
    def test_label(self, tmp_path: Path) -> None:
        data = gs.load(tiny_release(tmp_path / "v1", labels=["water", "non-water"]))
        assert [s["label"] for s in data] == [1, 0, 1]
        assert "mask" not in data[0]

    def test_several_classes(self, tmp_path: Path) -> None:
        data = gs.load(tiny_release(tmp_path / "v1", labels=[["water"], ["non-water", "water"]]))
        assert [s["label"].tolist() for s in data] == [[0, 1], [1, 1], [0, 1]]

    @given(st.lists(st.sampled_from(["water", "non-water"]), min_size=1, max_size=5))
    @settings(max_examples=5, deadline=None)
    def test_any_labels_come_back(self, tmp_path_factory: pytest.TempPathFactory, labels: list[str]) -> None:
        folder = tmp_path_factory.mktemp("any") / "v1"
        data = gs.load(tiny_release(folder, chips=len(labels), labels=labels))
        assert [data.classes[s["label"]] for s in data] == labels


class TestRefusals:
    def test_no_release(self, tmp_path: Path) -> None:
        with pytest.raises(MissingError, match=r"no release here.*collection.json"):
            gs.load(tmp_path / "nothing")

    def test_no_such_place(self) -> None:
        with pytest.raises(InputError, match=r"cannot be read from there.*ftp"):
            gs.load("ftp://x/y")
        with pytest.raises(ServiceError, match=r"cannot be read"):
            gs.load("http://127.0.0.1:9/v1")

    def test_missing_and_broken_files(self, tmp_path: Path) -> None:
        release = tiny_release(tmp_path / "v1", chips=2)
        data = gs.load(release)
        (release / "items/scene_0_0_0/image.tif").unlink()
        (release / "items/scene_0_0_1/image.tif").write_text("<html>")
        with pytest.raises(MissingError, match=r"a file of the release is missing.*scene_0_0_0/image.tif"):
            data[0]
        with pytest.raises(InputError, match=r"broken.*scene_0_0_1/image.tif"):
            data[1]
        (release / "chips.parquet").write_text("x")
        with pytest.raises(InputError, match=r"chip table of the release cannot be read"):
            gs.load(release)


@pytest.mark.services
class TestS3:
    def test_same_bits_as_the_folder(self, s3: S3Server, release: Path) -> None:
        from groundset.publish import publish

        address = f"s3://{s3.bucket()}/some/v1"
        publish(release, s3=address)
        here, there = gs.load(release), gs.load(address)
        assert (here.ids, here.classes, here.bands) == (there.ids, there.classes, there.bands)
        for a, b in zip(here, pickle.loads(pickle.dumps(there)), strict=True):
            for key in ("image", "mask", "valid"):
                np.testing.assert_array_equal(a[key], b[key])

    def test_refused(self, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(MissingError, match=r"no such bucket"):
            gs.load("s3://not-there-y/v1")
        with pytest.raises(MissingError, match=r"no release here.*s3://"):
            gs.load(f"s3://{s3.bucket()}/v1")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(InputError, match=r"no credentials"):
            gs.load("s3://b/v1")


def _pixels(data: gs.loading.Dataset) -> tuple[np.ndarray, np.ndarray]:
    rows, targets = [], []
    for sample in data:
        good = sample["valid"] & (sample["mask"] != 255)
        x = (sample["image"] - data.statistics.mean[:, None, None]) / data.statistics.std[:, None, None]
        rows.append(x[:, good].T)
        targets.append(sample["mask"][good])
    return np.concatenate(rows), np.concatenate(targets)


def test_one_training_step_without_torch(release: Path) -> None:
    from sklearn.linear_model import SGDClassifier

    data = gs.load(release, split="train")
    x, y = _pixels(data)
    model = SGDClassifier(loss="log_loss", random_state=0)
    model.partial_fit(x, y, classes=list(data.codes))
    assert model.predict_proba(x).shape == (2 * SIZE * SIZE, 2)


def test_one_training_step_with_torch(release: Path) -> None:
    torch = pytest.importorskip("torch")

    data = gs.load(release, split="train")
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=2)))
    model = torch.nn.Conv2d(len(data.bands), len(data.classes), 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    loss = torch.nn.functional.cross_entropy(model(batch["image"].nan_to_num()), batch["mask"].long(), ignore_index=255)
    before = model.weight.detach().clone()
    loss.backward()
    optimizer.step()
    assert not torch.equal(before, model.weight)
