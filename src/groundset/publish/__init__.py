"""Releases to S3 and to a STAC API, verified by reading them back."""

from groundset.publish.publish import publish
from groundset.publish.report import PublishReport

__all__ = ["PublishReport", "publish"]
