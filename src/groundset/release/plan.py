"""Splits from chips: of a release in the making, and before there is any label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from groundset.chips import Chip, footprints
from groundset.release.blocks import Place
from groundset.release.splits import Splits, assign_splits


def places_of(
    chips: Sequence[Chip],
    classes: Sequence[Mapping[str, int]] | None = None,
    fingerprints: Sequence[int | None] | None = None,
    shapes: Sequence[frozenset[str]] | None = None,
) -> list[Place]:
    """The chips as the splits see them.

    Args:
        chips: The chips.
        classes: Class name -> pixels of each chip, without not-applicable.
        fingerprints: Perceptual hash of each chip.
        shapes: Ids of the shapes on each chip.
    """
    out = []
    for i, (chip, footprint) in enumerate(zip(chips, footprints(chips), strict=True)):
        crs = chip.geobox.crs
        box = None if crs is None else tuple(float(v) for v in chip.geobox.boundingbox.bbox)
        out.append(
            Place(
                str(chip.id),
                footprint,
                None if crs is None else str(crs),
                box,  # type: ignore[arg-type]  # four of them
                chip.group,
                {} if classes is None else classes[i],
                None if fingerprints is None else fingerprints[i],
                frozenset() if shapes is None else shapes[i],
            )
        )
    return out


def plan_splits(
    chips: Iterable[Chip],
    *,
    fractions: Sequence[float] = (70, 15, 15),
    block: str | float | None = None,
    buffer: str | float = "0.1km",
    seed: int = 0,
) -> Splits:
    """Splits of chips that have no label yet; see :func:`groundset.release.splits.assign_splits`.

    A release of the same chips with the same options has the same splits, unless they would leave a split without a
    class.
    """
    return assign_splits(places_of(list(chips)), fractions=fractions, block=block, buffer=buffer, seed=seed)
