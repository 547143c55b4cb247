"""SQL over the views: what it says is what the index says, and it reads nothing else and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from groundset.cli.app import main
from groundset.core import InputError, QueryError
from groundset.query.relations import VIEWS
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace

DOCS = Path(__file__).parents[2] / "docs" / "queries.md"


@pytest.fixture(scope="module")
def ws(many: Path) -> Iterator[Workspace]:
    with open_workspace(many) as made:
        yield made


@pytest.mark.parametrize(
    ("sql", "filter"),
    [
        ("SELECT chip_id FROM chips WHERE cloud_cover < 30 AND level = 0", "cloud_cover < 30 AND level = 0"),
        ("SELECT chip_id FROM labels WHERE task = 'chips' AND label = 'River'", "label = 'River'"),
        ("SELECT chip_id FROM labels WHERE task = 'chips' AND 'anna' IN actors", "'anna' IN actors"),
        (
            "SELECT chip_id FROM scenes JOIN chips USING (scene_id) WHERE scenes.datetime > '2023-03-10 00:00:00Z'",
            "datetime > TIMESTAMP('2023-03-10T00:00:00Z')",
        ),
        ("SELECT chip_id FROM chips LEFT JOIN labels USING (chip_id) WHERE label IS NULL", "label IS NULL"),
        (
            "SELECT DISTINCT chip_id FROM annotations WHERE state = 'current' AND payload::JSON->>'$.class' = '8'",
            "label = 'River'",
        ),
        ("SELECT chip_id FROM attributes", None),
    ],
)
def test_the_views_say_what_filters_say(ws: Workspace, sql: str, filter: str | None) -> None:  # noqa: A002
    assert sorted(row["chip_id"] for row in ws.sql(sql)) == sorted(ws.search(filter, task="chips", limit=None).ids)


def test_an_answer_is_a_table(ws: Workspace) -> None:
    answer = ws.sql('SELECT "group", count(*) AS n, max(datetime) AS last FROM chips GROUP BY ALL ORDER BY n DESC')
    assert answer.columns == ["group", "n", "last"]
    assert sum(answer.df()["n"]) == 240
    assert pa.table(answer) == answer.arrow()
    assert ws.sql("SHOW TABLES").df()["name"].tolist() == sorted(VIEWS)


def test_every_column_is_documented(ws: Workspace) -> None:
    told = DOCS.read_text()
    for view in VIEWS:
        section = told.split(f"### {view}\n")[1].split("\n### ")[0]
        for name in ws.sql(f"SELECT * FROM {view} LIMIT 0").columns:
            assert f"`{name}`" in section, (view, name)


@pytest.mark.parametrize(
    ("sql", "says", "at"),
    [
        ("SELECT chipid FROM chips", "did you mean chip_id?", "chipid"),
        ("SELECT 1 AS a,\n  cloud_covr\nFROM chips", "line 2, column 3", "cloud_covr"),
        ("SELECT * FROM chip", "did you mean chips?", "chip"),
        ("SELECT * FROM wishes", "views are scenes", "wishes"),
        ("SELECT group FROM chips", 'double quotes: "group"', "FROM"),
        ("SELEC 1", "syntax error", "SELEC"),
        ("", "one question", None),
        ("SELECT 1; SELECT 2", "one question", None),
        ("SELECT * FROM read_csv('/etc/passwd')", "no files", "read_csv('/etc/passwd')"),
        ("SELECT * FROM '/etc/passwd'", "does not exist", "'/etc/passwd'"),
        ("SELECT * FROM glob('/*')", "no files", "glob('/*')"),
        ("COPY chips TO '/tmp/never.csv'", "only reads", "COPY"),
        ("  CREATE TABLE a AS SELECT 1", "only reads", "CREATE"),
        ("INSERT INTO chips VALUES (1)", "only reads", "INSERT"),
        ("DROP VIEW chips", "only reads", "DROP"),
        ("SET memory_limit = '99GB'", "only reads", "SET"),
        ("ATTACH '/tmp/never.db'", "only reads", "ATTACH"),
        ("INSTALL httpfs", "only reads", "INSTALL"),
        ("SELECT * FROM ws", "does not exist", "ws"),
    ],
)
def test_it_only_reads_the_views_and_says_where_a_mistake_is(ws: Workspace, sql: str, says: str, at: str) -> None:
    with pytest.raises(QueryError) as error:
        ws.sql(sql)
    assert says in str(error.value)
    if at is not None:
        assert sql[error.value.start : error.value.end] == at


def test_it_stops_at_its_limits(ws: Workspace) -> None:
    with pytest.raises(InputError, match="too long"):
        ws.sql("SELECT count(*) FROM range(1000000000000)", seconds=0.2)
    with pytest.raises(InputError, match="memory"):
        ws.sql("SELECT length(list(range)) FROM range(20000000)", memory="20MB")


def test_rows_that_stream_stop_at_its_limits(ws: Workspace) -> None:
    with pytest.raises(InputError, match=r"too long.*0\.5 s"):
        ws.sql("SELECT * FROM range(1000000000000) WHERE range < 0", seconds=0.5)
    with pytest.raises(InputError, match=r"too much memory.*at most .* bytes.*LIMIT, or aggregate"):
        ws.sql("SELECT * FROM range(100000000000)", memory="20MB", seconds=20)
    with pytest.raises(QueryError, match="told so"):
        ws.sql("SELECT CASE WHEN range > 200000 THEN error('told so') ELSE 1 END FROM range(100000000)")
    assert len(ws.sql("SELECT * FROM range(2000000)", memory="20MB")) == 2_000_000


def test_the_command_line_tells_limits_and_formats_that_differ(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["groundset", "sql", str(ws.root), *words])
        with pytest.raises(SystemExit) as done:
            main()
        assert done.value.code == 2
        return " ".join(capsys.readouterr().err.split())

    assert "took too long" in told("SELECT * FROM range(1000000000000) WHERE range < 0", "--seconds", "0.5")
    assert "too much memory" in told("SELECT * FROM range(100000000000)", "--memory", "20MB")
    file = tmp_path / "x.parquet"
    assert "differ" in told("SELECT 1 AS a", "--output", str(file), "--format", "csv")
    assert not file.exists()


@pytest.mark.parametrize(
    "limits", [{"memory": "lots"}, {"memory": ""}, {"seconds": 1e300}, {"seconds": -1.0}, {"seconds": float("nan")}]
)
def test_limits_that_are_none_are_refused(ws: Workspace, limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"a question may take|amount of memory"):
        ws.sql("SELECT 1", **limits)
