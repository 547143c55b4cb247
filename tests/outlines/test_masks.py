"""Outline tasks into segment tasks and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from madelake import paint
from ponds import RING

from groundset.core import InputError, LabelMask, MissingError, Origin
from groundset.lake import Lake
from groundset.outlines import Rule, Shapes, Trace, to_masks, to_shapes
from groundset.outlines.act import Append


def whole(lake: Lake, task: str = "pixels") -> np.ndarray[Any, np.dtype[np.uint8]]:
    labels = lake.labels(task)
    out = np.full((128, 128), 255, np.uint8)
    for chip in lake.chips.chips():
        out[chip.window.slices] = labels.mask(chip, flags=False).classes
    return out


def test_shapes_into_masks_across_chips(lake: Lake, shapes: Shapes, say: Callable[..., str], append: Append) -> None:
    how: dict[str, Any] = {"task": "ponds", "to": "pixels", "actor": "ben", "append": append}
    say("ring", RING, origin=int(Origin.IMPORT))
    say("line", shapely.LineString([(0, 96), (128, 96)]), code=0)
    done = to_masks(shapes, **how, rule=Rule(line_width=4))
    assert (done.created, done.known, done.removed) == (12, 0, 0)
    wanted = np.full((128, 128), 255, np.uint8)
    wanted[10:40, 10:60] = 1
    wanted[20:30, 20:30] = 255
    wanted[94:98] = 0
    np.testing.assert_array_equal(whole(lake), wanted)
    origin = lake.labels("pixels").mask(lake.chips.get("s_0_0_0"), flags=False).origin
    assert set(origin[10:20, 10:20].ravel()) == {Origin.IMPORT}
    assert to_masks(shapes, **how, rule=Rule(line_width=4)).bulk is None

    say("line", None)
    again = to_masks(shapes, **how)
    assert (again.created, again.known, again.removed) == (0, 4, 8)
    wanted[94:98] = 255
    np.testing.assert_array_equal(whole(lake), wanted)
    lake.journal.undo(str(again.bulk), actor="ben")
    assert (whole(lake)[94:98] == 0).all()


def test_masks_into_shapes_across_chips_and_back(lake: Lake, shapes: Shapes, append: Append) -> None:
    how: dict[str, Any] = {"of": "pixels", "task": "ponds", "actor": "ben", "append": append}
    y, x = np.mgrid[:128, :128]
    truth = np.where(np.hypot(x - 64, y - 60) < 40, 1, 255).astype(np.uint8)
    truth[50:70, 50:90] = 255
    truth[5, 5] = 1
    for chip in lake.chips.chips():
        paint(lake, chip, truth[chip.window.slices])
    done = to_shapes(shapes, **how)
    (one,) = shapes.of("ponds")
    assert done.created == 1
    assert len(one.geometry.interiors) == 1
    assert one.geometry.area == (truth == 1).sum() - 1
    assert (one.kind, one.origin, one.source) == ("polygon", Origin.HUMAN, "masks:pixels")
    assert to_shapes(shapes, **how).bulk is None
    assert to_shapes(shapes, **how, how=Trace(min_pixels=1)).created == 1

    chip = lake.chips.get("s_0_0_0")
    paint(lake, chip, np.zeros((32, 32)))
    redone = to_shapes(shapes, **how, how=Trace(min_pixels=1))
    assert (redone.created, redone.removed) == (1, 1)
    assert {s.code for s in shapes.of("ponds")} == {0, 1}


def test_what_people_changed_or_removed_since_stays_so(lake: Lake, shapes: Shapes, say: Callable[..., str],
                                                       append: Append) -> None:  # fmt: skip
    how: dict[str, Any] = {"of": "pixels", "task": "ponds", "actor": "ben", "append": append, "chips": ["s_0_0_0"]}
    chip = lake.chips.get("s_0_0_0")
    classes = np.full((32, 32), 255, np.uint8)
    classes[2:8, 2:8], classes[20:30, 20:30], classes[20:25, 2:9] = 1, 1, 0
    paint(lake, chip, classes)
    to_shapes(shapes, **how)
    edited, removed, left = (s.id for s in sorted(shapes.of("ponds"), key=lambda s: s.geometry.area))
    edited, removed = removed, edited
    (was,) = shapes.get("ponds", [edited])
    say(edited, shapely.affinity.translate(was.geometry, 1, 0), **{"import": was.source})
    say(removed, None)
    assert to_shapes(shapes, **how).bulk is None
    paint(lake, chip, np.ones((32, 32)))
    to_shapes(shapes, **how)
    ids = {s.id for s in shapes.of("ponds")}
    assert edited in ids
    assert removed not in ids
    assert left not in ids


def test_wrong_questions(lake: Lake, shapes: Shapes, say: Callable[..., str], append: Append) -> None:
    from dataclasses import replace

    from groundset.core import Scheme, SchemeClass
    from groundset.taxonomy import write_scheme

    say("a", RING)
    how: dict[str, Any] = {"task": "ponds", "to": "pixels", "actor": "ben", "append": append}
    with pytest.raises(MissingError):
        to_masks(shapes, **how, chips=["s_0_9_9"])
    with pytest.raises(MissingError):
        to_masks(shapes, **how, scene="nowhere")
    write_scheme(lake.root / "ice.csv", Scheme("ice", (SchemeClass(0, "ice", "Ice", "#ffffff"),)))
    tasks = tuple(replace(t, scheme="ice.csv") if t.name == "pixels" else t for t in lake.config.tasks)
    lake.config = replace(lake.config, tasks=tasks)
    with pytest.raises(InputError, match="lacks classes"):
        to_masks(shapes, **how)
    assert LabelMask.empty((1, 1)).count() == {}
