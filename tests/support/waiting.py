"""Waiting for a background job, asked over HTTP as the page does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from httpx import Client

ENDED = ("done", "failed", "stopped", "interrupted")


def begin(client: Client, verb: str, **options: Any) -> dict[str, Any]:
    """Put a job into the queue."""
    answer = client.post("/api/jobs", json={"verb": verb, "options": options})
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def wait(
    client: Client, job_id: str, until: Callable[[dict[str, Any]], bool] | None = None, *, seconds: float = 300
) -> dict[str, Any]:
    """The job once it has ended, or is as ``until`` wants it."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        if (until(job) if until else False) or job["state"] in ENDED:
            return job
        time.sleep(0.02)
    raise AssertionError(f"{job_id} did not end: {job}")


def run(client: Client, verb: str, **options: Any) -> dict[str, Any]:
    """Run a job to its end."""
    return wait(client, begin(client, verb, **options)["id"])
