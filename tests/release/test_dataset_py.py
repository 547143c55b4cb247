"""dataset.py: compiles, its paths exist; with torchgeo itself in `make test-long`."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
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


def written(root: Path, facts: ReleaseFacts) -> Path:
    """A folder with dataset.py and all that it reads."""
    for chip in facts.chips:
        split = {} if chip.split == "none" else {"ml-aoi:split": chip.split}
        assets = {k: {"href": f"./{f.path.rsplit('/', 1)[1]}"} for k, f in chip.files.items()}
        item = {"properties": {**split, "label": "water"}, "assets": assets}
        (root / chip.folder / f"{chip.id}.json").write_text(json.dumps(item))
    (root / "dataset.py").write_text(render_dataset_py(facts))
    return root / "dataset.py"


def test_its_paths_exist(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    written(tmp_path, facts)
    lines = [line for line in _code(render_dataset_py(facts)) if line.startswith(("import json", "split ="))]
    scope: dict[str, object] = {"__file__": str(tmp_path / "dataset.py")}
    exec(compile("\n".join(lines), "dataset.py", "exec"), scope)
    split = scope["split"]
    assert callable(split)
    assert len(split("train")) == 12
    for folder in (*split("train"), *split("validate"), *split("test")):
        assert (folder / "image.tif").is_file()
        assert (folder / "mask.tif").is_file()


# declares the names of torchvision's compiled operators, which do not load beside a CPU build of torch; runs a script
LAUNCH = """
import re, runpy, sys
from importlib.util import find_spec
from pathlib import Path
import torch
text = (Path(find_spec("torchvision").submodule_search_locations[0]) / "_meta_registrations.py").read_text()
lib = torch.library.Library("torchvision", "DEF")
for name in sorted(set(re.findall(r'register_(?:meta|fake)\\("(?:torchvision::)?(\\w+)"', text))):
    lib.define(f"{name}(Tensor x) -> Tensor")
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
COMPARE = """
import runpy, sys
import numpy as np, rasterio
found = runpy.run_path(sys.argv[1])
train, folders = found["train"], found["split"]("train")
for i in (0, 5, 11):
    folder = folders[i] if folders[i].is_dir() else folders[i].parent
    sample = train[i][train[i].bounds] if hasattr(train[i], "bounds") else train[i]
    image = rasterio.open(folder / "image.tif").read().astype("float32")
    mask = rasterio.open(folder / "mask.tif").read(1)
    assert np.array_equal(sample["image"].numpy(), image)
    assert np.array_equal(sample["mask"].numpy().squeeze(), mask)
print("same", len(train))
"""
STEPS = (
    ("torch==2.13.0",),
    ("--no-deps", "torchgeo==0.8.1", "torchvision==0.28.0"),
    ("geopandas", "rasterio", "shapely", "pyproj", "pandas", "pillow", "matplotlib", "einops", "kornia", "requests"),
)


@pytest.fixture(scope="module")
def torchgeo_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with torchgeo in an environment of its own, or GROUNDSET_TORCHGEO_PYTHON where one is there already."""
    named = os.environ.get("GROUNDSET_TORCHGEO_PYTHON")
    if named:
        return named
    folder = tmp_path_factory.mktemp("torchgeo")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    for packages in STEPS:
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", *packages], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"cannot install {packages[-1]}: {done.stderr[-300:]}")
    return python


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("ground", [True, False])
def test_torchgeo_itself_loads_the_release(
    small_facts: Make, tmp_path: Path, torchgeo_python: str, ground: bool
) -> None:
    """The real torchgeo and the real torchvision beside a CPU build of torch, in an environment of their own.

    torchgeo cannot be imported without torchvision, whose compiled operators are built for CUDA and do not load here;
    it is started with their names declared, none of which reading a release calls.
    """
    facts = small_facts(tmp_path)
    if not ground:
        facts = replace(facts, chips=[replace(c, crs=None, footprint=None) for c in facts.chips])
    script = written(tmp_path, facts)
    (tmp_path / "launch.py").write_text(LAUNCH)
    (tmp_path / "compare.py").write_text(COMPARE)
    for call, wanted in (([script], "12 chips; the first: {'image': (3, 16, 16)"), (["compare.py", script], "same 12")):
        done = subprocess.run(
            [torchgeo_python, "launch.py", *call], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert wanted in done.stdout, done.stderr[-2000:]
