"""What a release is made of: all that was asked for and decided, as ``release.json`` keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from groundset.core import InputError, MissingError
from groundset.core.layout import TaskKind
from groundset.core.series import About

_LATER = ("parts", "about", "series", "scenes", "ground")
"""What releases without it do not say."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Enough to make the release again from the same workspace.

    ``seq`` is the last journal event that counts, ``created`` its time (RFC 3339). ``fractions`` are of train, validate
    and test. ``former`` is the release that the changelog compares with.
    """

    name: str
    collection_id: str
    task: str
    kind: TaskKind
    multi: bool
    scheme_name: str
    seq: int
    created: str
    fractions: tuple[float, ...]
    block: str | float | None
    buffer: str | float
    seed: int
    title: str
    description: str
    license: str
    license_stated: bool
    providers: tuple[Mapping[str, Any], ...]
    doi: str | None
    former: str | None
    versions: Mapping[str, str]
    parts: tuple[str, ...] = ()
    """Parts of the chip table whose chips without a label are kept too; parts that came later do not count."""
    about: About = "date"
    """What a label is about: each date, or a place on all dates of a series, or the change there."""
    series: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Of each series by name: ``scenes`` and their ``times``, the earliest first."""
    scenes: tuple[str, ...] = ()
    """The scenes that count, where some were named."""
    ground: int = 0
    """A shape on more chips than this may lie in several splits; 0: none may."""

    def as_json(self) -> dict[str, Any]:
        """JSON form."""
        unsaid = {f.name for f in fields(self) if f.name in _LATER and getattr(self, f.name) in ((), {}, "date", 0)}
        return {k: v for k, v in asdict(self).items() if k not in unsaid}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recipe:
        """Read the JSON form back."""
        values = {f.name: data[f.name] for f in fields(cls) if f.name not in _LATER}
        values |= {name: data[name] for name in _LATER if name in data}
        values |= {name: tuple(data.get(name, ())) for name in ("parts", "scenes")}
        values["fractions"] = tuple(values["fractions"])
        values["providers"] = tuple(values["providers"])
        return cls(**values)

    @property
    def call(self) -> dict[str, Any]:
        """The options that a person gave or that the defaults gave for them."""
        return {
            "task": self.task,
            "splits": list(self.fractions),
            "block": self.block,
            "buffer": self.buffer,
            "license": self.license if self.license_stated else None,
            "seed": self.seed,
            **({"unlabelled": True} if self.parts else {}),
            **({"scenes": list(self.scenes)} if self.scenes else {}),
        }


def read_recipe(release: Path) -> Recipe:
    """The recipe of a release.

    Raises:
        MissingError: There is no release in this folder.
        InputError: Its ``release.json`` is broken.
    """
    path = release / "release.json"
    try:
        return Recipe.from_json(json.loads(path.read_text("utf-8"))["recipe"])
    except FileNotFoundError:
        raise MissingError("there is no release here", asked=release, hint="name a folder below releases/") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("this release.json cannot be read", asked=path, found=repr(error)) from error


def versions() -> dict[str, str]:
    """Versions of the programs whose work can be seen in a release's bytes."""
    import platform
    from importlib.metadata import version

    import rasterio

    import groundset

    packages = ("numpy", "rasterio", "pillow", "pyarrow", "shapely", "pyproj")
    return {
        "groundset": groundset.__version__,
        "python": platform.python_version(),
        "gdal": rasterio.__gdal_version__,
        **{p: version(p) for p in packages},
    }
