"""Encoders turn chips into feature vectors; the feature store keeps them, row for row of the chip table."""

from groundset.features.store import FeatureStore

__all__ = ["FeatureStore"]
