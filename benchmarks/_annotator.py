"""One simulated person for every way of labelling: what they see, how well they aim, and how long each move takes.

The person sees the truth and the mask as it is, and turns to one of the three largest patches that are wrong, the
larger the likelier. They do the same whatever the tool; only what the tool makes of a move differs.

Seconds are those of the keystroke-level model (Card, Moran, Newell: The keystroke-level model for user performance
time with interactive systems, CACM 23(7), 1980), which is older than any of these tools. Assumed, and the same for
all: an image pixel is two pixels of a 96 dpi screen, the brush has a radius of 4 image pixels, the hand misses by half
a one (standard deviation in each direction), nobody pans or zooms. For scale: outlines of objects in photos took 54 to
79 s (as told in Bearman et al., ECCV 2016), and Fluid Annotation was three times faster than LabelMe (Andriluka et al.,
ACM MM 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import cc3d
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, find_objects
from skimage.draw import polygon
from skimage.graph import MCP_Geometric
from skimage.measure import approximate_polygon, find_contours

Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

KEY = 0.28
"""K: a key, and a step of the wheel (assumed alike); an average non-secretary typist."""
POINT = 1.10
"""P: to move the mouse to a target."""
NEAR = 0.80
"""P at its shortest, for the next vertex of an outline."""
BUTTON = 0.10
"""Half a click: pressing or letting go."""
MIND = 1.35
"""M: to see what comes next."""
DRAW, DRAW_CM = 0.9, 0.16
"""D: to draw a straight segment, and each centimetre of it."""
CM = 2 * 2.54 / 96
"""Centimetres on the screen of an image pixel."""

BRUSH = 4
HAND = 0.5
LONGEST = 60
WINDING = 60
SEEN = 3
PURE = 0.8
"""Share of a segment's pixels that must be of one class for them to say that it is; others they leave alone."""
WHOLE = (1.0, 2.0)
"""How much the outline of a whole thing is simplified, in pixels, whichever mends more in a second."""
CORNERS = 300
"""Nobody draws more of them in one go."""


@dataclass
class Clock:
    """Adds up what a person does.

    Attributes:
        seconds: So far.
        acts: Strokes, clicks and outlines so far.
        holding: The class and the brush at hand; taking another costs a key.
    """

    seconds: float = 0.0
    acts: int = 0
    holding: dict[str, int] = field(default_factory=dict)

    def take(self, what: str, value: int) -> None:
        """Take a class or a brush to hand."""
        if self.holding.get(what, value) != value:
            self.seconds += KEY
        self.holding[what] = value

    def stroke(self, length: float, segments: int = 1) -> None:
        """Look, move there, draw ``length`` image pixels in so many straight pieces."""
        self.acts += 1
        self.seconds += MIND + POINT + 2 * BUTTON + DRAW * segments + DRAW_CM * CM * length

    def click(self) -> None:
        """Look, move there, click."""
        self.acts += 1
        self.seconds += MIND + POINT + 2 * BUTTON

    def look(self, steps: int) -> None:
        """Turn the wheel."""
        self.seconds += steps * KEY

    def outline(self, vertices: int) -> None:
        """Look, move there, click each vertex, close with a double click."""
        self.acts += 1
        self.seconds += MIND + POINT + (vertices - 1) * NEAR + vertices * 2 * BUTTON + 2 * BUTTON

    def key(self) -> None:
        """Look, press a key: nothing is pointed at."""
        self.acts += 1
        self.seconds += MIND + KEY

    def wait(self, seconds: float) -> None:
        """R: the machine."""
        self.seconds += seconds


@dataclass(frozen=True)
class Stroke:
    """Pixels painted, how far the brush went, in how many straight pieces (0: it is set down once), its radius."""

    painted: Bool
    length: float
    segments: int
    radius: int


@dataclass(frozen=True)
class Move:
    """Pixels that get a class, how many that mends in a second, and how it is done."""

    painted: Bool
    code: int
    rate: float
    how: Callable[[Clock], None]


