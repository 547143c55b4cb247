"""The stacks of undo and redo as people read them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from groundset.core import GroundsetError
from groundset.journal import Event, Journal
from groundset.journal.history import Act as Done
from groundset.journal.history import History as Kept
from groundset.journal.history import Members
from groundset.journal.payloads import removed
from groundset.lake import Lake
from groundset.server.models import Act, History

MOST_ACTORS = 64
"""Actors whose history is kept; that of others is read anew."""

_KINDS = {
    "answer": "answers", "mask": "masks", "shapes": "outlines", "training": "changes of training",
    "attribute": "attributes", "work": "notes of work", "cascade": "steps of a cascade",
}  # fmt: skip


class Histories:
    """The histories of the actors who asked last. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def of(self, actor: str, task: str | None, limit: int) -> History:
        """What an actor can take back and bring back, latest first.

        Raises:
            InputError: There is no such task.
        """
        if task is not None:
            self._lake.config.task(task)
        journal = self._lake.journal
        with self._lock:
            kept = self._kept[actor] = journal.history(actor, self._kept.pop(actor, None))
            while len(self._kept) > MOST_ACTORS:
                self._kept.popitem(last=False)
            stacks = kept.stacks(task)
            undo = list(islice(reversed(stacks.undo.values()), limit))
            redo = list(islice(reversed(stacks.redo.values()), limit))
            told = _Told(self._lake, kept, [*undo, *(act for act, _ in redo)])
            return History(
                head=kept.head,
                undo=[told.act(act, act.id) for act in undo],
                redo=[told.act(act, by) for act, by in redo],
                undo_count=len(stacks.undo),
                redo_count=len(stacks.redo),
            )


class _Told:
    """Puts some acts into words; what they need of the journal is read at once."""

    def __init__(self, lake: Lake, kept: Kept, acts: Sequence[Done]) -> None:
        self._lake = lake
        journal = lake.journal
        targets = journal.find([act.target for act in acts if act.target is not None])
        self._events = targets | journal.find([act.id for act in acts if act.kind != "undo"])
        bulks = {event.id for event in self._events.values() if event.kind == "bulk"}
        missing = [own for own in bulks if own not in kept.members]
        kept.members.update(_members(journal, missing))
        self._members = {own: kept.members[own] for own in bulks}

    def act(self, act: Done, undo: str) -> Act:
        event = self._events.get(act.target or act.id)
        members = None if event is None else self._members.get(event.id)
        chips = 1 if members is None and act.chip_id is not None else 0 if members is None else members.chips
        says = "" if event is None else _says(self._lake, event, members)
        if act.kind == "undo":
            says = f"taken back of {'somebody else' if event is None else event.actor}: {says}".removesuffix(": ")
        return Act(
            id=undo,
            kind=act.kind,
            task=act.task,
            chips=chips,
            chip_id=act.chip_id if members is None else members.chip_id,
            at=act.at,
            says=says[:1].upper() + says[1:] + (_where(event, act) or (f", {_count(chips, 'chip')}" if chips else "")),
        )


def _where(event: Event | None, act: Done) -> str:
    """The chip of a stroke, since many are drawn on one after the other; nothing of what is about many chips."""
    drawn = event is not None and event.kind == "mask" and event.payload.get("tool") is not None
    return f" on chip {act.chip_id or event.chip_id}" if drawn and event is not None else ""


def _members(journal: Journal, ids: Sequence[str]) -> dict[str, Members]:
    return dict.fromkeys(ids, Members(0, 0, None, None, None)) | journal.members(ids)


def _says(lake: Lake, event: Event, members: Members | None) -> str:
    """In a few words, without the chips."""
    if members is None:
        return _one(lake, event.task, event.kind, event.payload)
    if members.kind is not None and members.payload is not None:
        return _one(lake, event.task, members.kind, json.loads(members.payload))
    what = _count(members.events, "answer") if members.kind is None else f"{members.events:,} {_KINDS[members.kind]}"
    source = event.payload.get("source")
    file = source.get("file") if isinstance(source, Mapping) else event.payload.get("file")
    return f"{what} from {file}" if isinstance(file, str) and file else what


def _one(lake: Lake, task: str | None, kind: str, payload: Mapping[str, Any]) -> str:
    if kind == "answer":
        return _answer(lake, task, payload)
    if kind == "training":
        return "back in training" if payload["use"] else "removed from training"
    if kind == "attribute":
        return _attribute(lake, payload["name"], payload["value"])
    if kind == "shapes":
        return "outline removed" if removed(payload) else _count(len(payload.get("features", [])), "outline")
    if kind in ("work", "cascade"):
        return _work(payload) if kind == "work" else _cascade(lake, task, payload)
    tool = payload.get("tool")
    return "mask" if tool is None else f"{tool} stroke"


def _cascade(lake: Lake, task: str | None, payload: Mapping[str, Any]) -> str:
    step, name = payload["step"], payload["cascade"]
    if step == "start":
        return f"cascade {name} begun: {_class(lake, task, payload['class'])}"
    if step == "recall":
        return f"cascade {name}: recall {payload['recall']:.3g}"
    return f"cascade {name}: level {payload['level']} left"


def _work(payload: Mapping[str, Any]) -> str:
    said = [f"difficulty {payload['difficulty']}"] if "difficulty" in payload else []
    said += [f"cannot tell ({payload['cannot_tell']})"] if payload.get("cannot_tell") else []
    said += ["a note"] if payload.get("note") else []
    return f"marked {payload['state']}" + (f": {', '.join(said)}" if said else "")


def _answer(lake: Lake, task: str | None, payload: Mapping[str, Any]) -> str:
    if "classes" in payload:
        return ", ".join(_class(lake, task, code) for code in payload["classes"]) or "none of the classes"
    value = "label taken away" if payload["value"] == "unlabelled" else payload["value"].replace("-", " ")
    reason = f" ({payload['reason']})" if payload.get("reason") else ""
    return f"{_class(lake, task, payload['class'])}: {value}{reason}"


def _class(lake: Lake, task: str | None, code: int) -> str:
    try:
        return lake.scheme(task).find(code).title
    except GroundsetError:
        return f"class {code}"


def _attribute(lake: Lake, name: str, value: bool | float | str | None) -> str:
    title = next((a.title for a in lake.config.attributes if a.name == name), None) or name
    if value is None:
        return f"{title}: taken away"
    shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    return f"{title}: {shown:g}" if isinstance(shown, int | float) else f"{title}: {shown}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
