"""Bring things in: scenes become chips, quicklooks and features; files become annotations."""

from datetime import datetime

from groundset.imagery import parse_time as _parse_time
from groundset.ingest._annotate.report import AnnotateReport
from groundset.ingest._settings import DEFAULT_CHIP_SIZE
from groundset.ingest.annotate import annotate
from groundset.ingest.annotate_direct import annotate_chips, annotate_mask, annotate_masks
from groundset.ingest.encode import EncodeReport, encode
from groundset.ingest.levels import make_level
from groundset.ingest.pipeline import ingest
from groundset.ingest.report import IngestReport
from groundset.ingest.request import check_request


def parse_time(value: str | datetime | None) -> datetime | None:
    """An acquisition time in UTC, None as None.

    Raises:
        InputError: Not RFC 3339 with a time zone.
    """
    return None if value is None else _parse_time(value)


__all__ = [
    "DEFAULT_CHIP_SIZE",
    "AnnotateReport",
    "EncodeReport",
    "IngestReport",
    "annotate",
    "annotate_chips",
    "annotate_mask",
    "annotate_masks",
    "check_request",
    "encode",
    "ingest",
    "make_level",
    "parse_time",
]
