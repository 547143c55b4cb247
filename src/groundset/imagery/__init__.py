"""Open scenes: STAC search, local files, sensors and bands, co-registration, reading windows."""

from groundset.imagery.fusion import fuse, read_on_grid
from groundset.imagery.mosaic import solar_day_mosaics
from groundset.imagery.open_source import open_source
from groundset.imagery.pixels import Pixels
from groundset.imagery.read_ahead import read_ahead
from groundset.imagery.reader import SceneReader
from groundset.imagery.reasons import Reason, reasons_from_flags
from groundset.imagery.scene import BandSource, FlagKind, FlagSource, Resampling, Scene
from groundset.imagery.sensors import SENSORS, Sensor, get_sensor
from groundset.imagery.signing import gdal_env, gdal_path
from groundset.imagery.sources import in_group, open_sources, search_scenes
from groundset.imagery.stac_items import scenes_from_items
from groundset.imagery.stac_map import read_map_on_grid
from groundset.imagery.stac_read import read_items
from groundset.imagery.stac_search import read_aoi, search
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
    "fuse",
    "gdal_env",
    "gdal_path",
    "get_sensor",
    "in_group",
    "open_source",
    "open_sources",
    "parse_time",
    "read_ahead",
    "read_aoi",
    "read_items",
    "read_map_on_grid",
    "read_on_grid",
    "reasons_from_flags",
    "scenes_from_items",
    "search",
    "search_scenes",
    "solar_day_mosaics",
]
