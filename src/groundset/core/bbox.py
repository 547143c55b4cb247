"""Bounding boxes in longitude and latitude."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundset.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Bbox:
    """West, south, east, north in degrees, EPSG:4326. West beyond east crosses the antimeridian (RFC 7946)."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        values = (self.west, self.south, self.east, self.north)
        if not all(map(math.isfinite, values)) or not (
            -180 <= self.west <= 180 and -180 <= self.east <= 180 and -90 <= self.south < self.north <= 90
        ):
            raise InputError(
                "a bbox is west,south,east,north in degrees",
                found=values,
                hint="longitudes -180..180, latitudes -90..90",
            )

    @classmethod
    def parse(cls, value: str | Sequence[float] | Bbox) -> Bbox:
        """From ``"W,S,E,N"`` or four numbers."""
        if isinstance(value, Bbox):
            return value
        parts = value.split(",") if isinstance(value, str) else list(value)
        try:
            numbers = [float(p) for p in parts]
        except ValueError:
            numbers = []
        if len(numbers) != 4:
            raise InputError("a bbox is four numbers west,south,east,north", asked=value)
        return cls(*numbers)

    def __iter__(self) -> Iterator[float]:
        return iter((self.west, self.south, self.east, self.north))
