"""Tokens are those of the published tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnxpairs import write_tokenizer

from groundset.core import InputError, MissingError
from groundset.features.bpe import Tokenizer, read_tokenizer

ORACLE = json.loads((Path(__file__).parent / "clip-tokenizer.json").read_text(encoding="utf-8"))
"""A small tokenizer with CLIP's settings, and what the ``tokenizers`` package (0.23) makes of some texts."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("bpe") / "tokenizer.json"
    path.write_text(json.dumps(ORACLE["tokenizer"]))
    return read_tokenizer(path)


@pytest.mark.parametrize(("text", "tokens"), ORACLE["tokens"])
def test_tokens_are_those_of_the_published_tokenizer(trained: Tokenizer, text: str, tokens: list[int]) -> None:
    assert trained.encode(text) == [trained.start, *tokens, trained.stop]


@given(st.text(max_size=60))
def test_any_text_has_tokens(trained: Tokenizer, text: str) -> None:
    letters = {number: token for token, number in trained.vocab.items()}
    said = "".join(letters[n] for n in trained.encode(text)[1:-1]).replace("</w>", "")
    assert len(said) == len("".join(_clean(text)).encode())


def _clean(text: str) -> list[str]:
    import unicodedata

    return unicodedata.normalize("NFC", text).lower().split()


def test_vocabulary_and_merges_as_two_files(tmp_path: Path, trained: Tokenizer) -> None:
    model = ORACLE["tokenizer"]["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]), encoding="utf-8")
    for path in (tmp_path, tmp_path / "vocab.json", tmp_path / "merges.txt"):
        assert read_tokenizer(path).encode("frozen lakes") == trained.encode("frozen lakes")
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(MissingError, match="no merges beside"):
        read_tokenizer(tmp_path)


def test_what_is_no_tokenizer(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    with pytest.raises(MissingError, match="no such tokenizer"):
        read_tokenizer(file)
    write_tokenizer(file)
    whole = file.read_text()
    said = json.loads(whole)["model"]
    wrong = {
        "not a whole tokenizer": [
            whole[:-40],
            "[]",
            json.dumps({"model": {**said, "vocab": {}}}),
            json.dumps({"model": {**said, "merges": ["a"]}}),
            json.dumps({"model": {**said, "merges": ["湖 泊"]}}),
            json.dumps({"model": {**said, "vocab": {"a": 1}, "merges": []}}),
        ],
        "not CLIP's": [
            json.dumps({"model": {**said, "type": "WordPiece"}}),
            json.dumps({"model": {**said, "end_of_word_suffix": None}}),
            json.dumps({"model": 3}),
        ],
    }
    for message, texts in wrong.items():
        for text in texts:
            file.write_text(text)
            with pytest.raises(InputError, match=message):
                read_tokenizer(file)
    file.write_text(json.dumps({"model": {**said, "vocab": {k: v for k, v in said["vocab"].items() if k != "q</w>"}}}))
    with pytest.raises(InputError, match="lacks a part of this text"):
        read_tokenizer(file).encode("q")
