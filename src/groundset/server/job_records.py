"""The jobs of a workspace on disk, one file each, so that a server that starts again knows them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from groundset._files import write_text
from groundset.server.models import Job

KEPT = 200
"""Ended jobs that are remembered."""
LIVE = ("queued", "running", "stopping")


class JobRecords:
    """Files ``ID.json`` in a folder, written whole or not at all.

    Args:
        folder: Where they lie; made with the first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, job: Job) -> None:
        """Write one down."""
        write_text(self.folder / f"{job.id}.json", job.model_dump_json())

    def all(self) -> list[Job]:
        """All that can be read, newest first; the oldest ended ones are forgotten."""
        jobs = []
        for path in self.folder.glob("*.json") if self.folder.is_dir() else ():
            with suppress(OSError, ValueError):  # a file that is not ours, or of another version
                jobs.append(Job.model_validate_json(path.read_text("utf-8")))
        jobs.sort(key=lambda job: (job.created, job.id), reverse=True)
        for old in [job for job in jobs if job.state not in LIVE][KEPT:]:
            self.forget(old.id)
            jobs.remove(old)
        return jobs

    def forget(self, job_id: str) -> None:
        """Remove one with its log."""
        for path in (self.folder / f"{job_id}.json", self.log(job_id)):
            path.unlink(missing_ok=True)

    def log(self, job_id: str) -> Path:
        """What a job's process printed."""
        return self.folder / f"{job_id}.log"
