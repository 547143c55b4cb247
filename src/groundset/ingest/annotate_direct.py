"""Annotations made in Python: chips with a class, pixels with classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import NO_CONFIDENCE, UNLABELLED, InputError, LabelMask, MissingError, Origin, Scheme, few
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.burn import inside_scene
from groundset.ingest._annotate.classes import check_codes
from groundset.ingest._annotate.report import AnnotateReport
from groundset.journal import answer, new_id
from groundset.journal.payloads import UNSAID, VALUES
from groundset.lake import Lake


def annotate_chips(
    lake: Lake,
    chip_ids: Iterable[str],
    class_: str | int,
    *,
    actor: str,
    value: str = "positive",
    reason: str | None = None,
    task: str | None = None,
) -> AnnotateReport:
    """Answer a classify task for chips: one act that can be undone at once.

    Args:
        lake: The workspace.
        chip_ids: Chips, ``SCENE_LEVEL_ROW_COL``.
        class_: Class by name or code.
        actor: Who answers.
        value: ``positive``, ``negative``, ``unsure``, ``not-applicable``, or ``unlabelled``, which takes what was said
            of the class away.
        reason: Why they cannot be answered.
        task: Task name; may be left out where there is one classify task.
    """
    chosen = lake.config.task(task, "classify")
    if value not in (*VALUES, UNSAID):
        raise InputError("this is not an answer", asked=value, hint=f"take one of {', '.join((*VALUES, UNSAID))}")
    code = lake.scheme(chosen.name).find(class_).code
    chips = _chips(lake, dict.fromkeys(chip_ids))
    report = AnnotateReport(source=f"{len(chips)} chips", task=chosen.name, kind="answer", features=len(chips))
    act = Act(lake, chosen, actor, key=None, source={}, report=report)
    for chip in chips:
        act.add_answer(chip, new_id(), answer(code, value, reason=reason), [code])
    return act.commit({"verb": "annotate"})


def annotate_mask(
    lake: Lake,
    chip_id: str,
    classes: npt.ArrayLike | LabelMask,
    *,
    actor: str,
    task: str | None = None,
    origin: Origin = Origin.HUMAN,
    clear: npt.NDArray[np.bool_] | None = None,
    seconds: float | None = None,
    strokes: int | None = None,
) -> AnnotateReport:
    """Answer a segment task for one chip: only the pixels given, the others stay as they are.

    Each call is an act of its own: undoing it takes back its pixels and no others, whatever was said since.

    Args:
        lake: The workspace.
        chip_id: The chip.
        classes: Class codes, uint8 (rows, columns), 255 where this answer says nothing; or a whole mask.
        actor: Who answers.
        task: Task name; may be left out where there is one segment task.
        origin: Origin of the labelled pixels; ignored where a whole mask is given.
        clear: Pixels that the actor wants unlabelled whatever the product's flags or a model say, bool
            (rows, columns); recorded as class 255 with this origin.
        seconds: Time spent.
        strokes: Strokes drawn.
    """
    extra = {k: v for k, v in (("strokes", strokes), ("seconds", seconds)) if v is not None}
    return _masks(lake, {chip_id: classes}, actor, task, origin, clear, extra)


def annotate_masks(
    lake: Lake,
    masks: Mapping[str, npt.ArrayLike | LabelMask],
    *,
    actor: str,
    task: str | None = None,
    origin: Origin = Origin.HUMAN,
) -> AnnotateReport:
    """Answer a segment task for several chips as one act; see :func:`annotate_mask`."""
    return _masks(lake, masks, actor, task, origin, None, {})


def _masks(
    lake: Lake,
    masks: Mapping[str, npt.ArrayLike | LabelMask],
    actor: str,
    task: str | None,
    origin: Origin,
    clear: npt.NDArray[np.bool_] | None,
    extra: Mapping[str, object],
) -> AnnotateReport:
    chosen = lake.config.task(task, "segment")
    scheme = lake.scheme(chosen.name)
    chips = _chips(lake, masks)
    new = {str(c.id): _inside(lake, c, _mask(c, masks[str(c.id)], scheme, origin, clear)) for c in chips}
    report = AnnotateReport(source=f"{len(chips)} masks", task=chosen.name, kind="mask", features=len(chips))
    act = Act(lake, chosen, actor, key=None, source={}, report=report)
    act.add_masks([(c, new_id(), new[str(c.id)]) for c in chips], **extra)
    return act.commit({"verb": "annotate"})


def _mask(
    chip: Chip,
    value: npt.ArrayLike | LabelMask,
    scheme: Scheme,
    origin: Origin,
    clear: npt.NDArray[np.bool_] | None,
) -> LabelMask:
    if isinstance(value, LabelMask):
        mask = value
    else:
        array = np.asarray(value)
        if array.dtype == bool or not np.issubdtype(array.dtype, np.integer):
            raise InputError("a mask holds class codes as whole numbers", asked=str(chip.id), found=array.dtype)
        if array.size and (array.min() < 0 or array.max() > UNLABELLED):
            raise InputError("class codes are 0 to 254, 255 unlabelled", found=f"{array.min()} to {array.max()}")
        if array.ndim != 2:
            raise InputError("a mask has the shape (rows, columns)", asked=str(chip.id), found=array.shape)
        mask = LabelMask.of(array.astype(np.uint8), origin)
    if mask.shape != chip.window.shape:
        raise InputError(f"the mask of {chip.id} has another size", asked=mask.shape, found=chip.window.shape)
    check_codes(np.unique(mask.classes).tolist(), scheme, f"the mask of {chip.id} holds codes that the scheme lacks")
    if clear is None:
        return mask
    if clear.shape != mask.shape or clear.dtype != bool:
        raise InputError("clear is bool (rows, columns) of the chip", found=f"{clear.dtype} {clear.shape}")
    return LabelMask(
        np.where(clear, np.uint8(UNLABELLED), mask.classes),
        np.where(clear, np.uint8(origin), mask.origin),
        mask.confidence,
    )


def _inside(lake: Lake, chip: Chip, mask: LabelMask) -> LabelMask:
    """The mask without what lies beyond the scene: there is nothing that could be labelled."""
    scene = lake.scenes.get(chip.id.scene)
    inside = inside_scene(chip.window, scene.width, scene.height)
    if inside.all():
        return mask
    return LabelMask(
        np.where(inside, mask.classes, np.uint8(UNLABELLED)),
        np.where(inside, mask.origin, np.uint8(Origin.NONE)),
        np.where(inside, mask.confidence, np.uint8(NO_CONFIDENCE)),
    )


def _chips(lake: Lake, chip_ids: Iterable[str]) -> list[Chip]:
    ids = [str(i) for i in chip_ids]
    if not ids:
        raise InputError("no chips were named", hint="name at least one")
    unknown = [i for i in ids if i not in lake.chips]
    if unknown:
        raise MissingError(
            "no such chip in this workspace",
            asked=few(unknown),
            found=f"{len(lake.chips)} chips",
            hint="the form is SCENE_LEVEL_ROW_COL",
        )
    return [lake.chips.get(i) for i in ids]
