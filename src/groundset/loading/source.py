"""Files of a release, from a folder, an S3 prefix or a web address."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol

from groundset.core import InputError, MissingError, ServiceError


class Source(Protocol):
    """Where the files of a release lie. Small and picklable: connections are made where they are used."""

    @property
    def address(self) -> str:
        """The release, for messages."""
        ...

    def read(self, path: str) -> bytes:
        """A whole file, by path relative to the release (or an address of its own)."""
        ...


class Folder:
    """A release in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._root)

    def read(self, path: str) -> bytes:
        """A whole file."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise MissingError("a file of the release is missing", asked=self._root / path) from error


class Bucket:
    """A release below ``s3://bucket/prefix``; the usual AWS variables name keys and endpoint."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._client: Any = None

    @property
    def address(self) -> str:
        """``s3://bucket/prefix``."""
        return self._address

    def read(self, path: str) -> bytes:
        """A whole object."""
        from groundset.publish.s3 import chunks, client

        if self._client is None:
            self._client = client()
        return b"".join(chunks(self._client, path if "://" in path else f"{self._address}/{path}"))

    def __getstate__(self) -> dict[str, Any]:
        return {"_address": self._address, "_client": None}


class Web:
    """A release below an ``http(s)://`` address."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    @property
    def address(self) -> str:
        """The address."""
        return self._address

    def read(self, path: str) -> bytes:
        """A whole file."""
        url = path if "://" in path else f"{self._address}/{path}"
        if not url.startswith(("http://", "https://")):
            raise InputError("this address cannot be read over http", asked=url)
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - http(s) only, seen above
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise MissingError("a file of the release is missing", asked=url) from error
            raise ServiceError("a file of the release cannot be read", asked=url, found=f"HTTP {error.code}") from error
        except OSError as error:
            raise ServiceError("a file of the release cannot be read", asked=url, found=error) from error


def open_source(path_or_url: str | Path) -> Source:
    """The source that a path, an ``s3://`` or an ``http(s)://`` address names."""
    text = str(path_or_url)
    if text.startswith("s3://"):
        return Bucket(text)
    if text.startswith(("http://", "https://")):
        return Web(text)
    if "://" in text:
        raise InputError("a release cannot be read from there", asked=text, hint="take a folder, s3:// or https://")
    return Folder(Path(text))
