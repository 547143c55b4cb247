"""Foreign formats: each says what it can hold, so that what would be lost is told before a byte is written."""

from groundset.formats.capability import MEANING, Capability, Loss, LossyError, losses_of
from groundset.formats.format import Counts, Format, Incoming, Outgoing, format_names, get_format
from groundset.formats.verbs import ExchangeReport, export_project, import_project

__all__ = [
    "MEANING",
    "Capability",
    "Counts",
    "ExchangeReport",
    "Format",
    "Incoming",
    "Loss",
    "LossyError",
    "Outgoing",
    "export_project",
    "format_names",
    "get_format",
    "import_project",
    "losses_of",
]
