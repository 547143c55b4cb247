"""The jobs of a workspace on disk, one file each, so that a server that starts again knows them."""

from __future__ import annotations

import fcntl
import os
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
        """All that can be read, newest first."""
        jobs = []
        for path in self.folder.glob("*.json") if self.folder.is_dir() else ():
            with suppress(OSError, ValueError):  # a file that is not ours, or of another version
                jobs.append(Job.model_validate_json(path.read_text("utf-8")))
        jobs.sort(key=lambda job: (job.created, job.id), reverse=True)
        return jobs

    def trim(self, jobs: dict[str, Job]) -> None:
        """Forget the oldest of those that have ended."""
        ended = sorted((job for job in jobs.values() if job.state not in LIVE), key=lambda job: job.created)
        for old in ended[:-KEPT]:
            self.forget(old.id)
            del jobs[old.id]

    def hold(self) -> int | None:
        """Take the right to change them; None where another process has it. Closing what is returned gives it back."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def forget(self, job_id: str) -> None:
        """Remove one with its log."""
        for path in (self.folder / f"{job_id}.json", self.log(job_id)):
            path.unlink(missing_ok=True)

    def log(self, job_id: str) -> Path:
        """What a job's process printed."""
        return self.folder / f"{job_id}.log"
