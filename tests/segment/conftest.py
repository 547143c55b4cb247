"""Small workspaces over a made scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, add_scene, lake_like_image, paint, sparse, write_scene

from groundset.chips.chip import Chip
from groundset.imagery import open_source
from groundset.lake import Lake, init
from groundset.taxonomy import WATER


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Lake, list[Chip], np.ndarray]]:
    """A workspace over one made scene, 16 chips of 32 pixels, none labelled; and the truth."""
    image, truth = lake_like_image()
    image[:, :5, :] = 0  # a margin without data
    path = write_scene(tmp_path / "scene.tif", image)
    scenes = open_source(str(path), time=TIME, bands=["blue", "green", "red", "nir"], scene_id="made")
    with init(tmp_path / "lake", scheme=WATER, name="made") as lake:
        yield lake, add_scene(lake, scenes[0], 32), truth


@pytest.fixture
def labelled(made: tuple[Lake, list[Chip], np.ndarray]) -> tuple[Lake, list[Chip], np.ndarray]:
    """The same with a twentieth of the pixels of every other chip labelled by a person."""
    lake, chips, truth = made
    for i, chip in enumerate(chips[::2]):
        paint(lake, chip, sparse(truth, chip, 0.05, i))
    return lake, chips, truth
