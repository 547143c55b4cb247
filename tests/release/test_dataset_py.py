"""dataset.py: compiles, its paths exist; with torchgeo itself in `make test-long`."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from groundset.release.dataset_py import render_dataset_py
from groundset.release.facts import ReleaseFacts

Make = Callable[..., ReleaseFacts]


def _code(text: str) -> list[str]:
    return [line for line in text.split("if __name__", maxsplit=1)[0].splitlines()[1:] if line.strip()]


@pytest.mark.parametrize("kind", ["segment", "classify", "outline"])
@pytest.mark.parametrize("ground", [True, False])
def test_it_compiles_in_six_lines_and_needs_torchgeo_alone(
    small_facts: Make, tmp_path: Path, kind: str, ground: bool
) -> None:
    facts = small_facts(tmp_path, kind=kind, title='Nasty """ \\ title\nin two lines')
    if not ground:
        facts = replace(facts, chips=[replace(c, crs=None, footprint=None) for c in facts.chips])
    text = render_dataset_py(facts)
    tree = ast.parse(text)
    compile(text, "dataset.py", "exec")
    assert len(_code(text)) == 6
    names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert names <= {"json", "pathlib", "torchgeo", "rasterio", "torch"}  # the last two come with torchgeo
    assert "torchgeo" in names


def test_its_paths_exist(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    for chip in facts.chips:
        split = {} if chip.split == "none" else {"ml-aoi:split": chip.split}
        (tmp_path / chip.folder / f"{chip.id}.json").write_text(json.dumps({"properties": split}))
    lines = [line for line in _code(render_dataset_py(facts)) if line.startswith(("import json", "split ="))]
    scope: dict[str, object] = {"__file__": str(tmp_path / "dataset.py")}
    exec(compile("\n".join(lines), "dataset.py", "exec"), scope)
    split = scope["split"]
    assert callable(split)
    assert len(split("train")) == 12
    for folder in (*split("train"), *split("validate"), *split("test")):
        assert (folder / "image.tif").is_file()
        assert (folder / "mask.tif").is_file()
