"""Label maps as files: cloud-optimized GeoTIFFs, and the classes beside them as GDAL, QGIS and people read them.

A scene is written strip by strip into a tiled GeoTIFF beside its place, from which GDAL makes the cloud-optimized one:
memory is that of a strip, whatever the size of the scene. GeoTIFF holds colours itself; class names and the raster
attribute table stand in the sidecar ``FILE.tif.aux.xml``, which GDAL (and so QGIS, rasterio, terra) reads with it, and
once more, for whoever has the GeoTIFF alone, in its tag ``CLASSES`` as the mask files have it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, get_args
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from groundset._files import atomic, disk_errors, write_text
from groundset.core import UNLABELLED, InputError, LabelMask, Listener, Origin, Progress, Scheme

if TYPE_CHECKING:
    from groundset.formats.labelmap.map import LabelMap

Style = Literal["codes", "colour", "origin"]
STYLES: tuple[Style, ...] = get_args(Style)
ORIGINS = ("none", "human", "model", "region", "import", "consensus", "product flag")
"""Names of the origins, in the order of their numbers."""
TILE = 512
_ROWS = 32
"""Rows of a strip that are counted and coloured at once, since both take eight bytes a pixel."""
CACHE_MB = 256
"""GDAL's cache of blocks while a map is written."""

UInt8 = npt.NDArray[np.uint8]


