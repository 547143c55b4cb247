"""Who may do what: one function decides, and every route names the permission it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from groundset.server.models import Permission, Role
from groundset.server.problems import ForbiddenError

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "annotator": frozenset({"read", "annotate"}),
    "reviewer": frozenset({"read", "annotate", "review"}),
    "manager": frozenset({"read", "annotate", "review", "manage"}),
    "admin": frozenset({"read", "annotate", "review", "manage", "admin"}),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is asking. ``actor`` is the name under which answers are kept; None until it was given."""

    role: Role
    actor: str | None = None
    csrf: str = ""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role may do what needs this permission. The only place that decides."""
    return permission in PERMISSIONS[role]


def needs(permission: Permission) -> Any:
    """What a route needs; put into ``dependencies=[needs("read")]``, and read back by ``permission_of``."""

    def _check(request: Request) -> None:
        visitor = visitor_of(request)
        if not may(visitor.role, permission):
            raise ForbiddenError(
                "this needs another role", asked=permission, found=visitor.role, hint="ask the workspace's manager"
            )

    _check.permission = permission  # type: ignore[attr-defined]  # read by the test that walks the routes
    return Depends(_check)


def visitor_of(request: Request) -> Visitor:
    """Who asks."""
    return getattr(request.state, "visitor", None) or Visitor("admin")


Who = Annotated[Visitor, Depends(visitor_of)]
"""Parameter of a route: who asks."""
