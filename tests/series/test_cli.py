"""Series and words on the command line."""

from __future__ import annotations

import pytest

import groundset as gs
from groundset.cli.app import main

FIRST, SECOND = "boadella_2020-01-13", "boadella_2020-01-28"


def test_a_series_a_task_about_change_and_words(
    ws: gs.Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: object, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["groundset", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            main()
        told = capsys.readouterr()
        assert int(done.value.code or 0) == code, told
        return told.out + told.err

    root = ws.root
    assert f"boadella: {FIRST} (2020-01-13), {SECOND} (2020-01-28)" in run("add", "series", root)
    assert "proposals: boadella" in run("add", "series", root, "other", code=2)
    assert f"added series boadella: {FIRST}, {SECOND}" in run("add", "series", root, "boadella")
    assert "a scene is in one series" in run("add", "series", root, "other", FIRST, SECOND, code=2)
    assert "no scenes share a grid" in run("add", "series", root)
    assert "about the change of every series" in run("add", "task", root, "changed", "--about", "change")
    ws.annotate([f"{SECOND}_0_0_1"], "water", task="changed")
    found = run("search", root, "--words", "lakes", "--task", "changed", "--format", "ids")
    assert found.split() == [f"{FIRST}_0_0_1"]
    assert "did you mean water?" in run("search", root, "--words", "watr", code=2)
