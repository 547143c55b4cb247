"""What is written beside its place, and what killed processes leave there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from groundset._files import atomic_dir, folder_lock
from groundset.core import ConflictError


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left, other, old = (tmp_path / f".v{n}.abcdefgh.tmp" for n in (1, 2, 3))
    for folder in (left, other, old):
        folder.mkdir()
        (folder / "half").touch()
    os.utime(old, (0, 0))
    with atomic_dir(tmp_path / "v1", all_ours=True) as first:
        assert not left.exists()
        assert not old.exists()  # of another name, written to by nobody for long
        (first / "a").touch()
        with atomic_dir(tmp_path / "v1" / ".." / "v1") as second:  # by somebody else, at the same time
            assert first.exists()
            assert second != first
            (second / "b").touch()
        (tmp_path / "v1").rename(tmp_path / "theirs")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".v2.abcdefgh.tmp", "theirs", "v1"]


def test_in_the_folder_of_somebody_else_only_what_is_left_of_the_same_name_is_removed(tmp_path: Path) -> None:
    left, theirs = tmp_path / ".v1.abcdefgh.tmp", tmp_path / ".work.tmp"
    for folder in (left, theirs):
        folder.mkdir()
        (folder / "half").touch()
        os.utime(folder, (0, 0))
    with atomic_dir(tmp_path / "v1"):
        assert not left.exists()
    assert (theirs / "half").exists()


def test_a_lock_that_is_held_is_refused_or_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with folder_lock(lock, "a thing"):
            held.set()
            let_go.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    with pytest.raises(ConflictError, match=f"a thing is already running.*process {os.getpid()} holds"):
        folder_lock(lock, "a thing").__enter__()
    threading.Timer(0.2, let_go.set).start()
    with folder_lock(lock, "a thing", wait=30):
        assert let_go.is_set()
    thread.join()
