"""Where a request is for: its host, the base path that a proxy shows us under, the API or the page."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PAGES = frozenset({"/", "/index.html"})
ROOT = "groundset_root"
"""Key of a scope: the base path of the whole server, where ``root_path`` may be that of one of its workspaces."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~%@:+-]+)+")


def based(scope: Scope, headers: Headers, root_path: str) -> Scope:
    """The request under its base path: that of the settings, or what a proxy on this machine says."""
    scope = dict(scope)
    if ROOT in scope:  # one of several workspaces: its server has done it
        return scope
    client = scope.get("client")
    if client is None or client[0] in LOOPBACK:
        said = headers.get("x-forwarded-prefix", "").rstrip("/")
        root_path = root_path or (said if _PREFIX.fullmatch(said) and ".." not in said else "")
        if headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https":
            scope["scheme"] = "https"
    if root_path and not f"{scope['path']}/".startswith(f"{root_path}/"):
        scope["path"] = root_path + scope["path"]  # the proxy took it off
    scope["root_path"] = scope[ROOT] = root_path
    return scope


def route_path(scope: Scope) -> str:
    """Path of a request below its base path."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and f"{path}/".startswith(f"{root}/") else path


def below(scope: Scope) -> str:
    """From ``/base`` to ``/base/``, so that the page's relative addresses hold; relative, for proxies."""
    query = scope["query_string"].decode("latin-1")
    return f"./{quote(scope['path'].rpartition('/')[2])}/" + (f"?{query}" if query else "")


def is_api(scope: Scope) -> bool:
    """Whether a request is for the API."""
    return f"{route_path(scope)}/".startswith("/api/")


def wants_page(scope: Scope) -> bool:
    """Whether a person asks for the page itself."""
    return route_path(scope) in PAGES and scope["method"] in ("GET", "HEAD")


def host_of(value: str) -> str:
    """The name in a Host header, without the port; empty where it is none."""
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""
