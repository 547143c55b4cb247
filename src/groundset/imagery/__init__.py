"""Open scenes: STAC search, local files, sensors and bands, co-registration, reading windows."""

from groundset.imagery.scene import BandSource, FlagKind, FlagSource, Resampling, Scene

__all__ = ["BandSource", "FlagKind", "FlagSource", "Resampling", "Scene"]
