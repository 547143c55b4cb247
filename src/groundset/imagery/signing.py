"""Addresses of assets: what a scene keeps (unsigned), and what is read (signed now).

Signatures end after minutes or hours, so a scene never keeps one that can be made again: :func:`unsigned` on the way
in, :func:`gdal_path` and :func:`gdal_env` at each opening. Who signs what is a list, :data:`SIGNERS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from groundset.core import InputError, ServiceError

if TYPE_CHECKING:
    import rasterio

CDSE_ENDPOINT = "https://eodata.dataspace.copernicus.eu"
CDSE_BUCKET = "eodata"
AZURE_DOMAIN = ".blob.core.windows.net"
_SAS_KEYS = frozenset({"st", "se", "sp", "sv", "sr", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv"})
REMOTE_OPTIONS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no listing of the remote folder, no guesses at side files
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_VERSION": "2TLS",
    "GDAL_INGESTED_BYTES_AT_OPEN": 32768,
    "GDAL_HTTP_MAX_RETRY": 3,
    "GDAL_HTTP_RETRY_DELAY": 0.5,
    "GDAL_HTTP_CONNECTTIMEOUT": 15,
    "GDAL_HTTP_TIMEOUT": 60,
    "VSI_CACHE": True,
    "VSI_CACHE_SIZE": 5_000_000,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs the addresses that ``matches``; ``unsign`` takes such a signature off again."""

    name: str
    matches: Callable[[str], bool]
    sign: Callable[[str], str]
    unsign: Callable[[str], str]


def is_remote(href: str) -> bool:
    """Whether an address is read over the network."""
    return href.startswith(("http://", "https://", "s3://", "gs://", "/vsicurl/", "/vsis3/", "/vsigs/", "/vsiaz/"))


def unsigned(href: str) -> str:
    """The address to keep in a scene: without a signature that can be made again."""
    for signer in SIGNERS:
        if signer.matches(href):
            return signer.unsign(href)
    return href


def sign(href: str) -> str:
    """The address as it can be read now.

    Raises:
        ServiceError: The service that signs did not answer, or there are no credentials to sign with.
    """
    for signer in SIGNERS:
        if signer.matches(href):
            return signer.sign(href)
    return href


def gdal_path(href: str) -> str:
    """What GDAL opens for an address: ``/vsis3/``, ``/vsicurl/`` or a local path. Signs where needed."""
    signed = sign(href)
    if signed.startswith("s3://"):
        return "/vsis3/" + signed[len("s3://") :]
    if signed.startswith(("http://", "https://")):
        return "/vsicurl/" + signed
    if signed.startswith("file://"):
        return unquote(urlsplit(signed).path)
    return signed


def gdal_env(hrefs: str | Iterable[str] = ()) -> rasterio.Env:
    """The GDAL settings to open and read these addresses with; enter it in every thread that reads.

    S3 takes the usual AWS variables and profiles; ``AWS_ENDPOINT_URL_S3`` (or ``AWS_ENDPOINT_URL``) names another
    endpoint, ``AWS_NO_SIGN_REQUEST=YES`` reads public buckets. The bucket ``eodata`` is read from the Copernicus Data
    Space Ecosystem where no endpoint is set.

    Raises:
        InputError: S3 addresses but no credentials.
    """
    import rasterio
    from rasterio.session import DummySession

    listed = [hrefs] if isinstance(hrefs, str) else list(hrefs)
    if not any(map(is_remote, listed)):
        return rasterio.Env(session=DummySession())
    paths = [_s3_address(h) or h for h in listed]
    options = dict(REMOTE_OPTIONS)
    buckets = {p.removeprefix("/vsis3/").removeprefix("s3://").split("/")[0] for p in paths if _is_s3(p)}
    if not buckets:
        return rasterio.Env(session=DummySession(), **options)
    endpoints = {_endpoint(bucket) for bucket in buckets}
    if len(endpoints) > 1:
        raise InputError(
            "one scene cannot be read from two S3 endpoints",
            found=", ".join(sorted(e or "AWS" for e in endpoints)),
            hint="set AWS_ENDPOINT_URL_S3 to the one that holds them all, or copy the assets",
        )
    endpoint = endpoints.pop()
    if endpoint:
        options |= {"AWS_HTTPS": "NO" if endpoint.startswith("http://") else "YES", "AWS_VIRTUAL_HOSTING": "FALSE"}
    return rasterio.Env(session=_aws_session(endpoint, min(buckets)), **options)


