"""Quicklooks, packed: one Arrow IPC file a part, so that 100,000 chips are not 100,000 files.

``quicklooks/LAYER/PART.arrow`` is an Arrow IPC file ("Feather 2") with one column ``image`` (large_binary): row i is
the WebP (or PNG) of row i of the chip part, in record batches of 1,024 rows. Its schema metadata has ``media_type``,
``layer``, ``stretch`` (JSON: the physical values that are black and white) and, where that is not the scene's own,
``common``: the kind of scenes that share it. The file is memory-mapped: one picture, or a page of them, is one slice.
"""

from __future__ import annotations

import io
import itertools
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image

from groundset._files import atomic
from groundset.chips.render import Stretch
from groundset.core import InputError, MissingError, check_name

QUALITY = 80
ROWS_PER_BATCH = 1024


def encode_image(picture: npt.NDArray[np.uint8], media_type: str = "image/webp") -> bytes:
    """A picture as WebP or PNG bytes. uint8 (rows, columns, 3) or 4 with alpha, which is dropped where all opaque."""
    if picture.shape[2] == 4 and picture[..., 3].min(initial=255) == 255:
        picture = picture[..., :3]
    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    if media_type == "image/png":
        image.save(out, "PNG", compress_level=6)
    elif media_type == "image/webp":
        image.save(out, "WEBP", quality=QUALITY, method=1)
    else:
        raise InputError("quicklooks are WebP or PNG", asked=media_type, hint="take image/webp or image/png")
    return out.getvalue()


def media_type_of(image: bytes) -> str:
    """``image/png`` or ``image/webp``, from the first bytes."""
    return "image/png" if image[:4] == b"\x89PNG" else "image/webp"


class QuicklookStore:
    """The packed quicklooks of a workspace, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, part: str, layer: str = "natural") -> Path:
        """File of a part's quicklooks."""
        return self.folder / check_name(layer, "layer") / f"{part}.arrow"

    def has(self, part: str, layer: str = "natural") -> bool:
        """Whether a part's quicklooks are there."""
        return self.path(part, layer).exists()

    def write_part(
        self, part: str, images: Iterable[bytes], *, layer: str = "natural", stretch: Stretch | None = None,
        common: str | None = None,
    ) -> None:  # fmt: skip
        """Write a part's images (WebP or PNG, row i of the chip part at i); an older file is replaced whole."""
        coming = iter(images)
        batch = list(itertools.islice(coming, ROWS_PER_BATCH))
        if not batch:
            raise InputError("a part needs at least one quicklook", asked=part)
        meta = {"media_type": media_type_of(batch[0]), "layer": layer}
        if stretch is not None:
            meta["stretch"] = json.dumps(stretch.as_dict())
        if common is not None:
            meta["common"] = common
        schema = pa.schema([pa.field("image", pa.large_binary(), nullable=False)], metadata=meta)
        with (
            atomic(self.path(part, layer)) as beside,
            pa.OSFile(str(beside), "wb") as sink,
            pa.ipc.new_file(sink, schema) as writer,
        ):
            while batch:
                writer.write_batch(pa.record_batch([pa.array(batch, pa.large_binary())], schema=schema))
                batch = list(itertools.islice(coming, ROWS_PER_BATCH))

    def get(self, part: str, row: int, layer: str = "natural") -> bytes:
        """One image, as WebP or PNG bytes.

        Raises:
            MissingError: The part or the row is not there.
        """
        return self._images(part, layer, row, row + 1)[0]

    def page(self, part: str, rows: range, layer: str = "natural") -> bytes:
        """Several images in one answer, made for browsers; :func:`unpack_page` reads it.

        Little-endian: uint32 count n, then n + 1 uint32 offsets counted from the end of the offsets, then the images.
        """
        return pack_page(self._images(part, layer, rows.start, rows.stop))

    def images(self, part: str, rows: Sequence[int], layer: str = "natural") -> list[bytes]:
        """The images of some rows, in the order asked for.

        Raises:
            MissingError: The part or a row is not there.
        """
        out: list[bytes] = []
        for first, last in _runs(rows):
            out += self._images(part, layer, first, last + 1)
        return out

    def stretch(self, part: str, layer: str = "natural") -> Stretch | None:
        """The stretch that a part's images were drawn with."""
        text = self._meta(part, layer).get(b"stretch")
        return None if text is None else Stretch.from_dict(json.loads(text))

    def common(self, part: str, layer: str = "natural") -> str | None:
        """The kind of scenes that a part's stretch is common to; None where it is the scene's own."""
        kind = self._meta(part, layer).get(b"common")
        return None if kind is None else kind.decode()

    def _meta(self, part: str, layer: str) -> dict[bytes, bytes]:
        with self._open(part, layer) as source:
            return pa.ipc.open_file(source).schema.metadata or {}

    def rows(self, part: str, layer: str = "natural") -> int:
        """Number of images of a part."""
        with self._open(part, layer) as source:
            return _rows(pa.ipc.open_file(source))

    def _images(self, part: str, layer: str, start: int, stop: int) -> list[bytes]:
        with self._open(part, layer) as source:
            file = pa.ipc.open_file(source)
            if not 0 <= start < stop <= _rows(file):
                raise MissingError("no such quicklooks", asked=f"rows {start}-{stop - 1} of {part}",
                                   found=f"{_rows(file)} rows")  # fmt: skip
            out: list[bytes] = []
            for batch in range(start // ROWS_PER_BATCH, (stop - 1) // ROWS_PER_BATCH + 1):
                first = batch * ROWS_PER_BATCH
                column = file.get_batch(batch).column(0)
                out += column[max(0, start - first) : stop - first].to_pylist()
            return out

    def _open(self, part: str, layer: str) -> Any:
        path = self.path(part, layer)
        if not path.exists():
            raise MissingError("no quicklooks of this part", asked=part, found=path)
        return pa.memory_map(str(path))


def _rows(file: Any) -> int:
    full = file.num_record_batches - 1
    return int(full * ROWS_PER_BATCH + file.get_batch(full).num_rows)


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rows as (first, last) of each run that rises by one."""
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or rows[i] != rows[i - 1] + 1:
            yield rows[start], rows[i - 1]
            start = i


def pack_page(images: Sequence[bytes]) -> bytes:
    """Images as one answer, in the form that :meth:`QuicklookStore.page` describes; an image may be empty."""
    ends = np.cumsum([0, *map(len, images)]).tolist()
    return struct.pack(f"<I{len(ends)}I", len(images), *ends) + b"".join(images)


def unpack_page(page: bytes) -> list[bytes]:
    """The images of :meth:`QuicklookStore.page`."""
    (count,) = struct.unpack_from("<I", page)
    ends = struct.unpack_from(f"<{count + 1}I", page, 4)
    start = 4 + 4 * (count + 1)
    return [page[start + a : start + b] for a, b in itertools.pairwise(ends)]
