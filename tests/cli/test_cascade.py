"""``groundset cascade``: each step from the command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from cascadelake import cascade_lake, has

from groundset.cli.app import main


@pytest.fixture
def cascade(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a step; what it prints."""

    def run(*args: object, code: int = 0, stdin: str = "") -> str:
        monkeypatch.setattr("sys.argv", ["groundset", "cascade", *map(str, args)])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as done:
            main()
        told = capsys.readouterr()
        assert int(done.value.code or 0) == code, told
        return told.out + told.err

    return run


def test_begin_answer_go_on_and_back(tmp_path: Path, cascade: Callable[..., str]) -> None:
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
