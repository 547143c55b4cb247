"""What the metadata file beside a Landsat Collection 2 scene says (``..._MTL.txt``)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from groundset.core import InputError
from groundset.imagery.sensors import Sensor
from groundset.imagery.times import parse_time

_FIELD = re.compile(r"^\s*([A-Z0-9_]+)\s*=\s*\"?(.*?)\"?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LandsatMetadata:
    """Acquisition time (UTC), cloud cover in percent, and who took it."""

    spacecraft: str
    level: str
    time: datetime | None
    cloud_cover: float | None
    product: dict[str, object] = field(default_factory=dict)

    def check(self, sensor: Sensor | None) -> None:
        """Refuse a sensor that the metadata contradicts.

        Raises:
            InputError: Another spacecraft, or Level-1 numbers under a Level-2 sensor.
        """
        if sensor is None:
            return
        if sensor.name != self.spacecraft:
            raise InputError("the scene's metadata names another sensor", asked=sensor.name, found=self.spacecraft)
        if not self.level.startswith("L2"):
            raise InputError(
                f"{sensor.name} means Collection 2 Level-2; this scene holds other numbers",
                found=f"processing level {self.level}",
                hint="take the Level-2 product, or name the bands with --bands without --sensor (scale 1)",
            )


def read_mtl(folder: Path, prefix: str) -> LandsatMetadata | None:
    """The metadata of the scene whose files begin with ``prefix``, or None where there is none."""
    file = next((p for p in sorted(folder.glob("*_MTL.txt")) if p.stem == f"{prefix}_MTL"), None)
    if file is None:
        return None
    said: dict[str, str] = {}
    for key, value in _FIELD.findall(file.read_text(errors="replace")):
        said.setdefault(key, value)
    day, hour = said.get("DATE_ACQUIRED"), said.get("SCENE_CENTER_TIME")
    cloud = float(said["CLOUD_COVER"]) if "CLOUD_COVER" in said else -1.0
    craft = said.get("SPACECRAFT_ID", "").lower().replace("_", "-")
    return LandsatMetadata(
        spacecraft=craft,
        level=said.get("PROCESSING_LEVEL", ""),
        time=parse_time(f"{day}T{hour}") if day and hour else None,
        cloud_cover=cloud if cloud >= 0 else None,
        product={"platform": craft, "constellation": "landsat"},
    )
