"""Chips and scenes of the rooms as the HTTP contract's models."""

from __future__ import annotations

import math
from collections.abc import Mapping

import shapely

from groundset.chips import Chip, SceneLayer, SpectralIndex, indices_of, layers_of
from groundset.chips._footprint import footprints_of
from groundset.chips.chip import crs_text
from groundset.core import Band, GroundsetError
from groundset.imagery import Scene, format_time
from groundset.imagery.signing import redacted
from groundset.imagery.whereabouts import hrefs
from groundset.server.models import (
    BandInfo,
    ChipDetail,
    ChipLabel,
    ChipRow,
    Index,
    Layer,
    Neighbours,
    Problem,
    SceneDetail,
    SceneRow,
)
from groundset.server.problems import problem
from groundset.server.series import dates_of
from groundset.views import Views
from groundset.views.chips import beside
from groundset.views.statistics import Range
from groundset.views.tiles import zooms


def scene_row(views: Views, scene: Scene, chips: int) -> SceneRow:
    """One scene in a list."""
    (outline,) = footprints_of([scene.geobox])
    return SceneRow(
        id=scene.id,
        datetime=None if scene.datetime is None else format_time(scene.datetime),
        sensor=scene.sensor,
        crs=crs_text(scene.geobox),
        width=scene.width,
        height=scene.height,
        resolution=_metres(scene),
        bands=list(scene.bands.names),
        cloud_cover=scene.cloud_cover,
        photo=scene.photo,
        chips=chips,
        bbox=None if outline is None else [float(v) for v in outline.bounds],
        geometry=None if outline is None else shapely.geometry.mapping(outline),
        problem=_told(views.scenes.problem(scene)),
    )


def scene_rows(views: Views) -> list[SceneRow]:
    """All scenes, sorted by id."""
    counts = views.scenes.chips()
    store = views.lake.scenes
    return [scene_row(views, store.get(scene_id), counts.get(scene_id, 0)) for scene_id in store.ids()]


def scene_detail(views: Views, scene_id: str) -> SceneDetail:
    """One scene with all that is needed to draw it."""
    scene = views.lake.scenes.get(scene_id)
    smallest, largest = zooms(scene)
    ranges = views.scenes.ranges(scene)
    return SceneDetail(
        scene=scene_row(views, scene, views.scenes.chips().get(scene_id, 0)),
        bands=band_infos(scene, ranges),
        layers=layers(views, scene),
        indices=indices(views, scene, ranges),
        sources=[redacted(h) for h in hrefs(scene)],
        transform=[float(v) for v in tuple(scene.geobox.affine)[:6]],
        minzoom=smallest,
        maxzoom=largest,
    )


def chip_detail(views: Views, chip: Chip, row: ChipRow, labels: Mapping[str, ChipLabel]) -> ChipDetail:
    """One chip with all that is needed to draw it."""
    scene = views.lake.scenes.get(chip.id.scene)
    footprint = chip.footprint
    ranges = views.scenes.ranges(scene)
    series, dates = dates_of(views.lake, chip)
    return ChipDetail(
        chip=row,
        x_off=chip.window.x_off,
        y_off=chip.window.y_off,
        crs=crs_text(chip.geobox),
        transform=[float(v) for v in tuple(chip.geobox.affine)[:6]],
        geometry=None if footprint is None else shapely.geometry.mapping(footprint),
        bands=band_infos(scene, ranges),
        layers=layers(views, scene),
        indices=indices(views, scene, ranges),
        neighbours=Neighbours(**beside(views.lake, chip)),
        labels=dict(labels),
        series=series,
        dates=list(dates),
        pixels_problem=_told(views.scenes.problem(scene)),
    )


def band_infos(scene: Scene, ranges: Mapping[str, Range]) -> list[BandInfo]:
    """Bands with the scene's statistics."""
    return [_band(band, ranges.get(band.name)) for band in scene.bands]


def layers(views: Views, scene: Scene) -> list[Layer]:
    """Named layers, radar, single bands, and the workspace's own views whose bands are there."""
    there = [_layer(views, scene, layer) for layer in layers_of(scene.bands)]
    return there + [own for name in views.looks.own() if (own := _own(views, scene, name)) is not None]


def indices(views: Views, scene: Scene, ranges: Mapping[str, Range]) -> list[Index]:
    """Spectral indices whose bands are there, with the range that their colours span."""
    there = indices_of(scene.bands, views.looks.edges(scene))
    return [_index(index, index.span or ranges.get(index.name, (-1.0, 1.0))) for index in there]


def _layer(views: Views, scene: Scene, layer: SceneLayer) -> Layer:
    return Layer(
        name=layer.name,
        title=layer.title,
        bands=list(layer.bands),
        group=layer.group,
        formulas=list(layer.formulas),
        ranges=_spans(views, scene, layer.name),
        lab=layer.lab,
    )


def _own(views: Views, scene: Scene, name: str) -> Layer | None:
    said = views.looks.own()[name]
    try:
        view = views.looks.view(scene, name)
    except GroundsetError:
        return None  # a band of it is not there
    return Layer(
        name=name,
        title=said.title,
        bands=list(view.bands),
        group="own",
        formulas=[channel.text.strip() for channel in view.channels],
        ranges=_spans(views, scene, name),
        ramp=said.ramp,
        stretch=view.stretch,
    )


def _spans(views: Views, scene: Scene, layer: str) -> list[tuple[float, float]]:
    """What becomes black and white; empty where the scene cannot be read, or each picture says it for itself."""
    try:
        return views.looks.ranges(scene, views.looks.view(scene, layer)) or []
    except GroundsetError:
        return []


def _index(index: SpectralIndex, span: Range) -> Index:
    return Index(
        name=index.name,
        title=index.title,
        formula=index.formula,
        bands=list(index.bands),
        ramp=list(index.ramp),
        low=span[0],
        high=span[1],
    )


def _band(band: Band, span: Range | None) -> BandInfo:
    none = band.nodata is None or math.isnan(band.nodata)
    low, high = span or (None, None)
    return BandInfo(
        name=band.name,
        common_name=band.common_name,
        description=band.description,
        unit=band.unit,
        center_wavelength=band.center_wavelength,
        dtype=band.dtype,
        scale=band.scale,
        offset=band.offset,
        nodata=None if none else band.nodata,
        low=low,
        high=high,
    )


def _metres(scene: Scene) -> float | None:
    """Size of a pixel on the ground, from the outline of the one at the centre."""
    from pyproj import Geod

    if scene.geobox.crs is None:
        return None
    rows, cols = scene.height // 2, scene.width // 2
    pixel = scene.geobox[rows : rows + 1, cols : cols + 1].extent.to_crs("EPSG:4326").geom
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(pixel)
    return round(math.sqrt(abs(area)), 4) if math.isfinite(area) else None


def _told(error: GroundsetError | None) -> Problem | None:
    return None if error is None else problem(error)
