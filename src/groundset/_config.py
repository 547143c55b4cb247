"""Reading and writing ``groundset.toml``: every mistake in it is named with its line."""

from __future__ import annotations

import fcntl
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from groundset._files import disk_errors, write_text
from groundset._toml import HEADER, lines_of, parts, toml, with_values
from groundset.core import EDGES, ConflictError, Grid, GroundsetError, InputError, MissingError, check_name
from groundset.core.layout import (
    ATTRIBUTE_KINDS,
    TASK_KINDS,
    AttributeConfig,
    Config,
    GridConfig,
    Layout,
    ReleaseConfig,
    TaskConfig,
)
from groundset.core.series import ABOUT, SeriesConfig, check_apart

VERSION = 1
"""Version of the workspace's layout that this program writes, and the newest that it reads."""

LOCK_FILE = "settings.lock"

_TOP: dict[str, type] = {
    "name": str, "scheme": str, "database": str, "store": str, "version": int,
    "grid": dict, "features": dict, "tasks": dict, "attributes": dict, "series": dict, "views": dict,
    "arrangements": dict, "display": dict, "release": dict,
}  # fmt: skip
_GRID: dict[str, type] = {"chip_size": int, "stride": int, "levels": int, "edge": str}
_FEATURES: dict[str, type] = {"encoder": str, "weights": dict}
_HEAVIEST = 1000
_TASK: dict[str, type] = {"kind": str, "scheme": str, "multi": bool, "about": str, "series": str}
_SERIES: dict[str, type] = {"scenes": list, "title": str}
_ATTRIBUTE: dict[str, type] = {
    "kind": str, "title": str, "choices": list, "minimum": float, "maximum": float,
}  # fmt: skip
_VIEW: dict[str, type] = {"title": str, "expression": str, "ramp": str, "range": list, "stretch": str}
_TILES: dict[str, type] = {"kind": str, "title": str, "url": str, "attribution": str, "max_zoom": int}
_ARRANGEMENT: dict[str, type] = {"groups": list}
_DISPLAY: dict[str, type] = {"upscaler": str}
_RELEASE: dict[str, type] = {"title": str, "description": str, "license": str, "providers": list, "doi": str}
_DEFAULTS = Config("")
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", list: "a list"}


