"""A release to S3 and to a STAC API: refuse first, then upload, register, read back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundset.core import InputError, Listener, Progress, ServiceError
from groundset.publish.local import Document, LocalRelease, content_type, encode
from groundset.publish.report import PublishReport
from groundset.publish.s3 import Folder, split
from groundset.publish.stac_api import StacApi
from groundset.publish.verify import check_assets, check_ids, of_api, of_s3

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
    if stac_api is not None:
        _check_geometry(release)
    folder = None if s3 is None else Folder.open(s3)
    api = None if stac_api is None else StacApi(stac_api)
    report = PublishReport(release.name, items=len(release.items))
    with _threads() as executor:
        run = _Run(release, release.published(base), base, report, executor, progress)
        if folder is not None:
            run.upload(folder)
        if api is not None:
            run.register(api)
        run.verify(folder, api)
    report.seconds = time.monotonic() - start
    return report


@dataclass(frozen=True, slots=True)
class _Run:
    """One publication under way. ``documents`` are the STAC documents as published, in their order."""

    release: LocalRelease
    documents: Mapping[str, Document]
    base: str
    report: PublishReport
    executor: Executor
    progress: Listener | None

    def upload(self, folder: Folder) -> None:
        release, report = self.release, self.report

        def send(path: str) -> int:
            kind = content_type(path, release.documents)
            if path in self.documents:
                data = encode(self.documents[path])
                return len(data) if folder.put_bytes(path, data, kind) else -1
            file = release.root / path
            return file.stat().st_size if folder.put_file(path, file, release.sums[path], kind) else -1

        report.s3 = folder.address
        count = Progress("uploading", len(release.sums), "objects", self.progress)
        features = [p for p in self.documents if self.documents[p]["type"] == "Feature"]
        tops = [[p] for p in self.documents if p not in set(features)]
        for wave in (release.files(), features, *tops):
            for sent in self.executor.map(send, wave):
                report.objects += 1
                report.uploaded += sent >= 0
                report.bytes += max(sent, 0)
                count.advance()

    def register(self, api: StacApi) -> None:
        self.report.stac_api = api.url
        api.put_collection(self.documents["collection.json"])
        count = Progress("registering", len(self.release.items), "items", self.progress)
        items = [{**self.documents[p], "collection": self.release.name} for p in self.release.items]
        for outcome in self.executor.map(api.put_item, items):
            self.report.created += outcome == "created"
            self.report.updated += outcome == "updated"
            count.advance()

    def verify(self, folder: Folder | None, api: StacApi | None) -> None:
        s3 = None if folder is None else folder.client
        if s3 is None and self.base.startswith("s3://"):
            s3 = Folder.open(self.base).client
        if api is not None:
            where = f"{api.url}/collections/{self.release.name}"
            found = of_api(api.url, self.release.name)
        else:
            assert folder is not None
            where = folder.address
            paths = [*self.release.items, "collection.json"]
            found = of_s3(s3, [f"{where}/{p}" for p in paths], self.executor)
        wanted = {str(self.documents[p]["id"]): self.documents[p] for p in [*self.release.items, "collection.json"]}
        found = [d for d in found if str(d["id"]) in wanted]
        check_ids(found, wanted, where)
        for document in found:
            _check_sums_kept(document, wanted[str(document["id"])])
        progress = Progress("verifying", None, "files", self.progress)
        self.report.verified = check_assets(found, s3, self.executor, progress)


def _check_sums_kept(found: Document, ours: Document) -> None:
    if _sums(found) != _sums(ours):
        raise ServiceError(
            "what is read back has other hrefs or checksums than what was published",
            asked=_sums(ours),
            found=_sums(found),
            hint="publish again; somebody else may have changed it",
        )


def _sums(document: Document) -> dict[str, Any]:
    return {k: (a["href"], a.get("file:checksum")) for k, a in document.get("assets", {}).items()}


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


@contextmanager
def _threads() -> Iterator[Executor]:
    executor = ThreadPoolExecutor(_THREADS, "publish")
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)
