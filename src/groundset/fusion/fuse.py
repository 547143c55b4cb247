"""Answers given on several scenes of one place, brought together on the chips of one of them by a stated rule.

Radar and optical scenes of one place, or two dates, are labelled each for itself. Here their labels meet: answers about
chips by the share of a chip that they cover, masks pixel by pixel (each pixel takes the class of the source pixel that
holds its centre). What is written are answers of the actor ``fusion``: of origin consensus where all scenes agreed,
else of origin import, so that what people say of a chip itself always wins. One run is one act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from groundset.core import InputError, Listener, MissingError, Origin, Progress
from groundset.core.layout import TaskConfig
from groundset.formats.labelmap.painting import Places, on_scene, places_of
from groundset.fusion.masks import MaskMeeting
from groundset.fusion.places import check_meet, meeting, overlap_text
from groundset.fusion.report import Disagreement, FuseReport
from groundset.fusion.voices import Rule, Voice, meet, voices, words
from groundset.journal import Appended, Event, NewEvent, answer, new_id
from groundset.journal.answers import Answer, resolve
from groundset.journal.payloads import UNSAID
from groundset.lake import Lake
from groundset.release import by_bands, told_bands

if TYPE_CHECKING:
    from groundset.imagery import Scene
    from groundset.journal import TaskLabels

RULES: tuple[Rule, ...] = get_args(Rule)
ACTOR = "fusion"
"""Whose answers these are."""

Append = Callable[[Sequence[NewEvent], str], list[Appended]]
"""Appends events of an actor, and returns once they are on disk."""


@dataclass(slots=True)
class Tally:
    """What came of it so far."""

    events: list[NewEvent] = field(default_factory=list)
    created: int = 0
    known: int = 0
    removed: int = 0
    agreed: int = 0
    alone: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)


def fuse_labels(
    lake: Lake,
    scenes: Sequence[str],
    *,
    task: str | None = None,
    rule: str = "agree",
    onto: str | None = None,
    level: int = 0,
    actor: str,
    append: Append | None = None,
    progress: Listener | None = None,
) -> FuseReport:
    """Bring the labels of several scenes of one place together on the chips of one.

    Done again nothing is doubled: what is so already stays, what no longer holds is taken back.

    Args:
        lake: The workspace.
        scenes: Two or more scenes; their order says who comes first.
        task: A classify or segment task; may be left out where one alone has labels.
        rule: ``agree``: what all scenes say; ``first``: what the first of them says that says anything; ``both``: what
            each says is kept, and the first one's is the label where there can be but one.
        onto: Scene whose chips get the answers; default: the first.
        level: Level of the chips, of the scenes and of the target.
        actor: Who asked for it; kept with the act.
        append: Appends events (default: to the journal).
        progress: Hears each step.

    Raises:
        InputError: Fewer than two scenes, no such rule or task, nothing labelled, or scenes that do not overlap or only
            touch.
        MissingError: No such scene.
    """
    chosen_rule = next((r for r in RULES if r == rule), None)
    if chosen_rule is None:
        raise InputError("no such rule", asked=rule, found=", ".join(RULES))
    named = list(dict.fromkeys(scenes))
    if len(named) < 2:
        raise InputError("labels of at least two scenes can meet", asked=", ".join(named) or "no scene")
    there = [_scene(lake, s) for s in named]
    target = _scene(lake, onto) if onto is not None else there[0]
    chosen = _task(lake, task)
    check_meet([s for s in there if s.id != target.id] or there, target)
    labels = lake.labels(chosen.name)
    work = _Work(lake, chosen, chosen_rule, there, target, level, labels, progress)
    tally = work.pixels() if chosen.kind == "segment" else work.chips()
    bulk = _write(lake, tally.events, chosen.name, chosen_rule, named, target.id, actor, append)
    notes = (*_times(there, target), *_bands(there, target))
    return FuseReport(
        chosen.name, chosen_rule, tuple(named), target.id, tally.created, tally.known, tally.removed, tally.agreed,
        tally.alone, tally.disagreements, bulk, "pixels" if chosen.kind == "segment" else "chips", notes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Work:
    """One run."""

    lake: Lake
    task: TaskConfig
    rule: Rule
    scenes: Sequence[Scene]
    target: Scene
    level: int
    labels: TaskLabels
    progress: Listener | None

    @property
    def origin(self) -> Origin:
        return Origin.CONSENSUS if self.rule == "agree" else Origin.IMPORT

    def chips(self) -> Tally:
        """Answers about chips."""
        targets = self._targets()
        said = [self._voices(scene, targets) for scene in self.scenes]
        former = self._former("answer")
        scheme, out = self.lake.scheme(self.task.name), Tally()
        told = Progress("bringing answers together", len(targets.ids), "chips", self.progress)
        for i, chip_id in enumerate(targets.ids):
            here = [v[i] for v in said]
            met = meet(here, self.rule, multi=self.task.multi)
            out.alone += met.alone
            out.agreed += not (met.alone or met.differ) and any(here)
            if met.differ:
                out.disagreements.append(Disagreement(chip_id, tuple(words(v, scheme) for v in here)))
            self._say(out, chip_id, met.said, former.get(chip_id, []))
            told.advance()
        return out

    def pixels(self) -> Tally:
        """Masks."""
        targets = self._targets()
        former = self._former("mask")
        return MaskMeeting(
            self.lake, self.task, self.rule, self.scenes, self.target, self.labels, self.origin, of_fusion
        ).run(targets, former, Tally(), self.progress)

    def _targets(self) -> Places:
        """The chips of the target scene."""
        parts = self.lake.chips.batches(self.target.id, self.level)
        if not parts:
            raise MissingError("this scene has no chips of this level", asked=f"level {self.level} of {self.target.id}")
        ids = [i for part in parts for i in self.lake.chips.table(["chip_id"], parts=[part]).column(0).to_pylist()]
        return places_of(self.lake.chips, self.target.id, ids, self.level)[0]

    def _voices(self, scene: Scene, targets: Places) -> list[Voice]:
        """What a scene says of each target chip."""
        known = self._answers(scene.id)
        places, _ = places_of(self.lake.chips, scene.id, list(known), self.level)
        if not places.ids:
            raise InputError(
                "nothing of this scene is labelled by people", asked=f"{scene.id}, task {self.task.name}",
                hint="label some of its chips; answers of models do not count here",
            )  # fmt: skip
        pairs = meeting(self.target.geobox, targets.boxes, scene.geobox, places.boxes)
        said = voices(pairs, [known[i] for i in places.ids], len(targets.ids), multi=self.task.multi)
        if not any(said):
            raise InputError(
                f"no chip of {self.target.id} is covered by half by what is labelled on {scene.id}",
                found=overlap_text(scene, self.target), hint="name scenes of one place, or label chips where they meet",
            )  # fmt: skip
        return said

    def _answers(self, scene_id: str) -> dict[str, Answer]:
        """What people say of the chips of a scene; what a fusion wrote before does not count."""
        out = {}
        scheme = self.lake.scheme(self.task.name)
        for chip_id in on_scene(self.labels.chip_ids, scene_id):
            events = [e for e in self.labels.events(chip_id) if e.kind == "answer" and not of_fusion(e)]
            found = resolve(events, scheme, multi=self.task.multi)
            if found is not None and (found.teaches or found.teaches_not):
                out[chip_id] = found
        return out

    def _former(self, kind: str) -> dict[str, list[Event]]:
        """What a fusion wrote before onto the target scene, oldest first."""
        out: dict[str, list[Event]] = {}
        for chip_id in on_scene(self.labels.chip_ids, self.target.id):
            mine = [e for e in self.labels.events(chip_id) if e.kind == kind and of_fusion(e)]
            if mine:
                out[chip_id] = mine
        return out

    def _say(self, out: Tally, chip_id: str, said: Voice, former: Sequence[Event]) -> None:
        was = [(e.payload["class"], e.payload["value"], e.payload.get("origin")) for e in former]
        stands = [w for w in was if w[1] != UNSAID]
        wanted = [(code, value, int(self.origin)) for code, value in said.items()]
        if stands == wanted:
            out.known += bool(wanted)
            return
        gone = [code for code, *_ in stands if code not in said]
        out.created += bool(wanted)
        out.removed += bool(gone) and not wanted
        for code in gone:  # of the weakest origin, so that it takes away nothing but what a fusion said
            out.events.append(self._event(chip_id, answer(code, UNSAID, origin=Origin.MODEL)))
        for code, value, _ in wanted:
            out.events.append(self._event(chip_id, answer(code, value, origin=self.origin)))

    def _event(self, chip_id: str, payload: dict[str, Any]) -> NewEvent:
        source = {"rule": self.rule, "scenes": [s.id for s in self.scenes]}
        return NewEvent("answer", self.task.name, chip_id, {**payload, "source": source})


def of_fusion(event: Event) -> bool:
    """Whether a fusion wrote an event."""
    return event.actor == ACTOR and "rule" in event.payload.get("source", {})


def _scene(lake: Lake, scene_id: str) -> Scene:
    return lake.scenes.get(scene_id)


def _task(lake: Lake, name: str | None) -> TaskConfig:
    if name is not None:
        return lake.config.task(name, "classify", "segment")
    said = [t for t in lake.config.tasks if t.kind != "outline" and lake.journal.count(t.name)]
    return said[0] if len(said) == 1 else lake.config.task(None, "classify", "segment")


def _write(
    lake: Lake, events: Sequence[NewEvent], task: str, rule: Rule, scenes: Sequence[str], onto: str, by: str,
    append: Append | None,
) -> str | None:  # fmt: skip
    """All of it as one act; its id, None where nothing changes."""
    if not events:
        return None
    own = new_id()
    what = {"verb": "fuse", "rule": rule, "scenes": list(scenes), "onto": onto, "by": by, "count": len(events)}
    bulk = NewEvent("bulk", task=task, payload=what, id=own)
    members = [NewEvent(e.kind, e.task, e.chip_id, e.payload, e.id, None, own) for e in events]
    done = append([bulk, *members], ACTOR) if append is not None else lake.annotate([bulk, *members], actor=ACTOR)
    refused = [one for one in done if one.status == "refused"]
    if refused:
        raise InputError("the journal refuses these answers", asked=f"{len(refused)} of them", found=refused[0].error)
    return own


def _times(scenes: Sequence[Scene], target: Scene) -> Iterator[str]:
    """How far apart the scenes were acquired."""
    known = [s.datetime for s in (*scenes, target) if s.datetime is not None]
    if len(known) > 1 and max(known) > min(known):
        hours = (max(known) - min(known)).total_seconds() / 3600
        yield "acquired " + (f"{hours:.1f} hours apart" if hours < 48 else f"{hours / 24:.0f} days apart")
    cloudy = np.array([s.datetime is None for s in scenes])
    if cloudy.any():
        yield f"{int(cloudy.sum())} of the scenes state no time"


def _bands(scenes: Sequence[Scene], target: Scene) -> Iterator[str]:
    """Whether the labels can be released together."""
    sets = by_bands([target, *(s for s in scenes if s.id != target.id)])
    if len(sets) > 1:
        yield (
            f"these scenes have different bands ({told_bands(sets)}), and a release has one set: "
            f"groundset release DIR NAME --scenes {target.id}"
        )
