"""Promptable segmenters: MobileSAM, EfficientSAM and SAM 2 as ONNX, in ``models/NAME/`` with a ``prompt.toml``."""

from groundset.segment.prompts.card import CARD, PromptCard, is_promptable, read_card
from groundset.segment.prompts.prompters import Outlined, Point, Prompters

__all__ = ["CARD", "Outlined", "Point", "PromptCard", "Prompters", "is_promptable", "read_card"]
