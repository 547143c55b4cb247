"""Pictures of chips beside their masks, put into the page itself."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, Origin, Scheme
from groundset.release._report_html import SPLIT_TITLES, Markup, h, percent, splits_of
from groundset.release._report_outlines import over
from groundset.release.facts import NO_SPLIT, ChipFacts, ReleaseFacts

_LARGEST = 256
_EACH = {"train": 6, "validate": 3, "test": 3}

ORIGIN_COLORS: dict[str, str] = {
    "human": "#0f8a5f",
    "model": "#8e63ce",
    "region": "#c98a00",
    "import": "#2f6fed",
    "consensus": "#0aa2b5",
    "product": "#8a8f98",
}


def pictures(folder: Path, facts: ReleaseFacts) -> Markup:
    """Chosen chips of each split: image, mask and who said so, side by side."""
    figures = [_figure(folder, facts, chip) for chip in chosen(facts)]
    return Markup(f'<div class="gallery">{"".join(figures)}</div>' if figures else '<p class="note">No pictures.</p>')


def chosen(facts: ReleaseFacts) -> list[ChipFacts]:
    """A few chips a split: those that show most classes evenly, scenes taking turns; the same ones every time."""
    out: list[ChipFacts] = []
    for split in splits_of(facts.split.chips):
        if split == NO_SPLIT:
            continue
        here = [c for c in facts.chips if c.split == split]
        ranked = sorted(here, key=lambda c: (-_variety(c, facts.scheme), c.id))
        turns: dict[str, int] = {}
        order: list[tuple[int, int, ChipFacts]] = []
        for place, chip in enumerate(ranked):
            turns[chip.scene_id] = turns.get(chip.scene_id, 0) + 1
            order.append((turns[chip.scene_id], place, chip))
        out += [chip for *_, chip in sorted(order, key=lambda o: o[:2])[: _EACH.get(split, 3)]]
    return out


def _variety(chip: ChipFacts, scheme: Scheme) -> float:
    """Entropy of the classes of a chip; its not-applicable pixels count against it, and many shapes for it."""
    wanted = {c.name for c in scheme.answerable}
    counts = np.array([n for name, n in chip.class_counts.items() if n > 0 and name in wanted], float)
    if not counts.size:
        return -1.0
    shares = counts / counts.sum()
    many = float(np.log1p(counts.sum())) if "labels" in chip.files else 1.0
    return many * float(-(shares * np.log(shares)).sum() * counts.sum() / sum(chip.class_counts.values()))


def _figure(folder: Path, facts: ReleaseFacts, chip: ChipFacts) -> str:
    images = []
    thumbnail = chip.files.get("thumbnail")
    if thumbnail is not None:
        alt = f"Chip {chip.id}, natural or first bands"
        images.append(_img((folder / thumbnail.path).read_bytes(), alt, "image", chip.shape))
    mask = chip.files.get("mask")
    if mask is not None:
        codes = _band(folder / mask.path, 1)
        palette = {c.code: c.rgb for c in facts.scheme}
        images.append(
            _img(png(codes, palette), f"Mask of chip {chip.id}: {_classes(facts.scheme, chip)}", "mask", chip.shape)
        )
    origin = chip.files.get("origin")
    if origin is not None:
        palette = {int(o): _rgb(ORIGIN_COLORS[o.name.lower()]) for o in Origin if o is not Origin.NONE}
        data = png(_band(folder / origin.path, 1), palette)
        images.append(_img(data, f"Who said so in chip {chip.id}: {_origins(chip)}", "origin", chip.shape))
    labels = chip.files.get("labels")
    if labels is not None and thumbnail is not None:
        alt = f"Outlines on chip {chip.id}: {_classes(facts.scheme, chip)}"
        picture = _img((folder / thumbnail.path).read_bytes(), alt, "outlines", chip.shape)
        images.append(over(picture, folder / labels.path, facts.scheme, chip.shape))
    when = chip.datetime.strftime("%Y-%m-%d")
    return (
        f'<figure><div class="pics">{"".join(images)}</div><figcaption><b>{h(chip.id)}</b>'
        f'<span class="badge split-{h(chip.split)}">{h(SPLIT_TITLES.get(chip.split, chip.split))}</span>'
        f"<small>{h(when)} · {h(_classes(facts.scheme, chip))}</small></figcaption></figure>"
    )


def _classes(scheme: Scheme, chip: ChipFacts) -> str:
    total = sum(chip.class_counts.values())
    titles = {c.name: c.title for c in scheme}
    named = sorted(((n, name) for name, n in chip.class_counts.items() if n), reverse=True)
    if "labels" in chip.files:
        return ", ".join(f"{titles.get(name, name)} {n}" for n, name in named) or "no shape"
    if total <= len(named):
        return ", ".join(titles.get(name, name) for _, name in named) or "no label"
    return ", ".join(f"{titles.get(name, name)} {percent(n / total)}" for n, name in named)


def _origins(chip: ChipFacts) -> str:
    return ", ".join(f"{name} {n} pixels" for name, n in chip.origin_counts.items() if n) or "nobody"


def _img(data: bytes, alt: str, caption: str, shape: tuple[int, int]) -> str:
    """A picture in the shape of its chip. A thumbnail may show more to the right of the image: that is cut off."""
    kind = "png" if data.startswith(b"\x89PNG") else "webp" if data[8:12] == b"WEBP" else "jpeg"
    source = f"data:image/{kind};base64,{b64encode(data).decode()}"
    frame = f'style="aspect-ratio: {shape[1]} / {shape[0]}"'
    return f'<span class="pic"><img src="{source}" alt="{h(alt)}" {frame}><em>{caption}</em></span>'


def _band(path: Path, index: int) -> npt.NDArray[np.uint8]:
    """A band of a small raster, thinned to at most 256 pixels a side (nearest)."""
    import rasterio

    with rasterio.open(path) as src:
        data: npt.NDArray[np.uint8] = src.read(index)
    step = -(-max(data.shape) // _LARGEST)
    return data[::step, ::step]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def png(codes: npt.NDArray[np.uint8], palette: dict[int, tuple[int, int, int]]) -> bytes:
    """Codes (rows, columns) as a PNG with a palette; what is not in the palette is transparent.

    Written here rather than with a library so that a release made again has the same bytes everywhere.
    """
    colors, alpha = bytearray(256 * 3), bytearray(256)
    for code, rgb in palette.items():
        if code != UNLABELLED:
            colors[3 * code : 3 * code + 3] = bytes(rgb)
            alpha[code] = 255
    rows, cols = codes.shape
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), codes.astype(np.uint8)], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", cols, rows, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(colors)), (b"tRNS", bytes(alpha)), (b"IDAT", zlib.compress(lines, 9)))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, data in (*chunks, (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return out
