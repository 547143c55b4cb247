"""From satellite imagery to a reviewed, published training dataset, with the fewest labels."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from groundset.loading import load
    from groundset.workspace import Release, Workspace, create, open  # noqa: A004

_LAZY = {
    "Release": "groundset.workspace",
    "Workspace": "groundset.workspace",
    "create": "groundset.workspace",
    "load": "groundset.loading",
    "open": "groundset.workspace",
}

__all__ = ["Release", "Workspace", "__version__", "create", "load", "open"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that ``import groundset`` stays quick."""
    if name in _LAZY:
        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'groundset' has no attribute {name!r}")
