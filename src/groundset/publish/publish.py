"""A release to S3 and to a STAC API: refuse first, then upload, register, read back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundset.core import InputError, Listener, Progress, ServiceError
from groundset.publish.local import Document, LocalRelease, content_type
from groundset.publish.report import PublishReport
from groundset.publish.s3 import Folder, split
from groundset.publish.stac_api import StacApi
from groundset.publish.verify import check_assets, check_ids, items_of_api, items_of_s3

_THREADS = 8


def publish(
    release_path: str | Path,
    *,
    s3: str | None = None,
    stac_api: str | None = None,
    href_base: str | None = None,
    progress: Listener | None = None,
) -> PublishReport:
    """Upload a release, register it, and verify it by reading back. Twice does no more than once.

    Files go first, then items, the collection, the catalog last, so that nothing points to what is not there. The
    documents are published with absolute hrefs. Then the items are read back (with pystac-client from the STAC API,
    else from the bucket), and every checksum is recomputed from the bytes behind the items' own hrefs.

    Args:
        release_path: Folder of a release.
        s3: ``s3://bucket/prefix``; the usual AWS variables name keys and endpoint.
        stac_api: Address of a STAC API with the Transaction extension.
        href_base: Public address of the prefix, for the hrefs; ``s3`` itself where none is given.
        progress: Hears each step.

    Raises:
        MissingError: The folder is no release, or the bucket is not there.
        InputError: A broken release, credentials that are missing or refused, a STAC API without Transaction, chips
            without CRS for a STAC API. All of these come before anything is sent.
        ServiceError: A server fails, or what is read back differs.
    """
    start = time.monotonic()
    base = _base(s3, stac_api, href_base)
    release = LocalRelease.open(release_path)
    report = PublishReport(release.name, items=len(release.items))
    if stac_api is not None:
        _check_geometry(release)
    folder = None if s3 is None else Folder.open(s3)
    api = None if stac_api is None else StacApi(stac_api)
    with _threads() as executor:
        if folder is not None:
            _upload(release, folder, base, report, executor, progress)
        if api is not None:
            _register(release, api, base, report, executor, progress)
        _verify(release, folder, api, base, report, executor, progress)
    report.seconds = time.monotonic() - start
    return report


def _upload(
    release: LocalRelease,
    folder: Folder,
    base: str,
    report: PublishReport,
    executor: Executor,
    progress: Listener | None,
) -> None:
    def send(path: str) -> int:
        kind = content_type(path, release.documents)
        if path in release.documents:
            data = _encode(release.rewritten(path, base))
            return len(data) if folder.put_bytes(path, data, kind) else -1
        file = release.root / path
        return file.stat().st_size if folder.put_file(path, file, release.sums[path], kind) else -1

    report.s3 = folder.address
    order = release.order()
    count = Progress("uploading", len(order), "objects", progress)
    tops = [p for p in order if p in release.documents and p not in release.items]
    files = [p for p in order if p not in release.documents]
    for wave in (files, list(release.items), *([p] for p in tops)):
        for sent in executor.map(send, wave):
            report.objects += 1
            report.uploaded += sent >= 0
            report.bytes += max(sent, 0)
            count.advance()


def _register(
    release: LocalRelease, api: StacApi, base: str, report: PublishReport, executor: Executor, progress: Listener | None
) -> None:
    report.stac_api = api.url
    api.put_collection(release.rewritten("collection.json", base))
    count = Progress("registering", len(release.items), "items", progress)
    items = [{**release.rewritten(p, base), "collection": release.name} for p in release.items]
    for outcome in executor.map(api.put_item, items):
        report.created += outcome == "created"
        report.updated += outcome == "updated"
        count.advance()


def _verify(
    release: LocalRelease,
    folder: Folder | None,
    api: StacApi | None,
    base: str,
    report: PublishReport,
    executor: Executor,
    progress: Listener | None,
) -> None:
    s3 = None if folder is None else folder.client
    wanted = [str(d["id"]) for d in release.items.values()]
    found: Sequence[Document]
    if api is not None:
        found = [i for i in items_of_api(api.url, release.name) if str(i["id"]) in set(wanted)]
        check_ids(found, wanted, f"{api.url} collection {release.name}")
        if s3 is None and base.startswith("s3://"):
            s3 = Folder.open(base).client
    else:
        assert folder is not None
        found = items_of_s3(s3, [f"{folder.address}/{p}" for p in release.items])
        check_ids(found, wanted, folder.address)
    _check_sums_kept(release, found)
    report.verified = check_assets(found, s3, executor, Progress("verifying", None, "files", progress))


def _check_sums_kept(release: LocalRelease, found: Sequence[Document]) -> None:
    ours = {str(d["id"]): _sums(d) for d in release.items.values()}
    for item in found:
        if _sums(item) != ours[str(item["id"])]:
            raise ServiceError(
                "an item read back has other checksums than the release",
                asked=item["id"],
                found=_sums(item),
                hint="publish again; somebody else may have changed it",
            )


def _sums(item: Document) -> dict[str, Any]:
    return {k: a.get("file:checksum") for k, a in item.get("assets", {}).items()}


def _check_geometry(release: LocalRelease) -> None:
    without = [str(d["id"]) for d in release.items.values() if d.get("geometry") is None]
    if without:
        raise InputError(
            "a STAC API needs the place of every item, and chips without CRS have none",
            asked=f"{len(release.items)} items",
            found=f"{len(without)} without geometry: {', '.join(without[:5])}" + (" ..." if len(without) > 5 else ""),
            hint="publish such a release to S3 alone, without --stac-api",
        )


def _base(s3: str | None, stac_api: str | None, href_base: str | None) -> str:
    if s3 is None and stac_api is None:
        raise InputError("nowhere to publish to", hint="say --s3 s3://bucket/prefix, --stac-api URL, or both")
    if s3 is not None:
        split(s3)
    base = href_base or s3
    if base is None:
        raise InputError(
            "a STAC API alone needs to know where the files lie",
            asked=stac_api,
            hint="upload them too with --s3, or name their address with --href-base",
        )
    if not base.startswith(("s3://", "http://", "https://")):
        raise InputError("this cannot be the address of files", asked=base, hint="take an s3:// or http(s):// address")
    return base.rstrip("/")


def _encode(document: Document) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


@contextmanager
def _threads() -> Iterator[Executor]:
    executor = ThreadPoolExecutor(_THREADS, "publish")
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)
