"""Chips as arrays: where each lies on the ground, in the CRS of its scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from groundset.lake import Lake

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).min
_COLUMNS = ("chip_id", "scene_id", "width", "height", "crs", "transform", "datetime")
_UNIT = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], float)


@dataclass(frozen=True, slots=True)
class Places:
    """Chips in some order.

    Args:
        ids: Chip ids.
        scenes: Scene of each.
        crs: CRS of each as the chip table writes it; None without one.
        transform: (n, 6) pixel to CRS: x = a column + b row + c, y = d column + e row + f.
        size: (n, 2) columns and rows.
        micros: (n,) acquisition in microseconds since 1970 UTC, :data:`NEVER` where nobody said.
    """

    ids: Sequence[str]
    scenes: Sequence[str]
    crs: Sequence[str | None]
    transform: Floats
    size: Floats
    micros: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def groups(self, *, by_time: bool) -> Iterator[tuple[str, int, Ints]]:
        """Chips of one CRS (and where asked, one acquisition): CRS, microseconds or :data:`NEVER`, positions."""
        codes: dict[tuple[str, int], list[int]] = {}
        for i, crs in enumerate(self.crs):
            if crs is not None:
                codes.setdefault((crs, int(self.micros[i]) if by_time else NEVER), []).append(i)
        for (crs, micros), at in codes.items():
            yield crs, micros, np.array(at, np.int64)

    def some(self, at: Ints) -> Area:
        """The chips at these positions, which have one CRS."""
        return Area(self.transform[at], self.size[at])


@dataclass(frozen=True, slots=True)
class Area:
    """Chips of one CRS: ``transform`` (n, 6), ``size`` (n, 2), as in :class:`Places`."""

    transform: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.size)

    def outline(self, pieces: int = 1) -> Floats:
        """Closed outlines in the CRS, (n, 4 pieces + 1, 2), each side in so many pieces."""
        t = np.arange(4 * pieces + 1) / pieces
        unit = np.stack([np.interp(t, np.arange(5), _UNIT[:, k]) for k in (0, 1)], axis=-1)
        pixels = unit[None] * self.size[:, None]
        a = self.transform[:, None]
        x = a[..., 0] * pixels[..., 0] + a[..., 1] * pixels[..., 1] + a[..., 2]
        y = a[..., 3] * pixels[..., 0] + a[..., 4] * pixels[..., 1] + a[..., 5]
        return np.stack([x, y], axis=-1)

    def inverse(self) -> Floats:
        """(n, 6) CRS to pixels of the chip."""
        a, b, c, d, e, f = self.transform.T
        det = a * e - b * d
        ia, ib, id_, ie = e / det, -b / det, -d / det, a / det
        return np.stack([ia, ib, -(ia * c + ib * f), id_, ie, -(id_ * c + ie * f)], axis=-1)

    def bounds(self) -> Floats:
        """(n, 4) left, bottom, right, top in the CRS."""
        outline = self.outline()
        return np.concatenate([outline.min(axis=1), outline.max(axis=1)], axis=1)

    def extent(self) -> Floats:
        """Left, bottom, right, top of all of them."""
        bounds = self.bounds()
        return np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])

    def shapes(self) -> npt.NDArray[np.object_]:
        """Shapely rectangles in the CRS."""
        import shapely

        out: npt.NDArray[np.object_] = shapely.polygons(self.outline())
        return out

    def inset(self, pixels: float) -> Area:
        """The chips without a rim of so many pixels."""
        a, b, c, d, e, f = self.transform.T
        moved = np.stack([a, b, c + (a + b) * pixels, d, e, f + (d + e) * pixels], axis=-1)
        return Area(moved, self.size - 2 * pixels)

    def take(self, at: npt.NDArray[Any]) -> Area:
        """Some of them."""
        return Area(self.transform[at], self.size[at])


def read_places(lake: Lake, parts: Sequence[str]) -> Places:
    """The chips of some parts of the chip table, part by part, row by row."""
    table = lake.chips.table(_COLUMNS, parts=parts).combine_chunks()
    transforms = table.column("transform").combine_chunks()
    flat = transforms.flatten() if isinstance(transforms, pa.ListArray) else transforms.chunk(0).flatten()
    micros = pc.cast(table.column("datetime"), pa.int64()).fill_null(NEVER).to_numpy()
    size = np.stack([table.column(n).to_numpy().astype(np.float64) for n in ("width", "height")], axis=-1)
    return Places(
        table.column("chip_id").to_pylist(),
        table.column("scene_id").to_pylist(),
        table.column("crs").to_pylist(),
        flat.to_numpy().reshape(-1, 6),
        size.reshape(-1, 2),
        micros.astype(np.int64),
    )
