"""The live assistant: learns from each stroke, proposes all other pixels, says how good it is and where to paint."""

from groundset.segment.live.asking import Asking, asking
from groundset.segment.live.assistant import Assistant
from groundset.segment.live.judge import AssistantState, Confusion, Importance, PaintedClass
from groundset.segment.live.models import ModelChoice, choices
from groundset.segment.live.proposal import NotEnoughError, Proposal
from groundset.segment.live.questions import Asked, Question, Skip
from groundset.segment.live.seek import Place

__all__ = [
    "Asked",
    "Asking",
    "Assistant",
    "AssistantState",
    "Confusion",
    "Importance",
    "ModelChoice",
    "NotEnoughError",
    "PaintedClass",
    "Place",
    "Proposal",
    "Question",
    "Skip",
    "asking",
    "choices",
]
