"""Strokes on a layer: bit for bit back and forth, over restarts, from two tabs, and through kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from serving import make_workspace

from groundset.core import LabelMask, MissingError, Origin
from groundset.journal import NewEvent
from groundset.lake import Lake
from groundset.views import Stroke, StrokeDesk, Which
from groundset.views.masks import MaskDesk, PutMask
from groundset.views.patches import pack
from groundset.views.strokes import Kept

CHIP, SIZE = "s_0_0_0", 32
DRAWER = Path(__file__).with_name("drawer.py")
Planes = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    url = "sqlite:///journal.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with make_workspace(tmp_path / "lake", database=url) as made:
        yield made.lake


def stroke(x: int, y: int, width: int = 4, height: int = 3, code: int = 1, origin: int = 1, **more: object) -> Stroke:
    shape = (height, width)
    mask = LabelMask(np.full(shape, code, np.uint8), np.full(shape, origin, np.uint8), np.full(shape, 255, np.uint8))
    patch = pack(np.ones(shape), mask)
    fields = {"id": str(uuid4()), "chip_id": CHIP, "tool": "brush", "window": (x, y, width, height), "patch": patch}
    return Stroke(**{**fields, **more})  # type: ignore[arg-type]


def layer(lake: Lake, actor: str = "anna", chip: str = CHIP) -> LabelMask:
    return MaskDesk(lake).label(chip, "pixels", Which("own", actor)).mask


def planes(mask: LabelMask) -> Planes:
    return mask.classes, mask.origin, mask.confidence


def same(a: LabelMask, b: LabelMask) -> bool:
    return all(map(np.array_equal, planes(a), planes(b)))


def errors(kept: list[Kept]) -> list[str]:
    return [one.result.error or one.result.status for one in kept]


@st.composite
def drawn(draw: st.DrawFn) -> Stroke:
    x, y = draw(st.integers(0, SIZE - 1)), draw(st.integers(0, SIZE - 1))
    shape = (draw(st.integers(1, min(6, SIZE - y))), draw(st.integers(1, min(6, SIZE - x))))
    there, classes, origin, sure = (
        draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from(values)))
        for values in ([0, 1], [0, 1, 255], [0, 1, 2, 3], [0, 77, 255])
    )
    classes[origin == Origin.NONE] = 255
    patch = pack(there, LabelMask(classes, origin, sure))
    return Stroke(str(uuid4()), CHIP, "brush", (x, y, shape[1], shape[0]), patch)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.one_of(drawn(), st.sampled_from(["undo", "redo", "reopen"])), min_size=3, max_size=10))
def test_back_and_forth_bit_by_bit_over_restarts(lake: Lake, acts: list[Stroke | str]) -> None:
    """As two plain stacks of pictures, whoever opens the workspace and whenever."""
    actor = str(uuid4())
    done: list[LabelMask] = [LabelMask.empty((SIZE, SIZE))]
    back: list[LabelMask] = []
    desk = StrokeDesk(lake)
    for act in acts:
        told = desk.told(CHIP, "pixels", actor)
        if isinstance(act, Stroke):
            again = Stroke(**{**{n: getattr(act, n) for n in Stroke.__slots__}, "id": str(uuid4()), "base": told.event})
            (kept,) = desk.put([again], actor)
            assert (kept.result.status, kept.conflict) == ("created", False)
            done, back = [*done, painted(done[-1], act)], []
        elif act == "reopen":
            lake.close()
            desk = StrokeDesk(lake)
        elif act == "undo" and told.history.undo:
            lake.journal.undo(told.history.undo[0].id, actor=actor)
            back, done = [*back, done[-1]], done[:-1]
        elif act == "redo" and told.history.redo:
            lake.journal.undo(told.history.redo[0][1], actor=actor)
            done, back = [*done, back[-1]], back[:-1]
        assert same(layer(lake, actor), done[-1])
        stacks = desk.told(CHIP, "pixels", actor).history
        assert (len(stacks.undo), len(stacks.redo)) == (len(done) - 1, len(back))


def painted(before: LabelMask, one: Stroke) -> LabelMask:
    """The same without the code under test."""
    import zlib

    x, y, width, height = one.window
    there, *said = np.frombuffer(zlib.decompress(one.patch), np.uint8).reshape(4, height, width)
    said[2] = np.where(said[1] == 0, np.uint8(255), said[2])
    out = [plane.copy() for plane in planes(before)]
    for plane, new in zip(out, said, strict=True):
        part = plane[y : y + height, x : x + width]
        part[there == 1] = new[there == 1]
    return LabelMask(*out)


def test_the_same_stroke_again_changes_nothing_and_an_id_is_one_stroke(lake: Lake) -> None:
    desk = StrokeDesk(lake)
    one = stroke(0, 0)
    assert errors(desk.put([one, one], "anna")) == ["created", "known"]
    desk.put([stroke(2, 0, code=0)], "anna")
    head = lake.journal.head()
    assert errors(StrokeDesk(lake).put([one], "anna")) == ["known"], "though the layer has gone on"
    other = stroke(9, 9, id=one.id)
    tool = stroke(0, 0, id=one.id, tool="line")
    told = errors(desk.put([other, tool], "anna"))
    assert ("with other pixels" in told[0], "with something else" in told[1]) == (True, True)
    assert "something else" in errors(desk.put([one], "ben"))[0]
    assert lake.journal.head() == head


@pytest.mark.parametrize("at_once", [1, 1 << 20])
def test_strokes_of_one_request_land_in_order_and_those_refused_leave_no_gap(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("groundset.views.strokes._AT_ONCE", at_once)
    desk = StrokeDesk(lake)
    first, refused, last = stroke(0, 0), stroke(0, 0, code=0, bulk=str(uuid4())), stroke(2, 0, code=0)
    bad, nowhere = stroke(0, 0, code=77), stroke(0, 0, chip_id="s_0_9_9")
    there = stroke(0, 0, chip_id="s_0_0_1", code=0)
    told = desk.put([first, refused, bad, last, nowhere, there], "anna")
    assert [one.result.status for one in told] == ["created", "refused", "refused", "created", "refused", "created"]
    assert "no bulk event" in errors(told)[1]
    assert layer(lake).classes[0, :7].tolist() == [1, 1, 0, 0, 0, 0, 255]
    assert set(layer(lake, chip="s_0_0_1").classes[0, :4]) == {0}


def test_a_conflict_is_told_and_both_strokes_are_kept(lake: Lake) -> None:
    one, other = StrokeDesk(lake), StrokeDesk(lake)
    base = stroke(0, 0)
    one.put([base], "anna")
    a, b = stroke(4, 0, code=0, base=base.id), stroke(8, 0, code=1, base=base.id)
    assert [k.conflict for k in (*one.put([a], "anna"), *other.put([b], "anna"))] == [False, True]
    assert layer(lake).classes[0, :12].tolist() == [1] * 4 + [0] * 4 + [1] * 4


def test_two_tabs_of_two_servers_draw_at_once_and_nothing_is_lost(lake: Lake) -> None:
    other = Lake.open(lake.root)
    desks = [StrokeDesk(lake), StrokeDesk(lake), StrokeDesk(other)]

    def draw(n: int) -> list[Kept]:
        return [one for i in range(10) for one in desks[n].put([stroke(3 * i, 3 * n, 2, 2, code=n % 2)], "anna")]

    with ThreadPoolExecutor(3) as pool:
        told = [one for some in pool.map(draw, range(3)) for one in some]
    other.close()
    assert {one.result.status for one in told} == {"created"}
    classes = layer(lake).classes
    assert all(classes[3 * n, 3 * i] == n % 2 for n in range(3) for i in range(10))
    assert len(lake.journal.layer("pixels", CHIP, "anna", "page").undo) == 30


def test_an_undo_or_a_whole_mask_between_is_not_drawn_over(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes between reading the layer and writing the stroke."""
    desk = StrokeDesk(lake)
    base = stroke(0, 0)
    desk.put([base], "anna")
    commit = desk._commit
    between = iter([lambda: lake.journal.undo(base.id, actor="anna"), lambda: desk_put(lake)])

    def late(batch: object) -> object:
        if (act := next(between, None)) is not None:
            act()
        return commit(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "_commit", late)
    (told,) = desk.put([stroke(8, 0, base=base.id)], "anna")
    assert (told.result.status, told.conflict) == ("created", True)
    assert set(layer(lake).classes[0, :4]) == {255}, "the undo stands"
    assert set(layer(lake).classes[20, :4]) == {0}, "so does the mask that was put"


