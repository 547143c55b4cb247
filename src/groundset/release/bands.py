"""Which scenes can be released together: a release has one set of bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groundset.core import BandSet, InputError, few
from groundset.core.bands import Band
from groundset.imagery import Scene

_SPELLED = 50
"""Scenes that a command to copy names; of more it says how many there are."""


def by_bands(scenes: Iterable[Scene]) -> list[list[Scene]]:
    """Scenes with the same bands together (names, scales, nodata and types), in the order in which they come."""
    out: dict[BandSet, list[Scene]] = {}
    for scene in scenes:
        out.setdefault(scene.bands, []).append(scene)
    return list(out.values())


def check_bands(scenes: Iterable[Scene]) -> BandSet:
    """The bands that all scenes share.

    Raises:
        InputError: They differ; names scenes and bands, and says how to release a part.
    """
    sets = by_bands(scenes)
    if len(sets) > 1:
        ways = " or ".join(f"--scenes {_spelled([scene.id for scene in one])}" for one in sets[:2])
        raise InputError(
            "the scenes of a release must have the same bands",
            found=told(sets),
            hint=f"release one set of them: {ways}",
        )
    return sets[0][0].bands


def told(sets: Sequence[Sequence[Scene]]) -> str:
    """Which scenes have which bands: ``radar: vv, vh; optical: B02, B03``; what differs where names are the same."""
    first = sets[0][0].bands
    return "; ".join(
        f"{few([scene.id for scene in one])}: {_words(one[0].bands, first, len(sets) > 1)}" for one in sets
    )


def _words(bands: BandSet, first: BandSet, several: bool) -> str:
    if not several or bands.names != first.names or bands == first:
        return ", ".join(bands.names)
    other, own = next((a, b) for a, b in zip(first, bands, strict=True) if a != b)
    return f"the same names, but {own.name} is {_numbers(own)} in place of {_numbers(other)}"


def _numbers(band: Band) -> str:
    """How a band is stored, and what it is."""
    told = f"{band.dtype}, scale {band.scale:g}, offset {band.offset:g}, nodata {band.nodata}"
    further = [v for v in (band.common_name, band.unit, band.sensor) if v]
    return f"{told} ({', '.join(further)})" if further else told


def _spelled(names: Sequence[str]) -> str:
    return ",".join(names) if len(names) <= _SPELLED else f"with these {len(names)}, joined by commas: {few(names)}"
