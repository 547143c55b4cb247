"""Strokes: what a hand, or an accepted proposal, changes of a layer. Each is one event with the whole layer's mask."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from groundset.core import GroundsetError, ServiceError
from groundset.journal import Appended, Batch, Event, NewEvent, mask_payload
from groundset.journal.batches import MOVED
from groundset.journal.events import parse_id
from groundset.journal.objects import encode as encode_objects
from groundset.series import chip_of
from groundset.views._layers import Key, Layer, Layers
from groundset.views.masks import LAYER, ChipMask, Commit, Which
from groundset.views.patches import PLANES, Patch, allowed, laid, own_pixels, unpack

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.core.layout import TaskConfig
    from groundset.journal.layers import LayerHistory
    from groundset.lake import Lake

_TRIES = 40
"""Compositions of one batch, while other servers or undos change the layers under it."""

_LONGEST_REST = 0.1
"""Seconds between two of them."""

_AT_ONCE = 64 << 20
"""Bytes that the patches of one batch are unpacked to together, unless one alone has more."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke, as a client sends it.

    Args:
        id: UUID made by the client; sending it again changes nothing.
        chip_id: The chip.
        tool: What it was drawn with.
        window: x, y, width, height in pixels of the chip.
        patch: zlib of uint8 (4, height, width): there (0 or 1), class, origin, confidence. Where ``there`` is 1 the
            layer's pixel becomes what is given: origin 0 says nothing any more, class 255 with an origin wants it
            unlabelled.
        task: A task of kind segment; may be left out where there is one.
        layer: The actor's layer.
        base: Id of the layer's event that it was drawn on; None on an empty layer.
        seconds: Active seconds since the stroke before.
        objects: The layer's whole list of objects after the stroke, where it changes.
        bulk: Id of the bulk event that it is a member of.
    """

    id: str
    chip_id: str
    tool: str
    window: tuple[int, int, int, int]
    patch: bytes
    task: str | None = None
    layer: str = LAYER
    base: str | None = None
    seconds: float | None = None
    objects: Sequence[Any] | None = None
    bulk: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a stroke; ``conflict``: the layer had other strokes since the one it was drawn on."""

    result: Appended
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Strokes:
    """A layer as its actor sees it.

    Args:
        event: The latest event of the layer; None where nothing is said in it.
        mark: Changes when the layer's pixels do.
        history: What can be taken back and brought back.
        work: The actor's latest statement of how far the work is; None where there is none.
    """

    event: str | None
    mark: str
    history: LayerHistory
    work: Event | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A stroke whose form is right."""

    stroke: Stroke
    key: Key
    chip: Chip
    patch: Patch
    objects: str | None


class StrokeDesk:
    """Takes strokes in, and tells what was drawn. Safe to share between threads.

    A stroke is laid on the layer as it is when it arrives, under a lock of that layer; the journal then takes it only
    where nothing came between, else it is laid anew. So strokes of two tabs, or of two servers, are both kept.
    """

    def __init__(self, lake: Lake, commit: Commit | None = None) -> None:
        self._lake = lake
        self._commit: Commit = commit or (lambda batch: lake.journal.commit(lake.journal.prepare([batch]))[0])
        self._layers = Layers(lake)

    def put(self, strokes: Sequence[Stroke], actor: str, *, may_review: bool = False) -> list[Kept]:
        """Keep strokes, in their order; when this returns, those created are on disk. One result for each, in order.

        Refused strokes do not keep the others from landing; those after them are laid on what there is without them.

        Args:
            strokes: Of any chips and layers.
            actor: Who drew them.
            may_review: Whether the actor may say consensus and import pixels.

        Raises:
            ServiceError: The journal or the disk cannot be written; whoever sends the same again later loses nothing.
        """
        out: list[Kept] = []
        for some in _portions(strokes):
            ready: list[_Ready | Appended] = [self._ready(stroke, actor) for stroke in some]
            keys = {one.key for one in ready if isinstance(one, _Ready)}
            with self._layers.held(keys):
                out += _Round(self._layers, self._commit, actor, may_review=may_review).run(ready)
        return out

    def told(self, chip_id: str, task: str | None, actor: str, layer: str = LAYER) -> Strokes:
        """What an actor has drawn in a layer of a chip, and can take back and bring back.

        Raises:
            MissingError: No such chip.
            InputError: No such task, or not one of pixels.
        """
        lake = self._lake
        chosen = lake.config.task(task, "segment")
        chip = self._chip(chosen, chip_id)
        labels = lake.labels(chosen.name, chip_ids=[str(chip.id)])
        own = ChipMask(lake, chip, chosen, labels, Which("own", actor, layer))
        drawn = own.events
        work = lake.journal.current(chosen.name, kind="work", chip_ids=[str(chip.id)], actor=actor)
        return Strokes(
            drawn[-1].id if drawn else None,
            own.mark,
            lake.journal.layer(chosen.name, str(chip.id), actor, layer),
            work[-1] if work else None,
        )

    def objects(self, chip_id: str, task: str | None, actor: str, layer: str = LAYER) -> list[dict[str, Any]]:
        """The objects of a layer.

        Raises:
            MissingError: No such chip, or the file of the objects is gone.
            InputError: No such task, or not one of pixels.
        """
        chosen = self._lake.config.task(task, "segment")
        event = self._layers.event(Key(chosen.name, str(self._chip(chosen, chip_id).id), actor, layer))
        named = None if event is None else event.payload.get("objects")
        return [] if named is None else self._lake.masks.objects(named)

    def _chip(self, task: TaskConfig, chip_id: str) -> Chip:
        """The chip that is drawn on; in a task about a period or a change that of the first date of its place."""
        return chip_of(self._lake, task, chip_id)

    def _ready(self, stroke: Stroke, actor: str) -> _Ready | Appended:
        """Check a stroke's form; nothing depends on what the journal says yet."""
        try:
            own = parse_id(stroke.id)
            chosen = self._lake.config.task(stroke.task, "segment")
            chip = self._chip(chosen, stroke.chip_id)
            rows, cols = (int(n) for n in chip.geobox.shape)
            scheme = self._lake.scheme(chosen.name)
            patch = unpack(stroke.patch, stroke.window, (rows, cols), scheme)
            objects = None
            if stroke.objects is not None:
                data = encode_objects(stroke.objects, (rows, cols), scheme)
                objects = self._lake.masks.put_objects(data) if stroke.objects else ""
            base, bulk = (None if named is None else parse_id(named) for named in (stroke.base, stroke.bulk))
        except ServiceError:
            raise
        except GroundsetError as error:
            return Appended(stroke.id, "refused", error=str(error))
        key = Key(chosen.name, str(chip.id), actor, stroke.layer)
        return _Ready(replace(stroke, id=own, base=base, bulk=bulk), key, chip, patch, objects)


