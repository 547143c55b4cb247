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
    cascade("back", lake)
    refused = cascade("back", lake, code=2)
    assert "--whole" in refused
    assert "is taken back" in cascade("back", lake, "--whole")


def test_a_conflict_is_settled_by_the_command_that_is_told_also_where_two_are_open(
    tmp_path: Path, cascade: Callable[..., str]
) -> None:
    cascade_lake(tmp_path / "lake").close()
    lake = tmp_path / "lake"
    cascade("start", lake, "--class", "water")
    parent = "lakes_0_1_1"
    cascade("answer", lake, parent)
    cascade("advance", lake, "--workers", 1)
    cascade("start", lake, "--class", "non-water")
    cascade("answer", lake, parent, "--value", "negative", "--name", "water-lakes")
    cascade("answer", lake, "lakes_1_2_2", "--name", "water-lakes")
    assert "1 answer contradicts those" in cascade("status", lake, "water-lakes")
    told = cascade("conflicts", lake, "water-lakes")
    [line] = [one for one in told.splitlines() if f"DIR {parent} " in one]
    words = line.split("groundset cascade ")[1].split()
    cascade(*(lake if word == "DIR" else word for word in words))
    assert "no answers contradict" in cascade("conflicts", lake, "water-lakes")


def test_says_why_nothing_is_suggested(tmp_path: Path, cascade: Callable[..., str]) -> None:
    opened = cascade_lake(tmp_path / "lake")
    lake = tmp_path / "lake"
    features = list(opened.features("default").folder.glob("*.npy"))
    chips = [opened.chips.path(part) for part in opened.chips.batches("lakes", 0)]
    opened.close()
    cascade("start", lake, "--class", "water")
    assert features
    for file in features:
        file.unlink()
    for told in (cascade("suggest", lake, code=2), cascade("make", lake, "--workers", 1, code=2)):
        assert "groundset encode DIR --encoder default" in " ".join(told.split())
    assert "No chip of level 0 has features" in cascade("status", lake)
    assert cascade_encode(lake) == 36
    assert len(cascade("suggest", lake, "-n", 5).split()) == 5
    for file in chips:
        file.unlink()
    told = " ".join(cascade("suggest", lake, code=2).split())
    assert "no chip of level 0 is there" in told.lower()
    assert "groundset cascade make DIR water-lakes" in told
    cascade("make", lake, "--workers", 1)
    ids = cascade("suggest", lake, "-n", 36).split()
    cascade("answer", lake, *ids, "--value", "negative")
    assert "every chip that is looked at is answered" in " ".join(cascade("suggest", lake).split())


def cascade_encode(lake: Path) -> int:
    """Features again, as ``groundset encode DIR --encoder default`` has it; how many."""
    import groundset as gs

    with gs.open(lake) as ws:
        return ws.encode("default").chips
