"""Examples of what is looked for: chips by id, and rectangles of a scene's pixels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError, Window
from groundset.features import band_key, get_encoder
from groundset.learn.matrix import Features, Matrix

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.chips import Positions

Float32 = npt.NDArray[np.float32]
MOST = 1_000
MOST_PIXELS = 4096 * 4096

_RECTANGLE = re.compile(r"(?P<scene>.+)@(?P<x>-?\d{1,9}),(?P<y>-?\d{1,9}),(?P<w>\d{1,9}),(?P<h>\d{1,9})")


def find_examples(
    lake: Lake, features: Features, like: Sequence[str]
) -> tuple[Positions, list[tuple[Matrix, Float32]]]:
    """Positions of the chips, and rows of the rectangles with the matrix that they belong to.

    Raises:
        MissingError: There is no such chip or scene.
        InputError: An example has no features, or lies outside of its scene.
    """
    if len(like) > MOST:
        raise InputError("too many examples", asked=f"{len(like):,}", found=f"at most {MOST:,} are taken")
    chips: list[int] = []
    rows: list[tuple[Matrix, Float32]] = []
    for text in like:
        found = _RECTANGLE.fullmatch(text)
        if found is not None:
            rows.append(_rectangle(lake, features, text, found))
        else:
            chips.append(_chip(features, text))
    return np.array(chips, np.int64), rows


def _chip(features: Features, chip_id: str) -> int:
    at = features.chips.places.get(chip_id)
    if at is None:
        raise MissingError("no such chip", asked=f"like={chip_id[:120]}", found=f"{len(features.chips)} chips",
                           hint="name a chip by its id, or a rectangle as SCENE@x_off,y_off,width,height")  # fmt: skip
    if any(matrix.row_of[at] >= 0 for matrix in features.matrices):
        return at
    if any((matrix.at == at).any() for matrix in features.matrices):
        raise InputError("the features of this chip say nothing", asked=f"like={chip_id}",
                         found="a chip without data", hint="take another chip")  # fmt: skip
    raise InputError("this chip has no features", asked=f"like={chip_id}", found=f"encoder {features.encoder}",
                     hint=f"compute them: groundset encode DIR --encoder {features.encoder}")  # fmt: skip


def _rectangle(lake: Lake, features: Features, text: str, found: re.Match[str]) -> tuple[Matrix, Float32]:
    scene_id = found["scene"]
    if scene_id not in lake.scenes:
        raise MissingError("no such scene", asked=f"like={text[:120]}", found=", ".join(lake.scenes.ids()[:20]))
    scene = lake.scenes.get(scene_id)
    x, y, width, height = (int(found[name]) for name in "xywh")
    inside = x < scene.width and y < scene.height and x + width > 0 and y + height > 0
    if not (inside and width and height):
        raise InputError(
            "this rectangle has no pixel of its scene",
            asked=f"like={text[:120]}",
            found=f"{scene.width} x {scene.height} pixels",
        )
    window = Window(x, y, width, height)
    if window.width * window.height > MOST_PIXELS:
        raise InputError("this rectangle is too large to be an example", asked=f"like={text[:120]}",
                         found=f"at most {MOST_PIXELS:,} pixels")  # fmt: skip
    matrix = next((m for m in features.matrices if scene.bands.names in m.band_sets), None)
    folder = lake.features(features.encoder).folder / f"bands-{band_key(scene.bands)}"
    if matrix is None or not folder.is_dir():
        raise InputError("chips of this scene have no features", asked=f"like={text[:120]}",
                         found=f"encoder {features.encoder}",
                         hint=f"compute them: groundset encode DIR --encoder {features.encoder}")  # fmt: skip
    encoder = get_encoder(features.encoder, folder.parent).load(folder)
    pixels = lake.reader(scene_id).read(window)
    vector = encoder.encode(pixels.physical()[None], pixels.bands)
    return matrix, matrix.space.transform(vector)
