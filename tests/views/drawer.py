"""A process that draws without end; the tests kill it. For each line on stdin one forked child draws on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import numpy as np

from groundset.core import LabelMask
from groundset.journal import new_id
from groundset.lake import Lake
from groundset.views import Stroke, StrokeDesk
from groundset.views.patches import pack

CHIP, SIZE = "s_0_0_0", 32


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def draw(root: Path, turns: Iterable[int]) -> None:
    """Each stroke is the next pixel."""
    with Lake.open(root) as lake:
        desk = StrokeDesk(lake)
        drawn = lake.journal.head()
        for i in turns:
            one = np.ones((1, 1), np.uint8)
            patch = pack(one, LabelMask(one, one, 255 * one))
            place = (drawn + i) % SIZE, (drawn + i) // SIZE, 1, 1
            (kept,) = desk.put([Stroke(new_id(), CHIP, "brush", place, patch)], "anna")
            assert kept.result.status == "created", kept.result.error
            say(f"ack {kept.result.id}")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    draw(folder, range(1))  # children start quickly with all of it loaded
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            draw(folder, count())
        os.waitpid(child, 0)
        say("dead")
