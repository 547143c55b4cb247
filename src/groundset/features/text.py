"""The text half of a pair of encoders as CLIP's: words become vectors that can be laid beside those of images.

Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision: both halves give vectors
of one length, and a text fits an image as the cosine between them says.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import atomic, sha256_file, write_text
from groundset.core import ConflictError, InputError, MissingError
from groundset.features.bpe import Tokenizer, files_of, read_tokenizer
from groundset.features.onnx_session import FLOATS, open_session

Vector = npt.NDArray[np.float32]

MODEL_FILE = "text.onnx"
RECORD_FILE = "text.json"
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt")
LONGEST = 77
"""Tokens of CLIP's longest text."""

_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_MASKS = {**_INTEGERS, "tensor(float)": np.float32, "tensor(bool)": np.bool_}
_OUTPUTS = ("text_embeds", "text_features", "text_embedding", "sentence_embedding", "embeddings")
_HOLE = "{}"


@dataclass(frozen=True, slots=True)
class TextFiles:
    """What makes up a text encoder.

    Args:
        model: ONNX file: whole numbers (n, tokens) in, float (n, dim) out; a second input ``attention_mask`` is given
            where it is wanted.
        tokenizer: ``tokenizer.json``, or ``vocab.json`` with ``merges.txt`` beside it.
        prompt: What words are put into, at ``{}``: a model that learned from sentences reads sentences best.
    """

    model: Path
    tokenizer: Path
    prompt: str = _HOLE

    def __post_init__(self) -> None:
        if self.prompt.count(_HOLE) != 1:
            raise InputError(
                "a prompt has one place for the words",
                asked=self.prompt,
                hint=f'such as "a satellite photo of {_HOLE}"',
            )


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """An open text encoder.

    Args:
        session: Its session.
        tokenizer: Its tokenizer.
        prompt: What words are put into.
        ids: Name and type of the input for tokens.
        mask: Name and type of the input that says which tokens count; None where there is none.
        output: Name of the output.
        length: Tokens that it always wants; None where it takes what there is.
        longest: Tokens that it takes at most.
        dim: Length of a vector.
    """

    session: Any
    tokenizer: Tokenizer
    prompt: str
    ids: tuple[str, Any]
    mask: tuple[str, Any] | None
    output: str
    length: int | None
    longest: int
    dim: int

    def encode(self, text: str) -> Vector:
        """A vector of length 1 for a text, float32 (dim,).

        Raises:
            InputError: The model fails, or gives no direction.
        """
        vector = self.vector(text)
        size = float(np.linalg.norm(vector))
        if not np.isfinite(size) or size == 0:
            raise InputError("the text encoder gives no direction for these words", asked=text, found=size)
        return np.asarray(vector / size, np.float32)

    def vector(self, text: str) -> Vector:
        """What the model gives for a text, as long as it comes, float32 (dim,)."""
        tokens = self.tokenizer.encode(self.prompt.replace(_HOLE, text))
        if len(tokens) > self.longest:  # what is too long loses its last words, never its end
            tokens = [*tokens[: self.longest - 1], self.tokenizer.stop]
        there = len(tokens)
        tokens += [self.tokenizer.pad] * ((self.length or 0) - there)
        given = {self.ids[0]: np.array([tokens], self.ids[1])}
        if self.mask is not None:
            given[self.mask[0]] = (np.arange(len(tokens)) < there)[None].astype(self.mask[1])
        try:
            (out,) = self.session.run([self.output], given)
        except Exception as error:
            raise InputError(
                "the text encoder's model failed on its input", asked=f"{self.ids[0]}: (1, {len(tokens)})",
                found=str(error).splitlines()[0],
            ) from error  # fmt: skip
        return np.asarray(out, np.float32).reshape(-1)


def open_text(files: TextFiles, dim: int) -> TextEncoder:
    """A text encoder, tried once.

    Args:
        files: Its files.
        dim: Length of the image encoder's vectors.

    Raises:
        MissingError: No such file.
        InputError: A file is cut short, is of another kind, or the two halves do not fit each other.
    """
    if not files.model.is_file():
        raise MissingError("no such text encoder", asked=files.model, hint="name the text encoder's .onnx file")
    hint = "copy it again, or export it again for a CPU, with its weights in the same file"
    session = open_session(files.model, threads=1, hint=hint)
    tokenizer = read_tokenizer(files.tokenizer)
    ids, mask = _inputs(session.get_inputs(), files.model)
    output = _output(session.get_outputs(), files.model)
    fixed = ids.shape[1] if isinstance(ids.shape[1], int) else None
    made = TextEncoder(
        session, tokenizer, files.prompt, (ids.name, _INTEGERS[ids.type]),
        None if mask is None else (mask.name, _MASKS[mask.type]), output, fixed,
        fixed or tokenizer.longest or LONGEST, dim,
    )  # fmt: skip
    found = len(made.vector("water"))
    if found != dim:
        raise InputError(
            "the two halves of the pair give vectors of different lengths", asked=f"images: {dim}",
            found=f"text: {found}, output {output} of {files.model}",
            hint="name a text encoder that was trained and exported with the image encoder, with its projection",
        )  # fmt: skip
    return made


