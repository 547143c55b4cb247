from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset._config import parse_config, read_config, update_config, write_config
from groundset.core import ConflictError, Grid, InputError, MissingError
from groundset.core.layout import Config, GridConfig, ReleaseConfig, TaskConfig

FULL = """\
# the workspace of the lakes
name = "lakes"
scheme = "water.csv"
database = "postgresql://anna@db/lakes"
store = "."

[grid]
chip_size = 128
stride = 64
levels = 2
edge = "drop"

[features]
encoder = "default"  # no weights

[tasks.chips]
kind = "classify"
multi = true
[tasks."pix-els"]
kind = "segment"
scheme = "other.csv"

[views.veg]
expression = "nir - red"

[release]
title = "Lakes"
license = "CC-BY-4.0"
doi = "10.1/x"
providers = [{ name = "ESA", roles = ["producer"] }]
"""
PATH = Path("lake/groundset.toml")


def test_every_setting_is_read() -> None:
    assert parse_config(FULL, PATH) == Config(
        "lakes",
        "water.csv",
        "postgresql://anna@db/lakes",
        grid=GridConfig(128, 64, 2, "drop"),
        encoder="default",
        tasks=(TaskConfig("chips", "classify", multi=True), TaskConfig("pix-els", "segment", "other.csv")),
        views={"veg": {"expression": "nir - red"}},
        release=ReleaseConfig("Lakes", None, "CC-BY-4.0", ({"name": "ESA", "roles": ["producer"]},), "10.1/x"),
    )
    assert parse_config('name = "x"', PATH) == Config("x")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scheme =", "shceme =", r"groundset.toml, line 3: unknown key. found: shceme. did you mean scheme\?"),
        ("chip_size", "chipsize", r"line 8: unknown key. found: chipsize. did you mean chip_size\?"),
        ("[features]", "[featurs]", r"line 13: unknown key. found: featurs. did you mean features\?"),
        ("encoder =", "encodr =", "line 14: unknown key. found: encodr"),
        ("multi", "mutli", r"line 18: unknown key. found: mutli. did you mean multi\?"),
        ("doi", "dio", "line 29: unknown key. found: dio"),
        ("doi", "zzz", "line 29: unknown key. found: zzz. keys here are title, description"),
        ('"lakes"\n', "3\n", "line 2: name must be text. found: 3"),
        ('"lakes"\n', '" "\n', "line 2: a workspace needs a name"),
        ("= 128", '= "128"', "line 8: chip_size must be a whole number"),
        ("= 128", "= true", "line 8: chip_size must be a whole number"),
        ("= 128", "= 0", "line 8: chip size, stride and levels must be at least 1"),
        ("= 128", "= 129", "line 8: the chip size must divide by 2"),
        ('"drop"', '"cut"', "line 11: unknown edge policy. asked: cut. one of pad, drop, shift"),
        ('"segment"', '"paint"', "line 20: a task needs a kind. found: paint. one of classify, segment, outline"),
        ('kind = "segment"\n', "", "line 19: a task needs a kind"),
        ('[tasks."pix-els"]', '[tasks."a b"]', "line 19: this cannot be the name of a task"),
        (
            'store = "."',
            'store = "s3://b/p"',
            "line 5: only the workspace's own folder is supported as a store. asked: s3://b/p",
        ),
        ("[views.veg]\nexpression", "[views]\nveg", "line 24: a view is a table"),
        ("expression =", "expresion =", "line 24: unknown key. found: expresion. did you mean expression?"),
        ("{ name =", "{ nam =", "line 30: a provider is a table with at least a name"),
        ("chip_size = 128\n", "", "line 7: a grid needs a chip_size"),
        ('"lakes"\n', '"lakes\n', "groundset.toml is not valid TOML. found: .*line 2"),
    ],
)
def test_mistakes_are_named_with_file_and_line(old: str, new: str, message: str) -> None:
    assert old in FULL
    with pytest.raises(InputError, match=message):
        parse_config(FULL.replace(old, new, 1), PATH)


def test_a_newer_workspace_is_refused_before_its_keys_are_judged() -> None:
    with pytest.raises(ConflictError, match=r"newer version of Groundset.*version 2.*reads up to 1.*--upgrade"):
        parse_config('version = 2\nname = "x"\nnovel = true\n', PATH)


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"there is no workspace here.*groundset init"):
        read_config(tmp_path / "groundset.toml")


def test_the_first_ingest_writes_grid_and_encoder_and_keeps_comments(tmp_path: Path) -> None:
    path = tmp_path / "groundset.toml"
    text = FULL[: FULL.index("[grid]")] + FULL[FULL.index("[tasks.chips]") :]
    path.write_text(text)
    config = update_config(path, Grid(256, 128, 2, "shift"), "tiny")
    assert (config.grid, config.encoder) == (GridConfig(256, 128, 2, "shift"), "tiny")
    assert path.read_text() == (
        text + '\n[grid]\nchip_size = 256\nstride = 128\nlevels = 2\nedge = "shift"\n\n[features]\nencoder = "tiny"\n'
    )


def test_values_that_are_there_are_replaced_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "groundset.toml"
    path.write_text(FULL.replace("levels = 2\n", "").replace("= 128", "= 128 # small"))
    update_config(path, Grid(256), "tiny")
    expected = (
        FULL.replace("levels = 2\n", "")
        .replace("= 128", "= 256 # small")
        .replace("= 64", "= 256")
        .replace('edge = "drop"', 'edge = "pad"\nlevels = 1')
        .replace('"default"', '"tiny"')
    )
    assert path.read_text() == expected


def test_settings_written_in_a_way_that_cannot_be_edited_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "groundset.toml"
    path.write_text('name = "x"\ngrid = { chip_size = 64 }\n')
    with pytest.raises(InputError):
        update_config(path, Grid(256))
    assert path.read_text() == 'name = "x"\ngrid = { chip_size = 64 }\n'


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from(["classify", "segment", "outline"]), st.booleans(), st.integers(1, 300))
def test_settings_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, name: str, kind: str, multi: bool, size: int
) -> None:
    path = tmp_path_factory.mktemp("c") / "groundset.toml"
    config = Config(name, tasks=(TaskConfig("t", kind, multi=multi), TaskConfig("u", "segment", "u.csv")))  # type: ignore[arg-type]
    write_config(path, config)
    assert read_config(path) == config
    assert update_config(path, Grid(size)).grid.grid() == Grid(size)
    assert read_config(path).name == name
