"""IRIS's database ``NAME.iris/iris.db``: who its users are, and what they said about their masks (SQLite)."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from groundset.core import InputError

KIND = "segmentation"
DIFFICULTY = 3
"""Difficulty of a mask of which nobody said it: IRIS has no other way to say nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = "%Y-%m-%d %H:%M:%S.%f"
_ROUNDS = 600_000
_TABLES = """
CREATE TABLE user (
    id INTEGER NOT NULL, name VARCHAR(64), password_hash VARCHAR(128), created DATETIME, image_seed INTEGER,
    admin BOOLEAN NOT NULL, tested BOOLEAN NOT NULL, PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_user_name ON user (name);
CREATE INDEX ix_user_created ON user (created);
CREATE TABLE action (
    id INTEGER NOT NULL, type VARCHAR(64), image_id VARCHAR(256), user_id INTEGER, last_modification DATETIME,
    time_spent DATETIME, score INTEGER, unverified BOOLEAN, complete BOOLEAN, notes VARCHAR(256), difficulty INTEGER,
    PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES user (id)
);
CREATE INDEX ix_action_difficulty ON action (difficulty);
CREATE INDEX ix_action_last_modification ON action (last_modification);
CREATE INDEX ix_action_image_id ON action (image_id);
CREATE INDEX ix_action_type ON action (type);
"""


@dataclass(frozen=True, slots=True)
class User:
    """An account; passwords are never read."""

    id: int
    name: str
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What a user said about a mask: when it was saved last, the seconds spent, and what IRIS asks about it."""

    image_id: str
    user_id: int
    modified: datetime | None = None
    seconds: float = 0.0
    complete: bool = False
    note: str | None = None
    difficulty: int = DIFFICULTY
    score: int = 0
    unverified: bool = True


@dataclass(frozen=True, slots=True)
class Database:
    """Users and actions."""

    users: Sequence[User]
    actions: Sequence[Action]

    def action(self, image_id: str, user_id: int) -> Action | None:
        """The action of a user on an image."""
        return next((a for a in self.actions if (a.image_id, a.user_id) == (image_id, user_id)), None)


def read_database(path: Path) -> Database:
    """Read users and segmentation actions; the file is not touched.

    Raises:
        InputError: It is not a database of IRIS.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            users = [User(int(r["id"]), str(r["name"]), bool(r["admin"])) for r in db.execute("SELECT * FROM user")]
            rows = db.execute("SELECT * FROM action WHERE type = ? ORDER BY id", (KIND,))
            return Database(tuple(users), tuple(_action(row) for row in rows))
    except (sqlite3.Error, IndexError, ValueError, TypeError) as error:
        raise InputError("this is not a database of IRIS", asked=path, found=str(error)) from None


def _action(row: sqlite3.Row) -> Action:
    note = (row["notes"] or "").strip()
    spent, level = row["time_spent"], row["difficulty"]
    return Action(
        image_id=str(row["image_id"]),
        user_id=int(row["user_id"]),
        modified=_time(row["last_modification"]),
        seconds=0.0 if spent is None else max(0.0, (_parse(spent) - _EPOCH).total_seconds()),
        complete=bool(row["complete"]),
        note=None if note in ("", "null") else note,  # its page writes "null" into an empty field
        difficulty=level if level in range(1, 6) else DIFFICULTY,
        score=int(row["score"] or 0),
        unverified=bool(row["unverified"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else _parse(text)


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def write_database(path: Path, users: Iterable[User], actions: Iterable[Action]) -> dict[str, str]:
    """Write a new database.

    Returns:
        The password of each user, made up: IRIS lets nobody in without one.
    """
    now = datetime.now(UTC).strftime(_FORM)
    passwords: dict[str, str] = {}
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(_TABLES)
        for user in users:
            passwords[user.name] = secrets.token_urlsafe(9)
            row = (user.id, user.name, _hashed(passwords[user.name]), now, user.id, user.admin, False)
            db.execute("INSERT INTO user VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        db.executemany(
            "INSERT INTO action (type, image_id, user_id, last_modification, time_spent, score, unverified, complete,"
            " notes, difficulty) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(action, now) for action in actions],
        )
    return passwords


def _row(action: Action, now: str) -> tuple[object, ...]:
    modified = now if action.modified is None else action.modified.astimezone(UTC).strftime(_FORM)
    spent = (_EPOCH + timedelta(seconds=action.seconds)).strftime(_FORM)
    return (
        KIND, action.image_id, action.user_id, modified, spent, action.score, action.unverified, action.complete,
        action.note, action.difficulty,
    )  # fmt: skip


def _hashed(password: str) -> str:
    """As werkzeug keeps it, whose check IRIS uses: method, salt and digest."""
    salt = secrets.token_hex(8)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS).hex()
    return f"pbkdf2:sha256:{_ROUNDS}${salt}${digest}"
