"""``prompt.toml``: what a promptable model in ``models/NAME/`` is, and which bands make its picture."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from groundset.core import InputError, MissingError

CARD = "prompt.toml"
Kind = Literal["mobile-sam", "efficient-sam", "sam2"]
KINDS: tuple[Kind, ...] = get_args(Kind)
RGB = ("red", "green", "blue")
_KEYS = ("kind", "rgb", "encoder", "decoder")
EXAMPLE = 'kind = "mobile-sam"\\nrgb = ["red", "green", "blue"]'


@dataclass(frozen=True, slots=True)
class PromptCard:
    """What stands in the card.

    Args:
        folder: ``models/NAME``.
        kind: Whose names of inputs and outputs the model has; SAM's own exports are ``mobile-sam`` too.
        rgb: Names or common names of the three bands that make red, green and blue.
        encoder: File that encodes a picture; None: the one that takes no points.
        decoder: File that answers points; None: the one that takes points.
    """

    folder: Path
    kind: Kind
    rgb: tuple[str, str, str] = RGB
    encoder: Path | None = None
    decoder: Path | None = None


def is_promptable(folder: Path) -> bool:
    """Whether a model folder holds a promptable model."""
    return (folder / CARD).is_file()


def read_card(folder: Path) -> PromptCard:
    """Read ``prompt.toml``.

    Raises:
        MissingError: There is none, or a file that it names is not there.
        InputError: It is wrong; names the key.
    """
    path = folder / CARD
    if not path.is_file():
        raise MissingError("no card of a promptable model", asked=path, hint=f"write one: {EXAMPLE}")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("the model's card cannot be read", asked=path, found=error) from error
    for key in said:
        if key not in _KEYS:
            raise InputError("unknown key in the model's card", asked=f"{key} in {path}", found=", ".join(_KEYS))
    kind = said.get("kind")
    if kind not in KINDS:
        raise InputError(
            "the card must say whose exports the model follows", asked=f"kind = {kind!r} in {path}",
            found=", ".join(KINDS),
        )  # fmt: skip
    return PromptCard(folder, kind, _bands(said, path), _file(said, "encoder", path), _file(said, "decoder", path))


def _bands(said: Mapping[str, Any], path: Path) -> tuple[str, str, str]:
    rgb = said.get("rgb", list(RGB))
    if not isinstance(rgb, list) or len(rgb) != 3 or not all(isinstance(b, str) and b for b in rgb):
        raise InputError("rgb names three bands", asked=f"rgb = {rgb!r} in {path}", hint=f"as in {EXAMPLE}")
    red, green, blue = rgb
    return red, green, blue


def _file(said: Mapping[str, Any], key: str, path: Path) -> Path | None:
    name = said.get(key)
    if name is None:
        return None
    if not isinstance(name, str) or Path(name).name != name:
        raise InputError(f"{key} is a file beside the card", asked=f"{key} = {name!r} in {path}")
    file = path.parent / name
    if not file.is_file():
        raise MissingError(
            "no such model file", asked=file, found=", ".join(sorted(f.name for f in path.parent.glob("*.onnx")))
        )
    return file
