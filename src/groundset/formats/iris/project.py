"""IRIS's project file: what it says, checked by the line. IRIS is ESA Phi-lab's annotation tool.

Written from IRIS's ``docs/config.md`` and from projects that it made. ``images.shape`` is [width, height],
``mask_area`` is [left, top, right, bottom] in pixels; masks cover that area only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from groundset.core import UNLABELLED, InputError, MissingError, Scheme, SchemeClass, Window, is_plain
from groundset.formats.located import Located, Where, read_json

ENCODINGS: Mapping[str, tuple[str, ...]] = {
    "npy": ("integer", "binary", "rgb", "rgba"),
    "tif": ("integer", "rgb", "rgba"),
    "png": ("integer", "rgb", "rgba"),
    "jpg": ("rgb",),
    "jpeg": ("rgb",),
}
"""Encodings of merged masks by the ending of their file."""

DEFAULT_ENCODING = "rgb"
PLACE = "{id}"
_TOP = (
    "name", "port", "host", "debug", "images", "classes", "views", "view_groups", "segmentation", "classification",
    "detection", "path",
)  # fmt: skip
_IMAGES = ("path", "shape", "thumbnails", "metadata")
_SEGMENTATION = (
    "path", "mask_encoding", "mask_area", "mask_shape", "score", "prioritise_unmarked_images", "unverified_threshold",
    "test_images", "ai_model", "classes", "instructions",
)  # fmt: skip
_CLASS = ("name", "description", "colour", "user_colour", "css_colour")
_VIEW = ("name", "description", "type", "data", "cmap", "clip", "vmin", "vmax", "stretch")


@dataclass(frozen=True, slots=True)
class Project:
    """A project file.

    Args:
        file: Where it lies.
        name: Name of the project.
        data: All that it says.
        patterns: Path of the images with ``{id}``, by file identifier; by "" where there is one file an image.
        metadata: Path of the metadata files, if there are any.
        size: (width, height) of every image.
        area: The window of the images that masks cover.
        masks: Path of the merged masks with ``{id}``; None: IRIS's own place.
        encoding: How merged masks are encoded.
        scheme: The classes, code = position.
        told: What a person should know.
    """

    file: Path
    name: str
    data: dict[str, Any]
    patterns: Mapping[str, str]
    metadata: str | None
    size: tuple[int, int]
    area: Window
    masks: str | None
    encoding: str
    scheme: Scheme
    told: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where IRIS keeps users and masks."""
        return self.file.parent / f"{self.name}.iris"

    @property
    def views(self) -> dict[str, dict[str, Any]]:
        """The views by name."""
        views: dict[str, dict[str, Any]] = self.data.get("views", {})
        return views

    def path(self, pattern: str, image_id: str) -> Path:
        """The file of an image by a path of the project file."""
        return self.file.parent / pattern.replace(PLACE, image_id)


def read_project(path: Path) -> Project:
    """Read a project file; a folder stands for the one project file in it.

    Raises:
        MissingError: There is none.
        InputError: A mistake in it; names file, line and key.
    """
    file = _find(path)
    if file.suffix.lower() in (".yaml", ".yml"):
        raise InputError("IRIS opens JSON project files only", asked=file.name, hint="write it as JSON")
    return _Reader(read_json(file)).project()


def _find(path: Path) -> Path:
    if not path.is_dir():
        return path.absolute()
    found = [p for p in sorted(path.glob("*.json")) if _looks_right(p)]
    if len(found) != 1:
        raise MissingError(
            "there is no IRIS project file in this folder" if not found else "there are several project files here",
            asked=path,
            found=", ".join(p.name for p in found) or "no JSON file with images and classes",
            hint="name the project file itself",
        )
    return found[0].absolute()


def _looks_right(path: Path) -> bool:
    try:
        value = read_json(path).value
    except InputError:
        return False
    return isinstance(value, dict) and "images" in value


