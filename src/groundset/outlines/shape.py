"""A shape of an outline task, and how it is read from and written to the journal's events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.core import PRECEDENCE, ChipId, GroundsetError, Origin

if TYPE_CHECKING:
    from groundset.outlines.places import Places

ShapeKind = Literal["box", "oriented-box", "polygon", "polyline", "point"]
Geometries = npt.NDArray[np.object_]
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
POINTS = ("Point", "MultiPoint")

RANK: Mapping[int, int] = {int(origin): len(PRECEDENCE) - i for i, origin in enumerate(PRECEDENCE)}
"""The higher the stronger: human > consensus > import > product > region > model."""

_GEOMETRY, _PROPERTIES = '{"geometry":', ',"properties":'


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape as it stands.

    Args:
        id: Its id, the ``layer`` of its events.
        scene: Scene that it lies on.
        chip_id: Chip of level 0 that its event names: the one that holds its representative point.
        geometry: Shapely geometry in pixels of the scene (column, row from its upper left corner), as it was given:
            a polygon may cross itself.
        code: Class.
        kind: What it was drawn as.
        origin: Who says so.
        actor: Who said it last.
        at: When, RFC 3339.
        seq: Number of the event.
        score: 0 to 1, of a model.
        depth: The higher the nearer: it lies over those below.
        attributes: What else is said of it, by name.
        source: Id of the import that it came with.
        problem: What is wrong with its geometry, where something is.
    """

    id: str
    scene: str
    chip_id: str
    geometry: Any
    code: int
    kind: ShapeKind
    origin: Origin = Origin.HUMAN
    actor: str = ""
    at: str = ""
    seq: int = 0
    score: float | None = None
    depth: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    problem: str | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """Drawn from low to high: people over models, then by depth, then the later over the earlier."""
        return RANK[self.origin], self.depth, self.seq

    def properties(self) -> dict[str, Any]:
        """Properties of its GeoJSON feature, as events have them."""
        said = {
            "class": self.code, "kind": self.kind, "score": self.score, "depth": self.depth or None,
            "attributes": dict(self.attributes) or None, "import": self.source,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}


class Said(NamedTuple):
    """A statement of the journal about shapes: an event, lean.

    ``geometry`` is the GeoJSON text of each of its features' geometries; ``payload`` may be without them.
    """

    seq: int
    at: str
    actor: str
    chip_id: str
    payload: Mapping[str, Any]
    geometry: Sequence[str]


class Told(NamedTuple):
    """What one event says of one shape; ``shape`` is None where it says that there is none any more."""

    id: str
    rank: int
    seq: int
    shape: Shape | None


def read(said: Sequence[Said], places: Places) -> list[tuple[Told, ...]]:
    """What each statement says, in order. Shapes of scenes that are gone, and such as cannot be read, are left out."""
    features = [(i, n, f) for i, one in enumerate(said) for n, f in enumerate(one.payload["features"])]
    geometry, problems = _geometries(said, features, places)
    out: list[list[Told]] = [_gone(one) for one in said]
    for (i, n, feature), shape, problem in zip(features, geometry, problems, strict=True):
        if shape is None or shape.is_empty:
            continue
        one = said[i]
        own = one.payload.get("layer") or f"{one.seq}.{n}"
        origin = Origin(one.payload.get("origin", Origin.HUMAN))
        properties = feature["properties"]
        made = Shape(
            own, ChipId.parse(one.chip_id).scene, one.chip_id, shape, properties["class"],
            properties.get("kind") or kind_of(shape), origin, one.actor, one.at, one.seq, properties.get("score"),
            properties.get("depth") or 0, properties.get("attributes") or {}, properties.get("import"), problem,
        )  # fmt: skip
        out[i].append(Told(own, RANK[origin], one.seq, made))
    return [tuple(told) for told in out]


