"""What a publication did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class PublishReport:
    """What :func:`groundset.publish.publish` did.

    Attributes:
        release: Name of the release.
        s3: Where the files lie, ``s3://bucket/prefix``; None where none were uploaded.
        stac_api: Where the items are registered; None where they are not.
        objects: Objects of the release in the bucket.
        uploaded: Those of them that were sent now; the others were there already, byte for byte.
        bytes: Bytes sent now.
        items: Items of the release.
        created: Items that the STAC API got now.
        updated: Items that it had otherwise and that were replaced.
        verified: Assets whose checksum was recomputed from the bytes behind their own href.
        seconds: Time that it took.
    """

    release: str
    s3: str | None = None
    stac_api: str | None = None
    objects: int = 0
    uploaded: int = 0
    bytes: int = 0
    items: int = 0
    created: int = 0
    updated: int = 0
    verified: int = 0
    seconds: float = 0.0

    def summary(self) -> str:
        """The report as text, for a terminal."""
        out = []
        if self.s3 is not None:
            out.append(
                f"{self.release} -> {self.s3}: {self.objects:,} objects, "
                f"{self.uploaded:,} of them sent now ({self.bytes / 1e6:.1f} MB)"
            )
        if self.stac_api is not None:
            same = self.items - self.created - self.updated
            out.append(
                f"{self.release} -> {self.stac_api}: {self.items:,} items, {self.created:,} created, "
                f"{self.updated:,} updated, {same:,} unchanged"
            )
        out.append(f"{self.verified:,} checksums recomputed from the bytes behind the published hrefs: all match")
        out.append(f"{self.seconds:.1f} s")
        return "\n".join(out)
