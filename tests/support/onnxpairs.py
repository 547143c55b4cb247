"""A tiny pair of encoders as CLIP's, exported here: two bands and words share a space of six numbers.

The image half gives each band's mean a direction; the text half the mean of its tokens' directions, where "red" points
where red is bright and "lake" where nir is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxencoders import CARD, weights_of, write_encoder

WORDS = {"red": 0, "lake": 1}
"""Words that the text half knows, and the band that they speak of."""

TEXT, TOKENIZER = "text.onnx", "tokenizer.json"


def write_pair(folder: Path, *, dim: int = 6, text_dim: int = 6, named: bool = False, **text: Any) -> Path:
    """Write ``tiny.onnx`` with its card, ``text.onnx`` and ``tokenizer.json``; the image half's path.

    Args:
        folder: Where.
        dim: Length of the image half's vectors.
        text_dim: Length of the text half's.
        named: Whether the card names the text half.
        **text: Of :func:`write_text`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    card = {**CARD, "dim": dim} | ({"text": {"model": TEXT, "tokenizer": TOKENIZER}} if named else {})
    image = write_encoder(folder / "tiny.onnx", card, dim=dim)
    vocab = write_tokenizer(folder / TOKENIZER)
    write_text(folder / TEXT, vocab, dim=text_dim, **text)
    return image


def write_tokenizer(path: Path) -> dict[str, int]:
    """A tokenizer that knows each letter, and the words of :data:`WORDS` by merges; its vocabulary."""
    from groundset.features.bpe import _letters

    vocab: dict[str, int] = {}
    for letter in _letters().values():
        vocab |= {letter: len(vocab), letter + "</w>": len(vocab) + 1}
    merges = []
    for word in WORDS:
        left = word[0]
        for i, letter in enumerate(word[1:], 2):
            right = letter + ("</w>" if i == len(word) else "")
            merges.append(f"{left} {right}")
            left += right
            vocab.setdefault(left, len(vocab))
    vocab |= {"<|startoftext|>": len(vocab), "<|endoftext|>": len(vocab) + 1}
    path.write_text(json.dumps({"model": {
        "type": "BPE", "end_of_word_suffix": "</w>", "vocab": vocab, "merges": merges,
    }}))  # fmt: skip
    return vocab


def write_text(
    path: Path, vocab: dict[str, int], *, dim: int = 6, length: int | str = "tokens", mask: bool = False,
    output: str = "text_embeds", ids: str = "input_ids",
) -> Path:  # fmt: skip
    """Tokens (n, tokens) -> (n, dim): the mean of a direction for each token; 0 for those that say nothing."""
    table = np.zeros((len(vocab), dim), np.float32)
    weights = weights_of()
    for word, band in WORDS.items():
        table[vocab[word + "</w>"], : weights.shape[1]] = weights[band][:dim]
    inputs = [helper.make_tensor_value_info(ids, TensorProto.INT64, ["n", length])]
    nodes = [helper.make_node("Gather", ["table", ids], ["each"])]
    if mask:
        inputs.append(helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["n", length]))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["counts"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["counts", "last"], ["column"]),
            helper.make_node("Mul", ["each", "column"], ["seen"]),
            helper.make_node("ReduceMean", ["seen"], [output], axes=[1], keepdims=0),
        ]
    else:
        nodes.append(helper.make_node("ReduceMean", ["each"], [output], axes=[1], keepdims=0))
    graph = helper.make_graph(
        nodes, "g", inputs, [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", dim])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([2]), "last")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path
