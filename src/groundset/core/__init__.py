"""Value types and errors. No input or output happens here."""

from groundset.core.bands import Band, BandSet
from groundset.core.bbox import Bbox
from groundset.core.constants import (
    NO_CONFIDENCE,
    NOT_APPLICABLE,
    PEOPLE_ORIGINS,
    PRECEDENCE,
    TRAINING_ORIGINS,
    UNLABELLED,
    Origin,
)
from groundset.core.errors import (
    ConflictError,
    GroundsetError,
    InputError,
    MissingError,
    QueryError,
    ServiceError,
    StoppedError,
    few,
    of_option,
)
from groundset.core.ids import ChipId, check_name, is_plain, safe_name
from groundset.core.mask import LabelMask, merge
from groundset.core.progress import Listener, Progress, Step
from groundset.core.scheme import Scheme, SchemeClass
from groundset.core.window import EDGES, Edge, Grid, Window, whole

__all__ = [
    "EDGES",
    "NOT_APPLICABLE",
    "NO_CONFIDENCE",
    "PEOPLE_ORIGINS",
    "PRECEDENCE",
    "TRAINING_ORIGINS",
    "UNLABELLED",
    "Band",
    "BandSet",
    "Bbox",
    "ChipId",
    "ConflictError",
    "Edge",
    "Grid",
    "GroundsetError",
    "InputError",
    "LabelMask",
    "Listener",
    "MissingError",
    "Origin",
    "Progress",
    "QueryError",
    "Scheme",
    "SchemeClass",
    "ServiceError",
    "Step",
    "StoppedError",
    "Window",
    "check_name",
    "few",
    "is_plain",
    "merge",
    "of_option",
    "safe_name",
    "whole",
]
