"""Quicklooks, packed: one Arrow IPC file a part, so that 100,000 chips are not 100,000 files.

``quicklooks/LAYER/PART.arrow`` is an Arrow IPC file ("Feather 2") with one column ``image`` (large_binary): row i is the
WebP (or PNG) of row i of the chip part. Its schema metadata has ``media_type``, ``layer`` and ``stretch`` (JSON: the
physical values that are black and white). The file is memory-mapped, so a chip's picture is one slice.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image

from groundset._files import atomic
from groundset.chips.render import Stretch
from groundset.core import ConflictError, InputError, MissingError, check_name

QUALITY = 80
Format = str


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
        self, part: str, images: Sequence[bytes], *, layer: str = "natural", stretch: Stretch | None = None
    ) -> None:
        """Write a part's images (WebP or PNG, row i of the chip part at i); an older file is replaced whole."""
        if not images:
            raise InputError("a part needs at least one quicklook", asked=part)
        meta = {"media_type": media_type_of(images[0]), "layer": layer}
        if stretch is not None:
            meta["stretch"] = json.dumps(stretch.as_dict())
        schema = pa.schema([pa.field("image", pa.large_binary(), nullable=False)], metadata=meta)
        batch = pa.record_batch([pa.array(images, pa.large_binary())], schema=schema)
        with atomic(self.path(part, layer)) as beside, pa.OSFile(str(beside), "wb") as sink:  # noqa: SIM117
            with pa.ipc.new_file(sink, schema) as writer:
                writer.write_batch(batch)

    def get(self, part: str, row: int, layer: str = "natural") -> bytes:
        """One image, as WebP or PNG bytes.

        Raises:
            MissingError: The part or the row is not there.
        """
        return bytes(self._images(part, layer, row, row + 1)[0].as_py())

    def page(self, part: str, rows: range, layer: str = "natural") -> bytes:
        """Several images in one answer, made for browsers; :func:`unpack_page` reads it.

        Little-endian: uint32 count n, then n + 1 uint32 offsets counted from the end of the offsets, then the images.
        """
        images = [bytes(v.as_py()) for v in self._images(part, layer, rows.start, rows.stop)]
        ends = np.cumsum([0, *map(len, images)]).tolist()
        return struct.pack(f"<I{len(ends)}I", len(images), *ends) + b"".join(images)

    def stretch(self, part: str, layer: str = "natural") -> Stretch | None:
        """The stretch that a part's images were drawn with."""
        with self._open(part, layer) as source:
            meta = pa.ipc.open_file(source).schema.metadata or {}
        text = meta.get(b"stretch")
        return None if text is None else Stretch.from_dict(json.loads(text))

    def _images(self, part: str, layer: str, start: int, stop: int) -> Any:
        with self._open(part, layer) as source:
            column = pa.ipc.open_file(source).get_batch(0).column(0)
            if not 0 <= start < stop <= len(column):
                raise MissingError(
                    "no such quicklooks", asked=f"rows {start}-{stop - 1} of {part}", found=f"{len(column)} rows"
                )
            return column.slice(start, stop - start)

    def _open(self, part: str, layer: str) -> Any:
        path = self.path(part, layer)
        if not path.exists():
            raise MissingError("no quicklooks of this part", asked=part, found=path)
        return pa.memory_map(str(path))


def unpack_page(page: bytes) -> list[bytes]:
    """The images of :meth:`QuicklookStore.page`."""
    (count,) = struct.unpack_from("<I", page)
    ends = struct.unpack_from(f"<{count + 1}I", page, 4)
    start = 4 + 4 * (count + 1)
    return [page[start + a : start + b] for a, b in zip(ends, ends[1:], strict=False)]