def desk_put(lake: Lake) -> None:
    from groundset.journal.masks import encode

    chip = lake.chips.get(CHIP)
    classes = np.full((SIZE, SIZE), 255, np.uint8)
    classes[20:] = 0
    data = encode(LabelMask.of(classes, Origin.HUMAN), chip.geobox, lake.scheme("pixels"))
    MaskDesk(lake).put(CHIP, "pixels", PutMask(data, "anna"))


def test_objects_go_on_with_the_layer_and_back_with_undo(lake: Lake) -> None:
    desk = StrokeDesk(lake)
    rle = {"size": [SIZE, SIZE], "counts": [0, 4, SIZE * SIZE - 4]}
    pond = {"id": "pond", "class": 1, "score": None, "depth": 0, "bbox": [0, 0, 1, 4], "rle": rle}
    desk.put([stroke(0, 0, 1, 4, objects=[pond]), stroke(5, 5)], "anna")
    assert desk.objects(CHIP, "pixels", "anna") == [pond]
    gone = stroke(0, 0, 1, 4, code=255, origin=0, objects=[])
    desk.put([gone], "anna")
    assert desk.objects(CHIP, None, "anna") == []
    lake.journal.undo(gone.id, actor="anna")
    assert desk.objects(CHIP, None, "anna") == [pond]
    assert "two objects" in errors(desk.put([stroke(0, 0, objects=[pond, pond])], "anna"))[0]
    assert desk.objects(CHIP, None, "ben") == []
    sha256 = lake.journal.current("pixels", chip_ids=[CHIP])[0].payload["objects"]
    lake.masks.objects_path(sha256).unlink()
    with pytest.raises(MissingError, match="no such objects file"):
        desk.objects(CHIP, None, "anna")


