"""What a workspace can have in addition: classes, tasks, attributes. Files are edited, nothing in them is lost."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from groundset._config import add_table, editing
from groundset._files import sha256_file
from groundset.core import ConflictError, InputError, Scheme, SchemeClass, check_name, is_plain
from groundset.core.layout import AttributeConfig, TaskConfig, TaskKind
from groundset.core.series import About
from groundset.journal import NewEvent
from groundset.lake import Lake
from groundset.taxonomy import append_class, free_code, free_color, read_scheme, write_scheme


def add_class(
    lake: Lake,
    name: str,
    *,
    actor: str,
    task: str | None = None,
    title: str | None = None,
    color: str | None = None,
    definition: str | None = None,
) -> SchemeClass:
    """Add a class to the scheme of a task (the workspace's where none is named): a line at the end of its file.

    It gets the next free code; no other line changes.

    Raises:
        ConflictError: There is a class of this name.
        InputError: No such task, it cannot be a class, or there is no code left.
        ServiceError: The workspace cannot be written.
    """
    path = lake.scheme_file(task)
    with editing(lake.layout):
        scheme = read_scheme(path)
        new = further_class(scheme, name, title=title, color=color, definition=definition)
        Scheme(scheme.name, (*scheme.classes, new))  # refuses a second not-applicable class
        append_class(path, new)
    tell_added(lake, path, actor, task, {"class": name})
    return new


def add_task(
    lake: Lake,
    name: str,
    *,
    actor: str,
    kind: TaskKind = "classify",
    multi: bool = False,
    classes: Iterable[SchemeClass] | None = None,
    about: About = "date",
    series: str | None = None,
) -> TaskConfig:
    """Add a task, with a scheme file of its own (``NAME.csv``) where classes are given.

    ``about`` is ``date``, or ``period`` or ``change`` of a place: then of all series, or of ``series`` alone.

    Raises:
        ConflictError: There is a task, or another file, of this name.
        InputError: It cannot be the name of a task, or the settings cannot be updated as they are written.
        ServiceError: The workspace cannot be written.
    """
    check_name(name, "task")
    layout = lake.layout
    with editing(layout) as config:
        found = next((task.name for task in config.tasks if task.name.lower() == name.lower()), None)
        if found is not None:
            raise ConflictError("there is a task of this name", asked=name, found=found, hint="take another name")
        file = None if classes is None else f"{name}.csv"
        if file is not None:
            _write_scheme(layout.root / file, Scheme(name, tuple(classes or ())))
        asks = None if about == "date" else about
        values = {"kind": kind, "scheme": file, "multi": multi or None, "about": asks, "series": series}
        try:
            add_table(layout.config, ("tasks", f'"{name}"' if "." in name else name), values)
        except BaseException:
            if file is not None:
                (layout.root / file).unlink()
            raise
    tell_added(lake, layout.config, actor, name, {"task": name})
    return TaskConfig(name, kind, file, multi, about, series)


def add_attribute(lake: Lake, attribute: AttributeConfig, *, actor: str) -> AttributeConfig:
    """Declare something that people may say of a chip's situation.

    Raises:
        ConflictError: There is an attribute of this name.
        InputError: The settings cannot be updated as they are written.
        ServiceError: The workspace cannot be written.
    """
    layout = lake.layout
    with editing(layout) as config:
        if any(attribute.name == a.name for a in config.attributes):
            raise ConflictError("there is an attribute of this name", asked=attribute.name, hint="take another name")
        values = {
            "kind": attribute.kind,
            "title": attribute.title,
            "choices": list(attribute.choices) or None,
            "minimum": attribute.minimum,
            "maximum": attribute.maximum,
        }
        add_table(layout.config, ("attributes", attribute.name), values)
    tell_added(lake, layout.config, actor, None, {"attribute": attribute.name})
    return attribute


def further_class(
    there: Scheme, name: str, *, title: str | None = None, color: str | None = None, definition: str | None = None
) -> SchemeClass:
    """A class beside those of a scheme, with a free code and, where none is asked for, a free colour.

    Title and definition become one line each: a scheme file has one line a class.

    Raises:
        ConflictError: There is a class of this name, or no code left; names the class.
        InputError: The name is a number, or a text holds what is no character.
    """
    _check_text("name", name)
    title, definition = _line("title", title), _line("definition", definition)
    for c in there:
        alike = {c.name.lower(), c.title.lower(), *(s.lower() for s in c.synonyms)}
        taken = alike.intersection((name.lower(), (title or name).lower()))
        if taken:
            raise ConflictError(
                "there is a class of this name", asked=", ".join(taken), found=f"{c.name} ({c.code}), {c.title}",
                hint="use that one, or take another name",
            )  # fmt: skip
    if name.isdigit():
        raise InputError("a class is named by a word: numbers are codes", asked=name)
    return SchemeClass(
        free_code(there), name, title or name, (color or free_color(there)).lower(), definition=definition
    )


def _line(what: str, text: str | None) -> str | None:
    """A text in one line; None where it says nothing."""
    line = " ".join((text or "").split())
    _check_text(what, line)
    return line or None


def _check_text(what: str, text: str) -> None:
    if not is_plain(text):
        raise InputError(f"the {what} of a class has no control characters", asked=repr(text)[:80])


def _write_scheme(path: Path, scheme: Scheme) -> None:
    if path.exists():
        raise ConflictError("there is a file of this name", found=path, hint="take another name for the task")
    write_scheme(path, scheme)


def tell_added(lake: Lake, path: Path, actor: str, task: str | None, added: dict[str, str]) -> None:
    """Keep in the journal who added what."""
    lake.refresh()
    payload = {"name": path.name, "sha256": sha256_file(path), "added": added}
    lake.annotate([NewEvent("scheme", task, payload=payload)], actor=actor)
