"""``/api/words``: which classes words mean, while somebody types them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from groundset.query.worded import check_words
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import MeantClass, WordsFound
from groundset.server.replies import problems
from groundset.taxonomy.lexicon import meant, nearest

router = APIRouter(tags=["chips"])


@router.get("/words", responses=problems(422), dependencies=[needs("read")])
def get_words(
    here: Here,
    q: Annotated[str, Query(description="Words, as far as they are typed", max_length=500)] = "",
    task: Annotated[str | None, Query(description="Task whose classes are meant")] = None,
) -> WordsFound:
    """The classes that words mean, by name, title, synonym or definition, the one that fits best first.

    Their chips are `/api/chips?words=`. Endings, capitals and accents do not count; a synonym may say its language.
    """
    text = check_words(q)
    chosen = here.index.task(task)
    pictures = here.ranker.knows_words()
    if chosen is None or text is None:
        return WordsFound(classes=[], near=[], pictures=pictures)
    scheme = here.lake.scheme(chosen.name)
    chips = here.index.labels(chosen.name).column("classes").counts()
    found = [
        MeantClass(
            code=m.code, name=m.name, title=scheme.find(m.code).title, color=scheme.find(m.code).color,
            fits=round(m.fits, 4), where=m.where, word=m.word,
            labelled=sum(n for codes, n in chips.items() if m.code in codes),
        )
        for m in meant(scheme, text)
    ]  # fmt: skip
    return WordsFound(classes=found, near=[] if found else list(nearest(scheme, text)), pictures=pictures)
