"""The scenes of a workspace: one STAC Item a scene, ``scenes/ID.json``."""

from __future__ import annotations

import json
from pathlib import Path

from groundset._files import write_text
from groundset.core import InputError, MissingError, check_name
from groundset.imagery.scene import Scene


class SceneStore:
    """Scenes in a folder; each file is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[int, Scene]] = {}

    def ids(self) -> list[str]:
        """Ids of all scenes, sorted."""
        return sorted(p.stem for p in self.folder.glob("*.json") if not p.name.startswith("."))

    def __contains__(self, scene_id: str) -> bool:
        return self.path(scene_id).exists()

    def path(self, scene_id: str) -> Path:
        """The file of a scene."""
        return self.folder / f"{check_name(scene_id, 'scene')}.json"

    def get(self, scene_id: str) -> Scene:
        """The scene of this id.

        Raises:
            MissingError: No such scene.
            InputError: Its file is broken.
        """
        from groundset.imagery.scene_item import scene_from_item

        path = self.path(scene_id)
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            raise MissingError(
                "no such scene", asked=scene_id, found=", ".join(self.ids()[:10]) or "no scene yet"
            ) from None
        known = self._known.get(scene_id)
        if known is None or known[0] != changed:
            try:
                scene = scene_from_item(json.loads(path.read_text()))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError("the file of this scene is broken", asked=path, found=repr(error)) from error
            known = self._known[scene_id] = (changed, scene)
        return known[1]

    def put(self, scene: Scene) -> None:
        """Write a scene, in place of one of the same id."""
        from groundset.imagery.scene_item import scene_to_item

        item = scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
        write_text(self.path(scene.id), json.dumps(item, indent=2, allow_nan=False) + "\n")
