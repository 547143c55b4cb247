"""``groundset cascade``: each step from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cascadelake import cascade_lake, has


def cascade(*args: object, code: int = 0, stdin: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "groundset", "cascade", *map(str, args)], input=stdin,
        capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_begin_answer_go_on_and_back(tmp_path: Path) -> None:
    cascade_lake(tmp_path / "lake").close()
    lake = tmp_path / "lake"
    assert "begin one" in cascade("status", lake, code=2)
    assert "water-lakes" in cascade("start", lake, "--class", "water", "--recall", 0.95)
    ids = cascade("suggest", lake, "-n", 36).split()
    for value, wanted in (("positive", True), ("negative", False)):
        text = "\n".join(chip for chip in ids if has(chip) == wanted)
        assert f"answered {value}" in cascade("answer", lake, "-", "--value", value, stdin=text)
    assert "chips made" in cascade("advance", lake, "--workers", 1)
    assert "level 1 of 2" in cascade("list", lake)
    assert "taken back" in cascade("back", lake) + cascade("back", lake)
