"""The text half of a pair: opened, tried, kept; what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnxencoders import weights_of
from onnxpairs import TEXT, TOKENIZER, write_pair, write_text, write_tokenizer

from groundset.core import ConflictError, InputError, MissingError
from groundset.features.text import TextFiles, has_text, keep_text, kept_text, open_text, text_mark


def files(folder: Path) -> TextFiles:
    return TextFiles(folder / TEXT, folder / TOKENIZER, "a photo of {}")


@pytest.mark.parametrize(
    "how", [{}, {"length": 12}, {"length": 12, "mask": True}, {"mask": True}, {"ids": "x", "output": "y"}]
)
def test_words_point_where_their_band_is_bright(tmp_path: Path, how: dict[str, object]) -> None:
    write_pair(tmp_path, **how)
    encoder = open_text(files(tmp_path), 6)
    for word, band in (("lake", 1), ("Red!", 0)):
        wanted = weights_of()[band] / np.linalg.norm(weights_of()[band])
        assert np.allclose(encoder.encode(word), wanted, atol=1e-5)
    with pytest.raises(InputError, match="no direction"):
        encoder.encode("xyz")
    long = encoder.encode("lake " * 200)  # cut, but with its end
    assert np.isclose(np.linalg.norm(long), 1)


def test_kept_it_is_the_same_until_a_file_changes(tmp_path: Path) -> None:
    write_pair(tmp_path / "from")
    kept = tmp_path / "features" / "onnx-tiny"
    kept.mkdir(parents=True)
    assert not has_text(kept)
    assert text_mark(kept) == ""
    with pytest.raises(MissingError, match="knows no words"):
        kept_text(kept)
    keep_text(files(tmp_path / "from"), kept, 6)
    assert has_text(kept)
    one = kept_text(kept)
    assert one is kept_text(kept)
    assert one.prompt == "a photo of {}"
    (kept / TOKENIZER).write_text((kept / TOKENIZER).read_text() + " ")
    with pytest.raises(ConflictError, match="not the one that was kept"):
        kept_text(kept)
    (kept / TEXT).unlink()
    with pytest.raises(MissingError, match="is gone"):
        kept_text(kept)


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    write_pair(tmp_path, text_dim=8)
    with pytest.raises(InputError, match="vectors of different lengths") as caught:
        open_text(files(tmp_path), 6)
    assert "images: 6" in str(caught.value.asked)
    assert "text: 8" in str(caught.value.found)
    whole = (tmp_path / TEXT).read_bytes()
    (tmp_path / TEXT).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole ONNX model"):
        open_text(files(tmp_path), 6)
    with pytest.raises(MissingError, match="no such text encoder"):
        open_text(TextFiles(tmp_path / "none.onnx", tmp_path / TOKENIZER), 6)
    with pytest.raises(InputError, match="no text encoder"):
        open_text(TextFiles(tmp_path / "tiny.onnx", tmp_path / TOKENIZER), 6)  # the image half
    for prompt in ("", "{} {}", "a lake"):
        with pytest.raises(InputError, match="one place for the words"):
            TextFiles(tmp_path / TEXT, tmp_path / TOKENIZER, prompt)
    few = dict(list(write_tokenizer(tmp_path / TOKENIZER).items())[:5])
    write_text(tmp_path / TEXT, {**few, "red</w>": 3, "lake</w>": 4})
    with pytest.raises(InputError, match="failed on its input"):  # a tokenizer with more tokens than the model
        open_text(files(tmp_path), 6)
