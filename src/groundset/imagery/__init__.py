"""Open scenes: STAC search, local files, sensors and bands, co-registration, reading windows."""

from groundset.imagery.open_source import open_source
from groundset.imagery.pixels import Pixels
from groundset.imagery.read_ahead import read_ahead
from groundset.imagery.reader import SceneReader
from groundset.imagery.reasons import Reason, reasons_from_flags
from groundset.imagery.scene import BandSource, FlagKind, FlagSource, Resampling, Scene
from groundset.imagery.sensors import SENSORS, Sensor, get_sensor
from groundset.imagery.store import SceneStore
from groundset.imagery.times import format_time, parse_time

__all__ = [
    "SENSORS",
    "BandSource",
    "FlagKind",
    "FlagSource",
    "Pixels",
    "Reason",
    "Resampling",
    "Scene",
    "SceneReader",
    "SceneStore",
    "Sensor",
    "format_time",
    "get_sensor",
    "open_source",
    "parse_time",
    "read_ahead",
    "reasons_from_flags",
]
