"""Encoders turn chips into feature vectors; the feature store keeps them, row for row of the chip table."""

from groundset.features.default import DefaultEncoder, default_encoder
from groundset.features.encoder import Encoder, EncoderKind, band_key, encoder_name, encoders, get_encoder
from groundset.features.store import FeatureStore, kept_encoders

__all__ = [
    "DefaultEncoder",
    "Encoder",
    "EncoderKind",
    "FeatureStore",
    "band_key",
    "default_encoder",
    "encoder_name",
    "encoders",
    "get_encoder",
    "kept_encoders",
]
