"""Why a pixel cannot be answered, as the product itself says: SCL, QA_PIXEL, QA60 and nodata."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from groundset.imagery.scene import FlagKind

UInt8 = npt.NDArray[np.uint8]


class Reason(IntEnum):
    """Why a pixel is not applicable. ``UNSURE`` is only ever said by people."""

    NONE = 0
    NODATA = 1
    CLOUD = 2
    SHADOW = 3
    CIRRUS = 4
    SATURATED = 5
    UNSURE = 6

    @property
    def title(self) -> str:
        """For people."""
        return _TITLES[self]

    @property
    def key(self) -> str:
        """As journals and files write it: ``cloud``, ``shadow``, ``nodata`` ..."""
        return self.name.lower()


_TITLES = {
    Reason.NONE: "nothing stands in the way",
    Reason.NODATA: "no data",
    Reason.CLOUD: "cloud",
    Reason.SHADOW: "cloud shadow",
    Reason.CIRRUS: "thin cirrus",
    Reason.SATURATED: "saturated or defective",
    Reason.UNSURE: "unsure",
}

# Sentinel-2 L2A scene classification; topographic shadow (2) and snow (11) are ground that a person can label.
_SCL = {0: Reason.NODATA, 1: Reason.SATURATED, 3: Reason.SHADOW, 8: Reason.CLOUD, 9: Reason.CLOUD, 10: Reason.CIRRUS}

# Bits of Landsat Collection 2 QA_PIXEL and of Sentinel-2 QA60, the stronger reason last.
_QA_PIXEL = (
    (2, Reason.CIRRUS),
    (4, Reason.SHADOW),
    (1, Reason.CLOUD),
    (3, Reason.CLOUD),
    (0, Reason.NODATA),
)
_QA60 = ((11, Reason.CIRRUS), (10, Reason.CLOUD))


def reasons_from_flags(flags: npt.NDArray[np.integer], kind: FlagKind) -> UInt8:
    """Reasons that a product's flag band states.

    Args:
        flags: Stored values of the flag band (rows, columns).
        kind: ``scl`` (Sentinel-2 L2A scene classification), ``qa_pixel`` (Landsat Collection 2) or ``qa60``.

    Returns:
        uint8 (rows, columns), values of :class:`Reason`.
    """
    if kind == "scl":
        table = np.zeros(256, np.uint8)
        for code, reason in _SCL.items():
            table[code] = reason
        found: UInt8 = table[np.clip(flags, 0, 255).astype(np.uint8)]
        return found
    out = np.zeros(flags.shape, np.uint8)
    for bit, reason in _QA_PIXEL if kind == "qa_pixel" else _QA60:
        out[(flags.astype(np.int64) >> bit) & 1 == 1] = reason
    return out
