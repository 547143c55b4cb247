"""All views of one workspace, with what they share."""

from __future__ import annotations

from groundset.lake import Lake
from groundset.views.looks import Looks
from groundset.views.masks import Commit, MaskDesk
from groundset.views.overlays import Overlays
from groundset.views.pages import Pages
from groundset.views.scenes import SceneViews
from groundset.views.statistics import SceneStatistics
from groundset.views.strokes import StrokeDesk
from groundset.views.tiles import Tiles


class Views:
    """What people see of a workspace. Close it when done; safe to share between threads.

    Args:
        lake: The workspace.
        commit: How masks and strokes are written (default: straight to the journal).
    """

    def __init__(self, lake: Lake, commit: Commit | None = None) -> None:
        self.lake = lake
        self.statistics = SceneStatistics(lake)
        self.looks = Looks(lake, self.statistics)
        self.scenes = SceneViews(lake, self.statistics, self.looks)
        self.tiles = Tiles(lake, self.looks)
        self.pages = Pages(lake, self.looks)
        self.overlays = Overlays(lake)
        self.masks = MaskDesk(lake, commit)
        self.strokes = StrokeDesk(lake, commit)

    def close(self) -> None:
        """End the threads."""
        self.pages.close()
        self.overlays.close()
