"""Who may do what: one function decides, and every route names the permission it needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from groundset.core import InputError
from groundset.server.models import Permission, Role
from groundset.server.problems import NOBODY, ForbiddenError, UnauthorizedError

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "annotator": frozenset({"read", "annotate"}),
    "reviewer": frozenset({"read", "annotate", "review"}),
    "manager": frozenset({"read", "annotate", "review", "manage"}),
    "admin": frozenset({"read", "annotate", "review", "manage", "admin"}),
}
MODEL_PREFIX = "model:"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is asking.

    Args:
        role: What they may do.
        actor: Name under which answers are kept; None until it was given.
        csrf: What unsafe requests must carry; empty for those that bring the token with each request.
        session: Which session it is; clients with a token share one.
    """

    role: Role
    actor: str | None = None
    csrf: str = ""
    session: str = "token"


def may(role: Role, permission: Permission) -> bool:
    """Whether a role may do what needs this permission. The only place that decides."""
    return permission in PERMISSIONS[role]


def needs(permission: Permission) -> Any:
    """What a route needs; put into ``dependencies=[needs("read")]``, and read back by ``permission_of``."""

    async def _check(request: Request) -> None:
        visitor = visitor_of(request)
        if not may(visitor.role, permission):
            raise ForbiddenError(
                "this needs another role", asked=permission, found=visitor.role, hint="ask the workspace's manager"
            )

    _check.permission = permission  # type: ignore[attr-defined]  # read back by permission_of
    return Depends(_check)


def permission_of(route: Any) -> Permission | None:
    """The permission that a route needs; None where it names none."""
    for dependency in getattr(route, "dependencies", ()):
        found: Permission | None = getattr(dependency.dependency, "permission", None)
        if found is not None:
            return found
    return None


def visitor_of(request: Request) -> Visitor:
    """Who asks.

    Raises:
        UnauthorizedError: Nobody that the gate let in.
    """
    visitor = getattr(request.state, "visitor", None)
    if not isinstance(visitor, Visitor):
        raise UnauthorizedError(NOBODY, hint="open the address that the server printed, with its token")
    return visitor


async def _who(request: Request) -> Visitor:
    return visitor_of(request)


Who = Annotated[Visitor, Depends(_who)]
"""Parameter of a route: who asks."""


def named(visitor: Visitor) -> str:
    """The name under which somebody's answers are kept.

    Raises:
        ForbiddenError: None was given yet.
    """
    actor = visitor.actor
    if actor is None:
        raise ForbiddenError(
            "give your name first: answers are kept under it", hint='POST /api/session {"actor": "your name"}, once'
        )
    return actor


async def _actor(request: Request) -> str:
    return named(visitor_of(request))


Actor = Annotated[str, Depends(_actor)]
"""Parameter of a route: the name under which what is said is kept; without one the request is refused."""


def actor_name(text: str) -> str:
    """A name under which answers are kept, trimmed.

    Raises:
        InputError: It is none that a person can have.
    """
    name = unicodedata.normalize("NFC", text).strip()
    bad = next((c for c in name if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")), None)
    if not name or len(name) > LONGEST_NAME:
        raise InputError(f"a name has 1 to {LONGEST_NAME} characters", asked=repr(text)[:LONGEST_NAME])
    if bad is not None:
        raise InputError("a name has no control characters", asked=repr(name), found=repr(bad))
    if name.lower().startswith(MODEL_PREFIX):
        raise InputError("names that begin with model: are those of models", asked=name, hint="take a name of your own")
    return name