def parse(text: str) -> tuple[Mapping[str, Any], list[str]]:
    """The canonical JSON of an event's payload without its geometries, and their texts.

    Coordinates are most of the text; only Shapely reads them, which is several times as quick.
    """
    lean, geometry = [], []
    head, *rest = text.split(_GEOMETRY)
    for part in rest:
        own, found, tail = part.partition(_PROPERTIES)
        if not found:
            break
        geometry.append(own)
        lean.append(f"{_GEOMETRY}null{_PROPERTIES}{tail}")
    try:
        payload: Mapping[str, Any] = json.loads(head + "".join(lean))
    except ValueError:
        payload = {}
    features = payload.get("features", [])
    if len(geometry) == len(rest) == len(features) and all(f["geometry"] is None for f in features) and payload:
        return payload, geometry
    payload = json.loads(text)
    return payload, [json.dumps(f["geometry"]) for f in payload["features"]]


def kind_of(geometry: Any) -> ShapeKind:
    """What a geometry is drawn as, where nobody says: polygons that are upright rectangles are boxes."""
    if geometry.geom_type in POINTS:
        return "point"
    if geometry.geom_type in LINES:
        return "polyline"
    return "box" if is_box(geometry) else "polygon"


def is_box(geometry: Any) -> bool:
    """Whether a polygon is a rectangle along rows and columns."""
    if geometry.geom_type != "Polygon" or len(geometry.interiors) or len(geometry.exterior.coords) != 5:
        return False
    left, top, right, bottom = geometry.bounds
    corners = {(left, top), (left, bottom), (right, top), (right, bottom)}
    return set(geometry.exterior.coords) == corners and bool(geometry.area > 0)  # a figure of eight has none


def problems_of(geometry: Geometries) -> list[str | None]:
    """What is wrong with each geometry; None where nothing is. Coordinates in it are the geometry's own."""
    import shapely

    good = shapely.is_valid(geometry)
    return [None if fine or g is None else _words(shapely.is_valid_reason(g))
            for g, fine in zip(geometry, good, strict=True)]  # fmt: skip


def _words(reason: str) -> str:
    what, _, where = reason.partition("[")
    return f"{what.strip().lower()} at {', '.join(where.rstrip(']').split())}" if where else what.strip().lower()


def _gone(one: Said) -> list[Told]:
    layer = one.payload.get("layer")
    if not layer or one.payload["features"]:
        return []
    return [Told(layer, RANK[one.payload.get("origin", Origin.HUMAN)], one.seq, None)]


def _geometries(
    said: Sequence[Said], features: Sequence[tuple[int, int, Any]], places: Places
) -> tuple[Geometries, list[str | None]]:
    """Geometries in pixels of their scenes, None where one cannot be read; and what is wrong with them."""
    import shapely

    texts = np.array([said[i].geometry[n] for i, n, _ in features], object)
    geometry: Geometries = shapely.force_2d(shapely.from_geojson(texts, on_invalid="ignore"))
    grids = np.zeros((len(features), 6))
    known: dict[tuple[str, str], Any] = {}
    for k, (i, _, _) in enumerate(features):
        key = said[i].chip_id, said[i].payload["coordinates"]
        if key not in known:
            known[key] = _grid(*key, places)
        if known[key] is None:
            geometry[k] = None
        else:
            grids[k] = known[key]
    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    (x, y), (a, b, c, d, e, f) = coordinates.T, grids[index].T
    moved = np.round(np.stack([a * x + b * y + c, d * x + e * y + f], axis=1), 6)
    geometry = shapely.set_coordinates(geometry, moved)
    return geometry, problems_of(geometry)


def _grid(chip_id: str, coordinates: str, places: Places) -> tuple[float, ...] | None:
    """From an event's coordinates to pixels of the scene: (a, b, c, d, e, f); None where the scene or chip is gone."""
    try:
        if coordinates == "pixel":
            x, y = places.corner(chip_id)
            return 1, 0, x, 0, 1, y
        return tuple((~places.affine(ChipId.parse(chip_id).scene))[:6])
    except GroundsetError:
        return None
