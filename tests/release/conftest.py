"""A small folder with the files that the documents of a release are written from, and what is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform_geom

from groundset.core import BandSet, Scheme
from groundset.core.bands import Band
from groundset.core.scheme import SchemeClass
from groundset.release._report_pictures import png
from groundset.release.facts import (
    BandStatistics,
    ChipFacts,
    FileFacts,
    ModelFacts,
    Provenance,
    ReleaseFacts,
    SourceFacts,
    SplitReport,
)

NASTY = '<b>Lake</b> & "friends" $title | `x`'
CRS, SIZE = "EPSG:32632", 16
WHEN = datetime(2020, 6, 1, 10, tzinfo=UTC)


def _score(value: float) -> dict[str, float | None]:
    return {"value": value, "low": value - 0.05, "high": value + 0.03}


def _facts_of(path: Path, root: Path) -> FileFacts:
    data = path.read_bytes()
    return FileFacts(path.relative_to(root).as_posix(), len(data), hashlib.sha256(data).hexdigest())


def _write(path: Path, data: np.ndarray[Any, Any], transform: Any, crs: str) -> None:
    rows, cols = data.shape[1:]
    profile = {"driver": "GTiff", "height": rows, "width": cols, "count": len(data), "dtype": data.dtype.name}
    with rasterio.open(path, "w", crs=crs, transform=transform, **profile) as dst:
        dst.write(data)


def _chip(root: Path, scheme: Scheme, row: int, col: int, split: str, rng: np.random.Generator) -> ChipFacts:
    chip_id = f"S2_0_{row}_{col}"
    folder = root / "items" / chip_id
    folder.mkdir(parents=True)
    transform = from_origin(500_000 + col * 160, 5_000_000 - row * 160, 10, 10)
    mask = rng.choice(np.array([0, 1, 255], np.uint8), (SIZE, SIZE), p=[0.5, 0.3, 0.2])
    origin = np.where(mask == 255, 0, np.where(rng.random(mask.shape) < 0.2, 1, 2)).astype(np.uint8)
    image = rng.integers(1, 9000, (3, SIZE, SIZE)).astype(np.uint16)
    _write(folder / "image.tif", image, transform, CRS)
    _write(folder / "mask.tif", mask[None], transform, CRS)
    _write(folder / "origin.tif", np.stack([origin, np.full_like(origin, 90)]), transform, CRS)
    gray = {i: (i, i, i) for i in range(255)}
    (folder / "thumbnail.png").write_bytes(png((image[0] // 36).astype(np.uint8), gray))
    corners = [transform * c for c in ((0, 0), (SIZE, 0), (SIZE, SIZE), (0, SIZE), (0, 0))]
    names = ("image", "mask", "origin", "thumbnail")
    files = {n: _facts_of(folder / f"{n}.{'png' if n == 'thumbnail' else 'tif'}", root) for n in names}
    return ChipFacts(
        id=chip_id,
        scene_id="S2",
        split=split,
        datetime=WHEN,
        shape=(SIZE, SIZE),
        crs=CRS,
        footprint=transform_geom(CRS, "EPSG:4326", {"type": "Polygon", "coordinates": [corners]}),
        group=None,
        class_counts={c.name: int((mask == c.code).sum()) for c in scheme},
        origin_counts={"human": int((origin == 1).sum()), "model": int((origin == 2).sum())},
        methods=("manual", "automated"),
        actors=1,
        valid_fraction=1.0,
        files=files,
    )


@pytest.fixture
def small_facts() -> Callable[..., ReleaseFacts]:
    """Writes 4 x 6 chips with masks and thumbnails into a folder; gives back the facts."""

    def make(root: Path, **changes: Any) -> ReleaseFacts:
        scheme = Scheme(
            "water",
            (
                SchemeClass(0, "non-water", "Dry & <high>", "#c9b37a", definition='Not "wet"'),
                SchemeClass(1, "water", "Water", "#1f6fb4"),
                SchemeClass(2, "not-applicable", "Not applicable", "#999999"),
            ),
        )
        rng = np.random.default_rng(3)
        splits = ["train", "train", "train", "none", "validate", "test"]
        chips = [_chip(root, scheme, row, col, splits[col], rng) for row in range(4) for col in range(6)]
        bands = BandSet(
            tuple(
                Band(n, c, scale=1e-4, dtype="uint16", center_wavelength=w, full_width_half_max=0.03, gsd=10.0)
                for n, c, w in (("B02", "blue", 0.493), ("B03", "green", 0.56), ("B08", "nir", 0.833))
            )
        )
        counts = {s: sum(c.split == s for c in chips) for s in ("train", "validate", "test", "none")}
        share = {
            s: {n: sum(c.class_counts[n] for c in chips if c.split == s) / 1e3 for n in scheme.names} for s in counts
        }
        given: dict[str, Any] = {
            "name": "v1",
            "title": NASTY,
            "description": "Water & land; <script>alert(1)</script>",
            "license": "CC-BY-4.0",
            "license_stated": True,
            "created": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            "task": "pixels",
            "kind": "segment",
            "scheme": scheme,
            "bands": bands,
            "chips": chips,
            "split": SplitReport(
                method="blocks",
                seed=0,
                fractions=(0.7, 0.15, 0.15),
                block_m=320.0,
                block_chips=2,
                blocks=6,
                buffer_m=100.0,
                chips=counts,
                smallest_distance_m=160.3,
                distances_m={"train-validate": 160.3},
                class_share=share,
                missing={"test": ("not-applicable",)},
                warnings=("Few blocks <here>.",),
            ),
            "statistics": [BandStatistics(b.name, 0.4, 0.2, 0.0001, 0.9, 1000, 99.5) for b in bands],
            "sources": [
                SourceFacts("S2", "sentinel-2-l2a", WHEN, ("https://example.org/S2.json?a=1&b=2",), len(chips))
            ],
            "provenance": Provenance(41, 0, {"splits": [70, 15, 15]}, {"groundset": "0.1.0"}),
            "models": (
                ModelFacts(
                    "forest",
                    "models/forest/item.json",
                    "Forest <20>",
                    {"iou": {"water": _score(0.8)}, "balanced_accuracy": _score(0.9), "blocks": 12, "pixels": 900},
                ),
            ),
            "providers": ({"name": "Lab <&>"},),
        }
        return ReleaseFacts(**{**given, **changes})

    return make
