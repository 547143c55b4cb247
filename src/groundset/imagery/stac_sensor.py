"""Which product an item is, and how its numbers become physical values: only from what the item states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from groundset.core import InputError

if TYPE_CHECKING:
    import pystac

COLLECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "sentinel-2-l2a": "sentinel-2-l2a",
        "sentinel-2-c1-l2a": "sentinel-2-l2a",
        "sentinel-2-pre-c1-l2a": "sentinel-2-l2a",
        "sentinel-s2-l2a-cogs": "sentinel-2-l2a",
        "sentinel-s2-l2a": "sentinel-2-l2a",
        "sentinel-2-l1c": "sentinel-2-l1c",
        "sentinel-s2-l1c": "sentinel-2-l1c",
        "sentinel-1-grd": "sentinel-1-grd",
        "sentinel-1-rtc": "sentinel-1-grd",
        "naip": "naip",
    }
)
"""What the collections of the known APIs hold."""

LINEAR = frozenset({"sentinel-1-rtc"})
"""Collections whose documentation says that their backscatter is linear power."""

BASELINE_WITH_OFFSET = 4.0
OFFSET_SINCE = datetime(2022, 1, 25, tzinfo=UTC)
S2_SCALE, S2_OFFSET = 0.0001, -0.1
"""Sentinel-2 since processing baseline 04.00: reflectance = (DN - 1000) / 10000."""

_LANDSAT = re.compile(r"landsat[-_ ]?([5789])$")
_LEVELS = {"L2A": "sentinel-2-l2a", "L1C": "sentinel-2-l1c", "S2MSI2A": "sentinel-2-l2a", "S2MSI1C": "sentinel-2-l1c"}


def infer_sensor(item: pystac.Item) -> str | None:
    """The Groundset sensor that the item states by platform and processing level, or by a known collection."""
    p = item.properties
    collection = str(item.collection_id or "").lower()
    platform = str(p.get("platform") or p.get("constellation") or "").lower()
    constellation = str(p.get("constellation") or "").lower()
    if match := _LANDSAT.match(platform):
        return f"landsat-{match[1]}" if _landsat_level_2(item) else None
    if platform.startswith("sentinel-2") or constellation == "sentinel-2":
        return _LEVELS.get(_level(p)) or _of_collection(collection, "sentinel-2")
    if platform.startswith("sentinel-1") or constellation == "sentinel-1":
        product = str(p.get("sar:product_type") or p.get("product:type") or p.get("s1:product_type") or "").upper()
        grd = product.startswith(("GRD", "RTC")) or "GRD" in product
        return "sentinel-1-grd" if grd else _of_collection(collection, "sentinel-1")
    if collection in COLLECTIONS:
        return COLLECTIONS[collection]
    return "naip" if any(key.startswith("naip:") for key in p) else None


def baseline(item: pystac.Item) -> float | None:
    """Sentinel-2 processing baseline that the item states: a property, or ``_N0400_`` in the product's name."""
    p = item.properties
    for key in ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version", "s2:baseline"):
        if re.fullmatch(r"\d{1,2}(\.\d+)?", str(p.get(key, "")).strip()):
            return float(str(p[key]).strip())
    for text in (p.get("s2:product_uri"), p.get("s2:product_id"), p.get("title"), item.id):
        if match := re.search(r"_N(\d{2})(\d{2})_", str(text or "")):
            return float(f"{match[1]}.{match[2]}")
    return None


def sentinel2_offset(item: pystac.Item, stated: float | None) -> float:
    """Offset of Sentinel-2 reflectance in this item's files: -0.1 where the pixels still carry the 1000, else 0.

    ``boa_offset_applied`` goes first (earth-search's ``raster:bands`` say -0.1 also where it was taken off), then what
    the bands state, then the processing baseline, then the date.

    Args:
        item: The item.
        stated: Offset that the item states for the band, None where it states none.

    Raises:
        InputError: Nothing tells: acquired since 2022-01-25, and neither offset nor baseline is stated.
    """
    p = item.properties
    applied = next((p[k] for k in ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied") if k in p), None)
    if applied is True:
        return 0.0
    processed = baseline(item)
    if stated is not None and not (applied is False and processed is not None):
        return stated
    if processed is not None:
        return S2_OFFSET if processed >= BASELINE_WITH_OFFSET else 0.0
    if stated is not None:
        return stated
    when = item.datetime
    if when is not None and when < OFFSET_SINCE:
        return 0.0
    raise InputError(
        "Sentinel-2 products since 2022-01-25 (baseline 04.00) carry an offset of -1000, unless somebody took it off;"
        " this item does not say which",
        asked=item.id,
        found=f"acquired {when.isoformat() if when else 'at no stated time'}, no baseline, no offset in its bands",
        hint="add s2:processing_baseline, or scale and offset in raster:bands, to the item",
    )


def ask_for_sensor(item: pystac.Item) -> InputError:
    """The error for an item that does not say what it is."""
    p = item.properties
    keys = ("platform", "constellation", "instruments", "processing:level")
    said = {k: p[k] for k in keys if k in p} | {"collection": item.collection_id}
    return InputError(
        "the item does not say which product it is",
        asked=item.id,
        found=", ".join(f"{k}={v}" for k, v in said.items()),
        hint="name it with --sensor",
    )


def _level(p: Mapping[str, Any]) -> str:
    for key in ("s2:product_type", "product:type", "processing:level", "sentinel2:product_type"):
        text = str(p.get(key, "")).upper().removeprefix("LEVEL-").removeprefix("LEVEL ")
        text = {"2A": "L2A", "1C": "L1C", "S2MSIL2A": "L2A", "S2MSIL1C": "L1C"}.get(text, text)
        if text in _LEVELS:
            return text
    return ""


def _landsat_level_2(item: pystac.Item) -> bool:
    p = item.properties
    stated = str(p.get("landsat:correction") or p.get("processing:level") or "").upper()
    return stated.startswith("L2") or str(item.collection_id or "").lower() in {"landsat-c2-l2", "landsat-c2l2-sr"}


def _of_collection(collection: str, mission: str) -> str | None:
    sensor = COLLECTIONS.get(collection)
    return sensor if sensor and sensor.startswith(mission) else None
