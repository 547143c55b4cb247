"""Open a raster by its address, and say what is wrong with it in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundset.core import GroundsetError, InputError, MissingError, ServiceError
from groundset.imagery.signing import expiry, gdal_env, gdal_path, is_remote, redacted

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_GONE = ("404", "does not exist", "no such file", "not found", "nosuchkey", "nosuchbucket")
_REFUSED = ("403", "401", "accessdenied", "invalidaccesskeyid", "signaturedoesnotmatch", "invalidcredentials")


@contextmanager
def open_raster(href: str) -> Iterator[DatasetReader]:
    """Open a raster for reading in its GDAL settings; reads belong inside the block.

    Raises:
        MissingError: There is no such file or object.
        InputError: It is no raster, or there are no credentials.
        ServiceError: Whoever holds it refused or failed.
    """
    import rasterio
    from rasterio.errors import RasterioError

    with gdal_env(href):
        try:
            dataset = rasterio.open(gdal_path(href))
        except RasterioError as error:
            raise open_failed(href, error) from error
        with dataset:
            yield dataset


def open_failed(href: str, error: Exception) -> GroundsetError:
    """Why a raster could not be opened."""
    said = _said(error)
    low = said.lower()
    if not is_remote(href):
        if not href.startswith("/vsi") and not Path(href).exists():
            return MissingError("no such file", asked=href, hint="check the path")
        return InputError("this cannot be read as a raster", asked=href, found=_beginning(href) or said)
    name = redacted(href)
    if any(word in low for word in _REFUSED) or ((ends := expiry(href)) and ends < datetime.now(UTC)):
        return ServiceError("an asset may not be read", asked=name, found=said, hint=_why_refused(href))
    if any(word in low for word in _GONE):
        return MissingError("an asset is not there", asked=name, found=said, hint="the item may be out of date")
    if "not recognized" in low or "not a supported" in low or "unsupported" in low:
        return InputError(
            "an asset is no raster", asked=name, found=said, hint="an HTML page or an error message may lie there"
        )
    return ServiceError("an asset could not be read", asked=name, found=said, hint="try again")


def read_failed(href: str, error: Exception) -> GroundsetError:
    """Why pixels of an open raster could not be read: never zeros in their place."""
    name, said = redacted(href), _said(error)
    if is_remote(href):
        hint = (
            _why_refused(href) if any(w in said.lower() for w in _REFUSED) else "try again; what was finished is kept"
        )
        return ServiceError("pixels of an asset could not be read", asked=name, found=said, hint=hint)
    return InputError("the file is damaged", asked=name, found=said, hint="get it again: it may be cut short")


def _why_refused(href: str) -> str:
    ends = expiry(href)
    if ends is not None and ends < datetime.now(UTC):
        return f"its signature ended at {ends:%Y-%m-%dT%H:%M:%SZ}: search again, or set AWS credentials for its server"
    return "it needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give a signed address"


def _said(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    texts = [str(e) for e in (error, cause) if e is not None]
    return re.sub(r"([?&](?:X-Amz-[A-Za-z]+|sig|se|sp)=)[^&\s']*", r"\1...", "; ".join(dict.fromkeys(texts)))


def _beginning(path: str) -> str | None:
    """What a local file is, where its first bytes tell."""
    try:
        with Path(path).open("rb") as f:
            head = f.read(64)
    except OSError:
        return None
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"HTML or XML: {head[:40]!r}"
    return "an empty file" if not head else None
