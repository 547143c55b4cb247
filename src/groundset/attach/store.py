"""Attached layers on disk, in open formats: ``attached/NAME/layer.json`` and Parquet files of the chips' values.

Values are written once: each batch of chips is one file ``attached/NAME/VERSION/00000.parquet`` with the columns
``part`` and ``chip_id`` of the chip table, row by row as there, and the layer's own. A file that has changed makes
another version; ``layer.json`` names the one that counts.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from groundset._files import atomic
from groundset.attach.layer import Layer, Mark, read_layer, write_layer
from groundset.core import InputError, MissingError

FOLDER = "attached"
_FILE = "layer.json"
_ARROW = {"flag": pa.bool_(), "number": pa.float64(), "text": pa.string()}


class AttachedStore:
    """The attached layers of a workspace.

    Args:
        root: Folder of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / FOLDER

    def names(self) -> list[str]:
        """Names of the layers, sorted."""
        return sorted(p.parent.name for p in self.folder.glob(f"[!.]*/{_FILE}"))

    def stamps(self) -> Mapping[str, Mark]:
        """By layer what changes whenever its settings or values do."""
        out: dict[str, Mark] = {}
        for name in self.names():
            with suppress(OSError):
                stat = (self.folder / name / _FILE).stat()
                out[name] = ((name, stat.st_ino, stat.st_mtime_ns),)
        return out

    def get(self, name: str) -> Layer:
        """A layer.

        Raises:
            MissingError: There is none of this name.
            InputError: Its file has a mistake.
        """
        path = self.folder / name / _FILE
        if name not in self.names():
            raise MissingError(
                "no such layer is attached", asked=name, found=", ".join(self.names()) or "none",
                hint="attach one: groundset attach DIR FILE",
            )  # fmt: skip
        return read_layer(path)

    def layers(self) -> list[Layer]:
        """All layers, by name."""
        return [self.get(name) for name in self.names()]

    def put(self, layer: Layer) -> None:
        """Write a layer's settings; values of former versions are removed."""
        folder = self.folder / layer.name
        write_layer(folder / _FILE, layer)
        for old in folder.iterdir():
            if old.is_dir() and old.name != layer.version:
                shutil.rmtree(old, ignore_errors=True)

    def remove(self, name: str) -> Layer:
        """Take a layer away; its file stays.

        Raises:
            MissingError: There is none of this name.
        """
        layer = self.get(name)
        (self.folder / name / _FILE).unlink()  # first: without it there is no layer
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return layer

    def write(self, layer: Layer, parts: Sequence[tuple[str, Sequence[str]]], values: Mapping[str, Any]) -> None:
        """Add the values of chips.

        Args:
            layer: The layer.
            parts: Names of parts of the chip table with their chip ids.
            values: Arrow column of all these chips, one part after the other, by name.
        """
        ids = [i for _, some in parts for i in some]
        names = pa.DictionaryArray.from_arrays(
            pa.array(np.repeat(np.arange(len(parts), dtype=np.int32), [len(some) for _, some in parts])),
            pa.array([name for name, _ in parts], pa.string()),
        )
        columns = {"part": names, "chip_id": pa.array(ids, pa.string()), **values}
        batches = self._batches(layer)
        number = int(batches[-1].stem) + 1 if batches else 0
        with atomic(self._version(layer) / f"{number:05d}.parquet") as beside:
            pq.write_table(pa.table(columns), beside, compression="zstd")

    def sizes(self, layer: Layer) -> dict[str, int]:
        """Chips with values, by part."""
        out: dict[str, int] = {}
        for file in self._batches(layer):
            part = pq.read_table(file, columns=["part"]).column("part").combine_chunks()
            out |= {part: n for part, (_, n) in _runs(part).items()}
        return out

    def values(self, layer: Layer, columns: Sequence[str]) -> dict[str, Any]:
        """Values of the chips of each part: Arrow tables with these columns, by part."""
        out: dict[str, Any] = {}
        for file in self._batches(layer):
            try:
                table = pq.read_table(file, columns=["part", *columns])
            except (pa.ArrowInvalid, OSError) as error:
                raise InputError(
                    "values of an attached layer cannot be read", found=f"{file}: {error}"[:300],
                    hint=f"make them anew: groundset attach refresh DIR {layer.name} --force",
                ) from error  # fmt: skip
            part = table.column("part").combine_chunks()
            out |= {name: table.select(list(columns)).slice(start, n) for name, (start, n) in _runs(part).items()}
        return out

    def _version(self, layer: Layer) -> Path:
        return self.folder / layer.name / layer.version

    def _batches(self, layer: Layer) -> list[Path]:
        return sorted(self._version(layer).glob("[!.]*.parquet"))


def _runs(part: Any) -> dict[str, tuple[int, int]]:
    """First row and number of rows of each part."""
    column = part.chunk(0) if isinstance(part, pa.ChunkedArray) else part
    coded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(starts[1:], len(codes))
    names = coded.dictionary.to_pylist()
    return {names[codes[a]]: (int(a), int(b - a)) for a, b in zip(starts, ends, strict=True)}


def arrow(values: Any, kind: str, missing: Any = None) -> Any:
    """An Arrow column of values: NaN and None are null, and so are chips that are ``missing`` (bool)."""
    if values.dtype == object:
        gone = np.array([v is None for v in values], bool)
    elif np.issubdtype(values.dtype, np.floating):
        gone = ~np.isfinite(values)
    else:
        gone = np.zeros(len(values), bool)
    if missing is not None:
        gone = gone | missing
    if values.dtype == object:
        plain = [None if g else (v if kind != "text" else str(v)) for v, g in zip(values, gone, strict=True)]
        return pa.array(plain, _ARROW[kind])
    kept = pa.int64() if np.issubdtype(values.dtype, np.integer) else _ARROW[kind]
    return pa.array(values, kept, mask=gone)
