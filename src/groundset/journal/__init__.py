"""The append-only record: who answered what, when; and the labels that follow from it."""

from groundset.journal.answers import Answer
from groundset.journal.batches import Batch, Prepared
from groundset.journal.events import KINDS, Appended, BulkAppended, Event, Kind, NewEvent, Status, new_id
from groundset.journal.journal import Journal
from groundset.journal.labels import TaskLabels, methods_of
from groundset.journal.masks import MaskStore
from groundset.journal.payloads import UNSAID, AttributeValue, answer, answers, attribute, mask_payload, training, work

__all__ = [
    "KINDS",
    "UNSAID",
    "Answer",
    "Appended",
    "AttributeValue",
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
    "attribute",
    "mask_payload",
    "methods_of",
    "new_id",
    "training",
    "work",
]
