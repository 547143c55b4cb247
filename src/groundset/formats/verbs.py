"""Foreign projects in and out: what would be lost is told before a byte is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from groundset._additions import add_task
from groundset._files import atomic_dir, folder_lock
from groundset.core import ConflictError, GroundsetError, InputError, Listener, Scheme, safe_name
from groundset.core.layout import Layout, TaskConfig
from groundset.formats.capability import Loss, LossyError
from groundset.formats.format import Counts, Format, Incoming, get_format
from groundset.lake import Lake, init


@dataclass(frozen=True, slots=True)
class ExchangeReport:
    """What went in or out.

    Args:
        what: The project, in words.
        task: The task that it answers.
        counts: How many of what.
        losses: What did not go along, as was allowed.
        made: What had to be made for it: a workspace, a task.
    """

    what: str
    task: str
    counts: Counts
    losses: tuple[Loss, ...] = ()
    made: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The report as one text, for a terminal."""
        numbers = [_count(n, what) for what, n in self.counts.numbers.items() if n]
        lines = [f"{self.what}, task {self.task}: " + (", ".join(numbers) or "nothing")]
        if self.counts.known:
            lines.append(f"{_count(self.counts.known, 'answers')} were there already")
        lines += self.made
        lines += [f"note: {text}" for text in self.counts.told]
        lines += [f"lost: {loss}" for loss in self.losses]
        return "\n".join(lines)


def import_project(
    root: str | Path,
    format_name: str,
    path: str | Path,
    *,
    task: str | None = None,
    actor: str,
    allow_lossy: bool = False,
    progress: Listener | None = None,
) -> ExchangeReport:
    """Bring a foreign project into a workspace, which is made with the project's classes where there is none.

    It is read and checked whole before anything is written. Done twice it adds nothing.

    Args:
        root: Folder of the workspace.
        format_name: Name of the format.
        path: The project.
        task: Task that it answers; default: the first whose scheme has its classes, else a new one.
        actor: Who brings it, where it does not say who answered.
        allow_lossy: Go on where something cannot be kept.
        progress: Hears each step.

    Raises:
        LossyError: Something would be lost.
        InputError: The project has a mistake, or does not fit the task.
    """
    form = get_format(format_name)
    project = form.open(Path(path).expanduser())
    if project.losses and not allow_lossy:
        raise LossyError(form.title, project.losses, reading=True)
    made: list[str] = []
    with _workspace(Path(root), project, made) as lake, folder_lock(lake.layout.cache / "import.lock", "an import"):
        try:
            chosen, codes = _task_for(lake, project, task, actor, made)
            counts = project.bring(lake, chosen, codes, actor=actor, progress=progress)
        except GroundsetError:
            if made and not lake.scenes.ids():
                _take_back(lake)
            raise
    return ExchangeReport(f"{form.title} project {project.name}", chosen.name, counts, tuple(project.losses), made)


def export_project(
    lake: Lake,
    form: str | Format,
    out: str | Path,
    *,
    task: str | None = None,
    labelled: bool = False,
    allow_lossy: bool = False,
    progress: Listener | None = None,
) -> ExchangeReport:
    """Write a task's answers as a foreign project, with the images.

    Args:
        lake: The workspace.
        form: The format, or its name.
        out: Folder that is not there yet, or empty.
        task: Task; may be left out where there is one that the format can hold, or one of them alone has labels.
        labelled: Only chips that somebody labelled.
        allow_lossy: Go on where something cannot be kept.
        progress: Hears each step.

    Raises:
        LossyError: Something would be lost; nothing was written.
        ConflictError: There is something in the folder.
    """
    form = get_format(form) if isinstance(form, str) else form
    chosen = lake.config.task(task or _only_labelled(lake, form), *form.kinds)
    folder = Path(out).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError("there is something here already", asked=folder, hint="name a folder that is not there yet")
    plan = form.plan(lake, chosen, labelled=labelled)
    if plan.losses and not allow_lossy:
        raise LossyError(form.title, plan.losses, reading=False)
    if folder.exists():
        folder.rmdir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_dir(folder) as unfinished:
        counts = plan.write(unfinished, progress=progress)
    counts.told = [text.replace(str(unfinished), str(folder)) for text in counts.told]
    what = form.title if form.name == "label-map" else f"{form.title} project"
    return ExchangeReport(f"{what} in {folder}", chosen.name, counts, tuple(plan.losses))


def _only_labelled(lake: Lake, form: Format) -> str | None:
    """The one task with labels of those that a format can hold, where several fit."""
    fits = [t.name for t in lake.config.tasks if t.kind in form.kinds]
    said = [name for name in fits if lake.journal.count(name)] if len(fits) > 1 else []
    return said[0] if len(said) == 1 else None


def _take_back(lake: Lake) -> None:
    """Remove a workspace that was just made and has nothing in it: the next try begins anew."""
    if not lake.journal.head():
        lake.close()
        rmtree(lake.root)


def _workspace(root: Path, project: Incoming, made: list[str]) -> Lake:
    if Layout(root.absolute()).config.exists():
        return Lake.open(root)
    if root.is_dir() and any(root.iterdir()):
        raise InputError(
            "this folder is no workspace, and is not empty", asked=root,
            hint="name a workspace, or a folder that is not there yet",
        )  # fmt: skip
    made.append(f"made the workspace {root} with the project's {len(project.scheme)} classes")
    return init(root, scheme=project.scheme)


def _task_for(
    lake: Lake, project: Incoming, wanted: str | None, actor: str, made: list[str]
) -> tuple[TaskConfig, dict[int, int]]:
    """The task that a project answers, and its code for each class of the project."""
    if wanted is not None:
        task = lake.config.task(wanted, project.kind)
        codes, missing = _codes(lake.scheme(task.name), project.scheme)
        if missing:
            raise InputError(
                f"the scheme of the task {task.name} lacks classes of this project",
                asked=", ".join(missing),
                found=", ".join(lake.scheme(task.name).names),
                hint="add them (groundset add class), or leave --task out: the project then gets a task of its own",
            )
        return task, codes
    for task in lake.config.tasks:
        if task.kind == project.kind:
            codes, missing = _codes(lake.scheme(task.name), project.scheme)
            if not missing:
                return task, codes
    names = {t.name.lower() for t in lake.config.tasks}
    name = base = safe_name(project.name)
    n = 2
    while name.lower() in names:
        name, n = f"{base}-{n}", n + 1
    task = add_task(lake, name, actor=actor, kind=project.kind, classes=project.scheme)
    made.append(f"made the task {name} with the project's {len(project.scheme)} classes")
    return task, {c.code: c.code for c in project.scheme}


def _codes(there: Scheme, given: Scheme) -> tuple[dict[int, int], list[str]]:
    """The code in one scheme of each class of another, by name or title; and the names that it lacks."""
    by_name = {key.lower(): c.code for c in reversed(there.classes) for key in (c.title, c.name)}
    codes = {c.code: by_name[c.name.lower()] for c in given if c.name.lower() in by_name}
    return codes, [c.name for c in given if c.code not in codes]


def _count(n: int, what: str) -> str:
    if n == 1:
        what = {"people": "person", "marks of progress": "mark of progress"}.get(what, what.removesuffix("s"))
    return f"{n:,} {what}"
