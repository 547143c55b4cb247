"""The published JSON schemas of STAC: from pystac, from a cache on disk, from the network, in this order."""

from __future__ import annotations

import json
import os
import re
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from groundset._files import write_bytes

STAC_VERSION = "1.1.0"
CORE = f"https://schemas.stacspec.org/v{STAC_VERSION}"
_PARTS = ("bands", "basics", "common", "data-values", "datetime", "instrument", "licensing", "provider")
_HOSTS = frozenset({"stac-extensions.github.io", "crim-ca.github.io"})
_SHORT = re.compile(r"/([A-Za-z0-9-]+)/(v[0-9A-Za-z.-]+)/schema\.json")
_ANY_OBJECT: dict[str, Any] = {"type": "object"}
_TIMEOUT = 4.0
_LARGEST = 4 << 20
_MOST_DEAD = 3

Schema = dict[str, Any]


class SchemaMissingError(Exception):
    """A schema is neither in pystac, nor in the cache, nor to be had from the network; the text says why."""


def default_cache() -> Path:
    """Where schemas are kept: ``GROUNDSET_STAC_SCHEMAS``, else ``~/.cache/groundset/stac-schemas``."""
    named = os.environ.get("GROUNDSET_STAC_SCHEMAS")
    return Path(named) if named else Path.home() / ".cache" / "groundset" / "stac-schemas"


def cache_path(uri: str) -> str:
    """Path of a schema in the cache: ``NAME/vX.Y.Z/schema.json`` for published extensions, else ``_other/HOST/...``.

    Only the hosts that publish extensions get the short form, so that a schema of another host that a release
    names can never stand in for a published one.
    """
    parts = urlsplit(uri)
    short = _SHORT.fullmatch(parts.path)
    if parts.netloc in _HOSTS and short:
        return f"{short[1]}/{short[2]}/schema.json"
    safe = [re.sub(r"[^A-Za-z0-9._-]", "_", p) for p in (parts.netloc, *parts.path.split("/")) if p.strip(".")]
    return "/".join(["_other", *safe])


class SchemaStore:
    """Schemas by URI. Safe to share between threads.

    Args:
        folder: The cache on disk; it need not exist, and where it cannot be written it is only read.
        network: Whether a schema that is not in the cache may be fetched. A host that does not answer within
            a few seconds is not asked again by this object, and after three such hosts none is.
    """

    def __init__(self, folder: Path | None = None, *, network: bool = True) -> None:
        self.folder = default_cache() if folder is None else folder
        self._network = network
        self._lock = threading.RLock()
        self._known: dict[str, Schema] = dict(_shipped())
        self._failed: dict[str, str] = {}
        self._dead: set[str] = set()

    def get(self, uri: str) -> Schema:
        """The schema of this URI (a fragment is ignored).

        Raises:
            SchemaMissingError: It cannot be had; says why.
        """
        uri = uri.split("#", 1)[0]
        with self._lock:
            if uri not in self._known:
                if uri in self._failed:
                    raise SchemaMissingError(self._failed[uri])
                try:
                    self._known[uri] = self._load(uri)
                except SchemaMissingError as reason:
                    self._failed[uri] = str(reason)
                    raise
            return self._known[uri]

    def _load(self, uri: str) -> Schema:
        if uri.startswith("https://proj.org/schemas/"):
            return _ANY_OBJECT
        if urlsplit(uri).scheme not in ("http", "https"):
            raise SchemaMissingError("not an http address")
        path = self.folder / cache_path(uri)
        with suppress(OSError, ValueError):
            schema = json.loads(path.read_bytes())
            if isinstance(schema, dict):
                return schema
        data = self._fetch(uri)
        try:
            schema = json.loads(data)
        except ValueError:
            schema = None
        if not isinstance(schema, dict):
            raise SchemaMissingError("its address does not serve a JSON schema")
        with suppress(Exception):  # a cache that cannot be written is no reason to fail a check
            write_bytes(path, data)
        return schema

    def _fetch(self, uri: str) -> bytes:
        host = urlsplit(uri).netloc
        if not self._network:
            raise SchemaMissingError("not in the cache, and the network is not to be used")
        if host in self._dead or len(self._dead) >= _MOST_DEAD:
            raise SchemaMissingError(f"not in the cache, and {host} cannot be reached")
        answer: list[bytes | Exception] = []
        worker = threading.Thread(target=_download, args=(uri, answer), daemon=True)
        worker.start()
        worker.join(_TIMEOUT)  # a deadline of our own: name resolution knows no timeout
        got = answer[0] if answer else TimeoutError()
        if isinstance(got, urllib.error.HTTPError):
            raise SchemaMissingError(f"not in the cache, and {host} answers {got.code}")
        if isinstance(got, Exception):
            self._dead.add(host)
            raise SchemaMissingError(f"not in the cache, and {host} cannot be reached")
        if len(got) > _LARGEST:
            raise SchemaMissingError(f"larger than {_LARGEST} bytes")
        return got


def _download(uri: str, answer: list[bytes | Exception]) -> None:
    try:
        request = urllib.request.Request(uri, headers={"User-Agent": "groundset"})  # noqa: S310 - http(s) checked
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:  # noqa: S310
            answer.append(reply.read(_LARGEST + 1))
    except urllib.error.HTTPError as error:
        error.close()
        answer.append(error)
    except Exception as error:  # noqa: BLE001 - whatever the network does is told by the caller
        answer.append(error)


@cache
def _shipped() -> dict[str, Schema]:
    """The core schemas that pystac ships, with those that they refer to."""
    from jsonschema.validators import Draft7Validator, Draft202012Validator

    root = resources.files("pystac.validation.jsonschemas")
    spec = root / "stac-spec" / f"v{STAC_VERSION}"
    out: dict[str, Schema] = {
        f"https://geojson.org/schema/{name}.json": _read(root / "geojson" / f"{name}.json")
        for name in ("Feature", "Geometry")
    }
    for name in ("item", "collection", "catalog"):
        out[f"{CORE}/{name}-spec/json-schema/{name}.json"] = _read(spec / f"{name}.json")
    for name in _PARTS:
        out[f"{CORE}/item-spec/json-schema/{name}.json"] = _read(spec / f"{name}.json")
    for draft in (Draft7Validator, Draft202012Validator):
        out[draft.META_SCHEMA["$id"].rstrip("#")] = dict(draft.META_SCHEMA)
    return out


def _read(path: Any) -> Schema:
    schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    return schema
