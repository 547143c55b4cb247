"""Saved queries: for everybody, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import make_workspace

from groundset.core import ConflictError, InputError, MissingError, QueryError
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with make_workspace(tmp_path / "lake") as made:
        yield made


def names(ws: Workspace) -> list[str]:
    return [one.name for one in ws.saved_queries.all()]


def test_they_are_kept_for_everybody(ws: Workspace) -> None:
    kept = ws.save_query("Upper rows, naïve", "row < 2", sort="random:4", actor="anna")
    assert (kept.by, kept.query.filter, kept.at[-1]) == ("anna", "row < 2", "Z")
    with open_workspace(ws.root) as other:
        assert other.search(saved="Upper rows, naïve").ids == ws.search("row < 2", sort="random:4").ids
        assert other.search("col = 1", saved="Upper rows, naïve").total == 2
        with pytest.raises(MissingError, match="did you mean Upper rows"):
            other.search(saved="Upper rows, naive")


def test_what_is_replaced_or_removed_comes_back(ws: Workspace) -> None:
    ws.save_query("a", "row = 1", actor="anna")
    with pytest.raises(ConflictError):
        ws.save_query("a", "row = 2", actor="ben")
    ws.save_query("a", "row = 2", actor="ben", replace=True)
    ws.remove_query("a", actor="carl")
    assert names(ws) == []
    left = ws.undo_query("a")
    assert left is not None
    assert (left.by, left.query.filter) == ("ben", "row = 2")
    left = ws.undo_query("a")
    assert left is not None
    assert left.query.filter == "row = 1"
    assert ws.undo_query("a") is None
    assert names(ws) == []
    with pytest.raises(MissingError):
        ws.undo_query("a")


def test_what_cannot_be_asked_is_not_kept(ws: Workspace) -> None:
    with pytest.raises(QueryError, match="column 1"):
        ws.save_query("a", "rw = 1")
    wrong = [("", {}), (" a", {}), ("a/b", {}), ("a\n", {}), ("x" * 81, {}), ("a", {"sort": "size"})]
    wrong += [("a", {"class_": "watr"}), ("a", {"task": "none"}), ("a", {"filter": ""})]
    for name, query in wrong:
        with pytest.raises(InputError):
            ws.save_query(name, **{"filter": "row = 1", **query})
    assert not ws.saved_queries.path.exists()


def test_a_write_that_was_cut_off_loses_nothing_else(ws: Workspace) -> None:
    ws.save_query("a", "row = 1")
    path = ws.saved_queries.path
    path.write_bytes(path.read_bytes() + b'{"name": "b", "que')
    assert names(ws) == ["a"]
    ws.save_query("c", "row = 2")
    assert names(ws) == ["a", "c"]