class _Reader:
    def __init__(self, file: Located) -> None:
        self.file = file
        self.told: list[str] = []

    def project(self) -> Project:
        top = self._table((), self.file.value, _TOP)
        images = self._table(("images",), self._need((), top, "images"), _IMAGES)
        name = self._name(top)
        size = self._size(images)
        segmentation = self._table(("segmentation",), top.get("segmentation", {}), _SEGMENTATION)
        masks = self._masks(segmentation)
        self._views(top)
        metadata = images.get("metadata") or None
        return Project(
            file=self.file.path,
            name=name,
            data=top,
            patterns=self._patterns(images),
            metadata=None if metadata is None else self._pattern(("images", "metadata"), metadata),
            size=size,
            area=self._area(segmentation, size),
            masks=masks,
            encoding=self._encoding(segmentation, masks),
            scheme=self._scheme(top, segmentation, name),
            told=tuple(self.told),
        )

    def _name(self, top: Mapping[str, Any]) -> str:
        name = top.get("name", self.file.path.stem)
        if not isinstance(name, str) or not name.strip() or not is_plain(name) or "/" in name or name.startswith("."):
            self.file.fail(("name",), "the name of a project is one line of text that can name a folder", found=name)
        return name

    def _patterns(self, images: Mapping[str, Any]) -> dict[str, str]:
        where = ("images", "path")
        path = self._need(("images",), images, "path")
        if isinstance(path, str):
            return {"": self._pattern(where, path)}
        if not isinstance(path, dict) or not path:
            self.file.fail(where, "images.path is a path, or several by file identifier", found=path)
        for key in path:
            if not key.isidentifier():
                self.file.fail((*where, key), "a file identifier is one word, so that views can name it", found=key)
        return {key: self._pattern((*where, key), one) for key, one in path.items()}

    def _pattern(self, where: Where, path: object) -> str:
        if not isinstance(path, str) or path.count(PLACE) != 1:
            self.file.fail(where, "a path has the placeholder {id} once", found=path)
        return path

    def _size(self, images: Mapping[str, Any]) -> tuple[int, int]:
        where = ("images", "shape")
        size = self._numbers(where, self._need(("images",), images, "shape"), 2, "images.shape is [width, height]")
        if min(size) < 1:
            self.file.fail(where, "an image has at least one pixel", found=size)
        return size[0], size[1]

    def _area(self, segmentation: Mapping[str, Any], size: tuple[int, int]) -> Window:
        if segmentation.get("mask_area") is None:
            return Window(0, 0, *size)
        where = ("segmentation", "mask_area")
        text = "mask_area is [left, top, right, bottom] in pixels"
        left, top, right, bottom = self._numbers(where, segmentation["mask_area"], 4, text)
        if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
            self.file.fail(
                where, "mask_area must lie within the image", found=[left, top, right, bottom],
                hint=f"images.shape is {size[0]} x {size[1]} (width x height)",
            )  # fmt: skip
        return Window(left, top, right - left, bottom - top)

    def _masks(self, segmentation: Mapping[str, Any]) -> str | None:
        path = segmentation.get("path")
        if not path:
            return None
        where = ("segmentation", "path")
        path = self._pattern(where, path)
        if _ending(path) not in ENCODINGS:
            self.file.fail(where, f"masks are {', '.join(ENCODINGS)}", found=path)
        return path

    def _encoding(self, segmentation: Mapping[str, Any], masks: str | None) -> str:
        where = ("segmentation", "mask_encoding")
        encoding = segmentation.get("mask_encoding", DEFAULT_ENCODING)
        allowed = ENCODINGS[_ending(masks or "mask.png")]
        if encoding not in allowed:
            self.file.fail(where, f"masks of this format are encoded as {' or '.join(allowed)}", found=encoding)
        return str(encoding)

    def _scheme(self, top: Mapping[str, Any], segmentation: Mapping[str, Any], name: str) -> Scheme:
        where: Where = ("classes",) if "classes" in top else ("segmentation", "classes")
        given = top.get("classes", segmentation.get("classes"))
        if not isinstance(given, list) or not given:
            self.file.fail(where, "a project has a list of classes")
        if len(given) > UNLABELLED:
            self.file.fail(where, f"a scheme has at most {UNLABELLED} classes", found=len(given))
        classes = [self._class((*where, i), i, one) for i, one in enumerate(given)]
        for i, one in enumerate(classes):
            if one.name in [c.name for c in classes[:i]]:
                self.file.fail((*where, i), "each class has a name of its own", found=one.name)
        return Scheme(name, tuple(classes))

    def _class(self, where: Where, code: int, given: object) -> SchemeClass:
        said = self._table(where, given, _CLASS)
        name = self._need(where, said, "name")
        if not isinstance(name, str) or not name.strip() or not is_plain(name.strip()):
            self.file.fail((*where, "name"), "a class has a name", found=name)
        colour = self._colour((*where, "colour"), self._need(where, said, "colour"))
        if said.get("user_colour") is not None:
            own = self._colour((*where, "user_colour"), said["user_colour"])
            colour = own if len(colour) == 4 and colour[3] == 0 else colour
        text = " ".join(str(said.get("description") or "").split())
        return SchemeClass(
            code, name.strip(), name.strip(), "#{:02x}{:02x}{:02x}".format(*colour[:3]), definition=text or None
        )

    def _colour(self, where: Where, given: object) -> list[int]:
        right = isinstance(given, list) and len(given) in (3, 4)
        if not right or not all(type(v) is int and 0 <= v <= 255 for v in given):  # type: ignore[attr-defined]
            self.file.fail(where, "a colour is [red, green, blue, alpha], whole numbers 0 to 255", found=given)
        return given  # type: ignore[return-value]

    def _views(self, top: Mapping[str, Any]) -> None:
        views = self._table(("views",), top.get("views", {}), None)
        for name, view in views.items():
            where = ("views", name)
            said = self._table(where, view, _VIEW)
            data = said.get("data", "")
            several = isinstance(data, list) and len(data) in (1, 3) and all(isinstance(d, str) for d in data)
            if said.get("type", "image") == "image" and not (isinstance(data, str) and data) and not several:
                self.file.fail(
                    (*where, "data"), "a view shows one expression or a list of three, for red, green and blue",
                    found=data,
                )  # fmt: skip
        for group, names in self._table(("view_groups",), top.get("view_groups", {}), None).items():
            for i, name in enumerate(names if isinstance(names, list) else []):
                if name not in views:
                    self.told.append(f"{self.file.at(('view_groups', group, i))}: there is no view {name!r}")

    def _table(self, where: Where, given: object, known: tuple[str, ...] | None) -> dict[str, Any]:
        if not isinstance(given, dict):
            what = ".".join(map(str, where)) or "a project file"
            self.file.fail(where, f"{what} is a table of keys and values", found=given)
        for key in given:
            if known is not None and key not in known:
                near = get_close_matches(key, known, 1)
                asks = f"; did you mean {near[0]}?" if near else ""
                self.told.append(f"{self.file.at((*where, key))}: IRIS has no such key{asks}")
        return given

    def _need(self, where: Where, table: Mapping[str, Any], key: str) -> Any:
        if key not in table:
            self.file.fail(where, f"{key} is missing here", hint="IRIS's docs/config.md describes it")
        return table[key]

    def _numbers(self, where: Where, given: object, n: int, text: str) -> list[int]:
        if not isinstance(given, list) or len(given) != n or not all(type(v) is int for v in given):
            self.file.fail(where, f"{text}, {n} whole numbers", found=given)
        return given


def _ending(path: str) -> str:
    return path.rpartition(".")[2].lower()
