"""All views of one workspace, with what they share."""

from __future__ import annotations

from groundset.lake import Lake
from groundset.views.looks import Looks
from groundset.views.masks import Append, MaskDesk
from groundset.views.overlays import Overlays
from groundset.views.pages import Pages
from groundset.views.scenes import SceneViews
from groundset.views.statistics import SceneStatistics
from groundset.views.strokes import Commit, StrokeDesk
from groundset.views.tiles import Tiles


class Views:
    """What people see of a workspace. Close it when done; safe to share between threads.

    Args:
        lake: The workspace.
        append: How answers are written (default: straight to the journal).
        commit: How batches that are checked already are.
    """

    def __init__(self, lake: Lake, append: Append | None = None, commit: Commit | None = None) -> None:
        self.lake = lake
        self.statistics = SceneStatistics(lake)
        self.looks = Looks(lake, self.statistics)
        self.scenes = SceneViews(lake, self.statistics, self.looks)
        self.tiles = Tiles(lake, self.looks)
        self.pages = Pages(lake, self.looks)
        self.overlays = Overlays(lake)
        self.masks = MaskDesk(lake, append)
        self.strokes = StrokeDesk(lake, commit)

    def close(self) -> None:
        """End the threads."""
        self.pages.close()
        self.overlays.close()
