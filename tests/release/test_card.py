"""README.md: the dataset card."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from groundset.release.card import md, render_card
from groundset.release.facts import ReleaseFacts

Make = Callable[..., ReleaseFacts]


def test_sections_and_front_matter(small_facts: Make, tmp_path: Path) -> None:
    text = render_card(small_facts(tmp_path))
    _, front, body = text.split("---\n", 2)
    fields = {k: json.loads(v) for k, v in (line.split(": ", 1) for line in front.splitlines())}
    assert fields["license"] == "cc-by-4.0"
    assert fields["task_categories"] == ["image-segmentation"]
    assert fields["pretty_name"].startswith("<b>Lake</b>")
    headings = [line[3:] for line in body.splitlines() if line.startswith("## ")]
    assert headings == ["Classes", "Splits", "How it was labelled", "Accuracy", "Limits", "Bands", "Licence",
                        "Citation", "How to load"]  # fmt: skip
    for wanted in ("255 is unlabelled", "160 m", "0.850 to 0.930", "4 chips inside the buffer", 'gs.load("v1"'):
        assert wanted in body, wanted


def test_names_are_text_not_markup(small_facts: Make, tmp_path: Path) -> None:
    body = render_card(small_facts(tmp_path)).split("---\n", 2)[2]
    html = MarkdownIt("commonmark").enable("table").render(body)
    assert "<b>" not in html
    assert not {"<", "&"} & set(render_card(small_facts(tmp_path / "front")).split("---\n", 2)[1])
    assert "<script>" not in html
    assert html.count("<h1>") == 1
    assert "&lt;b&gt;Lake&lt;/b&gt; &amp; &quot;friends&quot; $title | `x`</h1>" in html
    rows = [r for r in html.split("<tr>") if "Dry &amp; &lt;high&gt;" in r]
    assert rows
    assert rows[0].count("<td>") == 6


def test_without_licence_model_or_review_it_says_so(small_facts: Make, tmp_path: Path) -> None:
    facts = replace(small_facts(tmp_path), license="other", license_stated=False, models=())
    text = render_card(facts)
    assert "No licence was stated" in text
    assert "not reviewed by two people" in text
    assert "Model |" not in text


@pytest.mark.parametrize("text", ["a|b", "[x](y)", "*a*", "<i>", "two\nlines", "`code`", "# head"])
def test_any_text_is_one_line_of_plain_text(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"x {md(text)}")
    inline = [t for t in tokens if t.type == "inline"]
    assert len(inline) == 1
    kinds = {c.type for c in inline[0].children or []}
    assert kinds <= {"text", "text_special"}
