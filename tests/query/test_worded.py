"""Chips are found by words: by label, by score, by their picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from madelake import lake_like_image, write_scene
from onnxpairs import TEXT, TOKENIZER, write_pair

import groundset as gs
from groundset.core import InputError


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[gs.Workspace]:
    image = lake_like_image(128, 128, 0)[0][:4]
    scene = write_scene(tmp_path / "a.tif", image)
    with gs.create(tmp_path / "lake", scheme="water") as made:
        made.ingest(scene, bands=["blue", "green", "red", "nir"], chip_size=32, scene_id="a")
        yield made


def chips(ws: gs.Workspace) -> list[str]:
    return sorted(ws.chips["chip_id"].to_pylist())


def test_labelled_chips_come_first_then_those_that_a_model_scores(ws: gs.Workspace) -> None:
    ids = chips(ws)
    assert ws.search(words="lakes", task="chips").total == 0
    ws.annotate(ids[3], "water", task="chips")
    assert list(ws.search(words="lakes", task="chips")) == [ids[3]]
    assert list(ws.search("cloud_cover < 3", words="lakes", task="chips")) == []
    ws.annotate([ids[0], ids[5]], "water", task="chips")
    ws.annotate([ids[7], ids[9], ids[12]], "non-water", task="chips")
    found = ws.search(words="LAKE", task="chips", limit=None)
    assert list(found)[:3] == sorted([ids[0], ids[3], ids[5]])
    assert found.meaning in ("score", "confidence")
    scores = [s for s in found.scores[3:] if s is not None]
    assert scores == sorted(scores, reverse=True)
    assert all(s >= 0.5 for s in scores)
    assert not {ids[7], ids[9], ids[12]} & set(found)  # people said that they are not
    assert set(ws.search(words="not water", task="chips", limit=None)) >= {ids[7], ids[9], ids[12]}
    newest = ws.search(words="lake", task="chips", sort="random:3", limit=None)
    assert set(newest) == set(found)
    assert list(newest) != list(found)


def test_nothing_meant_is_told(ws: gs.Workspace) -> None:
    with pytest.raises(InputError, match="no class is meant") as caught:
        ws.search(words="motorway", task="chips")
    assert "synonyms" in str(caught.value.hint)
    with pytest.raises(InputError) as caught:
        ws.search(words="watr", task="chips")
    assert caught.value.hint == "did you mean water?"
    with pytest.raises(InputError, match="no encoder knows any"):
        ws.search(sort="words:lake")
    with pytest.raises(InputError, match="too many words"):
        ws.search(words="lake " * 100)
    with pytest.raises(InputError, match="no such order"):
        ws.search(sort="words: ")
    assert ws.search(words="  ", limit=None).total == len(ws.chips)


def test_images_are_ranked_by_words(ws: gs.Workspace, tmp_path: Path) -> None:
    image = write_pair(tmp_path / "pair")
    before = ws.ranker.stamp()
    report = ws.encode(f"onnx:{image}", text=tmp_path / "pair" / TEXT, tokenizer=tmp_path / "pair" / TOKENIZER)
    assert ws.ranker.stamp() != before
    assert "found by words" in report.summary()
    X = ws.lake.features("onnx-tiny").read_part("a_0")
    ids = ws.chips["chip_id"].to_pylist()
    for word in ("lake", "red"):
        from groundset.features.text import kept_text

        vector = kept_text(ws.lake.features("onnx-tiny").folder).encode(word)
        cosines = (X @ vector) / np.linalg.norm(X, axis=1)
        found = ws.search(sort=f"words:{word}", limit=None)
        assert list(found) == [ids[i] for i in np.argsort(-cosines, kind="stable")]
        assert found.meaning == "similarity"
        assert np.allclose(found.scores, np.maximum(np.sort(cosines)[::-1], 0), atol=1e-4)
    ws.annotate(ids[-1], "water", task="chips")
    both = list(ws.search(words="lake", task="chips", limit=None))  # said first, then by picture
    rest = [i for i in ws.search(sort="words:lake", limit=None) if i != ids[-1]]
    assert both == [ids[-1], *rest]
    assert ws.search(words="red", task="chips", limit=None).total == len(ids)  # no class is meant, pictures are


def test_synonyms_in_the_scheme_are_seen_at_once(ws: gs.Workspace) -> None:
    ids = chips(ws)
    ws.annotate(ids[2], "water", task="chips")
    with pytest.raises(InputError):
        ws.search(words="Gewässern", task="chips")
    file = ws.lake.scheme_file("chips")
    lines = file.read_text().splitlines()
    head, *rows = lines
    rows = [row + (",de:Gewässer;fr:étang" if row.startswith("1,") else ",") for row in rows]
    file.write_text("\n".join([head + ",synonyms", *rows]) + "\n")
    assert list(ws.search(words="Gewässern", task="chips")) == [ids[2]]
    assert list(ws.search(words="etangs", task="chips")) == [ids[2]]
