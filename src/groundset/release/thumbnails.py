"""The picture of a chip for people: the image, and beside it the image under its classes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.chips import Stretch, render
from groundset.chips.render import PixelsLike
from groundset.core import UNLABELLED, LabelMask, Scheme

RGB = npt.NDArray[np.uint8]
SIZE = 256
_SMALLEST = 96
_OVER = 0.55
_GREYS = 3 * 255 + 1
_GAP = 4
_RIM, _LINE = 2.0, 1.0
"""Half of the width of a line with its rim, and without."""


def thumbnail(pixels: PixelsLike, mask: LabelMask | None, scheme: Scheme, stretch: Stretch | None) -> bytes:
    """PNG: the image, at most 256 pixels wide; with a mask, the same under the colours of its classes beside it."""
    image = render(pixels, size=SIZE, stretch=stretch)
    if mask is None:
        return png(_enlarged(image))
    step = max(1, -(-max(mask.shape) // SIZE))
    classes = mask.classes[::step, ::step][: image.shape[0], : image.shape[1]]
    gap = np.full((image.shape[0], max(1, _GAP * image.shape[1] // SIZE), 3), 255, np.uint8)
    return png(_enlarged(np.concatenate([image, gap, _painted(image, classes, scheme)], axis=1)))


def outlined(
    pixels: PixelsLike, shapes: Sequence[tuple[Any, int]] | None, scheme: Scheme, stretch: Stretch | None
) -> bytes:
    """PNG: the image, at least 256 pixels high, and beside it the same with outlines; None: the image alone.

    Args:
        pixels: The chip.
        shapes: Shapely geometries in pixels of the chip with their class codes, bottom first.
        scheme: Colours.
        stretch: From values to grey.
    """
    image = render(pixels, size=SIZE, stretch=stretch)
    if shapes is None:
        return png(_enlarged(image))
    rows = pixels.physical().shape[1]
    times = max(1, -(-SIZE // image.shape[0]))
    large = np.ascontiguousarray(image.repeat(times, axis=0).repeat(times, axis=1))
    gap = np.full((large.shape[0], _GAP, 3), 255, np.uint8)
    drawn = _lined(large, shapes, scheme, large.shape[0] / rows)
    return png(np.ascontiguousarray(np.concatenate([large, gap, drawn], axis=1)))


def png(picture: RGB) -> bytes:
    """uint8 (rows, columns, 3) as PNG: rows as differences, run lengths and Huffman codes only.

    Six times quicker than zlib's search for repetitions, of which pictures of the ground have few; a tenth larger.
    """
    rows, cols, _ = picture.shape
    flat = np.ascontiguousarray(picture).reshape(rows, cols * 3)
    lines = np.empty((rows, 1 + cols * 3), np.uint8)
    lines[:, 0] = 2  # each row is the difference to the one above
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    header = struct.pack(">IIBBBBB", cols, rows, 8, 2, 0, 0, 0)
    body = packer.compress(lines.tobytes()) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _lined(image: RGB, shapes: Sequence[tuple[Any, int]], scheme: Scheme, scale: float) -> RGB:
    """The image with lines in the colours of the classes on a dark rim, so that they are seen on bright ground."""
    import shapely
    from rasterio.features import rasterize

    out = image.copy()
    if not shapes:
        return out
    colours = {c.code: c.rgb for c in scheme}
    edges = [shapely.transform(g.boundary if g.geom_type.endswith("Polygon") else g, lambda p: p * scale)
             for g, _ in shapes]  # fmt: skip
    for width, rim in ((_RIM, True), (_LINE, False)):
        thick = [(shapely.buffer(edge, width, quad_segs=4), i) for i, edge in enumerate(edges, start=1)]
        top = rasterize(thick, out_shape=image.shape[:2], fill=0, dtype="int32")
        table = [(0, 0, 0)] + [(20, 20, 20) if rim else colours[code] for _, code in shapes]
        out[top > 0] = np.array(table, np.uint8)[top[top > 0]]
    return out


def _painted(image: RGB, classes: npt.NDArray[np.uint8], scheme: Scheme) -> RGB:
    """The image in grey under the colours of the classes; darkened where there is none."""
    rows, shades = _shades(scheme)
    grey = image[..., 0].astype(np.int32) + image[..., 1] + image[..., 2]
    out = shades.take(rows[classes] + grey, axis=0)
    bare = classes == UNLABELLED
    if bare.any():
        out[bare] = image[bare] * np.float32(0.6)
    return out


@lru_cache(maxsize=8)
def _shades(scheme: Scheme) -> tuple[npt.NDArray[np.int32], RGB]:
    """Where the colours of each code begin, int32 (256,), and each class at each sum of red, green and blue."""
    rows, grey = np.zeros(256, np.int32), np.arange(_GREYS, dtype=np.float32)[:, None]
    shades = [np.zeros((_GREYS, 3), np.uint8)]  # of codes that the scheme does not have: black
    for i, c in enumerate(scheme, 1):
        rows[c.code] = i * _GREYS
        shades.append((np.array(c.rgb, np.float32) * _OVER + grey * ((1 - _OVER) / 3)).astype(np.uint8))
    return rows, np.concatenate(shades)


def _enlarged(picture: RGB) -> RGB:
    times = max(1, -(-_SMALLEST // picture.shape[0]))
    return np.ascontiguousarray(picture.repeat(times, axis=0).repeat(times, axis=1))