class Person:
    """The simulated annotator; a seed is a person's day.

    Args:
        truth: uint8 (rows, columns), what they see: 1 water, 0 not, 255 where they see no mistakes.
        seed: Of their choices and of their hand.
        scored: uint8 (rows, columns), what they are scored on; None: on what they see.
    """

    def __init__(self, truth: UInt8, seed: int, *, scored: UInt8 | None = None) -> None:
        self.truth, self.known = truth, truth != 255
        self.water = int((truth == 1).sum())
        self.scored = truth if scored is None else scored
        self.rng = np.random.default_rng(seed)
        self.clock = Clock()
        self._things: npt.NDArray[np.integer] | None = None
        self._rings: dict[int, list[npt.NDArray[np.float64]]] = {}

    def patch(self, mask: UInt8, but: Bool | None = None) -> Bool | None:
        """One of the three largest patches that are wrong and of one class; None where all is right."""
        wrong = self.known & (mask != self.truth)
        return self.one_of(wrong if but is None else wrong & ~but)

    def one_of(self, where: Bool) -> Bool | None:
        """One of the three largest patches of these pixels that are of one class, the larger the likelier."""
        pieces = cc3d.connected_components(np.where(where & self.known, self.truth + np.uint8(1), 0), connectivity=4)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        found = [i for i in np.argsort(-sizes, kind="stable")[:SEEN] if sizes[i]]
        if not found:
            return None
        weights = sizes[found].astype(float)
        return np.asarray(pieces == found[self.rng.choice(len(found), p=weights / weights.sum())])

    def strokes(self, patch: Bool) -> list[Stroke]:
        """Ways to paint a patch, as the hand does it: straight through its middle, along its winding, or a dab."""
        rows, cols = find_objects(patch.astype(np.uint8))[0]
        depth = distance_transform_edt(np.pad(patch[rows, cols], 1))[1:-1, 1:-1]
        row, col = (int(i) for i in np.unravel_index(int(depth.argmax()), depth.shape))
        ways = [max((_chord(depth, row, col, angle) for angle in np.linspace(0, np.pi, 16, endpoint=False)),
                    key=lambda e: float(np.hypot(*(e[1] - e[0]))))]  # fmt: skip
        if patch.sum() >= WINDING:
            ways.append(_winding(depth, (row, col)))
        out = []
        for way in ways:
            at = np.rint(way).astype(int)
            radius = int(max(1, min(BRUSH, np.median(depth[tuple(at.T)]))))
            points = way + np.array([rows.start, cols.start]) + self.rng.normal(0, HAND, way.shape)
            length = float(np.hypot(*np.diff(points, axis=0).T).sum())
            out.append(Stroke(_thick(patch.shape, points, radius), length, len(points) - 1, radius))
        here = np.array([[row + rows.start, col + cols.start]]) + self.rng.normal(0, HAND, (1, 2))
        radii = {int(max(1, min(BRUSH, r))) for r in (depth[row, col], np.sqrt(patch.sum() / np.pi))}
        return out + [Stroke(_thick(patch.shape, np.repeat(here, 2, axis=0), r), 0.0, 0, r) for r in sorted(radii)]

    def wrong(self, mask: UInt8) -> int:
        """Pixels that they see are wrong."""
        return int((self.known & (mask != self.truth)).sum())

    def patches(self, mask: UInt8) -> int:
        """How many patches they see are wrong."""
        wrong = self.known & (mask != self.truth)
        return int(cc3d.connected_components(wrong.astype(np.uint8), connectivity=4).max(initial=0))

    def mended(self, painted: Bool, code: int, mask: UInt8) -> int:
        """Pixels that become right, less those that are painted wrong."""
        at = np.flatnonzero(painted)
        now, then = mask.ravel()[at], self.truth.ravel()[at]
        return int(((now != then) & (then == code)).sum()) - int(((then != code) & (then != 255)).sum())

    def pure(self, painted: Bool, code: int) -> bool:
        """Whether enough of a segment is of a class for them to say so."""
        true = self.truth[painted & self.known]
        return int((true == code).sum()) >= PURE * len(true)

    def better(self, painted: Bool, code: int, mask: UInt8) -> bool:
        """Whether the mask is no worse then: nobody paints land over a lake that is right to mend a little shore."""
        at = np.flatnonzero(painted)
        other = mask.ravel()[at] != code
        right = int((other & (self.truth.ravel()[at] == code)).sum())
        spoilt = int((other & (self.truth.ravel()[at] == 1 - code)).sum())
        water = mask == 1
        hit, false = int((water & (self.truth == 1)).sum()), int((water & (self.truth == 0)).sum())
        before = hit / max(1, self.water + false)
        if code:
            return (hit + right) / max(1, self.water + false + spoilt) >= before
        return (hit - spoilt) / max(1, self.water + false - right) >= before

    def choose(
        self,
        patch: Bool,
        mask: UInt8,
        *,
        outlines: bool = False,
        fills: bool = False,
        regions: Sequence[tuple[Bool, int]] = (),
    ) -> Move:
        """The way of mending a patch that mends most in a second: a stroke, or what else the tool has.

        What makes the whole mask worse is not done while there is anything else to do.

        Args:
            patch: Pixels that are wrong.
            mask: The mask as it is.
            outlines: Whether the tool has outlines: of the patch, or of the whole lake or land that it is a part of.
            fills: Whether a click fills the connected pixels of one class that it hits.
            regions: Regions at the spot, each with the steps of the wheel to it; looking at them has cost its time.
        """
        code = int(self.truth[patch][0])
        ways: list[tuple[Bool, Callable[[Clock], None]]]
        ways = [(one.painted, partial(_stroke, one)) for one in self.strokes(patch)]
        for ring in (*_ring(patch, 1.0), *self._whole(patch)) if outlines else ():
            painted = np.zeros(patch.shape, bool)
            painted[polygon(*(ring + self.rng.normal(0, HAND, ring.shape)).T, patch.shape)] = True
            ways.append((painted, partial(_outline, len(ring))))
        if fills:
            areas = cc3d.connected_components(mask + np.uint8(1), connectivity=4)
            ways.append((areas == areas[self.spot(patch)], _fill))
        ways += [(region, partial(_region, steps)) for region, steps in regions if self.pure(region, code)]
        moves = []
        for painted, how in ways:
            took = Clock(holding=dict(self.clock.holding))
            took.take("class", code)
            how(took)
            moves.append(Move(painted, code, self.mended(painted, code, mask) / took.seconds, how))
        moves.sort(key=lambda move: -move.rate)
        return next((move for move in moves if self.better(move.painted, code, mask)), moves[0])

    def _whole(self, patch: Bool) -> list[npt.NDArray[np.float64]]:
        """Outlines of the lake or land that a patch is a part of."""
        if self._things is None:
            self._things = cc3d.connected_components(np.where(self.known, self.truth + np.uint8(1), 0), connectivity=4)
        thing = int(self._things[patch][0])
        if thing not in self._rings:
            found = [ring for simple in WHOLE for ring in _ring(self._things == thing, simple)]
            self._rings[thing] = [ring for ring in found if len(ring) <= CORNERS]
        return self._rings[thing]

    def do(self, move: Move) -> tuple[Bool, int]:
        """Make a move: the pixels painted, and their class."""
        self.clock.take("class", move.code)
        move.how(self.clock)
        return move.painted, move.code

    def spot(self, patch: Bool) -> tuple[int, int]:
        """Where they click in a patch: about its middle."""
        rows, cols = find_objects(patch.astype(np.uint8))[0]
        depth = distance_transform_edt(np.pad(patch[rows, cols], 1))[1:-1, 1:-1]
        at = np.array(np.unravel_index(int(depth.argmax()), depth.shape)) + np.array([rows.start, cols.start])
        at = np.rint(at + self.rng.normal(0, HAND, 2)).astype(int)
        row, col = np.clip(at, 0, np.array(patch.shape) - 1)
        return int(row), int(col)

    def iou(self, mask: UInt8) -> float:
        """Water IoU over what they see, by which they judge an answer."""
        return _iou(mask, self.truth)

    def score(self, mask: UInt8) -> float:
        """Water IoU over what is scored."""
        return _iou(mask, self.scored)


