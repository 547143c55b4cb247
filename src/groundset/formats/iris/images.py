"""IRIS's images as scenes: one scene an image and one chip a scene, the bands of all its files on one grid.

Georeferenced rasters are read where they lie. Arrays (``.npy``), and files that do not have the grid of the first one
that has a place, are copied as GeoTIFF into the workspace, since IRIS takes pixels as they lie and so do we.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from groundset._files import atomic, disk_errors
from groundset.core import Band, BandSet, InputError, MissingError, safe_name
from groundset.formats.iris.project import PLACE, Project
from groundset.imagery import BandSource, Scene, parse_time

_KEPT = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_WHOLE = {"bool": "uint8", "float16": "float32"}
METADATA = "iris:metadata"
"""Where a scene keeps what its metadata file says."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an image: its bands (name, description, scale, offset, nodata), dtype, and place if it has one."""

    path: Path
    bands: tuple[Band, ...]
    dtype: str
    geobox: GeoBox | None

    @property
    def is_array(self) -> bool:
        """Whether it is an array, which GDAL does not read."""
        return self.path.suffix.lower() == ".npy"


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a project: its files by identifier, its metadata and the scene that it becomes."""

    id: str
    scene: str
    files: Mapping[str, File]
    metadata: Any = None

    @property
    def geobox(self) -> GeoBox | None:
        """The grid of the first file that has a place."""
        return next((f.geobox for f in self.files.values() if f.geobox is not None), None)

    @property
    def band_names(self) -> dict[str, tuple[str, ...]]:
        """Names of the bands by file identifier."""
        return {key: tuple(b.name for b in file.bands) for key, file in self.files.items()}

    @property
    def bands(self) -> BandSet:
        """All bands in order."""
        return BandSet(tuple(b for file in self.files.values() for b in file.bands))


def find_images(project: Project) -> list[Image]:
    """All images of a project, by id; only their headers are read.

    Raises:
        MissingError: There are none, or a file of one is missing.
        InputError: A file cannot be read, or has another size than ``images.shape`` says.
    """
    ids = _image_ids(project)
    taken: dict[str, str] = {}
    out = []
    for image_id in ids:
        scene = safe_name(image_id)
        if scene in taken:
            raise InputError(
                "two images would become one scene", asked=f"{taken[scene]!r} and {image_id!r}", found=scene,
                hint="rename one of them",
            )  # fmt: skip
        taken[scene] = image_id
        files = {key: _file(project, key, pattern, image_id) for key, pattern in project.patterns.items()}
        out.append(Image(image_id, scene, _named(files), _metadata(project, image_id)))
    return out


def _image_ids(project: Project) -> list[str]:
    pattern = str(project.path(next(iter(project.patterns.values())), PLACE))
    before, _, after = pattern.partition(PLACE)
    found = glob.glob(f"{glob.escape(before)}*{glob.escape(after)}")  # noqa: PTH207  # {id} may stand within a name
    ids = sorted(path[len(before) : len(path) - len(after)] for path in found)
    if not ids:
        raise MissingError(
            "there is no image where the project file says", asked=pattern, hint="check images.path in the project file"
        )
    return ids


def _file(project: Project, key: str, pattern: str, image_id: str) -> File:
    path = project.path(pattern, image_id)
    if not path.exists():
        what = f" of {key}" if key else ""
        raise MissingError(f"the file{what} of an image is missing", asked=path, found=f"image {image_id!r}")
    file = _array(path) if path.suffix.lower() == ".npy" else _raster(path)
    rows, cols = (int(n) for n in (_shape_of(file, path)))
    width, height = project.size
    if (cols, rows) != (width, height):
        turned = " (shape is [width, height], not [height, width])" if (rows, cols) == (width, height) else ""
        raise InputError(
            f"an image has another size than images.shape says{turned}",
            asked=path,
            found=f"{cols} x {rows} pixels (width x height)",
            hint=f"{project.file.name} says {width} x {height}",
        )
    return file


def _array(path: Path) -> File:
    array = _open_array(path)
    if array.ndim not in (2, 3):
        raise InputError("an array of pixels is (rows, columns, bands)", asked=path, found=array.shape)
    kind = str(array.dtype.newbyteorder("="))
    dtype = _dtype(array, path) if kind not in _KEPT else kind
    count = 1 if array.ndim == 2 else array.shape[2]
    return File(path, tuple(Band(str(i), dtype=dtype) for i in range(1, count + 1)), dtype, None)


def _open_array(path: Path) -> npt.NDArray[Any]:
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError("this array cannot be read", asked=path, found=str(error)[:200]) from None


def _dtype(array: npt.NDArray[Any], path: Path) -> str:
    """The dtype in which values of a kind that rasters do not have are kept without loss."""
    kind = str(array.dtype)
    if kind in _WHOLE:
        return _WHOLE[kind]
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        for name in ("int32", "uint32"):
            if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
                return name
    raise InputError("values of this kind cannot be kept", asked=path, found=kind, hint=f"take {', '.join(_KEPT)}")


def _raster(path: Path) -> File:
    from groundset.imagery._inspect import inspect

    info = inspect(str(path))
    if len(set(info.dtypes)) > 1 or info.dtypes[0] not in _KEPT:
        raise InputError("values of this kind cannot be kept", asked=path, found=", ".join(sorted(set(info.dtypes))))
    placed = info.crs is not None and not info.transform.is_identity
    count = len(info.dtypes)
    named = all(info.descriptions) and len(set(info.descriptions)) == count
    bands = tuple(
        Band(
            name=str(info.descriptions[i]) if named else str(i + 1),
            dtype=info.dtypes[i],
            scale=float(info.scales[i]),
            offset=float(info.offsets[i]),
            nodata=info.nodata[i],
            unit=info.units[i] or None,
            description=info.descriptions[i],
        )
        for i in range(count)
    )
    geobox = GeoBox((info.height, info.width), info.transform, info.crs.to_wkt()) if placed and info.crs else None
    return File(path, bands, info.dtypes[0], geobox)


def _shape_of(file: File, path: Path) -> tuple[int, int]:
    if file.is_array:
        array = _open_array(path)
        return int(array.shape[0]), int(array.shape[1])
    import rasterio

    with rasterio.open(path) as ds:
        return int(ds.height), int(ds.width)


def _named(files: Mapping[str, File]) -> dict[str, File]:
    """The files with names that differ between them: the files' own where all have some, else by number."""
    own = [b.name for f in files.values() for b in f.bands]
    if len(set(own)) == len(own) and not any(name.isdigit() for name in own):
        return dict(files)
    out = {}
    for key, file in files.items():
        names = [f"{key}_b{i}" if key else f"b{i}" for i in range(1, len(file.bands) + 1)]
        bands = tuple(_renamed(b, name) for b, name in zip(file.bands, names, strict=True))
        out[key] = File(file.path, bands, file.dtype, file.geobox)
    return out


