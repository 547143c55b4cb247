"""Chips by words: those that were said to be of a class that is meant, then those that a model or the picture says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, Scheme
from groundset.query.coded import Coded
from groundset.query.learned import Want
from groundset.taxonomy.lexicon import Meant, meant, nearest

if TYPE_CHECKING:
    from groundset.query.values import Moment

LIKELY = 0.5
"""Score from which a chip that nobody labelled counts as found by its class."""

LONGEST = 200
"""Characters of words that are searched for."""

_SAID, _SCORED = 4.0, 2.0


def check_words(text: str | None) -> str | None:
    """Words to search for; None where there are none.

    Raises:
        InputError: They are longer than anything that is found.
    """
    clean = " ".join((text or "").split())
    if len(clean) > LONGEST:
        raise InputError("these are too many words", asked=f"{len(clean):,} characters", found=f"at most {LONGEST}")
    return clean or None


def narrowed(moment: Moment, want: Want, keep: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_] | None:
    """What is kept, bool (chips,), without chips that the words of a question do not find."""
    if want.words is None:
        return keep
    found = ~np.isnan(ranked(moment, want.words))
    return found if keep is None else keep & found


def ranked(moment: Moment, text: str) -> npt.NDArray[np.float32]:
    """How well chips fit words, highest first: float32 (chips,), NaN those that do not.

    First those labelled with a class that is meant, the class that fits best before others; then those without a label
    to which a model gives a score of 0.5 or more; where an encoder knows words, all others by how their image fits.

    Raises:
        InputError: No class is meant, and no encoder knows words; names words that look alike.
    """
    found = () if moment.scheme is None else meant(moment.scheme, text)
    pictures = moment.pictures(text)
    if not found and pictures is None:
        raise nothing(moment.scheme, text)
    out = np.full(len(moment.chips), np.nan, np.float32) if pictures is None else pictures.order.copy()
    if found:
        labels = moment.table()
        bare = np.ones(len(moment.chips), bool)
        if labels is not None:
            classes = labels.column("classes")
            bare = classes.codes < 0
            _by_label(out, classes, found)
        _by_score(out, moment, found, bare)
    return out


def tells(scheme: Scheme | None, text: str) -> int | None:
    """The class whose scores rows tell: the one that fits best."""
    found = () if scheme is None else meant(scheme, text)
    return found[0].code if found else None


def nothing(scheme: Scheme | None, text: str) -> InputError:
    """No class is meant by these words."""
    names = [] if scheme is None else [c.name for c in scheme]
    near = () if scheme is None else nearest(scheme, text)
    return InputError(
        "no class is meant by these words", asked=text, found=f"classes {', '.join(names)}" if names else "no classes",
        hint=f"did you mean {' or '.join(near)}?" if near else "add the word to a class's synonyms in its scheme file",
    )  # fmt: skip


def no_pictures(text: str) -> InputError:
    """Images cannot be ordered by words."""
    return InputError(
        "images cannot be found by words yet: no encoder knows any", asked=f"sort=words:{text}",
        hint="bring a pair such as CLIP: groundset encode DIR --encoder onnx:FILE --text FILE --tokenizer FILE",
    )  # fmt: skip


def _by_label(out: npt.NDArray[np.float32], classes: Coded[tuple[int, ...]], found: Sequence[Meant]) -> None:
    values, codes = classes.values, classes.codes
    fits = {m.code: m.fits for m in found}
    best = np.array([max((fits.get(code, 0.0) for code in there), default=0.0) for there in values] or [0.0])
    weight = np.where(codes >= 0, best[np.maximum(codes, 0)], 0.0)
    out[weight > 0] = (_SAID + weight[weight > 0]).astype(np.float32)


def _by_score(
    out: npt.NDArray[np.float32], moment: Moment, found: Sequence[Meant], bare: npt.NDArray[np.bool_]
) -> None:
    for one in found:
        scores = moment.scores(Want(one.code))
        if scores is None or scores.meaning not in ("score", "confidence"):
            continue
        likely = bare & (scores.values >= LIKELY)
        ranks = (_SCORED + scores.values * np.float32(one.fits)).astype(np.float32)
        out[likely] = np.fmax(out[likely], ranks[likely])