def test_reviewers_pixels_are_reviewers_to_say(lake: Lake) -> None:
    desk = StrokeDesk(lake)
    assert "for reviewers to say" in errors(desk.put([stroke(0, 0, origin=Origin.CONSENSUS)], "anna"))[0]
    one = stroke(0, 0, origin=Origin.CONSENSUS)
    assert errors(desk.put([one], "rita", may_review=True)) == ["created"]
    assert errors(desk.put([stroke(0, 0, 5, origin=Origin.PRODUCT)], "anna")) == ["created"]
    assert not layer(lake).origin.any(), "what the product says is derived, never kept"


def test_own_and_others_are_two_halves_of_the_label(lake: Lake) -> None:
    desk, masks = StrokeDesk(lake), MaskDesk(lake)
    desk.put([stroke(0, 0), stroke(0, 8, layer="left")], "anna")
    desk.put([stroke(2, 0, code=0)], "ben")
    own, others, label = (masks.label(CHIP, "pixels", Which(part, "anna"), flags=False) for part in PARTS)
    assert own.mask.classes[0, :6].tolist() == [1, 1, 1, 1, 255, 255]
    assert others.mask.classes[0, :6].tolist() == [255, 255, 0, 0, 0, 0]
    assert set(others.mask.classes[8, :4]) == {1}, "another layer of one's own is among the others"
    assert label.mask.classes[0, :6].tolist() == [1, 1, 1, 1, 255, 255], "with an actor, all of the actor's layers"
    assert len({part.mark for part in (own, others, label)}) == 3
    before = own.mark
    desk.put([stroke(20, 20)], "ben")
    assert masks.label(CHIP, "pixels", Which("own", "anna"), flags=False).mark == before


PARTS = ("own", "others", "label")


def test_kills_lose_no_acknowledged_stroke(tmp_path: Path) -> None:
    """Each stroke paints a pixel of its own: the layer has all that were acknowledged, and the files are whole."""
    root = tmp_path / "lake"
    make_workspace(root).close()
    acknowledged = kill_drawers(root, 8)
    assert len(acknowledged) >= 8
    with Lake.open(root) as lake:
        events = list(lake.journal.events(kind="mask"))
        assert acknowledged <= {e.id for e in events}
        for event in events:
            lake.masks.get(event.payload["sha256"])
        assert int(layer(lake).labelled.sum()) == len(events)
        assert len(StrokeDesk(lake).told(CHIP, None, "anna").history.undo) == len(events)


def kill_drawers(root: Path, times: int) -> set[str]:
    rng = np.random.default_rng(0)
    acknowledged = set()
    command = [sys.executable, str(DRAWER), str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(times):
            process.stdin.write("next\n")
            process.stdin.flush()
            pid = 0
            for line in process.stdout:
                what, _, value = line.strip().partition(" ")
                if what == "pid":
                    pid = int(value)
                elif what == "ack":
                    if value not in acknowledged and pid:
                        threading.Timer(float(rng.uniform(0, 0.06)), os.kill, (pid, signal.SIGKILL)).start()
                        pid = 0
                    acknowledged.add(value)
                elif what == "dead":
                    break
        process.stdin.close()
    return acknowledged


def test_a_refused_event_says_what_does_not_fit(lake: Lake) -> None:
    """Masks of strokes may also come as plain events: what they name must be there."""
    StrokeDesk(lake).put([stroke(0, 0)], "anna")
    (event,) = lake.journal.current("pixels", chip_ids=[CHIP])
    payload = {**event.payload, "objects": "0" * 64}
    (told,) = lake.annotate([NewEvent("mask", "pixels", CHIP, payload)], actor="anna")
    assert "no such objects file" in str(told.error)