def _renamed(band: Band, name: str) -> Band:
    return Band(
        name, scale=band.scale, offset=band.offset, nodata=band.nodata, dtype=band.dtype, unit=band.unit,
        description=band.description,
    )  # fmt: skip


def _metadata(project: Project, image_id: str) -> Any:
    if project.metadata is None:
        return None
    path = project.path(project.metadata, image_id)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the metadata of an image cannot be read", asked=path, found=str(error)) from None
    if path.suffix.lower() != ".json":
        return {"text": text}
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError("the metadata of an image are not JSON", asked=path, found=str(error)) from None


def to_scene(image: Image, size: tuple[int, int], folder: Path, group: str) -> Scene:
    """The scene of an image; what GDAL cannot read in place is copied into ``folder``.

    Args:
        image: The image.
        size: (width, height).
        folder: Where copies go.
        group: Group of the scenes of a project, for those without a place on the map.

    Raises:
        ServiceError: The copy cannot be written.
    """
    box = image.geobox
    sources: list[tuple[BandSource, ...]] = []
    for key, file in image.files.items():
        path = file.path
        if file.is_array or (box is not None and file.geobox != box):
            path = folder / f"{image.scene}{'_' + key if key else ''}.tif"
            _copy(file, path, box)
        sources += [(BandSource(str(path.absolute()), i),) for i in range(1, len(file.bands) + 1)]
    width, height = size
    return Scene(
        id=image.scene,
        geobox=box or GeoBox((height, width), Affine.identity(), None),
        bands=image.bands,
        sources=tuple(sources),
        datetime=_time(image.metadata),
        group=group if box is None else None,
        photo=True,
        product={} if image.metadata is None else {METADATA: image.metadata},
    )


def _time(metadata: Any) -> datetime | None:
    said = metadata.get("datetime") if isinstance(metadata, dict) else None
    try:
        return parse_time(said) if isinstance(said, str) else None
    except InputError:
        return None


def _copy(file: File, path: Path, box: GeoBox | None) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk_errors(path), atomic(path) as unfinished:
        write_tif(unfinished, read_planes(file), file.bands, box, compress="deflate", predictor=_predictor(file.dtype))


def _predictor(dtype: str) -> int:
    return 3 if dtype.startswith("float") else 2


def read_planes(file: File) -> npt.NDArray[Any]:
    """All pixels of a file: (bands, rows, columns) in the dtype that they are kept in."""
    if not file.is_array:
        import rasterio

        with rasterio.open(file.path) as ds:
            return np.asarray(ds.read())
    array = _open_array(file.path)
    planes = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    return np.ascontiguousarray(planes, dtype=file.dtype)


def write_tif(
    path: Path, planes: npt.NDArray[Any], bands: Sequence[Band], box: GeoBox | None, **options: object
) -> None:
    """Write a GeoTIFF with names, scale, offset and nodata of its bands.

    Args:
        path: The file.
        planes: (bands, rows, columns).
        bands: What each band is.
        box: Place on the map; None: none.
        **options: Creation options of GDAL.
    """
    import rasterio

    placed = {} if box is None or box.crs is None else {"crs": box.crs.to_wkt(), "transform": box.transform}
    nodata = {b.nodata for b in bands}
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=planes.shape[1], width=planes.shape[2],
        dtype=str(planes.dtype), nodata=nodata.pop() if len(nodata) == 1 else None, photometric="MINISBLACK",
        ALPHA="UNSPECIFIED", **placed, **options,
    ) as ds:  # fmt: skip
        ds.write(planes)
        ds.descriptions = tuple(b.description or b.name for b in bands)
        ds.scales = tuple(b.scale for b in bands)
        ds.offsets = tuple(b.offset for b in bands)