def _portions(strokes: Iterable[Stroke]) -> Iterator[list[Stroke]]:
    """Strokes in order, so many together as may be unpacked at once."""
    some: list[Stroke] = []
    size = 0
    for stroke in strokes:
        own = PLANES * stroke.window[2] * stroke.window[3]
        if some and size + own > _AT_ONCE:
            yield some
            some, size = [], 0
        some.append(stroke)
        size += own
    if some:
        yield some


class _Round:
    """One call of :meth:`StrokeDesk.put`, under the locks of its layers."""

    def __init__(self, layers: Layers, commit: Commit, actor: str, *, may_review: bool) -> None:
        self._layers, self._commit = layers, commit
        self._actor, self._may_review = actor, may_review

    def run(self, ready: Sequence[_Ready | Appended]) -> list[Kept]:
        out: dict[int, Kept] = {i: Kept(one) for i, one in enumerate(ready) if isinstance(one, Appended)}
        todo = {i: one for i, one in enumerate(ready) if isinstance(one, _Ready)}
        for turn in range(_TRIES):
            if turn:
                time.sleep(min(0.01 * turn, _LONGEST_REST) * random.random())  # noqa: S311  # nobody loses each time
            out |= self._once(todo)
            todo = {i: one for i, one in todo.items() if out[i].result.error == MOVED}
            if not todo:
                return [out[i] for i in range(len(ready))]
        raise ServiceError("this layer changes faster than strokes can be laid on it", hint="send them again")

    def _once(self, todo: dict[int, _Ready]) -> dict[int, Kept]:
        """Lay the strokes on their layers and append them; those overtaken are refused as :data:`MOVED`."""
        known = self._layers.known([one.stroke.id for one in todo.values()])
        there: dict[Key, Layer] = {}
        out: dict[int, Kept] = {}
        new: dict[int, NewEvent] = {}
        on: dict[str, str | None] = {}
        for i, one in todo.items():
            try:
                said = known.get(one.stroke.id)
                if said is not None:
                    out[i] = Kept(self._again(one, said))
                    continue
                if one.key not in there:
                    there[one.key] = self._layers.now(one.key, one.chip)
                if one.stroke.id in on:  # twice in one call: known once the first is there
                    out[i] = Kept(Appended(one.stroke.id, "refused", error=MOVED))
                    continue
                layer = there[one.key]
                out[i] = Kept(Appended(one.stroke.id, "created"), conflict=one.stroke.base != layer.event)
                on[one.stroke.id] = layer.event
                new[i] = self._event(one, layer)
            except ServiceError:
                raise
            except GroundsetError as error:
                out[i] = Kept(Appended(one.stroke.id, "refused", error=str(error)))
        if new:
            done = self._commit(Batch(list(new.values()), self._actor, on=on))
            for i, result in zip(new, done, strict=True):
                out[i] = Kept(result, conflict=out[i].conflict and result.status == "created")
        return out

    def _event(self, one: _Ready, layer: Layer) -> NewEvent:
        """The event of a stroke; ``layer`` becomes what it leaves."""
        layers, stroke = self._layers, one.stroke
        patch = allowed(one.patch, may_review=self._may_review, label=lambda: layers.label(one.key, one.chip))
        mask = laid(patch, layer.mask)
        objects = layer.objects if one.objects is None else one.objects or None
        sha256 = layers.keep(one.key, one.chip, mask)
        payload = mask_payload(
            sha256, layer=stroke.layer, strokes=1, seconds=stroke.seconds, tool=stroke.tool, base=stroke.base,
            objects=objects,
        )  # fmt: skip
        layer.event, layer.mask, layer.objects = stroke.id, mask, objects
        return NewEvent("mask", one.key.task, one.key.chip_id, payload, id=stroke.id, bulk=stroke.bulk)

    def _again(self, one: _Ready, there: Event) -> Appended:
        """What to answer to an id that is there: known if it is this stroke, else refused."""
        stroke, key = one.stroke, one.key
        said = (there.kind, there.task, there.chip_id, there.actor, there.bulk, *(there.payload.get(n) for n in _TOLD))
        same = said == ("mask", key.task, key.chip_id, key.actor, stroke.bulk, stroke.layer, stroke.tool, stroke.base)
        if not same:
            return Appended(stroke.id, "refused", error=f"this id is there with something else (event {there.seq})")
        if not own_pixels(one.patch).stands(self._layers.mask_of(there, one.chip)):
            return Appended(stroke.id, "refused", error=f"this id is there with other pixels (event {there.seq})")
        return Appended(stroke.id, "known", there.seq)


_TOLD = ("layer", "tool", "base")