def read_config(path: Path) -> Config:
    """Read a workspace's settings.

    Raises:
        MissingError: No such file: there is no workspace here.
        InputError: Not TOML, an unknown key, or a value of the wrong kind; names the line and the nearest key.
        ConflictError: The workspace was made by a newer version.
    """
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(
            "there is no workspace here",
            asked=path.parent,
            found=f"no {path.name} in it",
            hint=f"make one with: groundset init {path.parent} --scheme water",
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", found=f"byte {error.start}") from None
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Settings from TOML text; ``path`` is only for messages."""
    return _Reader(text, path).config()


def write_config(path: Path, config: Config) -> None:
    """Write the settings of a new workspace."""
    lines = [f"{key} = {toml(getattr(config, key))}" for key in ("version", "name", "scheme", "database", "store")]
    for task in config.tasks:
        lines += ["", f"[tasks.{task.name}]", f"kind = {toml(task.kind)}"]
        lines += [] if task.scheme is None else [f"scheme = {toml(task.scheme)}"]
        lines += [f"multi = {toml(task.multi)}"] if task.multi else []
    text = "\n".join(lines) + "\n"
    parse_config(text, path)
    write_text(path, text)


def update_config(path: Path, grid: Grid | None = None, encoder: str | None = None) -> Config:
    """Write the grid, the encoder or both into the settings; comments, order and all else stay as they are.

    Returns:
        The settings as they are now.
    """
    text = path.read_bytes().decode()
    if grid is not None:
        sizes = {name: getattr(grid, name) for name in _GRID}
        text = with_values(text, ("grid",), sizes)
    if encoder is not None:
        text = with_values(text, ("features",), {"encoder": encoder})
    config = parse_config(text, path)
    if (grid is not None and config.grid.grid() != grid) or encoder not in (None, config.encoder):
        raise InputError(
            f"{path} cannot be updated as it is written",
            hint="write [grid] and [features] as tables of their own, one key a line",
        )
    write_text(path, text)
    return config


def add_table(path: Path, table: tuple[str, ...], values: Mapping[str, object], *, replace: bool = False) -> Config:
    """Write a further ``[tasks.NAME]`` or ``[attributes.NAME]``; all else stays as it is. Whoever calls holds the lock.

    Args:
        path: The settings.
        table: The parts of its name.
        values: Its keys; None is left out.
        replace: Whether it takes the place of the table of this name, in one write.

    Returns:
        The settings as they are now.

    Raises:
        InputError: It cannot be added as the file is written.
    """
    text = path.read_bytes().decode()
    if replace:
        text = _without(text, path, table)
    text = with_values(text, table, {k: v for k, v in values.items() if v is not None})
    try:
        config = parse_config(text, path)
    except InputError as error:
        raise InputError(
            f"{path} cannot be updated as it is written", asked=f"[{'.'.join(table)}]", found=str(error),
            hint="write each task and attribute as a table of its own",
        ) from None  # fmt: skip
    write_text(path, text)
    return config


def remove_table(path: Path, table: tuple[str, str]) -> Config:
    """Take a table such as ``[views.NAME]`` out; all else stays as it is. Whoever calls holds the lock.

    Returns:
        The settings as they are now.

    Raises:
        InputError: It is not a table of its own in the file.
    """
    rest = _without(path.read_bytes().decode(), path, table)
    config = parse_config(rest, path)
    write_text(path, rest)
    return config


def _without(text: str, path: Path, table: tuple[str, ...]) -> str:
    lines = text.removesuffix("\n").split("\n")
    start = next((i for i, line in enumerate(lines) if (h := HEADER.match(line)) and parts(h[1]) == table), None)
    if start is None:
        raise InputError(
            f"{path} cannot be updated as it is written", asked=f"[{'.'.join(table)}]", hint="take it out by hand"
        )
    end = next((i for i in range(start + 1, len(lines)) if HEADER.match(lines[i])), len(lines))
    while start > 0 and not lines[start - 1].strip():
        start -= 1
    return "\n".join(lines[:start] + ([""] if lines[end:] else []) + lines[end:]) + "\n"


@contextmanager
def editing(layout: Layout) -> Iterator[Config]:
    """Hold the settings and scheme files of a workspace while they are edited; the next one waits.

    Yields:
        The settings as they are now.

    Raises:
        MissingError: The workspace is not there any more; then nothing is made in its place.
        ServiceError: The workspace cannot be written.
    """
    read_config(layout.config)
    path = layout.cache / LOCK_FILE
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield read_config(layout.config)


class _Reader:
    """One pass over one file; knows where each key stands."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._lines = lines_of(text)
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{path} is not valid TOML", found=str(error)) from None

    def config(self) -> Config:
        self._check_version()
        top = self._table((), _TOP)
        if not str(top.get("name", "")).strip():
            self._fail(("name",), "a workspace needs a name", hint='write name = "..." on the first line')
        if top.get("store", ".") != ".":
            self._fail(("store",), "only the workspace's own folder is supported as a store", asked=top["store"])
        self._table(("grid",), _GRID)
        encoder = self._table(("features",), _FEATURES).get("encoder")
        return Config(
            name=top["name"],
            scheme=top.get("scheme", _DEFAULTS.scheme),
            database=top.get("database", _DEFAULTS.database),
            store=".",
            version=top.get("version", VERSION),
            grid=self._grid(),
            encoder=encoder,
            weights=self._weights(),
            tasks=self._tasks(),
            attributes=self._attributes(),
            series=self._series(),
            views=self._views(tiles=False),
            tiles=self._views(tiles=True),
            arrangements=self._arrangements(),
            upscaler=self._table(("display",), _DISPLAY).get("upscaler"),
            release=self._release(),
        )

    def _check_version(self) -> None:
        version = self.data.get("version", VERSION)
        if isinstance(version, int) and version > VERSION:
            raise ConflictError(
                "this workspace was made by a newer version of Groundset",
                asked=f"{self.path}, version {version}",
                found=f"this version reads up to {VERSION}",
                hint="upgrade with: pip install --upgrade groundset",
            )

    def _grid(self) -> GridConfig:
        values = self._table(("grid",), _GRID)
        if values.get("edge") not in (None, *EDGES):
            self._fail(("grid", "edge"), "unknown edge policy", asked=values["edge"], hint=f"one of {', '.join(EDGES)}")
        if values and "chip_size" not in values:
            self._fail(("grid",), "a grid needs a chip_size")
        config = GridConfig(**values)
        try:
            config.grid()
        except GroundsetError as error:
            self._fail(("grid", "chip_size"), error.message, found=error.found, hint=error.hint)
        return config

    def _weights(self) -> dict[str, float]:
        """Weight by sensor, of features that have a block for each."""
        out = {}
        for sensor, value in self._table(("features",), _FEATURES).get("weights", {}).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value <= _HEAVIEST:
                self._fail(("features", "weights", sensor), "the weight of a sensor is a number of 0 or more",
                           found=repr(value), hint=f"at most {_HEAVIEST}; only proportions count")  # fmt: skip
            out[sensor] = float(value)
        return out

    def _tasks(self) -> tuple[TaskConfig, ...]:
        out = []
        for name, value in self._table((), _TOP).get("tasks", {}).items():
            where = ("tasks", name)
            if not isinstance(value, dict):
                self._fail(where, "a task is a table", hint=f"write [tasks.{name}]")
            try:
                check_name(name, "task")
            except GroundsetError as error:
                self._fail(where, error.message, asked=error.asked, hint=error.hint)
            values = self._table(where, _TASK)
            if values.get("kind") not in TASK_KINDS:
                self._fail((*where, "kind") if "kind" in values else where, "a task needs a kind",
                           found=values.get("kind"), hint=f"one of {', '.join(TASK_KINDS)}")  # fmt: skip
            if values.get("about", "date") not in ABOUT:
                self._fail((*where, "about"), "a task is about something else", asked=values["about"],
                           hint=f"one of {', '.join(ABOUT)}")  # fmt: skip
            self._check_series(where, values)
            out.append(TaskConfig(name, **values))
        return tuple(out)

    def _check_series(self, where: tuple[str, ...], task: Mapping[str, Any]) -> None:
        there = self._table((), _TOP).get("series", {})
        if "series" not in task:
            return
        if task.get("about", "date") == "date":
            self._fail((*where, "series"), "only a task about a period or a change is of one series",
                       hint='write about = "period" or about = "change" too')  # fmt: skip
        if task["series"] not in there:
            self._fail((*where, "series"), "there is no such series", asked=task["series"],
                       found=", ".join(there) or "none")  # fmt: skip

    def _series(self) -> tuple[SeriesConfig, ...]:
        out: list[SeriesConfig] = []
        for name, value in self._table((), _TOP).get("series", {}).items():
            where = ("series", name)
            if not isinstance(value, dict):
                self._fail(where, "a series is a table", hint=f"write [series.{name}]")
            values = self._table(where, _SERIES)
            scenes = values.get("scenes", [])
            if not all(isinstance(scene, str) for scene in scenes):
                self._fail((*where, "scenes"), "scenes are named by their ids", found=repr(scenes))
            try:
                out.append(SeriesConfig(name, tuple(scenes), values.get("title")))
                check_apart(out)
            except GroundsetError as error:
                self._fail(where, error.message, asked=error.asked, found=error.found, hint=error.hint)
        return tuple(out)

    def _attributes(self) -> tuple[AttributeConfig, ...]:
        out = []
        for name, value in self._table((), _TOP).get("attributes", {}).items():
            where = ("attributes", name)
            if not isinstance(value, dict):
                self._fail(where, "an attribute is a table", hint=f"write [attributes.{name}]")
            values = self._table(where, _ATTRIBUTE)
            if values.get("kind") not in ATTRIBUTE_KINDS:
                self._fail((*where, "kind") if "kind" in values else where, "an attribute needs a kind",
                           found=values.get("kind"), hint=f"one of {', '.join(ATTRIBUTE_KINDS)}")  # fmt: skip
            choices = values.pop("choices", [])
            if not all(isinstance(c, str) for c in choices):
                self._fail((*where, "choices"), "choices are texts", found=repr(choices))
            try:
                out.append(AttributeConfig(name, **values, choices=tuple(choices)))
            except GroundsetError as error:
                self._fail(where, error.message, asked=error.asked, found=error.found, hint=error.hint)
        return tuple(out)

    def _views(self, *, tiles: bool) -> dict[str, dict[str, object]]:
        """Views of the workspace's own, or else the web maps among them (``kind = "tiles"``)."""
        out = {}
        for name, value in self._table((), _TOP).get("views", {}).items():
            if not isinstance(value, dict):
                self._fail(("views", name), "a view is a table", hint=f"write [views.{name}]")
            kind = value.get("kind")
            if kind not in (None, "tiles"):
                self._fail(("views", name, "kind"), "unknown kind of view", found=repr(kind), hint='kind = "tiles"')
            self._table(("views", name), _TILES if kind else _VIEW)
            if tiles == (kind is not None):
                out[name] = dict(value)
        return out

    def _arrangements(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        out = {}
        for name, value in self._table((), _TOP).get("arrangements", {}).items():
            where = ("arrangements", name)
            if not isinstance(value, dict):
                self._fail(where, "an arrangement is a table", hint=f"write [arrangements.{name}]")
            groups = self._table(where, _ARRANGEMENT).get("groups", [])
            if not all(isinstance(g, list) and len(g) > 1 and all(isinstance(v, str) for v in g) for g in groups):
                self._fail((*where, "groups"), "a group is a list of texts: its name, then its views",
                           hint='groups = [["Two", "chip?layer=natural", "chip?index=NDWI"]]')  # fmt: skip
            out[name] = tuple(tuple(g) for g in groups)
        return out

    def _release(self) -> ReleaseConfig:
        values = self._table(("release",), _RELEASE)
        providers = values.pop("providers", [])
        if not all(isinstance(p, dict) and isinstance(p.get("name"), str) for p in providers):
            self._fail(("release", "providers"), "a provider is a table with at least a name",
                       hint='for example [{ name = "ESA", roles = ["producer"] }]')  # fmt: skip
        return ReleaseConfig(**values, providers=tuple(providers))

    def _table(self, where: tuple[str, ...], known: Mapping[str, type]) -> dict[str, Any]:
        table: Any = self.data
        for part in where:
            table = table.get(part, {})
        for key, value in table.items():
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"keys here are {', '.join(known)}"
                self._fail((*where, key), "unknown key", found=key, hint=hint)
            wanted = (int, float) if known[key] is float else known[key]
            if not isinstance(value, wanted) or (known[key] in (int, float) and isinstance(value, bool)):
                self._fail((*where, key), f"{key} must be {_WORDS[known[key]]}", found=repr(value))
        return dict(table)

    def _fail(self, where: tuple[str, ...], message: str, **said: Any) -> NoReturn:
        raise InputError(f"{self.path}, line {self._line(where)}: {message}", **said)

    def _line(self, where: tuple[str, ...]) -> int:
        for length in range(len(where), 0, -1):
            if where[:length] in self._lines:
                return self._lines[where[:length]]
        return 1
