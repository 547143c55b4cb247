"""The committed OpenAPI, from which the page's types are made, is what the server says (ui-lint compares the types)."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("openapi_script", ROOT / "scripts" / "openapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_committed_document_is_current(script: ModuleType) -> None:
    said = json.loads(script.text())
    kept = json.loads(script.TARGET.read_text(encoding="utf-8"))
    assert sorted(said["paths"]) == sorted(kept["paths"]), "run `make ui-types` and commit"
    assert said == kept, "run `make ui-types` and commit"


def test_check_fails_on_a_difference(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "openapi.json"
    monkeypatch.setattr(script, "TARGET", copy)
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    copy.write_text(copy.read_text().replace('"ChipPage"', '"ChipLeaf"'))
    assert script.main(["--check"]) == 1
    assert "make ui-types" in capsys.readouterr().err


def test_every_model_is_there(script: ModuleType) -> None:
    schemas = script.document()["components"]["schemas"]
    assert {"ChipPage", "Job", "Problem", "AnnotationIn", "ReleaseDetail"} <= set(schemas)
