"""The numbers that every room must agree on."""

from __future__ import annotations

from enum import IntEnum

UNLABELLED = 255
"""Pixel value of an unlabelled pixel, in every mask, always."""

NO_CONFIDENCE = 255
"""Value of the confidence band where there is no confidence (people do not state one)."""

NOT_APPLICABLE = "not-applicable"
"""Name of the class for pixels that cannot be answered (cloud, shadow, nodata, unsure)."""


class Origin(IntEnum):
    """Where a pixel's class comes from (band 2 of a mask file)."""

    NONE = 0
    HUMAN = 1
    MODEL = 2
    REGION = 3
    IMPORT = 4
    CONSENSUS = 5
    PRODUCT = 6


PRECEDENCE: tuple[Origin, ...] = (
    Origin.HUMAN,
    Origin.CONSENSUS,
    Origin.IMPORT,
    Origin.PRODUCT,
    Origin.REGION,
    Origin.MODEL,
)
"""Which origin wins a pixel, strongest first."""

TRAINING_ORIGINS: frozenset[Origin] = frozenset({Origin.HUMAN, Origin.REGION, Origin.IMPORT, Origin.CONSENSUS})
"""Only pixels of these origins train a model."""

PEOPLE_ORIGINS: frozenset[Origin] = frozenset({Origin.HUMAN, Origin.IMPORT, Origin.CONSENSUS})
"""Pixels of these origins count as people's in ``label:methods``."""
