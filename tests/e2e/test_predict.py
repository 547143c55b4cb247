"""Prediction from the page: a model answers for the chips that nobody answered, and the answers are taken along."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chiplake import add_chips, chip_lake, say, some
from labelpage import SIGN_IN
from onnxencoders import write_encoder
from pageserver import Served, serving
from playwright.sync_api import Page, expect

from groundset.lake import Lake


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict")
    with chip_lake(folder / "lake") as lake:
        truth = add_chips(lake, folder, "a")
        say(lake, some(truth, 20))
        write_encoder(folder / "lake" / "tiny.onnx")
    return folder / "lake"


@pytest.fixture
def server(labelled: Path, ui: Path, tmp_path: Path) -> Iterator[Served]:
    shutil.copytree(labelled, tmp_path / "lake")
    with serving(tmp_path / "lake", log=tmp_path / "serve.log", ui=ui) as served:
        yield served


def home(page: Page, server: Served) -> None:
    page.goto(server.url)
    page.wait_for_url(lambda url: "token=" not in url)
    page.evaluate(SIGN_IN, "anna")
    page.reload()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_predict_from_home_and_take_the_answers(page: Page, server: Served, tmp_path: Path) -> None:
    home(page, server)
    advice = page.get_by_role("region", name="Let a model answer")
    expect(advice).to_contain_text("40 chips have a label, 152 have none yet")
    advice.get_by_role("button", name="Predict").click()
    dialog = page.get_by_role("dialog", name="Predict the other chips")
    expect(dialog).to_contain_text("40 chips that people labelled and answers for the other 152 chips")
    slider = dialog.get_by_role("slider", name="Smallest confidence")
    slider.fill("0.6")
    expect(dialog.locator(".command")).to_contain_text("--threshold 0.6")
    expect(dialog).to_contain_text("60 %")
    dialog.get_by_role("button", name="Start").click()
    job = page.locator("article.job").first
    expect(job).to_contain_text("Learned from 40 labelled chips", timeout=60_000)
    expect(job).to_contain_text("in spatial blocks")
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Labels").get_by_role("button", name="Predict").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="CSV", exact=True).click()
    coming.value.save_as(tmp_path / "answers.csv")
    rows = list(csv.DictReader((tmp_path / "answers.csv").read_text().splitlines()))
    assert {row["by"] for row in rows} == {"people", "model"}
    assert all(float(row["confidence"]) >= 0.6 for row in rows if row["by"] == "model")
    with Lake.open(server.root) as lake:
        said = lake.journal.current("chips", kind="answer", actor="model:chips-chips")
        assert len(said) == sum(row["by"] == "model" for row in rows) > 100


def test_a_further_encoder_is_computed_and_offered(page: Page, server: Served, allowed_errors: list[str]) -> None:
    allowed_errors.append("status of 404")  # a file that is not there
    home(page, server)
    page.get_by_role("region", name="Labels").get_by_role("button", name="Predict").click()
    dialog = page.get_by_role("dialog", name="Predict the other chips")
    dialog.get_by_role("button", name="Others").click()
    dialog = page.get_by_role("dialog", name="Compute further features")
    field = dialog.get_by_role("combobox").or_(dialog.get_by_role("textbox")).first
    field.fill("onnx:none.onnx")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog).to_contain_text("no such file", ignore_case=True)
    field.fill("onnx:tiny.onnx")
    dialog.get_by_role("button", name="Start").click()
    job = page.locator("article.job").first
    expect(job).to_contain_text("192 chips encoded with onnx-tiny", timeout=60_000)
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Labels").get_by_role("button", name="Predict").click()
    dialog = page.get_by_role("dialog", name="Predict the other chips")
    dialog.get_by_role("combobox", name="Features").select_option("onnx-tiny")
    dialog.get_by_role("button", name="Start").click()
    expect(page.locator("article.job").first).to_contain_text("Learned from 40", timeout=60_000)