def write_maps(
    made: LabelMap, paths: Mapping[Style, Path], *, progress: Listener | None = None
) -> npt.NDArray[np.int64]:
    """Write a map in one or several styles, painted once; each file appears whole or not at all.

    Args:
        made: The map.
        paths: Where each style goes.
        progress: Hears each step.

    Returns:
        Pixels of each value of the class band, int64 (256,): [255] are unlabelled.

    Raises:
        InputError: No such style.
        ServiceError: The disk is full.
    """
    import rasterio
    from rasterio.crs import CRS

    for style in paths:
        if style not in STYLES:
            raise InputError("no such style of a label map", asked=style, found=", ".join(STYLES))
    box = made.geobox
    rows, cols = made.shape
    grid: dict[str, Any] = {"width": cols, "height": rows, "dtype": "uint8", "driver": "GTiff"}
    if box.crs is not None:
        grid |= {"crs": CRS.from_wkt(box.crs.to_wkt()), "transform": box.transform}
    counts = np.zeros(UNLABELLED + 1, np.int64)
    env = rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_CACHEMAX=CACHE_MB)
    with ExitStack() as stack, env:
        beside: dict[Style, Path] = {}
        for style, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(disk_errors(path))
            folder = stack.enter_context(TemporaryDirectory(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
            beside[style] = Path(folder) / "strips.tif"
        _paint(made, grid, beside, counts, progress)
        told = Progress(f"writing {made.scene}", len(paths), "files", progress)
        for style, path in paths.items():
            _finish(beside[style], path)
            if style != "colour":
                write_text(path.with_name(f"{path.name}.aux.xml"), sidecar(made.scheme, style, counts))
            told.advance()
    return counts


def _paint(
    made: LabelMap,
    grid: Mapping[str, Any],
    paths: Mapping[Style, Path],
    counts: npt.NDArray[np.int64],
    progress: Listener | None,
) -> None:
    """All strips of the map into tiled files."""
    import rasterio
    from rasterio.windows import Window

    colours = colour_table(made.scheme)
    lut = np.zeros((UNLABELLED + 1, 4), np.uint8)
    for value, colour in colours.items():
        lut[value] = colour
    with ExitStack() as stack:
        files = {s: stack.enter_context(rasterio.open(p, "w", **grid, **_profile(s))) for s, p in paths.items()}
        for style, file in files.items():
            _describe(file, made, style, colours)
        for window, mask in made.strips(progress):
            for top in range(0, window.height, _ROWS):
                counts += np.bincount(mask.classes[top : top + _ROWS].ravel(), minlength=UNLABELLED + 1)
            at = Window(window.x_off, window.y_off, window.width, window.height)
            for style, file in files.items():
                file.write(_bands(mask, style, lut), window=at)


def _profile(style: Style) -> dict[str, Any]:
    """Of the file that the strips go into; its compression only has to be quick."""
    tiles = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate", "zlevel": 1}
    tiles |= {"bigtiff": "if_safer"}
    if style == "codes":
        return {**tiles, "count": 1, "nodata": UNLABELLED, "photometric": "palette"}
    if style == "colour":
        return {**tiles, "count": 4, "photometric": "rgb", "alpha": "NON-PREMULTIPLIED", "interleave": "pixel"}
    return {**tiles, "count": 2, "photometric": "minisblack", "interleave": "pixel"}


def _bands(mask: LabelMask, style: Style, lut: UInt8) -> UInt8:
    if style == "codes":
        return mask.classes[None]
    if style == "colour":
        out = np.empty((4, *mask.shape), np.uint8)
        for top in range(0, mask.shape[0], _ROWS):
            out[:, top : top + _ROWS] = lut[mask.classes[top : top + _ROWS]].transpose(2, 0, 1)
        return out
    return np.stack([mask.origin, mask.confidence])


def _describe(file: Any, made: LabelMap, style: Style, colours: Mapping[int, tuple[int, int, int, int]]) -> None:
    said = {"GROUNDSET_SCENE": made.scene, "GROUNDSET_TASK": made.task, "SCHEME": made.scheme.name}
    said |= {} if made.level is None else {"GROUNDSET_LEVEL": str(made.level)}
    file.update_tags(**said)
    classes = json.dumps([{"value": c.code, "name": c.name, "color": c.color} for c in made.scheme])
    if style == "codes":
        file.write_colormap(1, dict(colours))
        file.descriptions = ("class",)
        file.update_tags(1, CLASSES=classes, UNLABELLED=str(UNLABELLED))
    elif style == "colour":
        file.descriptions = ("red", "green", "blue", "alpha")
        file.update_tags(CLASSES=classes)
    else:
        file.descriptions = ("origin", "confidence")
        file.update_tags(1, ORIGINS=json.dumps([{"value": i, "name": name} for i, name in enumerate(ORIGINS)]))
        file.update_tags(2, UNIT="percent", NONE=str(UNLABELLED))


def _finish(strips: Path, path: Path) -> None:
    """The tiled file as a cloud-optimized one in its place."""
    from rasterio.shutil import copy

    with atomic(path) as unfinished:
        copy(
            strips, unfinished, driver="COG", compress="DEFLATE", level=6, blocksize=TILE, num_threads=2,
            overview_resampling="nearest", bigtiff="IF_SAFER",
        )  # fmt: skip


def colour_table(scheme: Scheme) -> dict[int, tuple[int, int, int, int]]:
    """Red, green, blue, alpha by class code; unlabelled is transparent."""
    return {c.code: (*c.rgb, 255) for c in scheme} | {UNLABELLED: (0, 0, 0, 0)}


def class_table(scheme: Scheme, counts: npt.NDArray[np.int64]) -> str:
    """The classes as CSV with their pixels: code, name, title, color, definition, pixels; the last row is 255."""
    import csv
    import io

    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["code", "name", "title", "color", "definition", "pixels"])
    for c in scheme:
        write.writerow([c.code, c.name, c.title, c.color, c.definition or "", int(counts[c.code])])
    write.writerow([UNLABELLED, "unlabelled", "Unlabelled", "", "", int(counts[UNLABELLED])])
    return out.getvalue()


def sidecar(scheme: Scheme, style: Style, counts: npt.NDArray[np.int64]) -> str:
    """``FILE.tif.aux.xml``: category names and raster attribute table of the first band, as GDAL's PAM has them."""
    rows: list[_Row]
    if style == "origin":
        rows = [(int(o), ORIGINS[o], None, None) for o in Origin]
    else:
        rows = [(c.code, c.title or c.name, (*c.rgb, 255), int(counts[c.code])) for c in scheme]
        rows.append((UNLABELLED, "unlabelled", (0, 0, 0, 0), int(counts[UNLABELLED])))
    names = dict.fromkeys(range(max(value for value, *_ in rows) + 1), "") | {value: name for value, name, *_ in rows}
    lines = ["<PAMDataset>", '  <PAMRasterBand band="1">', "    <CategoryNames>"]
    lines += [f"      <Category>{escape(name)}</Category>" for _, name in sorted(names.items())]
    lines += ["    </CategoryNames>", *_attributes(rows), "  </PAMRasterBand>", "</PAMDataset>"]
    return "\n".join(lines) + "\n"


_Row = tuple[int, str, tuple[int, int, int, int] | None, int | None]
_FIELDS = (("Value", 0, 5), ("Class_Name", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8), ("Alpha", 0, 9),
           ("Count", 0, 1))  # fmt: skip
"""Name, type (0 whole number, 2 text) and usage of each column, in GDAL's numbers."""


def _attributes(rows: list[_Row]) -> list[str]:
    """The raster attribute table; without colours and counts where there are none."""
    fields = _FIELDS if rows[0][2] is not None else _FIELDS[:2]
    out = ['    <GDALRasterAttributeTable tableType="thematic">']
    for i, (name, kind, usage) in enumerate(fields):
        told = f"<Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage>"
        out.append(f'      <FieldDefn index="{i}">{told}</FieldDefn>')
    for i, (value, name, colour, count) in enumerate(rows):
        cells = [value, escape(name), *(colour or ()), *(() if count is None else (count,))]
        out.append(f'      <Row index="{i}">{"".join(f"<F>{cell}</F>" for cell in cells)}</Row>')
    return [*out, "    </GDALRasterAttributeTable>"]
