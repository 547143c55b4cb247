"""What the route of questions asks of the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundset.core import InputError, MissingError
from groundset.core.rle import Rle
from groundset.segment.live import Asked, Question, Skip, asking
from groundset.series import chip_of
from groundset.server.context import Context
from groundset.server.models import AssistantQuestion, AssistantQuestions, ClassChance, RunLengths


@dataclass(frozen=True, slots=True)
class FoundQuestions:
    """Questions to send: their mark, the event that they know of last, and what makes the bytes."""

    mark: str
    head: int
    make: Callable[[], bytes]


def questions(
    ctx: Context, task: str | None, chip_id: str | None, n: int, model: str, skip: Sequence[str]
) -> FoundQuestions:
    """What to ask of a chip; of that where an answer helps most, where none is named."""
    about = ctx.lake.config.task(task, "segment")
    name = about.name
    chip = chip_of(ctx.lake, about, _best(ctx, name, model) if chip_id is None else chip_id)
    found = asking(
        ctx.lake, ctx.regions, ctx.assistant, chip, name, n=n, model=model, skipped=[_skip(s) for s in skip]
    )  # fmt: skip
    mark = "q" + found.mark

    def make() -> bytes:
        asked: Asked = found.make()
        rows, cols = (int(v) for v in chip.geobox.shape)
        scheme = ctx.lake.scheme(name)
        titles = {c.code: c.title for c in scheme.classes}
        return AssistantQuestions(
            task=name,
            chip_id=str(chip.id),
            mark=mark,
            head=found.head,
            model=model,
            learned=found.learned,
            questions=[_told(q, (rows, cols), titles) for q in asked.questions],
            left=asked.left,
            wrong=None if asked.wrong is None else round(asked.wrong, 4),
        ).model_dump_json().encode()  # fmt: skip

    return FoundQuestions(mark, found.head, make)


def _best(ctx: Context, task: str, model: str) -> str:
    places = ctx.assistant.next(task, 1, None, model)
    if not places:
        raise MissingError("there is no chip to ask about", asked=f"task {task}")
    return places[0].chip_id


def _told(one: Question, size: tuple[int, int], titles: dict[int, str]) -> AssistantQuestion:
    x, y, width, height = one.box
    runs = Rle.within(one.mask, (x, y), size)
    (code, chance), *_ = one.shortlist
    known = chance is not None
    return AssistantQuestion(
        at=one.at,
        window=(y, x, height, width),
        runs=RunLengths(size=runs.size, counts=list(runs.counts)),
        pixels=one.pixels,
        code=code if known else None,
        chance=None if chance is None else round(chance, 4),
        shortlist=[ClassChance(code=c, chance=None if p is None else round(p, 4)) for c, p in one.shortlist],
        gain=round(one.gain, 2),
        mixed=round(one.mixed, 3),
        says=_says(one, titles),
    )


def _says(one: Question, titles: dict[int, str]) -> str:
    pixels = f"{one.pixels:,} pixel{'' if one.pixels == 1 else 's'}"
    if one.shortlist[0][1] is None:
        return f"{pixels} that look like {round(one.gain):,} others"
    likely = (f"{titles.get(code, str(code))} {chance or 0:.0%}" for code, chance in one.shortlist[:2])
    return f"{', '.join(likely)}: {pixels}"


def _skip(text: str) -> Skip:
    parts = text.split(",")
    if len(parts) != 3 or not all(p.strip().isascii() and p.strip().isdigit() and len(p) < 10 for p in parts):
        raise InputError(
            "a skipped question is ROW,COLUMN,PIXELS", asked=f"skip = {text[:80]}",
            hint="three whole numbers joined by commas: `at` and `pixels` of the question",
        )  # fmt: skip
    row, col, pixels = (int(p) for p in parts)
    return Skip(row, col, pixels)
