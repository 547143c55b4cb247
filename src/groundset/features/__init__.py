"""Encoders turn chips into feature vectors; the feature store keeps them, row for row of the chip table."""

from groundset.features.default import DefaultEncoder, default_encoder
from groundset.features.encoder import Encoder, EncoderKind, band_key, get_encoder
from groundset.features.store import FeatureStore

__all__ = [
    "DefaultEncoder",
    "Encoder",
    "EncoderKind",
    "FeatureStore",
    "band_key",
    "default_encoder",
    "get_encoder",
]
