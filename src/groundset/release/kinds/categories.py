"""Classes as detectors number them: from 1, since 0 is the background."""

from __future__ import annotations

from groundset.core import Scheme


def category_ids(scheme: Scheme) -> dict[int, int]:
    """Category by class code: the classes in the scheme's order from 1, the not-applicable one last."""
    other = scheme.not_applicable
    ordered = [*scheme.answerable, *([other] if other is not None else [])]
    return {c.code: i for i, c in enumerate(ordered, start=1)}
