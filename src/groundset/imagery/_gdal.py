"""Opening files with GDAL, and clear words for what can be wrong; settings and signatures come from ``signing``."""

from __future__ import annotations

import urllib.error
import urllib.request
import warnings
from pathlib import Path

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from groundset.core import GroundsetError, InputError, MissingError, ServiceError
from groundset.imagery.opening import open_failed
from groundset.imagery.signing import gdal_env, gdal_path, is_remote, sign

__all__ = ["describe_head", "explain", "gdal_env", "is_remote", "open_dataset", "sniff_url"]

_SNIFF = 1024

# Plain photos have no georeference; where one is needed, FileInfo.geobox says so in clear words. A filter set around
# each open would not be safe between threads.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)


def open_dataset(href: str, level: int | None = None) -> rasterio.io.DatasetReader:
    """Open a raster for reading.

    Args:
        href: Path or address.
        level: The overview to see in its place, counted from 0; None for the raster itself.

    Raises:
        MissingError: There is no such file or address.
        InputError: The file is not an image GDAL reads (HTML, text, empty, broken); says which.
        ServiceError: A remote address could not be read.
    """
    local = None if href.startswith("/vsi") or "://" in href else Path(href)
    if local is not None and not local.exists():
        raise MissingError("no such file", asked=href)
    try:
        with gdal_env(href):
            return rasterio.open(gdal_path(href), **({} if level is None else {"overview_level": level}))
    except RasterioError as error:
        raise explain(href, error) from error


def explain(href: str, error: Exception) -> GroundsetError:
    """The error to raise instead of GDAL's, once opening or reading ``href`` has failed."""
    plain = href.removeprefix("/vsicurl/")
    if plain.startswith(("http://", "https://")) and gdal_path(plain).startswith("/vsicurl/"):
        # Raises where the address itself does not answer.
        head: bytes | None = sniff_url(sign(plain))
    elif is_remote(href):
        return open_failed(href, error)
    else:
        head = _head(Path(href))
    if head is not None:
        what = describe_head(head)
        if what:
            return InputError(
                f"this is not an image but {what}", asked=_shown(href), hint="look at what was downloaded"
            )
    cause = error.__cause__ or error
    return InputError(
        "this image is corrupt or cut short, or not of a kind that GDAL reads",
        asked=_shown(href),
        found=cause,
        hint="fetch it again, and compare its size or checksum with the source's",
    )


def describe_head(head: bytes) -> str | None:
    """What a file is by its first bytes, where it clearly is no image; else None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "an empty file"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page (HTML)"
    if start.startswith((b"<?xml", b"<error")) and b"<error" in start:
        return "an error message (XML)"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return None


def sniff_url(url: str) -> bytes:
    """The first bytes behind an http address.

    Raises:
        MissingError: The server has nothing there (404, 410).
        ServiceError: It refuses or does not answer; names the status.
    """
    request = urllib.request.Request(url, headers={"Range": f"bytes=0-{_SNIFF - 1}"})  # noqa: S310 (http only)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return bytes(response.read(_SNIFF))
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            raise MissingError(
                "there is nothing at this address", asked=_shown(url), found=f"HTTP {error.code}"
            ) from None
        if error.code == 416:
            return b""
        raise ServiceError(
            "the server refuses to give this file",
            asked=_shown(url),
            found=f"HTTP {error.code} {error.reason}",
            hint="a signed address may have run out; sign it again",
        ) from None
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise ServiceError("this address does not answer", asked=_shown(url), found=error) from None


def _head(path: Path) -> bytes | None:
    try:
        with path.open("rb") as f:
            return f.read(_SNIFF)
    except OSError:
        return None


def _shown(href: str) -> str:
    # A signed address carries a secret in its query.
    return href.split("?", 1)[0] + ("?..." if "?" in href else "")