def _iou(mask: UInt8, truth: UInt8) -> float:
    said, true = (mask == 1) & (truth != 255), truth == 1
    return float((said & true).sum() / max(1, (said | true).sum()))


def _stroke(one: Stroke, clock: Clock) -> None:
    clock.take("tool", 0)
    clock.take("brush", one.radius)
    clock.stroke(one.length, one.segments)


def _outline(corners: int, clock: Clock) -> None:
    clock.take("tool", 1)
    clock.outline(corners)


def _fill(clock: Clock) -> None:
    clock.take("tool", 3)
    clock.click()


def _region(steps: int, clock: Clock) -> None:
    clock.take("tool", 2)
    clock.look(steps)
    clock.click()


def _chord(depth: npt.NDArray[np.float64], row: int, col: int, angle: float) -> npt.NDArray[np.float64]:
    """The two ends of the way through a point in one direction, as far as the brush stays within."""
    out = []
    enough = min(BRUSH, depth[row, col])
    for sign in (-1, 1):
        step = sign * np.array([np.sin(angle), np.cos(angle)])
        far = np.arange(LONGEST // 2 + 1)[:, None] * step + [row, col]
        at = np.rint(far).astype(int)
        inside = ((at >= 0) & (at < depth.shape)).all(axis=1)
        inside[inside] = depth[tuple(at[inside].T)] >= enough
        last = len(inside) - 1 if inside.all() else int(np.argmin(inside)) - 1
        out.append(far[max(0, last)])
    return np.array(out)


def _winding(depth: npt.NDArray[np.float64], start: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The longest way through a patch, in the middle of it: corners (n, 2)."""
    cost = np.where(depth > 0, 1 + 4 / np.maximum(depth, 0.5), -1)
    ends = start
    for _ in range(2):
        graph = MCP_Geometric(cost)
        far, _ = graph.find_costs([ends])
        begun, ends = ends, np.unravel_index(int(np.where(np.isfinite(far), far, -1).argmax()), far.shape)
    path = np.array(graph.traceback(ends), float)[: 4 * LONGEST]
    corners = approximate_polygon(path, 2.0)
    return corners if len(corners) > 1 else np.array([begun, ends], float)


def _ring(patch: Bool, tolerance: float) -> list[npt.NDArray[np.float64]]:
    """The outer outline of a patch, simplified by so many pixels: corners (n, 2); none where none is left."""
    rows, cols = find_objects(patch.astype(np.uint8))[0]
    rings = find_contours(np.pad(patch[rows, cols], 1).astype(float), 0.5)
    ring = max(rings, key=lambda r: float(np.ptp(r, axis=0).prod()))
    corners = approximate_polygon(ring, tolerance)[:-1] + np.array([rows.start - 1, cols.start - 1])
    return [corners] if len(corners) >= 3 else []


def _thick(shape: tuple[int, ...], points: npt.NDArray[np.float64], radius: int) -> Bool:
    """Pixels no farther than ``radius`` from a line through points."""
    out = np.zeros(shape, bool)
    for a, b in pairwise(points):
        low = np.maximum(np.floor(np.minimum(a, b)).astype(int) - radius - 1, 0)
        high = np.minimum(np.ceil(np.maximum(a, b)).astype(int) + radius + 2, shape)
        if (high <= low).any():
            continue
        y, x = np.mgrid[low[0] : high[0], low[1] : high[1]]
        way = b - a
        t = np.clip(((y - a[0]) * way[0] + (x - a[1]) * way[1]) / max(1e-9, float(way @ way)), 0, 1)
        far = np.hypot(y - a[0] - t * way[0], x - a[1] - t * way[1])
        out[low[0] : high[0], low[1] : high[1]] |= far <= radius
    return out
