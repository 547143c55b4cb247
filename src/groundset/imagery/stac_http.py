"""JSON from a file or an address, with retries and one clear sentence where it cannot be had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundset.core import GroundsetError, InputError, MissingError, ServiceError
from groundset.imagery.signing import redacted

if TYPE_CHECKING:
    from urllib3 import Retry

RETRIES = 4
BACKOFF = 0.5
"""Seconds before the second try; doubled before each further one."""
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two parts of an answer."""


def retry_policy() -> Retry:
    """Try again after 429 and 5xx, as long as the server asks for or with growing pauses."""
    from urllib3 import Retry

    return Retry(
        total=RETRIES,
        backoff_factor=BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,  # a search is a POST, and safe to repeat
        raise_on_status=False,
    )


def read_json(href: str) -> dict[str, Any]:
    """A JSON object from a local path or an ``http(s)://`` address.

    Raises:
        MissingError: There is no such file, or the server says 404.
        InputError: It is not a JSON object: HTML, a cut file.
        ServiceError: The server fails, refuses or does not answer.
    """
    text = _fetch(href) if href.startswith(("http://", "https://")) else _read(href)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise not_json(href, text, error) from error
    if not isinstance(value, dict):
        raise InputError("this is JSON but not STAC", asked=redacted(href), found=f"a {type(value).__name__}")
    return value


def not_json(href: str, text: str, error: Exception) -> InputError:
    """The error for something that should be JSON and is not."""
    start = text.lstrip()[:60]
    what = "HTML" if start.lower().startswith(("<!doctype", "<html")) else repr(start) if start else "nothing"
    return InputError(
        "this is not JSON", asked=redacted(href), found=f"{what} ({error})", hint="give the address of STAC JSON"
    )


def http_failed(href: str, status: int | None, said: object) -> GroundsetError:
    """The error for an answer that is no success."""
    name, found = redacted(href), f"HTTP {status}: {_short(said)}" if status else _short(said)
    if status == 404:
        return MissingError("nothing lies at this address", asked=name, found=found, hint="check the address")
    if status in (401, 403):
        return ServiceError("the service wants a login", asked=name, found=found, hint="it is not open to everyone")
    if status is not None and 400 <= status < 500 and status != 429:
        return InputError("the service does not accept the question", asked=name, found=found)
    return ServiceError("the service failed", asked=name, found=found, hint="try again later")


def _read(path: str) -> str:
    file = Path(path.removeprefix("file://"))
    if not file.is_file():
        raise MissingError("no such file", asked=file, hint="check the path")
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("this is not JSON", asked=file, found="binary data", hint="give STAC JSON") from error


def _fetch(url: str) -> str:
    import requests
    from requests.adapters import HTTPAdapter

    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry_policy()))
        try:
            answer = session.get(url, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise http_failed(url, None, error) from error
        if not answer.ok:
            raise http_failed(url, answer.status_code, answer.text or answer.reason)
        return answer.text


def _short(said: object) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= 200 else f"{text[:200]} ..."
