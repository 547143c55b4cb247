"""``/api/chips/{id}``: one chip, its pixels and quicklook."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["chip"])
