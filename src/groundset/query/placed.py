"""Tasks that ask about places: of each place the chip of the first date stands for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from groundset.core import InputError
from groundset.core.layout import Config, TaskConfig
from groundset.query import places

if TYPE_CHECKING:
    from groundset.query.chips import Chips

Asked = tuple[str, ...] | None
"""Scenes whose chips a task asks about; None: all."""


def asked(config: Config, task: TaskConfig | None) -> Asked:
    """The first scene of each series that a task about a period or a change asks about; None of other tasks."""
    if task is None or task.about == "date":
        return None
    return tuple(series.scenes[0] for series in config.asked_of(task))


def among(chips: Chips, scenes: Asked, keep: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_] | None:
    """What is kept, bool (chips,), without chips of other scenes; None: all chips."""
    if scenes is None:
        return keep
    here = pc.is_in(chips.column("scene_id"), value_set=pa.array(scenes, pa.string()))
    asks = np.asarray(here.to_numpy(zero_copy_only=False), bool)
    return asks if keep is None else keep & asks


def count(chips: Chips, scenes: Asked, level: int | None = None) -> int:
    """How many chips a task asks about, at a level or at all."""
    kept = among(chips, scenes, chips.at_level(level))
    return len(chips) if kept is None else int(kept.sum())


def data_pixels(chips: Chips, scenes: Asked, level: int | None = None) -> int:
    """How many pixels with data the chips have that a task asks about, at a level or at all."""
    sides = (chips.column(name).to_numpy(zero_copy_only=False) for name in ("width", "height", "valid_fraction"))
    width, height, share = sides
    pixels = np.round(width.astype(np.float64) * height * share)
    kept = among(chips, scenes, chips.at_level(level))
    return int(pixels.sum() if kept is None else pixels[kept].sum())


def inside(chips: Chips, bbox: Sequence[float]) -> npt.NDArray[np.bool_]:
    """The chips that meet west, south, east, north in degrees, bool (chips,).

    Raises:
        InputError: It is no box.
    """
    try:
        box = places.box(bbox)
    except ValueError as error:
        raise InputError(str(error), asked=f"bbox={','.join(f'{v:g}' for v in bbox)}") from None
    met: npt.NDArray[np.bool_] = places.relation("s_intersects", chips, box).fill_null(False).to_numpy(False)
    return met
