"""What the HTTP API says, as pydantic models: the OpenAPI and the page's TypeScript types are made from them."""

from __future__ import annotations

from groundset.server.models.annotations import (
    Annotation,
    AnnotationIn,
    AnnotationResult,
    AnnotationResults,
    Annotations,
)
from groundset.server.models.base import Bbox4, Geometry, Model, Permission, Problem, Role
from groundset.server.models.chips import BandInfo, ChipDetail, ChipLabel, ChipPage, ChipRow, Index, Layer, Neighbours
from groundset.server.models.jobs import Job, Jobs, JobState, JobStep, Verb
from groundset.server.models.releases import CheckResult, Differences, Finding, LevelResult, ReleaseDetail, ReleaseRow
from groundset.server.models.scenes import SceneDetail, SceneRow
from groundset.server.models.workspace import (
    ClassCount,
    Counts,
    GridInfo,
    LabelCounts,
    Queryable,
    SchemeClass,
    Session,
    SessionName,
    Task,
    WorkspaceInfo,
    WorkspaceLink,
)

__all__ = [
    "Annotation",
    "AnnotationIn",
    "AnnotationResult",
    "AnnotationResults",
    "Annotations",
    "BandInfo",
    "Bbox4",
    "CheckResult",
    "ChipDetail",
    "ChipLabel",
    "ChipPage",
    "ChipRow",
    "ClassCount",
    "Counts",
    "Differences",
    "Finding",
    "Geometry",
    "GridInfo",
    "Index",
    "Job",
    "JobState",
    "JobStep",
    "Jobs",
    "LabelCounts",
    "Layer",
    "LevelResult",
    "Model",
    "Neighbours",
    "Permission",
    "Problem",
    "Queryable",
    "ReleaseDetail",
    "ReleaseRow",
    "Role",
    "SceneDetail",
    "SceneRow",
    "SchemeClass",
    "Session",
    "SessionName",
    "Task",
    "Verb",
    "WorkspaceInfo",
    "WorkspaceLink",
]
