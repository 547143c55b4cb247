"""Pixel features, segmenters, proposals: from a few labelled pixels to a mask for every chip."""

from groundset.segment.baseline import Baseline, otsu_baseline
from groundset.segment.evaluate import evaluate
from groundset.segment.features import FeatureSpec, default_spec, live_spec, pixel_features
from groundset.segment.foreign import open_model
from groundset.segment.model import TrainedModel, entropy_of, propose, uncertainty
from groundset.segment.report import SegmentReport
from groundset.segment.request import check_request
from groundset.segment.run import segment
from groundset.segment.score import Estimate, Score, score
from groundset.segment.segmenter import Segmenter, entropy, get_segmenter, segmenter_names
from groundset.segment.store import load_model, record_scores, save_model

__all__ = [
    "Baseline",
    "Estimate",
    "FeatureSpec",
    "Score",
    "SegmentReport",
    "Segmenter",
    "TrainedModel",
    "check_request",
    "default_spec",
    "entropy",
    "entropy_of",
    "evaluate",
    "get_segmenter",
    "live_spec",
    "load_model",
    "open_model",
    "otsu_baseline",
    "pixel_features",
    "propose",
    "record_scores",
    "save_model",
    "score",
    "segment",
    "segmenter_names",
    "uncertainty",
]
