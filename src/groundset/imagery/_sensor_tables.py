"""Published band tables: name, STAC common name, centre and full width at half maximum (micrometres), metres a pixel.

Sources: Sentinel-2 User Handbook (S2A), Landsat Collection 2 Level-2 science product guides, USDA NAIP, Sentinel-1
product specification.
"""

from __future__ import annotations

Row = tuple[str, str | None, float | None, float | None, float]

SENTINEL_2: tuple[Row, ...] = (
    ("B01", "coastal", 0.443, 0.027, 60.0),
    ("B02", "blue", 0.490, 0.098, 10.0),
    ("B03", "green", 0.560, 0.045, 10.0),
    ("B04", "red", 0.665, 0.038, 10.0),
    ("B05", "rededge071", 0.704, 0.019, 20.0),
    ("B06", "rededge075", 0.740, 0.018, 20.0),
    ("B07", "rededge078", 0.783, 0.028, 20.0),
    ("B08", "nir", 0.842, 0.145, 10.0),
    ("B8A", "nir08", 0.865, 0.033, 20.0),
    ("B09", "nir09", 0.945, 0.026, 60.0),
    ("B10", "cirrus", 1.3735, 0.075, 60.0),
    ("B11", "swir16", 1.610, 0.143, 20.0),
    ("B12", "swir22", 2.190, 0.242, 20.0),
)

LANDSAT_5: tuple[Row, ...] = (
    ("B1", "blue", 0.49, 0.07, 30.0),
    ("B2", "green", 0.56, 0.08, 30.0),
    ("B3", "red", 0.66, 0.06, 30.0),
    ("B4", "nir", 0.83, 0.14, 30.0),
    ("B5", "swir16", 1.67, 0.2, 30.0),
    ("B7", "swir22", 2.24, 0.27, 30.0),
    ("B6", "lwir", 11.45, 2.1, 30.0),
)

LANDSAT_7: tuple[Row, ...] = (
    ("B1", "blue", 0.48, 0.07, 30.0),
    ("B2", "green", 0.56, 0.08, 30.0),
    ("B3", "red", 0.66, 0.06, 30.0),
    ("B4", "nir", 0.83, 0.13, 30.0),
    ("B5", "swir16", 1.65, 0.2, 30.0),
    ("B7", "swir22", 2.22, 0.26, 30.0),
    ("B6", "lwir", 11.34, 2.05, 30.0),
)

LANDSAT_8: tuple[Row, ...] = (
    ("B1", "coastal", 0.44, 0.02, 30.0),
    ("B2", "blue", 0.48, 0.06, 30.0),
    ("B3", "green", 0.56, 0.06, 30.0),
    ("B4", "red", 0.65, 0.04, 30.0),
    ("B5", "nir08", 0.87, 0.03, 30.0),
    ("B6", "swir16", 1.61, 0.09, 30.0),
    ("B7", "swir22", 2.2, 0.19, 30.0),
    ("B10", "lwir11", 10.9, 0.59, 30.0),
)

NAIP: tuple[Row, ...] = (
    ("red", "red", 0.65, 0.1, 1.0),
    ("green", "green", 0.56, 0.1, 1.0),
    ("blue", "blue", 0.48, 0.1, 1.0),
    ("nir", "nir", 0.83, 0.1, 1.0),
)

SENTINEL_1: tuple[Row, ...] = (
    ("vv", "vv", None, None, 10.0),
    ("vh", "vh", None, None, 10.0),
    ("hh", "hh", None, None, 10.0),
    ("hv", "hv", None, None, 10.0),
)

EO_COMMON_NAMES: frozenset[str] = frozenset(
    {
        *("pan", "coastal", "blue", "green", "green05", "yellow", "red"),
        *("rededge", "rededge071", "rededge075", "rededge078"),
        *("nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12"),
    }
)
"""The common names that STAC's eo extension v2.0.0 knows."""
