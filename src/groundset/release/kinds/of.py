"""The kind of a task by its name."""

from __future__ import annotations

from collections.abc import Mapping

from groundset.core.layout import TaskKind
from groundset.release.kinds.base import LabelKind
from groundset.release.kinds.classes import Classes
from groundset.release.kinds.outlines import Outlines
from groundset.release.kinds.pixels import Pixels

KINDS: Mapping[TaskKind, LabelKind] = {kind.name: kind for kind in (Classes(), Pixels(), Outlines())}
