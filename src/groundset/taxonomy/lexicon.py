"""Classes by words: over names, titles, synonyms and definitions, whatever their endings, in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Literal

from groundset.core import Scheme, SchemeClass

Where = Literal["name", "title", "synonym", "definition", "parent"]

LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Languages whose endings are known (Snowball, Porter 2001), by the two letters before a synonym: ``de:Gewässer``."""

_WEIGHT: dict[Where, float] = {"name": 1.0, "title": 1.0, "synonym": 0.9, "definition": 0.5}
_PARENT = 0.9
_PREFIX = 0.6
_SHORTEST_PREFIX = 3
_GUESSED = len("de:xxx")
_ENOUGH = 0.5
"""A class is meant where it fits at least this well, against the one that fits best."""
_TAGGED = re.compile(r"\s*([a-z]{2})(?:-[A-Za-z]{2,4})?:\s*(.+)", re.DOTALL)
_PHRASES = re.compile(r"[.,;:()/]+")
_WORDS = re.compile(r"[^\W_]+")
_NOT = frozenset({
    "non", "no", "not", "without", "none", "kein", "keine", "keinen", "nicht", "ohne", "sans", "pas", "sin", "senza",
    "sem", "geen", "niet", "zonder",
})  # fmt: skip
_SMALL = frozenset({
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "of", "on", "or", "other",
    "that", "the", "to", "with", "die", "der", "das", "den", "dem", "ein", "eine", "und", "oder", "mit", "im", "von",
    "le", "la", "les", "des", "du", "de", "un", "une", "et", "ou", "el", "los", "las", "y", "il", "e", "o",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meant:
    """A class that words mean.

    Args:
        code: Its code.
        name: Its name.
        fits: How well it fits, 0-1.
        where: Where the words were found first: name, title, synonym, definition, or the class above it.
        word: What was found there.
    """

    code: int
    name: str
    fits: float
    where: Where
    word: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A word of a class: its keys in each language that it may be of, and what it stands in."""

    where: Where
    word: str
    keys: frozenset[str]
    plain: str


def meant(scheme: Scheme, text: str) -> tuple[Meant, ...]:
    """The classes that words mean, the one that fits best first; none where no word is known.

    Words count whatever their endings (Snowball stemmers), capitals and accents. A synonym may say its language,
    ``de:Gewässer``; other texts are held for English, or for any language that the scheme names. "no water" and
    "non-water" are not water. A word that is not finished finds what begins with it. Where a class is meant, so are the
    classes below it.

    Args:
        scheme: The classes.
        text: Words, as a person types them.
    """
    index = _index(scheme)
    words = list(_words(text))
    if not words:
        return ()
    own: dict[int, Meant] = {}
    for c, terms in zip(scheme, index.terms, strict=True):
        hits = [_best(word, terms, index.languages) for word in words]
        found = [hit for hit in hits if hit is not None]
        if found:
            term = max(found, key=lambda hit: hit[0])[1]
            own[c.code] = Meant(c.code, c.name, sum(fits for fits, _ in found) / len(words), term.where, term.word)
    top = max((m.fits for m in own.values()), default=0.0)
    kept = {code: m for code, m in own.items() if m.fits >= _ENOUGH * top}
    for c in scheme:  # a class stands before those below it, or the loop above has both
        _from_above(c, scheme, kept)
    order = {c.code: i for i, c in enumerate(scheme)}
    return tuple(sorted(kept.values(), key=lambda m: (-m.fits, order[m.code])))


def nearest(scheme: Scheme, text: str, n: int = 3) -> tuple[str, ...]:
    """Words of the scheme that look most like these: what was meant where nothing was found."""
    known = {t.word.lower(): None for terms in _index(scheme).terms for t in terms if t.where != "definition"}
    known |= {t.word.lower(): None for terms in _index(scheme).terms for t in terms}
    out: dict[str, None] = {}
    for word in _WORDS.findall(text.lower()):
        out |= dict.fromkeys(get_close_matches(word, known, n, 0.7))
    return tuple(out)[:n]


def language_of(synonym: str) -> tuple[str | None, str]:
    """The language that a synonym says before a colon, and the synonym itself."""
    found = _TAGGED.fullmatch(synonym)
    return (found[1], found[2].strip()) if found else (None, synonym.strip())


@dataclass(frozen=True, slots=True)
class _Index:
    languages: tuple[str, ...]
    terms: tuple[tuple[_Term, ...], ...]


@lru_cache(maxsize=32)
def _index(scheme: Scheme) -> _Index:
    tagged = {language_of(s)[0] for c in scheme for s in c.synonyms}
    languages = tuple(dict.fromkeys(["en", *sorted(x for x in tagged if x in LANGUAGES)]))
    return _Index(languages, tuple(tuple(_terms(c, languages)) for c in scheme))


def _terms(c: SchemeClass, languages: tuple[str, ...]) -> Iterator[_Term]:
    texts: list[tuple[Where, str, str | None]] = [("name", c.name, None), ("title", c.title, None)]
    texts += [("synonym", text, language) for language, text in map(language_of, c.synonyms)]
    texts += [("definition", c.definition or "", None)]
    for where, text, language in texts:
        spoken = languages if language is None else (language,) if language in LANGUAGES else ()
        for word in _words(text):
            keys = _keys(word, spoken)
            if language is None:  # short stems of a language that is only guessed are those of anything
                keys = frozenset(k for k in keys if k.lstrip("!").startswith("en:") or len(k) > _GUESSED)
            yield _Term(where, word.removeprefix("!"), keys, _plain(word))


def _words(text: str) -> Iterator[str]:
    """The words that say something, in small letters; ``!`` stands before those that are denied."""
    for phrase in _PHRASES.split(text.lower()):
        denied = ""
        for word in _WORDS.findall(phrase):
            if word in _NOT:
                denied = "!"
            elif word not in _SMALL:
                yield denied + word


def _best(word: str, terms: tuple[_Term, ...], languages: tuple[str, ...]) -> tuple[float, _Term] | None:
    """The term that a word fits best, and how well."""
    best: tuple[float, _Term] | None = None
    plain, keys = _plain(word), _keys(word, languages)
    for term in terms:
        weight = _WEIGHT[term.where]
        if not (plain == term.plain or keys & term.keys):
            if not _begins(plain, term.plain):
                continue
            weight *= _PREFIX
        if best is None or weight > best[0]:
            best = weight, term
    return best


def _begins(typed: str, known: str) -> bool:
    if any(ord(letter) > 0x2E7F for letter in typed):  # scripts that put no blanks between words
        return typed in known
    return len(typed.removeprefix("!")) >= _SHORTEST_PREFIX and known.startswith(typed)


def _from_above(c: SchemeClass, scheme: Scheme, kept: dict[int, Meant]) -> None:
    above, steps = c.parent, 0
    while above is not None and steps <= len(scheme):
        parent = scheme.find(above)
        found = kept.get(parent.code)
        if found is not None and found.where != "parent":
            fits = found.fits * _PARENT
            if c.code not in kept or kept[c.code].fits < fits:
                kept[c.code] = Meant(c.code, c.name, fits, "parent", parent.name)
            return
        above, steps = parent.parent, steps + 1


@lru_cache(maxsize=4096)
def _keys(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Stems of a word, each with its language before it, so that only stems of one language are compared."""
    denied, bare = ("!", word[1:]) if word.startswith("!") else ("", word)
    out = set()
    for language in languages:
        for form in {bare, _plain(bare)}:
            out.add(f"{denied}{language}:{_plain(_stemmer(LANGUAGES[language]).stemWord(form))}")
    return frozenset(out)


def _plain(text: str) -> str:
    """Without accents and other marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(language)
