"""Splits, masks out, STAC, croissant, dataset card, quality levels."""
