"""Arrays to .npy files, so that a full disk is told as one: numpy's own ``tofile`` loses the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def save_array(path: Path, array: npt.NDArray[np.float32]) -> None:
    """Write a .npy file.

    Raises:
        OSError: With its errno, as the disk gave it.
    """
    header: dict[str, Any] = {"shape": array.shape, "fortran_order": False, "descr": array.dtype.str}
    with path.open("wb") as f:
        np.lib.format.write_array_header_1_0(f, header)
        f.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
