"""``groundset publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import bars, out


def run(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="Folder of a release.")],
    s3: Annotated[str | None, typer.Option(help="s3://bucket/prefix to upload to.")] = None,
    stac_api: Annotated[str | None, typer.Option(help="STAC API with the Transaction extension.")] = None,
    href_base: Annotated[
        str | None, typer.Option(help="Public address of the prefix, for the items' hrefs (default: s3://).")
    ] = None,
) -> None:
    """Upload to S3, register in a STAC API, read back.

    The usual AWS variables name keys and endpoint.
    """
    from groundset.publish import publish

    with bars() as listen:
        report = publish(release, s3=s3, stac_api=stac_api, href_base=href_base, progress=listen)
    out.print(report.summary(), markup=False, soft_wrap=True)
