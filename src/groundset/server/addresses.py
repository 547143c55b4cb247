"""What an ingest asked for over HTTP may read: paths below folders that were opened, addresses of public networks."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from groundset.core import InputError, MissingError
from groundset.server.problems import ForbiddenError

WEB = ("http", "https")
PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

DRIVERS = frozenset({
    "BMP", "COG", "ENVI", "GIF", "GTiff", "JP2OpenJPEG", "JP2KAK", "JP2ECW", "JPEG", "MEM", "Memory", "PNG", "WEBP",
    "ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON",
})  # fmt: skip
"""GDAL's drivers that a job from the page may use: they read the file that they are given, and no other."""

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """Decides for each path and address whether it may be read; calling it says no with an error.

    Args:
        root: The workspace; its folder may be read, and relative paths begin there.
        data_roots: Further folders that may be read (``--data``).
        allow_private_networks: Whether addresses may point to private networks.
    """

    def __init__(self, root: Path, data_roots: Sequence[Path] = (), *, allow_private_networks: bool = False) -> None:
        self._root = root.resolve()
        self._roots = (self._root, *(r.resolve() for r in data_roots))
        self.private = allow_private_networks

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that may be read, the workspace's first."""
        return self._roots

    def __call__(self, href: str) -> None:
        """Refuse what may not be read.

        Raises:
            ForbiddenError: A path outside the folders, or an address on a private network.
            InputError: Neither a path nor an address of a known kind.
        """
        self.source(href)

    def source(self, text: str) -> str:
        """What to open for a path or address: an absolute path without links in it, or the address.

        Raises:
            ForbiddenError: A path outside the folders, or an address on a private network.
            MissingError: No such file in the folders, or no such host.
            InputError: Neither a path nor an address of a known kind.
        """
        if not text or any(ord(c) < 32 or ord(c) == 127 for c in text):
            raise InputError("this is no path and no address", asked=repr(text[:200]))
        if text.startswith("file://"):
            return str(self.path(_file(text)))
        if "://" not in text:
            return str(self.path(text))
        scheme = text.split("://", 1)[0].lower()
        if scheme in WEB:
            self._web(text)
        elif scheme != "s3":
            raise _unknown(text)
        return text

    def path(self, text: str) -> Path:
        """A path that may be read, absolute and without links.

        Raises:
            ForbiddenError: It lies outside the folders, or is hidden.
            MissingError: There is nothing.
        """
        if text.startswith(("/vsi", "~")) or "\0" in text:
            raise _unknown(text)
        try:
            path = (self._root / text).resolve()
        except (OSError, RuntimeError) as error:
            raise InputError("this is no path", asked=text[:200], found=type(error).__name__) from None
        inside = next((r for r in self._roots if path.is_relative_to(r)), None)
        if inside is None or any(part.startswith(".") for part in path.relative_to(inside).parts):
            raise ForbiddenError(
                "this server does not read this path",
                asked=text,
                found=f"it reads {', '.join(map(str, self._roots))}",
                hint="start it with --data FOLDER to open another folder, or use the command line",
            )
        if not os.path.exists(path):  # noqa: PTH110  # never raises
            raise MissingError("no such file or folder", asked=text, hint="check the path")
        return path

    def encoder(self, name: str) -> str:
        """An encoder as it may be used: ``onnx:FILE`` with a path that may be read, or a name.

        Raises:
            ForbiddenError: The file lies outside the folders, or is hidden.
            MissingError: There is no such file.
        """
        prefix, colon, path = name.partition(":")
        return f"{prefix}:{self.path(path)}" if colon and prefix == "onnx" else name

    def _web(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORTS[parts.scheme]
        except ValueError as error:
            raise InputError("this is no address", asked=url[:200], found=error) from None
        if not host or "\\" in url or " " in url or "@" in parts.netloc:
            raise InputError(
                "this is no address that can be read", asked=url[:200], hint="take https://HOST/PATH, without a login"
            )
        if not self.private:
            public_addresses(host, port)


def public_addresses(host: str, port: int) -> list[str]:
    """The numeric addresses of a host, all of them public.

    Raises:
        ForbiddenError: One is not: loopback, a private or local network, multicast.
        MissingError: The name is not known.
    """
    found = _resolve(host, port)
    inner = [address for address in found if not is_public(address)]
    if inner:
        raise ForbiddenError(
            "this server does not read from private networks",
            asked=host,
            found=", ".join(map(str, inner)) if str(inner[0]) != host else "a private address",
            hint="start it with --allow-private-networks to allow it, or use the command line",
        )
    return [str(address) for address in found]


def gdal_without_others() -> dict[str, str]:
    """Environment of a process in which GDAL knows none but these drivers: a VRT could name any file or address."""
    import rasterio

    with rasterio.Env() as env:
        return {"GDAL_SKIP": ",".join(sorted(env.drivers().keys() - DRIVERS))}


def is_public(address: Ip) -> bool:
    """Whether an address can be reached by everyone, also where an IPv6 one only wraps an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.packed[:12] == bytes(12):  # the latter: IPv4-compatible, long gone
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _resolve(host: str, port: int) -> list[Ip]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise MissingError("this host is not known", asked=host, found=error, hint="check the address") from None
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found))


def _file(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise _unknown(url)
    return unquote(parts.path)


def _unknown(text: str) -> InputError:
    return InputError(
        "this kind of path or address is not read over HTTP",
        asked=text[:200],
        hint="take a path in a folder that this server reads, or an http, https or s3 address",
    )
