"""Windows of a chip: what is visible, and what must be known around it."""

from __future__ import annotations

from groundset.chips import Chip
from groundset.core import InputError, Window
from groundset.segment.live.smooth import RADIUS, Smoothing


def window_of(window: tuple[int, int, int, int] | None, chip: Chip) -> Window:
    """A window of a chip; the whole of it for None.

    Raises:
        InputError: It is empty or reaches beyond the chip.
    """
    height, width = (int(n) for n in chip.geobox.shape)
    if window is None:
        return Window(0, 0, width, height)
    x, y, w, h = window
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
        raise InputError(
            "the window must lie in the chip", asked=",".join(map(str, window)), found=f"{width} x {height} pixels",
            hint="window = x,y,width,height in pixels of the chip",
        )  # fmt: skip
    return Window(x, y, w, h)


def wider(part: Window, chip: Chip, way: Smoothing) -> Window:
    """What must be known so that a window is smoothed as the whole chip is."""
    height, width = (int(n) for n in chip.geobox.shape)
    if way == "regions":
        return Window(0, 0, width, height)
    if way == "none":
        return part
    edge = RADIUS
    left, top = max(0, part.x_off - edge), max(0, part.y_off - edge)
    right, bottom = min(width, part.x_off + part.width + edge), min(height, part.y_off + part.height + edge)
    return Window(left, top, right - left, bottom - top)
