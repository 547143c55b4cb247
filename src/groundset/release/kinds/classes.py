"""Classify tasks: one or several classes for each chip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from groundset.chips import Stretch
from groundset.chips.render import PixelsLike
from groundset.core import PEOPLE_ORIGINS, Scheme
from groundset.journal import Answer, Event, MaskStore, TaskLabels
from groundset.journal.answers import resolve
from groundset.release.kinds.base import LabelKind, Reasons
from groundset.release.kinds.fixed import Fixed
from groundset.release.thumbnails import thumbnail
from groundset.release.written import MODEL_ACTOR, Batch, ChipWork, Label, Written

if TYPE_CHECKING:
    from groundset.journal import Journal
    from groundset.release.recipe import Recipe


class Classes(LabelKind):
    """The classes of a chip, in its item."""

    name = "classify"
    unit = "chips"
    told = said = "answers"
    word = "classification"
    hub = "image-classification"
    lead = "image"
    thumbnail = "Image"

    def label(self, batch: Batch, work: ChipWork, reasons: Reasons) -> Label | None:  # noqa: ARG002
        """What a chip is."""
        labels = TaskLabels(
            cast("Journal", Fixed(work.events)),
            MaskStore(batch.masks),
            batch.task,
            batch.scheme,
            multi=batch.multi,
            as_of=max((e.seq for e in work.events), default=0),
        )
        answer = labels.answer(work.chip.id)
        return _label(answer, batch.scheme, _makers(work.events, answer, batch.scheme) if batch.multi else [])

    def picture(self, pixels: PixelsLike, label: Label, scheme: Scheme, stretch: Stretch | None) -> bytes:  # noqa: ARG002
        """The image."""
        return thumbnail(pixels, None, scheme, stretch)

    def no_label(self) -> dict[str, Any]:
        """No class."""
        return {"label": None}

    def properties(self, recipe: Recipe, scheme: Scheme, written: Written) -> dict[str, Any]:
        """Of type vector, the class in ``label``."""
        names = [c.name for c in scheme]
        counts = [{"name": c, "count": n} for c, n in written.class_counts.items()]
        out: dict[str, Any] = {
            "label:type": "vector",
            "label:properties": ["label"],
            "label:classes": [{"name": "label", "classes": names}],
            "label:description": f"Class of the chip: {', '.join(names)}",
            "label:tasks": [self.word],
            "label:methods": list(written.methods),
            "label:overviews": [{"property_key": "label", "counts": counts}],
            "label": list(written.classes) if recipe.multi else written.classes[0],
        }
        if recipe.multi:
            out["groundset:negative"] = list(written.negative)
        if written.confidence is not None:
            out["groundset:confidence"] = round(written.confidence, 6)
        return out


def _label(answer: Answer | None, scheme: Scheme, makers: Sequence[Answer]) -> Label | None:
    if answer is None or not (answer.classes or answer.not_applicable):
        return None
    names = [c.name for c in scheme if c.code in answer.classes]
    if answer.not_applicable and scheme.not_applicable is not None:
        names = [scheme.not_applicable.name]
    if not names:
        return None
    said = makers or [answer]
    people = any(one.origin in PEOPLE_ORIGINS for one in said)
    models = any(one.origin not in PEOPLE_ORIGINS for one in said)
    return Label(
        None,
        dict.fromkeys(names, 1),
        dict(Counter(one.origin.name.lower() for one in said)),
        (("manual",) if people else ()) + (("automated",) if models else ()),
        tuple(sorted({o.actor.removeprefix(MODEL_ACTOR) for o in said if o.actor.startswith(MODEL_ACTOR)})),
        tuple(names),
        tuple(c.name for c in scheme if c.code in answer.negative),
        answer.confidence,
    )


def _makers(events: Sequence[Event], answer: Answer | None, scheme: Scheme) -> list[Answer]:
    """Who decided each of the classes of a chip that has several: one may be a person's, another a model's."""
    out = []
    for code in () if answer is None else answer.classes:
        about = [e for e in events if e.kind == "answer" and ("classes" in e.payload or e.payload["class"] == code)]
        one = resolve(about, scheme, multi=True)
        if one is not None:
            out.append(one)
    return out
