"""A quick look at scenes before the work: samples for the encoder and for the stretch of quicklooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from groundset.core import InputError, Window, whole
from groundset.imagery import Pixels, Scene, SceneReader

SAMPLE_SIZE = 256
"""Samples are windows of at most this many pixels a side."""
FIT_SAMPLES = 64
STRETCH_SAMPLES = 12


def samples(
    scene: Scene, windows: Sequence[Window], count: int, cache: Path | None, *, seed: int = 0
) -> Iterator[Pixels]:
    """Up to ``count`` samples with data, from chips drawn at random; looks on until it has found one.

    Args:
        scene: The scene.
        windows: Its chips' windows.
        count: How many samples.
        cache: For :class:`SceneReader`.
        seed: The same seed draws the same chips.

    Raises:
        InputError: No chip has any data.
    """
    rng = np.random.default_rng(seed)
    found = 0
    with SceneReader(scene, cache) as reader:
        for i, at in enumerate(rng.permutation(len(windows))):
            if found == count or (found and i >= 4 * count):
                return
            window = _inside(windows[at], scene, rng)
            pixels = reader.read(window)
            if _has_data(pixels):
                found += 1
                yield pixels
        if not found:
            # the samples may have missed it: look at every pixel before saying that there is none
            zeros = False
            for window in windows:
                pixels = reader.read(window)
                if _has_data(pixels):
                    yield pixels
                    return
                zeros |= bool(pixels.valid.any())
    if not found:
        raise all_zeros(scene) if zeros else all_nodata(scene)


def _has_data(pixels: Pixels) -> bool:
    return bool((pixels.valid & (pixels.data != 0)).any())


def all_zeros(scene: Scene) -> InputError:
    """The error for a scene that is zero throughout without saying that zero is nodata."""
    return InputError(
        "this scene holds nothing but zeros, which a failed download or a wrong file leaves behind",
        asked=scene.id,
        found=f"{scene.width} x {scene.height} pixels, all 0 in {len(scene.bands)} bands",
        hint="get the file again",
    )


def all_nodata(scene: Scene) -> InputError:
    """The error for a scene without a single valid pixel."""
    values = sorted({str(b.nodata) for b in scene.bands})
    return InputError(
        "this scene has no data: every pixel of every band is nodata",
        asked=scene.id,
        found=f"{scene.width} x {scene.height} pixels, nodata value {', '.join(values)}",
        hint="check the file and its nodata value",
    )


def _inside(window: Window, scene: Scene, rng: np.random.Generator) -> Window:
    """A random piece of a chip, inside the scene and of a bounded size."""
    there = window.intersection(whole(scene.width, scene.height)) or window
    width, height = min(there.width, SAMPLE_SIZE), min(there.height, SAMPLE_SIZE)
    x = there.x_off + int(rng.integers(there.width - width + 1))
    y = there.y_off + int(rng.integers(there.height - height + 1))
    return Window(x, y, width, height)


def per_scene(count: int, scenes: int) -> list[int]:
    """How many samples to take of each scene (0 for those passed over), ``count`` in all."""
    if scenes <= count:
        return [-(-count // scenes)] * scenes
    taken = set(np.linspace(0, scenes - 1, count).round().astype(int).tolist())
    return [1 if i in taken else 0 for i in range(scenes)]
