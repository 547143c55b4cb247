"""Whether a release can be made of what was asked for: told before any chip is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from groundset.chips import Chip
from groundset.core import ChipId, ConflictError, InputError, check_name, few, of_option
from groundset.core.layout import TASK_KINDS
from groundset.imagery import Scene
from groundset.release._length import metres
from groundset.release.bands import by_bands, check_bands
from groundset.release.blocks import chip_side
from groundset.release.kinds.base import HOW
from groundset.release.kinds.of import KINDS
from groundset.release.licence import spdx
from groundset.release.plan import places_of
from groundset.release.splits import check_block, shares

if TYPE_CHECKING:
    from groundset.core.layout import TaskConfig
    from groundset.lake import Lake

_SAMPLE = 200
_CLEARLY = 0.9
"""How much smaller than a chip a block must be to be refused from a sample of the chips."""


def check_request(
    lake: Lake,
    name: str,
    *,
    task: str | None = None,
    splits: Sequence[float] = (70, 15, 15),
    block: str | float | None = None,
    buffer: str | float = "0.1km",
    license: str | None = None,  # noqa: A002  # STAC's own name
    scenes: Sequence[str] = (),
) -> TaskConfig:
    """Refuse what :func:`groundset.release.build` cannot do; the arguments are its own.

    Returns:
        The task whose labels it would release.

    Raises:
        ConflictError: The release exists.
        InputError: A bad option (``asked`` begins with its name), no labels, scenes without a time, or with bands that
            differ (names them).
        MissingError: No scene of a name in ``scenes``.
    """
    with of_option("name"):
        target = lake.layout.releases / check_name(name, "release")
    if target.exists():
        raise ConflictError(
            "this release is there already, and releases are never changed",
            asked=f"name = {name}",
            found=target,
            hint="take another name, such as the next version",
        )
    with of_option("splits"):
        shares(splits)
    with of_option("buffer"):
        metres(buffer, "buffer")
    with of_option("block"):
        block_m = None if block is None else metres(block, "block")
        check_block(block_m)
    check_license(license)
    check_license(lake.config.release.license, "in groundset.toml")
    with of_option("task"):
        chosen = labelled_task(lake, task)
    with of_option("scenes"):
        there = [lake.scenes.get(i) for i in scenes] or [lake.scenes.get(i) for i in lake.scenes.ids()]
    _check_chips(lake, chosen, there, scenes, block_m)
    return chosen


def percentages(splits: Sequence[float]) -> tuple[float, ...]:
    """Shares that people write in percent.

    Raises:
        InputError: They are not three, or do not sum to 100.
    """
    if len(splits) != 3 or min(splits) < 0 or not abs(sum(splits) - 100) <= 1e-6:
        raise InputError(
            "splits are three percentages that sum to 100",
            asked=f"splits = {','.join(f'{s:g}' for s in splits)}",
            hint="such as 70,15,15",
        )
    return tuple(splits)


def check_license(license: str | None, where: str | None = None) -> None:  # noqa: A002
    """Refuse a licence that is no SPDX name."""
    if license is not None:
        spdx(license, where)


def labelled_task(lake: Lake, name: str | None) -> TaskConfig:
    """The task of this name, or the one whose labels a release would take.

    Raises:
        InputError: It has no labels, or there are several to choose from.
    """
    if name is not None:
        chosen = lake.config.task(name, *TASK_KINDS)
    else:
        tasks = [t for t in lake.config.tasks if lake.journal.count(t.name)]
        if not tasks:
            raise no_labels(None)
        masks = [t for t in tasks if t.kind == "segment"]
        if len(masks) == 1:
            tasks = masks
        if len(tasks) > 1:
            raise InputError(
                "more than one task has labels", found=", ".join(t.name for t in tasks), hint="name one with --task"
            )
        chosen = tasks[0]
    if not lake.journal.count(chosen.name):
        raise no_labels(chosen.name, KINDS[chosen.kind].how)
    return chosen


def no_labels(task: str | None, how: str = HOW) -> InputError:
    """There is nothing to release; ``how`` says what to do about it."""
    return InputError(
        "there are no labels to release",
        asked=task,
        found="no annotated chip",
        hint=how,
    )


def _none_in(scenes: Iterable[str], task: TaskConfig, chips: Iterable[str]) -> InputError:
    """A task has labels, and none of them in the scenes that were named."""
    there = sorted({ChipId.parse(i).scene for i in chips})
    return InputError(
        "these scenes have no labels of the task to release",
        asked=f"task {task.name}, scenes {', '.join(scenes)}",
        found=f"labels in {few(there)}" if there else "no label in any scene",
        hint="name a scene that has labels, or label chips of these; those of a change belong to its first date",
    )


def check_times(scenes: Iterable[Scene]) -> None:
    """Refuse scenes without an acquisition time."""
    timeless = [s.id for s in scenes if s.datetime is None]
    if timeless:
        raise InputError(
            "a release needs the acquisition time of every scene",
            found=f"no time for {few(timeless, 10)}",
            hint="ingest the same files once more with their time, such as --time 2024-06-01T10:30:00Z: it is noted, "
            "and chips and labels stay",
        )


def _check_chips(
    lake: Lake, task: TaskConfig, scenes: Sequence[Scene], named: Collection[str], block_m: float | None
) -> None:
    """What depends on the chips; they are looked at only where something may be wrong with them."""
    well = len(by_bands(scenes)) < 2 and all(s.datetime is not None for s in scenes)
    if well and block_m is None and not named:
        return
    labels = KINDS[task.kind].labels(lake, task.name, scenes=named)
    if named and not KINDS[task.kind].there(labels):
        raise _none_in(named, task, KINDS[task.kind].labels(lake, task.name).chip_ids)
    labelled = set(labels.chip_ids)
    used = {ChipId.parse(i).scene for i in labelled}
    there = [s for s in scenes if s.id in used]
    check_times(there)
    if there:
        check_bands(there)
    if block_m is not None:
        with of_option("block"):
            _check_size([c for c in lake.chips.chips() if str(c.id) in labelled], block_m)


def _check_size(chips: Sequence[Chip], block_m: float) -> None:
    sample = chips[:: max(1, len(chips) // _SAMPLE)]
    places = [p for p in places_of(sample) if p.footprint is not None]
    if places:
        check_block(block_m, chip_side(places), slack=_CLEARLY)
