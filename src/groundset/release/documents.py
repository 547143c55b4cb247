"""The documents of a release for people and for other programs."""

from __future__ import annotations

import json
from pathlib import Path

from groundset._files import write_text
from groundset.release.card import render_card
from groundset.release.croissant import croissant
from groundset.release.dataset_py import render_dataset_py
from groundset.release.facts import ReleaseFacts
from groundset.release.report import render_report


def write_documents(folder: Path, facts: ReleaseFacts) -> tuple[Path, ...]:
    """Write ``dataset.py``, ``report.html``, ``README.md`` and ``croissant.json`` into a release; return their paths.

    The same facts and files give the same bytes.

    Args:
        folder: The release, with items, ``chips.parquet`` and the other files already in it.
        facts: What the documents say.
    """
    texts = {
        "dataset.py": render_dataset_py(facts),
        "report.html": render_report(folder, facts),
        "README.md": render_card(facts),
        "croissant.json": json.dumps(croissant(folder, facts), indent=2, ensure_ascii=False) + "\n",
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return tuple(folder / name for name in texts)
