"""Search of a STAC API, known ones by name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from groundset.core import Bbox, GroundsetError, InputError, MissingError
from groundset.imagery.stac_http import TIMEOUT, http_failed, retry_policy
from groundset.imagery.stac_read import to_item

if TYPE_CHECKING:
    import pystac
    from pystac_client import Client

APIS: Mapping[str, str] = MappingProxyType(
    {
        "earth-search": "https://earth-search.aws.element84.com/v1",
        "planetary-computer": "https://planetarycomputer.microsoft.com/api/stac/v1",
        "cdse": "https://stac.dataspace.copernicus.eu/v1",
    }
)
PAGE = 100


def search(
    api: str,
    *,
    collection: str | None,
    bbox: Bbox | None = None,
    intersects: Mapping[str, Any] | None = None,
    datetime: str | None = None,
    max_cloud: float | None = None,
    limit: int | None = None,
) -> list[pystac.Item]:
    """Items of a STAC API, over all its pages.

    Args:
        api: An address, or ``earth-search``, ``planetary-computer`` or ``cdse``.
        collection: Id of the collection; None searches all.
        bbox: Where, in degrees.
        intersects: Where, as a GeoJSON geometry in degrees; instead of ``bbox``.
        datetime: RFC 3339 time or interval ``A/B`` (``..`` for an open end).
        max_cloud: Largest ``eo:cloud_cover`` in percent; items that do not state it are left out.
        limit: Largest number of items.

    Returns:
        Items in the API's order, hrefs unsigned (they are signed when read); an empty list where nothing fits.

    Raises:
        InputError: Both ``bbox`` and ``intersects``, a wrong ``datetime``, or no STAC API behind the address.
        ServiceError: The API failed, also when asked again.
    """
    if bbox is not None and intersects is not None:
        raise InputError("a search takes a bbox or an area, not both", hint="leave one out")
    if limit is not None and limit < 1:
        raise InputError("a limit is at least 1", asked=limit)
    url = address(api)
    items: list[pystac.Item] = []
    for data in _features(url, collection, bbox, intersects, datetime, max_cloud, limit):
        cover = data.get("properties", {}).get("eo:cloud_cover")
        if max_cloud is not None and (cover is None or cover > max_cloud):
            continue
        items.append(to_item(data, url))
        if limit is not None and len(items) >= limit:
            break
    return items


def address(api: str) -> str:
    """The address of an API given by name or address.

    Raises:
        InputError: Neither.
    """
    if api in APIS:
        return APIS[api]
    if api.startswith(("http://", "https://")):
        return api.rstrip("/")
    raise InputError("unknown STAC API", asked=api, found=", ".join(APIS), hint="take one of these, or an address")


def read_aoi(path: str | Path) -> dict[str, Any]:
    """The shapes of a vector file as one GeoJSON geometry in longitude and latitude (EPSG:4326).

    Args:
        path: Any format that pyogrio reads, in any CRS.

    Raises:
        MissingError: No such file.
        InputError: Not a vector file, without a CRS, or without a shape.
    """
    import pyogrio
    import shapely
    from pyproj import Transformer

    file = Path(path)
    if not file.exists():
        raise MissingError("no such file", asked=file, hint="check --aoi")
    try:
        meta, _, wkb, _ = pyogrio.raw.read(file, columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError("this cannot be read as a vector file", asked=file, found=error) from error
    if not meta["crs"]:
        raise InputError("the area has no CRS, and none is guessed", asked=file, hint="give the file its CRS")
    shapes = [
        g for g in shapely.from_wkb([w for w in (wkb if wkb is not None else []) if w is not None]) if not g.is_empty
    ]
    if not shapes:
        raise InputError("the area has no shape", asked=file, found=f"{0 if wkb is None else len(wkb)} features")
    transformer = Transformer.from_crs(meta["crs"], "EPSG:4326", always_xy=True)
    flat = shapely.force_2d(shapely.union_all(shapes))
    there = shapely.transform(flat, transformer.transform, interleaved=False)
    geometry: dict[str, Any] = there.__geo_interface__
    return geometry


def _features(
    url: str,
    collection: str | None,
    bbox: Bbox | None,
    intersects: Mapping[str, Any] | None,
    datetime: str | None,
    max_cloud: float | None,
    limit: int | None,
) -> Iterator[dict[str, Any]]:
    import requests
    from pystac_client import Client
    from pystac_client.exceptions import APIError
    from pystac_client.stac_api_io import StacApiIO
    from pystac_client.warnings import DoesNotConformTo

    io = StacApiIO(max_retries=retry_policy(), timeout=TIMEOUT)
    try:
        with warnings.catch_warnings(), io.session:
            # It warns of what an API does not state; we ask for nothing that it does not state.
            warnings.simplefilter("ignore")
            client = Client.open(url, stac_io=io)
            asked = client.search(
                method="POST" if _conforms(client, "ITEM_SEARCH") and _posts(client) else "GET",
                collections=[collection] if collection else None,
                bbox=None if bbox is None else list(bbox),
                intersects=None if intersects is None else dict(intersects),
                datetime=datetime,
                limit=min(limit or PAGE, PAGE),
                **_cloud_query(client, max_cloud),
            )
            yield from asked.items_as_dicts()
    except GroundsetError:
        raise
    except APIError as error:
        raise http_failed(url, getattr(error, "status_code", None), error) from error
    except requests.exceptions.JSONDecodeError as error:
        raise InputError("this is not a STAC API", asked=url, found="no JSON", hint="check the address") from error
    except requests.RequestException as error:
        raise http_failed(url, None, error) from error
    except (NotImplementedError, DoesNotConformTo) as error:
        raise InputError(
            "this STAC catalogue cannot be searched", asked=url, found=error, hint="give it as a source, not as --stac"
        ) from error
    except Exception as error:  # pystac-client raises bare Exception for a wrong time
        raise InputError("the search cannot be asked or answered", asked=url, found=error, hint=_why(error)) from error


def _why(error: Exception) -> str:
    return "times are RFC 3339, A/B for an interval" if "date" in str(error).lower() else "is this a STAC API?"


def _conforms(client: Client, name: str) -> bool:
    from pystac_client.conformance import ConformanceClasses

    return bool(client.conforms_to(ConformanceClasses[name]))


def _posts(client: Client) -> bool:
    """Whether the API states a POST search; an API that states no method takes GET for sure."""
    methods = {str(link.extra_fields.get("method", "GET")).upper() for link in client.get_links("search")}
    return "POST" in methods


def _cloud_query(client: Client, max_cloud: float | None) -> dict[str, Any]:
    """The cloud limit in the API's own language where it has one; we check it once more in any case."""
    if max_cloud is None:
        return {}
    if _conforms(client, "QUERY"):
        return {"query": {"eo:cloud_cover": {"lte": max_cloud}}}
    if _conforms(client, "FILTER"):
        where = {"op": "<=", "args": [{"property": "eo:cloud_cover"}, max_cloud]}
        return {"filter": where, "filter_lang": "cql2-json"} if _posts(client) else {}
    return {}
