"""Reading back: the items as others will find them, and the bytes behind their own hrefs."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any

from groundset._files import multihash
from groundset.core import InputError, Progress, ServiceError
from groundset.publish.s3 import chunks

Document = dict[str, Any]


def of_api(url: str, collection: str) -> list[Document]:
    """A collection and all its items, read with pystac-client, page by page."""
    from pystac_client import Client
    from pystac_client.exceptions import APIError

    try:
        client = Client.open(url)
        search = client.search(collections=[collection], limit=250, max_items=None)
        there = client.get_collection(collection)
        top = [] if there is None else [there.to_dict(include_self_link=False, transform_hrefs=False)]
        return [*top, *(dict(i) for i in search.items_as_dicts())]
    except (APIError, OSError) as error:
        raise ServiceError("the STAC API cannot be read back", asked=url, found=error) from error


def of_s3(s3: Any, addresses: Sequence[str], executor: Executor) -> list[Document]:
    """Documents read from their own addresses."""
    return [dict(json.loads(data)) for data in executor.map(lambda a: b"".join(read(s3, a)), addresses)]


def check_ids(found: Sequence[Document], wanted: Iterable[str], where: str) -> None:
    """All documents that were published are read back."""
    there = {str(i["id"]) for i in found}
    missing = sorted(set(wanted) - there)
    if missing:
        raise ServiceError(
            "documents are missing after publishing",
            asked=where,
            found=f"{len(there)} documents; not {', '.join(missing[:5])}" + (" ..." if len(missing) > 5 else ""),
            hint="publish again",
        )


def check_assets(items: Sequence[Document], s3: Any, executor: Executor, progress: Progress) -> int:
    """Recompute the checksum of every asset from the bytes behind its href; how many there were.

    Raises:
        ServiceError: Bytes cannot be read or do not match; names the first ones.
    """
    todo = [
        (str(a["href"]), str(a["file:checksum"]))
        for i in items
        for a in i.get("assets", {}).values()
        if "file:checksum" in a
    ]
    progress.total = len(todo)
    wrong = []
    for (href, wanted), found in zip(todo, executor.map(lambda t: _sum(s3, t[0]), todo), strict=True):
        if found != wanted:
            wrong.append(f"{href}: wanted {wanted}, found {found}")
        progress.advance()
    if wrong:
        raise ServiceError(
            "what lies behind the published hrefs is not what was published",
            found="; ".join(wrong[:3]) + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""),
            hint="publish again, and check that --href-base leads to the bucket",
        )
    return len(todo)


def read(s3: Any, href: str) -> Iterator[bytes]:
    """The bytes behind an ``s3://`` or ``http(s)://`` address."""
    if href.startswith("s3://"):
        yield from chunks(s3, href)
        return
    if not href.startswith(("http://", "https://")):
        raise InputError("this address cannot be read", asked=href, hint="--href-base is an http(s) address")
    try:
        with urllib.request.urlopen(href, timeout=60) as answer:  # noqa: S310 - http(s) only, seen above
            while chunk := answer.read(1 << 20):
                yield chunk
    except OSError as error:
        reason = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else error
        raise ServiceError(
            "a published file cannot be read at its own address",
            asked=href,
            found=reason,
            hint="check that --href-base leads to the bucket and may be read",
        ) from error


def _sum(s3: Any, href: str) -> str:
    digest = hashlib.sha256()
    for chunk in read(s3, href):
        digest.update(chunk)
    return multihash(digest.hexdigest())
