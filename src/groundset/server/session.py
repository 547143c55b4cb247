"""Sessions: signed cookies, and the keys that let a browser survive a restart of the server."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIFETIME = 30 * 86_400
"""Seconds that a session lasts after it was last issued."""

RENEW_AFTER = 86_400
KEYS_FILE = "server.json"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a session's cookie says."""

    id: str
    issued: int
    actor: str | None


class Sessions:
    """Issues and reads cookies. One for a server; safe to share between threads.

    Args:
        token: What the printed address carries. Sessions made with another one are no longer valid.
        file: Where the signing key and the ended sessions are kept; None keeps them in memory.
    """

    def __init__(self, token: str, file: Path | None = None) -> None:
        self.token = token
        self.on_name: list[Callable[[str, str | None], None]] = []
        """Called with a session and its new name, None where it has ended."""
        self._file = file
        self._kept = _read(file)
        self._lock = threading.Lock()
        if "secret" not in self._kept:
            self._kept["secret"] = secrets.token_hex(32)
            self._keep()
        self._key = hmac.digest(bytes.fromhex(self._kept["secret"]), token.encode(), "sha256")

    def knows(self, token: str) -> bool:
        """Whether this is the token; takes the same time whatever it is."""
        return hmac.compare_digest(_sha256(token), _sha256(self.token))

    def issue(self, actor: str | None = None, session: str | None = None) -> str:
        """A cookie: of a new session, or of one that goes on, with the name given."""
        said = [session or secrets.token_urlsafe(12), int(time.time()), actor]
        body = _b64(json.dumps(said, separators=(",", ":")).encode())
        return f"{body}.{self._sign('cookie', body)}"

    def name(self, session: str, actor: str) -> str:
        """The cookie of a session that now has a name."""
        self._tell(session, actor)
        return self.issue(actor, session)

    def read(self, cookie: str) -> Ticket | None:
        """What a cookie says; None where it is not ours, too old, or its session was ended."""
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(_sha256(signature), _sha256(self._sign("cookie", body))):
            return None
        try:
            session, issued, actor = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except ValueError:
            return None
        if time.time() - issued > LIFETIME or session in self._kept.get("ended", {}):
            return None
        return Ticket(session, issued, actor)

    def csrf(self, session: str) -> str:
        """What unsafe requests of a session must carry in X-CSRF-Token."""
        return self._sign("csrf", session)[:32]

    def end(self, session: str) -> None:
        """Let a session be valid no longer."""
        now = int(time.time())
        with self._lock:
            ended = {s: at for s, at in self._kept.get("ended", {}).items() if now - at < LIFETIME}
            self._kept["ended"] = ended | {session: now}
            self._keep()
        self._tell(session, None)

    def _tell(self, session: str, actor: str | None) -> None:
        for tell in self.on_name:
            tell(session, actor)

    def _sign(self, what: str, text: str) -> str:
        return _b64(hmac.digest(self._key, f"{what}:{text}".encode(), "sha256"))

    def _keep(self) -> None:
        if self._file is not None:
            write_private(self._file, self._kept)


def kept_token(file: Path) -> str:
    """The token of the workspace whose keys lie in this file; made and kept where there is none yet."""
    kept = _read(file)
    if not isinstance(kept.get("token"), str):
        kept["token"] = secrets.token_hex(24)
        write_private(file, kept)
    return str(kept["token"])


def write_private(file: Path, said: dict[str, Any]) -> None:
    """Write JSON that only its owner can read. Where the folder cannot be written, it is not kept."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(said, out)
        beside.replace(file)


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        said = json.loads(file.read_text())
        bytes.fromhex(said.get("secret", ""))
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # gone or damaged: people sign in again
    return dict(said)


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