def expiry(href: str) -> datetime | None:
    """When a signed address ends (S3 signature version 4, Azure SAS), or None where it does not say."""
    query = parse_qs(urlsplit(href).query)
    if "X-Amz-Date" in query and "X-Amz-Expires" in query:
        start = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return start + timedelta(seconds=int(query["X-Amz-Expires"][0]))
    if "se" in query and "sig" in query:
        return datetime.fromisoformat(query["se"][0])
    return None


def redacted(href: str) -> str:
    """An address fit for messages and logs: without its query, which may carry a signature."""
    parts = urlsplit(href)
    return urlunsplit(parts._replace(query="")) if parts.query and parts.scheme else href


def _is_s3(path: str) -> bool:
    return path.startswith(("s3://", "/vsis3/"))


def _endpoint(bucket: str) -> str | None:
    """The S3 endpoint that holds a bucket; None for AWS itself."""
    set_by_user = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if set_by_user:
        return set_by_user.rstrip("/")
    return CDSE_ENDPOINT if bucket == CDSE_BUCKET else None


def _aws_session(endpoint: str | None, bucket: str) -> Any:
    from rasterio.session import AWSSession

    host = endpoint.split("://", 1)[-1] if endpoint else None
    if os.environ.get("AWS_NO_SIGN_REQUEST", "").upper() in {"YES", "TRUE", "1"}:
        return AWSSession(aws_unsigned=True, endpoint_url=host)
    session = _boto_session(tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_"))))
    if session.get_credentials() is None:
        where = endpoint or "AWS S3"
        extra = " (keys for the Copernicus Data Space are made in its S3 keys manager)" if bucket == CDSE_BUCKET else ""
        raise InputError(
            "S3 needs credentials and there are none",
            asked=f"s3://{bucket} at {where}",
            hint=f"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{extra}, or AWS_NO_SIGN_REQUEST=YES if it is public",
        )
    payer = os.environ.get("AWS_REQUEST_PAYER") == "requester"
    return AWSSession(session, endpoint_url=host, requester_pays=payer)


@lru_cache(maxsize=8)
def _boto_session(_settings: tuple[tuple[str, str], ...]) -> Any:
    """One boto3 session for each state of the AWS variables: making one takes milliseconds."""
    import boto3

    return boto3.Session()


def _s3_address(href: str) -> str | None:
    """``s3://bucket/key`` for an address under the S3 endpoint that our credentials are for; else None."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    parts = urlsplit(href)
    if not endpoint or parts.scheme not in {"http", "https"} or parts.netloc != urlsplit(endpoint).netloc:
        return None
    if "AWS_ACCESS_KEY_ID" not in os.environ and "AWS_PROFILE" not in os.environ:
        return None
    return "s3:/" + unquote(parts.path)


def _to_s3(href: str) -> str:
    return _s3_address(href) or href


def _is_azure(href: str) -> bool:
    return urlsplit(href).netloc.endswith(AZURE_DOMAIN)


def _sign_azure(href: str) -> str:
    """Sign an address in the Planetary Computer's storage; other Azure storage stays as it is."""
    import requests
    from planetary_computer.sas import get_token

    account, container = urlsplit(href).netloc.split(".")[0], urlsplit(href).path.lstrip("/").split("/")[0]
    if account == "ai4edatasetspublicassets" or _SAS_KEYS & set(parse_qs(urlsplit(href).query)):
        return href
    try:
        token = get_token(account, container, retry_total=4, retry_backoff_factor=0.5)
        return str(token.sign(href).href)
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == 404:
            return href
        raise _signing_failed(href, error) from error
    except (requests.RequestException, ValueError, KeyError) as error:
        raise _signing_failed(href, error) from error


def _signing_failed(href: str, error: Exception) -> ServiceError:
    return ServiceError(
        "the Planetary Computer did not sign an address", asked=redacted(href), found=error, hint="try again later"
    )


def _unsign_azure(href: str) -> str:
    parts = urlsplit(href)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in _SAS_KEYS]
    return urlunsplit(parts._replace(query=urlencode(kept, quote_via=quote)))


SIGNERS: list[Signer] = [
    Signer("s3-endpoint", lambda h: _s3_address(h) is not None, _to_s3, _to_s3),
    Signer("planetary-computer", _is_azure, _sign_azure, _unsign_azure),
]
"""Who signs: the first that matches. GDAL itself signs ``s3://`` addresses with the credentials at hand."""
