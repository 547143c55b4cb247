"""Files that a job names beside its sources: attached layers by name, all others only where they may be read."""

from __future__ import annotations

from groundset.attach import AttachedStore
from groundset.attach.source import SAFE
from groundset.core import InputError
from groundset.lake import Lake
from groundset.server.addresses import Addresses

_KINDS = SAFE | {".tif", ".tiff"}
"""Files of areas and strata: GDAL's other formats may read further files."""


def readable(lake: Lake, may: Addresses, option: str, said: str) -> str:
    """The layer's name, or the path of a file that may be read.

    Raises:
        ForbiddenError: The file lies outside the folders that may be read.
        MissingError: There is no such file.
        InputError: It is of a kind that is not read here.
    """
    if option == "stratify" and said in AttachedStore(lake.root).names():
        return said
    path = may.path(said)
    if path.suffix.lower() not in _KINDS or not path.is_file():
        raise InputError(
            "this server does not read such a file", asked=said, found=", ".join(sorted(_KINDS)),
            hint="save it as one of these, or run it on the command line",
        )  # fmt: skip
    return str(path)