def keep_text(files: TextFiles, folder: Path, dim: int) -> None:
    """Copy a text encoder into the folder of its image encoder's features, once it was tried.

    Args:
        files: Its files.
        folder: ``features/ENCODER``.
        dim: Length of the image encoder's vectors.

    Raises:
        MissingError, InputError: See :func:`open_text`.
    """
    open_text(files, dim)
    sums: dict[str, str] = {}
    for file in files_of(files.tokenizer):
        sums[file.name if file.name in TOKENIZER_FILES else TOKENIZER_FILES[0]] = _copied(file, folder)
    sums[MODEL_FILE] = _copied(files.model, folder, MODEL_FILE)
    record = {"prompt": files.prompt, "dim": dim, "sha256": sums}
    write_text(folder / RECORD_FILE, json.dumps(record, indent=2) + "\n")  # last: with it the pair is whole


def has_text(folder: Path) -> bool:
    """Whether words can be laid beside these features."""
    return (folder / RECORD_FILE).is_file()


def kept_text(folder: Path) -> TextEncoder:
    """The text encoder beside features; opened once in each process until a file changes.

    Raises:
        MissingError: There is none.
        ConflictError: A file is not the one that was kept.
    """
    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(
            "this encoder knows no words", asked=folder.name,
            hint="encode with its text half too: groundset encode DIR --encoder onnx:FILE --text FILE --tokenizer FILE",
        ) from None  # fmt: skip
    except ValueError as error:
        raise InputError("the record of the text encoder is broken", asked=folder / RECORD_FILE, found=error) from None
    stamps = tuple((name, *_stamp(folder / name)) for name in sorted(record["sha256"]))
    return _kept(folder, json.dumps(record, sort_keys=True), stamps)


@lru_cache(maxsize=4)
def _kept(folder: Path, record: str, stamps: tuple[tuple[str, int, int], ...]) -> TextEncoder:
    said: Mapping[str, Any] = json.loads(record)
    for name, _, _ in stamps:
        if sha256_file(folder / name) != said["sha256"][name]:
            raise ConflictError(
                "a file of the text encoder is not the one that was kept", asked=folder / name,
                hint="encode with the pair once more",
            )  # fmt: skip
    tokenizer = next(n for n in TOKENIZER_FILES if n in said["sha256"])
    return open_text(TextFiles(folder / MODEL_FILE, folder / tokenizer, said["prompt"]), int(said["dim"]))


def text_mark(folder: Path) -> str:
    """Changes when the text encoder of these features does; empty without one."""
    try:
        return hashlib.sha256((folder / RECORD_FILE).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def _copied(file: Path, folder: Path, name: str | None = None) -> str:
    """Copy a file; its SHA-256."""
    target = folder / (name or (file.name if file.name in TOKENIZER_FILES else TOKENIZER_FILES[0]))
    if file != target:
        with atomic(target) as beside:
            shutil.copyfile(file, beside)
    return sha256_file(target)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise MissingError(
            "a file of the text encoder is gone", asked=path, hint="encode with the pair again"
        ) from None
    return stat.st_size, stat.st_mtime_ns


def _inputs(nodes: list[Any], path: Path) -> tuple[Any, Any]:
    """The input for tokens, and that which says which of them count."""
    masks = [n for n in nodes if "mask" in n.name and n.type in _MASKS]
    ids = [n for n in nodes if n not in masks and n.type in _INTEGERS and len(n.shape) == 2]
    if len(ids) != 1 or {n.name for n in nodes} - {ids[0].name} - {m.name for m in masks}:
        raise InputError(
            "this is no text encoder: it does not take tokens alone", asked=path,
            found=", ".join(f"{n.name}: {n.type} {n.shape}" for n in nodes),
            hint="export the text half by itself: input_ids (n, tokens), attention_mask where it wants one",
        )  # fmt: skip
    return ids[0], masks[0] if masks else None


def _output(nodes: list[Any], path: Path) -> str:
    flat = [n for n in nodes if n.type in FLOATS and len(n.shape) == 2]
    named = [n for n in flat if n.name in _OUTPUTS]
    found = named or flat
    if not found or (len(found) > 1 and not named):
        raise InputError(
            "the text encoder has no output that is one vector a text", asked=path,
            found=", ".join(f"{n.name}: {n.type} {n.shape}" for n in nodes),
            hint=f"export it with its projection, as {_OUTPUTS[0]} (n, dim)",
        )  # fmt: skip
    return str(found[0].name)
