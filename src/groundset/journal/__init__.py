"""The append-only record: who answered what, when; and the labels that follow from it."""

from groundset.journal.answers import Answer
from groundset.journal.batches import Batch, Prepared
from groundset.journal.events import KINDS, Appended, BulkAppended, Event, Kind, NewEvent, Status, new_id
from groundset.journal.journal import Journal
from groundset.journal.labels import TaskLabels, methods_of
from groundset.journal.masks import MaskStore
from groundset.journal.payloads import answer, answers, mask_payload

__all__ = [
    "KINDS",
    "Answer",
    "Appended",
    "Batch",
    "BulkAppended",
    "Event",
    "Journal",
    "Kind",
    "MaskStore",
    "NewEvent",
    "Prepared",
    "Status",
    "TaskLabels",
    "answer",
    "answers",
    "mask_payload",
    "methods_of",
    "new_id",
]
