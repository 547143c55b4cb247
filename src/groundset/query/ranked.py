"""Lists and rows by what was learned: which scores a question means, and what a page tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from groundset.core import InputError
from groundset.query.chips import Positions
from groundset.query.found import Hit, hits
from groundset.query.learned import Learned, Meaning, Scores, Values, Want
from groundset.query.order import Order
from groundset.query.values import Moment
from groundset.query.worded import check_words, no_pictures, ranked, tells


class Shown(NamedTuple):
    """A page's rows, and what their scores are."""

    hits: Sequence[Hit]
    meaning: Meaning


def wanted(
    moment: Moment,
    class_: str | int | None,
    like: Sequence[str],
    method: str,
    encoder: str | None,
    words: str | None = None,
) -> Want:
    """Which scores a question asks for.

    Raises:
        InputError: No such class or method; or nothing learns here.
    """
    if class_ is not None and moment.scheme is None:
        raise InputError("this workspace has no task, and so no classes", asked=f"class={class_}")
    code = None if class_ is None or moment.scheme is None else moment.scheme.find(class_).code
    return Want(code, tuple(like), method, encoder, check_words(words))


def rows_want(want: Want, order: Order) -> Want:
    """Which scores the rows of a list tell: those asked for, else those that it is ordered by."""
    if order.text:
        return replace(want, code=None, like=(), words=order.text, pictures=True)
    return want if want.any or order.code is None else replace(want, code=order.code)


def values_of(moment: Moment, order: Order, want: Want) -> Values:
    """What a learned order goes by, highest first: float32 (chips,), NaN last."""
    if order.text:
        pictures = moment.pictures(order.text)
        if pictures is None:
            raise no_pictures(order.text)
        return pictures.order
    if want.words is not None and not order.learned:
        return ranked(moment, want.words)
    learned = _learned(moment)
    if order.name == "typical":
        return learned.typical()
    by = want if order.code is None else replace(want, code=order.code, like=())
    if order.name == "uncertain":
        return learned.doubt(by if order.code is not None else replace(by, code=None, like=()))
    if not by.any:
        scheme = moment.scheme
        names = [] if scheme is None else [c.name for c in scheme.answerable]
        raise InputError(
            "similar to what", asked="sort=similar", found=f"classes {', '.join(names)}",
            hint=f"write similar:{names[-1] if names else 'CLASS'}, or give examples with like",
        )  # fmt: skip
    return learned.scores(by).order


def shown(moment: Moment, page: Positions, want: Want) -> Shown:
    """Rows with their scores and guesses; only of the page."""
    scores: list[float | None] = [None] * len(page)
    guesses: Sequence[tuple[int, float | None] | None] = [None] * len(page)
    meaning: Meaning = "none"
    found = _told(moment, want)
    if found is not None:
        meaning = found.meaning
        scores = [None if np.isnan(v) else round(float(v), 4) for v in found.values[page]]
    if moment.learned is not None and len(page):
        guesses = moment.learned.guess(page)
    return Shown(hits(moment.chips, moment.splits, moment.labels, moment.attributes, page, scores, guesses), meaning)


def _told(moment: Moment, want: Want) -> Scores | None:
    """The scores that rows tell; of words those of the class that is meant, where a model has some, or the images'."""
    learned, words = moment.learned, want.words
    code = want.code
    if words is not None and not want.any and not want.pictures:
        code = tells(moment.scheme, words)
    want = replace(want, code=code, words=None, pictures=False)
    found = learned.scores(want) if learned is not None and want.any else None
    if words is None or (found is not None and found.meaning != "none"):
        return found
    return moment.pictures(words) or found


def _learned(moment: Moment) -> Learned:
    learned = moment.model()
    if learned is None:
        raise InputError("nothing is learned here", hint="ask a workspace with a task")
    return learned
