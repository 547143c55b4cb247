"""Which chips a worker takes at once: neighbours, so that hardly a block of the scene is decoded by two workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from groundset.chips import Chip
from groundset.imagery import Scene, SceneReader

_FEW, _MANY = 16, 128
_CHEAP = 1 << 20  # pixels of a block that may as well be decoded twice


def batches(scene: Scene, chips: Sequence[Chip], cache: Path) -> Iterator[list[Chip]]:
    """Chips of one scene by the block they begin in: 16 and more; more where blocks are long strips.

    Args:
        scene: Where the chips lie.
        chips: Of any level, in any order.
        cache: Folder of decoded files.
    """
    with SceneReader(scene, cache) as reader:
        block = reader.block()
    out: list[Chip] = []
    for _, group in groupby(sorted(chips, key=lambda c: _key(c, block)), key=lambda c: _key(c, block)[:3]):
        inside = list(group)
        most = _most(inside[0], block)
        for start in range(0, len(inside), most):
            out += inside[start : start + most]
            if len(out) >= _FEW:
                yield out
                out = []
    if out:
        yield out


def _key(chip: Chip, block: tuple[int, int]) -> tuple[int, int, int, int, int]:
    x, y = chip.window.x_off, chip.window.y_off
    return chip.id.level, y // block[0], x // block[1], y, x


def _most(chip: Chip, block: tuple[int, int]) -> int:
    """How many chips of one block a worker takes."""
    pixels = block[0] * block[1]
    if pixels <= _CHEAP:
        return _FEW
    return min(_MANY, max(_FEW, pixels // (chip.window.width * chip.window.height)))
