"""A STAC API with the Transaction extension: collections and items in, only what is new or different."""

from __future__ import annotations

import math
from typing import Any, Literal
from urllib.parse import quote

from groundset.core import InputError, ServiceError

Document = dict[str, Any]
Outcome = Literal["created", "updated", "unchanged"]
_TIMEOUT = 60
_OWN_RELS = {"self", "parent", "root", "collection", "items", "item", "child"}
"""Links that the API makes itself."""


class StacApi:
    """A STAC API that takes items.

    Raises:
        InputError: The address is no STAC API, or one without the Transaction extension.
        ServiceError: It does not answer.
    """

    def __init__(self, url: str) -> None:
        from pystac_client.stac_api_io import StacApiIO

        self.url = url.rstrip("/")
        self._session: Any = StacApiIO(timeout=_TIMEOUT).session
        status, landing = self._call("GET", "")
        if status != 200 or not isinstance(landing, dict) or "stac_version" not in landing:
            raise InputError("this is no STAC API", asked=self.url, found=f"HTTP {status} without a STAC landing page")
        conforms = [str(c) for c in landing.get("conformsTo", [])]
        if not any("transaction" in c for c in conforms):
            raise self._no_transactions(f"{len(conforms)} conformance classes, none of them Transaction")

    def put_collection(self, collection: Document) -> Outcome:
        """Create or replace a collection; its id decides which."""
        return self._put("collections", collection)

    def put_item(self, item: Document) -> Outcome:
        """Create or replace an item of a collection that is there."""
        return self._put(f"collections/{quote(item['collection'], safe='')}/items", item)

    def _put(self, path: str, body: Document) -> Outcome:
        body = {**body, "links": [link for link in body.get("links", []) if link["rel"] not in _OWN_RELS]}
        status, answer = self._call("POST", path, body)
        if status in (200, 201):
            return "created"
        if status != 409:
            raise self._refused("POST", path, status, answer)
        one = f"{path}/{quote(body['id'], safe='')}"
        status, there = self._call("GET", one)
        if status == 200 and isinstance(there, dict) and same(body, there):
            return "unchanged"
        status, answer = self._call("PUT", one, body)
        if status not in (200, 201, 204):
            raise self._refused("PUT", one, status, answer)
        return "updated"

    def _call(self, method: str, path: str, body: Document | None = None) -> tuple[int, Any]:
        address = f"{self.url}/{path}" if path else f"{self.url}/"
        try:
            answer = self._session.request(method, address, json=body, timeout=_TIMEOUT)
        except OSError as error:  # what requests raises
            raise ServiceError(
                "the STAC API does not answer", asked=f"{method} {address}", found=error, hint="check --stac-api"
            ) from error
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, answer.text[:300]

    def _refused(self, method: str, path: str, status: int, answer: Any) -> InputError | ServiceError:
        if status in (404, 405, 501) and method == "POST":
            return self._no_transactions(f"HTTP {status} on {method} {path}")
        asked, found = f"{method} {self.url}/{path}", f"HTTP {status}: {str(answer)[:300]}"
        if status in (401, 403):
            return InputError("the STAC API does not let you write", asked=asked, found=found)
        if status in (400, 422):
            return InputError("the STAC API does not take this document", asked=asked, found=found)
        return ServiceError("the STAC API answered with an error", asked=asked, found=found, hint="try again")

    def _no_transactions(self, found: str) -> InputError:
        return InputError(
            "this STAC API has no Transaction extension, so nothing can be registered there",
            asked=self.url,
            found=found,
            hint="ask its operator to enable it, or publish to S3 alone",
        )


def same(ours: Any, theirs: Any) -> bool:
    """Whether the API holds what we have: every key of ours, equal; keys and links that it adds do not count."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(_same_key(k, v, theirs) for k, v in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)
    return bool(ours == theirs)


def _same_key(key: str, ours: Any, theirs: Document) -> bool:
    if key == "links":
        kept = [link for link in theirs.get("links", []) if link["rel"] not in _OWN_RELS]
        return same(_sorted(ours), _sorted(kept))
    if ours is None or ours == []:
        return theirs.get(key) in (None, [])
    return key in theirs and same(ours, theirs[key])


def _sorted(links: list[Document]) -> list[Document]:
    return sorted(links, key=lambda link: (link["rel"], link["href"]))
