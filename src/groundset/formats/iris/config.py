"""The project file of an export: that of the project brought in with what has changed since, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from groundset.chips import layers_of, own_view
from groundset.core import BandSet, InputError, Scheme, Window, is_plain, safe_name
from groundset.formats.iris.kept import Kept
from groundset.formats.iris.project import DEFAULT_ENCODING, PLACE
from groundset.formats.iris.views import Files, iris_view
from groundset.imagery import Scene
from groundset.lake import Lake

_OPAQUE = 70
"""Alpha of a class in IRIS's own examples."""


@dataclass(slots=True)
class ConfigOut:
    """A project file: name of the project and of the file, what it says, where images go, what could not be said."""

    name: str
    file: str
    data: dict[str, Any]
    patterns: dict[str, str]
    told: list[str] = field(default_factory=list)


def names_of_files(bands: BandSet, kept: Kept | None) -> dict[str, list[str]]:
    """Band names by file identifier: those of the project brought in, else one file for each kind of number."""
    if kept is not None and [n for names in kept.bands.values() for n in names] == list(bands.names):
        return {key: list(names) for key, names in kept.bands.items()}
    kinds = list(dict.fromkeys(b.dtype for b in bands))
    if len(kinds) == 1:
        return {"": list(bands.names)}
    return {kind: [b.name for b in bands if b.dtype == kind] for kind in kinds}


def metadata_pattern(kept: Kept | None) -> str | None:
    """Where metadata files go; None where there were none."""
    said = None if kept is None else kept.data["images"].get("metadata")
    return said if isinstance(said, str) and _inside(said) else None


def config_of(
    lake: Lake, scheme: Scheme, scene: Scene, files: Files, kept: Kept | None, area: Window, window: Window
) -> ConfigOut:
    """The project file of an export.

    Args:
        lake: The workspace.
        scheme: Classes of the task.
        scene: Any of the scenes.
        files: Band names by file identifier.
        kept: The project that was brought in.
        area: The mask area.
        window: The size of an image.
    """
    data = {} if kept is None else deepcopy(kept.data)
    name = kept.name if kept else _plain(lake.config.name)
    patterns = _patterns(data, files)
    images = data.setdefault("images", {})
    images["path"] = patterns[""] if list(patterns) == [""] else patterns
    images["shape"] = [window.width, window.height]
    for key in ("thumbnails", "metadata"):
        if images.get(key) and (key == "thumbnails" or metadata_pattern(kept) is None):
            images[key] = False
    segmentation = data.setdefault("segmentation", {})
    if not (isinstance(segmentation.get("path"), str) and _inside(segmentation["path"])):
        segmentation["path"] = f"masks/{PLACE}.png"
    segmentation.setdefault("mask_encoding", DEFAULT_ENCODING)
    segmentation["mask_area"] = [area.x_off, area.y_off, area.right, area.bottom]
    data["classes"] = _classes(scheme, data.get("classes", []))
    out = ConfigOut(name, kept.file if kept else f"{safe_name(name)}.json", {"name": name, **data}, patterns)
    _views(lake, scene.bands, files, kept, out)
    return out


def _plain(name: str) -> str:
    return name if is_plain(name) and "/" not in name and not name.startswith(".") else safe_name(name)


def _patterns(data: Mapping[str, Any], files: Files) -> dict[str, str]:
    """Where images go: as before where that lies within the project and is a form that we write."""
    said = (data.get("images") or {}).get("path")
    before = said if isinstance(said, dict) else {"": said} if isinstance(said, str) else {}
    out = {}
    for key in files:
        path = before.get(key)
        right = isinstance(path, str) and _inside(path)
        if right and PurePosixPath(str(path)).suffix not in (".npy", ".tif", ".tiff"):
            path = str(PurePosixPath(str(path)).with_suffix(".tif"))
        out[key] = str(path) if right else f"images/{PLACE}/{key}.tif" if key else f"images/{PLACE}.tif"
    return out


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def _classes(scheme: Scheme, before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The classes as IRIS has them; one that came from it stays as it was."""
    old = {str(c.get("name", "")).strip(): dict(c) for c in before}
    out = []
    for c in scheme:
        new: dict[str, Any] = {"name": c.name, "description": c.definition or c.title, "colour": [*c.rgb, _OPAQUE]}
        out.append(old.get(c.name) or new)
    return out


def _views(lake: Lake, bands: BandSet, files: Files, kept: Kept | None, out: ConfigOut) -> None:
    said = lake.config.views
    views: dict[str, Any] = {}
    names = dict(kept.views) if kept else {}
    for name, view in (out.data.get("views") or {}).items():
        own = next((mine for mine, theirs in names.items() if theirs == name), None)
        if own is None or (own in said and _same(said[own], kept.said[own] if kept else {})):
            views[name] = view
    for own, one in said.items():
        if names.get(own) in views:
            continue
        try:
            views[names.get(own, own)] = iris_view(own_view(own, one), files, bands)
        except InputError as error:
            out.told.append(f"view {own!r} is left out: {error.message}")
    if not views:
        views["Natural"] = _natural(bands, files)
    groups = {group: [n for n in some if n in views] for group, some in (out.data.get("view_groups") or {}).items()}
    if not groups.get("default"):
        groups["default"] = list(views)[:3]
    out.data["views"], out.data["view_groups"] = views, groups


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return {k: v for k, v in a.items() if v is not None} == {k: v for k, v in b.items() if v is not None}


def _natural(bands: BandSet, files: Files) -> dict[str, Any]:
    """The natural picture where there is one, else the first band or bands."""
    natural = next((x.formulas for x in layers_of(bands) if x.name == "natural" and len(x.formulas) == 3), None)
    names = {name: f"${key + '.' if key else ''}B{i}" for key, some in files.items() for i, name in enumerate(some, 1)}
    order = [names[b.name] for b in bands]
    data = None
    if natural is not None:
        at = [bands.find(colour) for colour in ("red", "green", "blue")]
        data = [order[i] for i in at if i is not None]
    data = data if data and len(data) == 3 else order[:3] if len(order) > 2 else order[:1]
    out = {"description": "Natural colours" if natural else "First bands", "type": "image", "clip": "2"}
    return {**out, "data": data} if len(data) == 3 else {**out, "data": data[0], "cmap": "gray"}
