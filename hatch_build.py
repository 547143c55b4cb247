"""Build hook: the page goes into wheel and sdist. Built already: nothing to do; npm: build; neither: warn and go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/groundset/server/static")
REQUIRE = "GROUNDSET_REQUIRE_UI"
HOW = f"Node.js 20.19 or newer with npm builds it; {REQUIRE}=1 makes this an error"


class PageHook(BuildHookInterface):  # type: ignore[misc]  # hatchling is there only while it builds
    """Builds ui/ into src/groundset/server/static."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's name
        """Have the page built, and take it along although git ignores it."""
        root = Path(self.root)
        if not (root / STATIC / "index.html").is_file():
            problem = _build(root / "ui")
            if problem and os.environ.get(REQUIRE) == "1":
                raise RuntimeError(f"the page cannot be built: {problem}")
            if problem:
                self.app.display_warning(f"groundset is built without its web page: {problem}. {HOW}.")
        build_data["artifacts"].append(f"/{STATIC.as_posix()}/**")


def _build(ui: Path) -> str | None:
    """Run npm; returns why it did not work."""
    npm = shutil.which("npm")
    if not (ui / "package.json").is_file():
        return f"{ui} is not there"
    if npm is None:
        return "npm is not there"
    installed = (ui / "node_modules" / "vite").is_dir()
    for words in ([] if installed else [["ci", "--no-audit", "--no-fund"]]) + [["run", "build"]]:
        done = subprocess.run([npm, *words], cwd=ui, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            return f"npm {' '.join(words)} failed: {(done.stderr or done.stdout).strip()[-1000:]}"
    return None
