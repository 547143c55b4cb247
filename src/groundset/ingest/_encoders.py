"""The workspace's encoder: one instance for each band set, fitted to the first scenes that have it, then kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from groundset._files import atomic_dir
from groundset.core import Window
from groundset.features import Encoder, EncoderKind, FeatureStore, band_key, get_encoder
from groundset.imagery import Scene
from groundset.ingest._survey import FIT_SAMPLES, per_scene, samples

SEED = 0


class Encoders:
    """Encoders by band set; a new one is fitted, and saved when :meth:`save` is called.

    Args:
        store: Features of the encoder.
        cache: For readers.
        kind: The encoder (default: that of the store's name).
    """

    def __init__(self, store: FeatureStore, cache: Path | None, kind: EncoderKind | None = None) -> None:
        self.store, self.cache = store, cache
        self.kind = kind or get_encoder(store.encoder, store.folder)
        self._known: dict[tuple[str, ...], Encoder] = {}

    def get(self, scene: Scene, others: Sequence[tuple[Scene, Sequence[Window]]]) -> Encoder:
        """The encoder for a scene's bands; where there is none yet it is fitted to those of ``others`` with them.

        Args:
            scene: The scene.
            others: All scenes of this ingest with their chips' windows, ``scene`` among them.
        """
        key = scene.bands.names
        if key not in self._known:
            folder = self._folder(key)
            self._known[key] = self.kind.load(folder) if folder.exists() else self._fit(scene, others)
        return self._known[key]

    def save(self, encoder: Encoder) -> None:
        """Keep an encoder with the features, once."""
        folder = self._folder(encoder.bands)
        if not folder.exists():
            with atomic_dir(folder) as beside:
                encoder.save(beside)

    def _folder(self, bands: Sequence[str]) -> Path:
        return self.store.folder / f"bands-{band_key(bands)}"

    def _fit(self, scene: Scene, others: Sequence[tuple[Scene, Sequence[Window]]]) -> Encoder:
        alike = [(s, w) for s, w in others if s.bands.names == scene.bands.names]
        taken = [
            pixels.physical()
            for (other, windows), count in zip(alike, per_scene(FIT_SAMPLES, len(alike)), strict=True)
            if count
            for pixels in samples(other, windows, count, self.cache, seed=SEED)
        ]
        return self.kind.fit(taken, scene.bands, seed=SEED)
