"""The feature store: ``features/ENCODER/PART.npy``, float32, row i is row i of the chip part."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundset._files import atomic
from groundset.core import InputError, MissingError, check_name
from groundset.features._arrays import save_array

Features = npt.NDArray[np.float32]


def kept_encoders(folder: Path) -> list[str]:
    """Names of the encoders whose features are in ``folder`` (a workspace's ``features/``), sorted."""
    with suppress(FileNotFoundError):
        return sorted(p.name for p in folder.iterdir() if not p.name.startswith(".") and any(p.glob("[!.]*.npy")))
    return []


class FeatureStore:
    """Features of one encoder, in ``folder / encoder``.

    The parts are plain .npy files, read by ``numpy.load`` alone; beside them the encoder keeps what it needs.
    """

    def __init__(self, folder: Path, encoder: str) -> None:
        self.encoder = check_name(encoder, "encoder")
        self.folder = Path(folder) / self.encoder

    def path(self, part: str) -> Path:
        """File of a part."""
        return self.folder / f"{part}.npy"

    def parts(self) -> list[str]:
        """Names of the parts that are there, sorted."""
        return sorted(p.stem for p in self.folder.glob("[!.]*.npy"))

    def write_part(self, part: str, array: npt.NDArray[np.generic]) -> None:
        """Write a part, float32 (chips, dim); it appears whole or not at all, an older one is replaced.

        Raises:
            InputError: Not a finite matrix.
            ServiceError: The disk is full.
        """
        matrix = np.ascontiguousarray(array, np.float32)
        if matrix.ndim != 2 or not np.isfinite(matrix).all():
            raise InputError(
                "features must be a finite matrix (chips, dim)",
                found=f"shape {matrix.shape}, {int((~np.isfinite(matrix)).sum())} values not finite",
            )
        with atomic(self.path(part)) as beside:
            save_array(beside, matrix)

    def read_part(self, part: str) -> Features:
        """A part, float32 (chips, dim), mapped from disk and read-only.

        Raises:
            MissingError: There are no features of this part.
        """
        path = self.path(part)
        if not path.exists():
            raise MissingError(
                f"no features of the encoder {self.encoder} for this part", asked=part, found=", ".join(self.parts())
            )
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]

    def all(self, parts: Sequence[str] | None = None) -> Features:
        """All parts, or those named (take ``ChipStore.parts()`` to have the chip table's rows): float32 (chips, dim).

        Raises:
            InputError: The parts have different numbers of features (different band sets).
        """
        read = [self.read_part(p) for p in (self.parts() if parts is None else parts)]
        dims = sorted({m.shape[1] for m in read})
        if len(dims) > 1:
            raise InputError(
                "chips of different band sets have features of different lengths",
                found=f"lengths {', '.join(map(str, dims))}",
                hint="name the parts of one band set",
            )
        return np.concatenate(read) if read else np.empty((0, 0), np.float32)
