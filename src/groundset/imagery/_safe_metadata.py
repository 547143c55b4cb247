"""The XML of a Sentinel-2 SAFE product: product metadata (MTD_MSIL*.xml) and tile metadata (MTD_TL.xml)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import datetime

from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.core import InputError
from groundset.imagery.times import parse_time

# band_id of the metadata -> band name (Sentinel-2 Products Specification Document)
BAND_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


@dataclass(frozen=True, slots=True)
class ProductMetadata:
    """What the product says for all its pixels: ``reflectance = (stored + add_offset) / quantification``."""

    uri: str
    level: str
    baseline: str
    platform: str
    quantification: float
    add_offset: dict[str, float]
    cloud_cover: float | None
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TileMetadata:
    """The 10 m grid of the tile and the time of sensing (UTC)."""

    geobox: GeoBox
    time: datetime


def parse_product(xml: bytes, where: str) -> ProductMetadata:
    """Read ``MTD_MSIL1C.xml`` or ``MTD_MSIL2A.xml``.

    Raises:
        InputError: Broken XML, or a field that must be there is not; names it.
    """
    root = _root(xml, where)
    level = _text(root, "PROCESSING_LEVEL", where).removeprefix("Level-").lower()
    quantity = _text(root, "BOA_QUANTIFICATION_VALUE" if level.startswith("2") else "QUANTIFICATION_VALUE", where)
    tag = "BOA_ADD_OFFSET" if level.startswith("2") else "RADIO_ADD_OFFSET"
    baseline = _text(root, "PROCESSING_BASELINE", where)
    offsets = {BAND_IDS[int(e.attrib["band_id"])]: float(e.text or 0) for e in root.iter(tag)}
    if baseline >= "04.00" and baseline != "99.99" and not offsets:
        raise InputError(f"baseline {baseline} must state {tag}, and this product does not", asked=where)
    cloud = root.find(".//Cloud_Coverage_Assessment")
    return ProductMetadata(
        uri=_text(root, "PRODUCT_URI", where),
        level=level,
        baseline=baseline,
        platform=_text(root, "SPACECRAFT_NAME", where).lower(),
        quantification=float(quantity),
        add_offset=offsets,
        cloud_cover=None if cloud is None or not cloud.text else float(cloud.text),
        images=tuple(e.text.strip() for e in root.iter("IMAGE_FILE") if e.text),
    )


def parse_tile(xml: bytes, where: str) -> TileMetadata:
    """Read ``MTD_TL.xml``.

    Raises:
        InputError: As :func:`parse_product`.
    """
    root = _root(xml, where)
    size = _at_10m(root, "Size", where)
    place = _at_10m(root, "Geoposition", where)
    step_x, step_y = float(_text(place, "XDIM", where)), float(_text(place, "YDIM", where))
    left, top = float(_text(place, "ULX", where)), float(_text(place, "ULY", where))
    return TileMetadata(
        GeoBox(
            (int(_text(size, "NROWS", where)), int(_text(size, "NCOLS", where))),
            Affine(step_x, 0.0, left, 0.0, step_y, top),
            _text(root, "HORIZONTAL_CS_CODE", where),
        ),
        parse_time(_text(root, "SENSING_TIME", where)),
    )


def _root(xml: bytes, where: str) -> ET.Element:
    try:
        return ET.fromstring(xml)  # noqa: S314 (expat since 2.4.1 stops entity bombs; nothing external is resolved)
    except ET.ParseError as error:
        raise InputError("this SAFE metadata is broken", asked=where, found=error) from error


def _text(root: ET.Element, tag: str, where: str) -> str:
    element = root.find(f".//{tag}")
    if element is None or not (element.text or "").strip():
        raise InputError(f"this SAFE metadata states no {tag}", asked=where)
    return str(element.text).strip()


def _at_10m(root: ET.Element, tag: str, where: str) -> ET.Element:
    for element in root.iter(tag):
        if element.attrib.get("resolution") == "10":
            return element
    raise InputError(f"this SAFE metadata states no {tag} at 10 m", asked=where)
