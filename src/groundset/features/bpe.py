"""Byte-pair encoding as CLIP's text encoders want it, from ``tokenizer.json`` or ``vocab.json`` with ``merges.txt``.

The algorithm is that of Sennrich, Haddow and Birch (2016) over bytes as Radford et al. (2019) write them, with the end
of a word marked, as Radford et al. (2021) trained CLIP. The ``tokenizers`` package would do it too; it brings a client
of a model hub with it, for the sake of a hundred lines.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from groundset.core import InputError, MissingError

END = "</w>"
_STARTS = ("<|startoftext|>", "<start_of_text>")
_STOPS = ("<|endoftext|>", "<end_of_text>")
_SHORT = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
_LONGEST_CACHE = 10_000


@dataclass(frozen=True)
class Tokenizer:
    """Turns text into numbers of tokens.

    Args:
        vocab: Number of each token.
        ranks: Place of each merge in the order in which they are done.
        start: Number of the token that begins a text.
        stop: Number of the token that ends it.
        pad: Number that fills up to a fixed length.
        longest: Tokens of the longest text, start and stop included, where the file says it.
        sha256: Of the files that it was read from.
        source: Where it was read.
    """

    vocab: Mapping[str, int]
    ranks: Mapping[tuple[str, str], int]
    start: int
    stop: int
    pad: int
    longest: int | None
    sha256: str
    source: str
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    def encode(self, text: str) -> list[int]:
        """The tokens of a text in small letters, between start and stop.

        Raises:
            InputError: The vocabulary lacks one of its bytes.
        """
        clean = " ".join(unicodedata.normalize("NFC", text).split()).lower()
        return [self.start, *(token for word in _words(clean) for token in self._word(word)), self.stop]

    def _word(self, word: str) -> tuple[int, ...]:
        known = self._known.get(word)
        if known is None:
            letters = [_letters()[byte] for byte in word.encode()]
            parts = self._merged([*letters[:-1], letters[-1] + END])
            try:
                known = tuple(self.vocab[part] for part in parts)
            except KeyError as error:
                raise InputError(
                    "the tokenizer's vocabulary lacks a part of this text", asked=repr(word), found=f"no {error}",
                    hint=f"is {self.source} the text encoder's own?",
                ) from None  # fmt: skip
            if len(self._known) < _LONGEST_CACHE:
                self._known[word] = known
        return known

    def _merged(self, parts: list[str]) -> list[str]:
        """The parts of a word, joined pair by pair, the merge that was learned first before others."""
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            first = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if first not in self.ranks:
                break
            out, i = [], 0
            while i < len(parts):
                together = i + 1 < len(parts) and (parts[i], parts[i + 1]) == first
                out.append(parts[i] + parts[i + 1] if together else parts[i])
                i += 2 if together else 1
            parts = out
        return parts


def read_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer from ``tokenizer.json``, or from ``vocab.json`` with ``merges.txt`` beside it (or their folder).

    Raises:
        MissingError: No such file.
        InputError: It is cut short, or of another kind than CLIP's.
    """
    if path.is_dir():
        path = next(
            (path / n for n in ("tokenizer.json", "vocab.json") if (path / n).is_file()), path / "tokenizer.json"
        )
    if path.name == "merges.txt":
        path = path.with_name("vocab.json")
    if not path.is_file():
        raise MissingError(
            "no such tokenizer file", asked=path, hint="name tokenizer.json, or vocab.json with merges.txt beside it"
        )
    data = path.read_bytes()
    said = _json(path, data)
    if "model" not in said:
        merges = path.with_name("merges.txt")
        if not merges.is_file():
            raise MissingError("no merges beside this vocabulary", asked=merges, hint="copy merges.txt beside it")
        lines = merges.read_text(encoding="utf-8").splitlines()
        pairs = [line for line in lines if line.strip() and not line.startswith("#version")]
        return _made(said, pairs, {}, path, data + merges.read_bytes())
    model = said["model"]
    kind = model.get("type", "BPE") if isinstance(model, dict) else type(model).__name__
    if kind != "BPE" or model.get("end_of_word_suffix") != END:
        raise InputError(
            "this tokenizer is not CLIP's", asked=path, found=f"{kind}, word end {model.get('end_of_word_suffix')!r}"
            if isinstance(model, dict) else kind, hint=f"byte-pair encoding with the word end {END} is read",
        )  # fmt: skip
    return _made(model.get("vocab"), model.get("merges"), said, path, data)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that a tokenizer is read from."""
    if path.is_dir():
        path = next((path / n for n in ("tokenizer.json", "vocab.json") if (path / n).is_file()), path)
    if path.name in ("vocab.json", "merges.txt"):
        return path.with_name("vocab.json"), path.with_name("merges.txt")
    return (path,)


def _made(vocab: Any, merges: Any, said: Mapping[str, Any], path: Path, data: bytes) -> Tokenizer:
    if not isinstance(vocab, dict) or not all(isinstance(n, int) and n >= 0 for n in vocab.values()) or not vocab:
        raise _broken(path, "no vocabulary of tokens with their numbers")
    pairs = (
        [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in merges] if isinstance(merges, list) else []
    )
    if not all(len(pair) == 2 and all(isinstance(p, str) for p in pair) for pair in pairs):
        raise _broken(path, "a merge is two tokens")
    unknown = next((pair for pair in pairs if "".join(pair) not in vocab), None)
    if unknown is not None:
        raise _broken(path, f"the merge {' '.join(unknown)} makes no token of the vocabulary")
    every = {**vocab, **_added(said)}
    start, stop = (next((every[t] for t in names if t in every), None) for names in (_STARTS, _STOPS))
    if start is None or stop is None:
        raise _broken(path, f"no {_STARTS[0]} or {_STOPS[0]}")
    padding, cut = said.get("padding"), said.get("truncation")
    pad = padding.get("pad_id") if isinstance(padding, dict) else None
    longest = cut.get("max_length") if isinstance(cut, dict) else None
    ranks = {pair: i for i, pair in enumerate(pairs)}
    sha256 = hashlib.sha256(data).hexdigest()
    return Tokenizer(vocab, ranks, start, stop, stop if pad is None else pad, longest, sha256, str(path))  # type: ignore[arg-type]


def _added(said: Mapping[str, Any]) -> dict[str, int]:
    added = said.get("added_tokens")
    return {t["content"]: t["id"] for t in added if isinstance(t, dict)} if isinstance(added, list) else {}


def _json(path: Path, data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except ValueError as error:
        raise _broken(path, f"{len(data)} bytes: {error}") from None
    if not isinstance(said, dict):
        raise _broken(path, f"a {type(said).__name__}")
    return said


def _broken(path: Path, found: str) -> InputError:
    return InputError("this is not a whole tokenizer", asked=path, found=found, hint="copy it again")


def _words(text: str) -> Iterator[str]:
    """Runs of letters, single digits, runs of other signs; what is left of "it's" after the apostrophe."""
    for run in re.split(r"\s+", text):
        i = 0
        while i < len(run):
            short = next((s for s in _SHORT if run.startswith(s, i)), None)
            end = i + len(short) if short else i + 1
            kind = _kind(run[i])
            if short is None and kind != "N":
                while end < len(run) and _kind(run[end]) == kind:
                    end += 1
            yield run[i:end]
            i = end


def _kind(letter: str) -> str:
    major = unicodedata.category(letter)[0]
    return major if major in "LN" else "other"


@cache
def _letters() -> dict[int, str]:
    """A letter that can be seen for each byte (Radford et al. 2019)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    out = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in out:
            out[byte] = chr(256 + len(out) - len(plain))
    return out
