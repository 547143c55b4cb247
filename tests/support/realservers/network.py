"""Keep tests on this machine: only loopback can be reached."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

_CONNECT = socket.socket.connect
_CONNECT_EX = socket.socket.connect_ex
_LOOKUP = socket.getaddrinfo
_LOCAL_NAMES = {"localhost", "", None}


class NetworkBlockedError(OSError):
    """A test tried to leave this machine."""


def block_network() -> None:
    """From now on this process, and GDAL and child processes by way of a dead proxy, reach loopback only."""
    socket.socket.connect = _connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _lookup
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        os.environ[name] = "http://127.0.0.1:9"
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = "127.0.0.1,localhost,::1"


def unblock_network() -> None:
    """Undo the part of :func:`block_network` that is in this process."""
    socket.socket.connect = _CONNECT  # type: ignore[method-assign]
    socket.socket.connect_ex = _CONNECT_EX  # type: ignore[method-assign]
    socket.getaddrinfo = _LOOKUP


def _local(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _check(address: Any) -> None:
    if isinstance(address, tuple) and not _local(address[0]):
        raise NetworkBlockedError(f"tests reach loopback only, not {address[0]}:{address[1]}")


def _connect(self: socket.socket, address: Any) -> None:
    _check(address)
    _CONNECT(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _check(address)
    return _CONNECT_EX(self, address)


def _lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not _local(host):
        raise socket.gaierror(socket.EAI_NONAME, f"tests reach loopback only, not {host}")
    return _LOOKUP(host, *args, **kwargs)
