"""Background jobs: a queue, a process for each job that runs, and a record of all on disk."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from groundset import core
from groundset.core import ConflictError, GroundsetError, MissingError, ServiceError
from groundset.server import problems
from groundset.server._job_process import JobProcess
from groundset.server.addresses import gdal_without_others
from groundset.server.job_records import JobRecords
from groundset.server.models import Job, JobState, JobStep, Verb
from groundset.server.problems import problem

LOG = logging.getLogger(__name__)
RUNNING = 2
"""Jobs that run at a time; each takes all cores for itself."""
GRACE = 30.0
"""Seconds that a job which is asked to stop has for its current piece of work."""
CLOSE_GRACE = 3.0
RECORD_EVERY = 2.0
RESUMABLE: tuple[JobState, ...] = ("stopped", "interrupted", "failed")
CONFLICT = 409
"""Of another run, say, that may have ended by now."""
ACTIVE: tuple[JobState, ...] = ("queued", "running", "stopping")

Publish = Callable[[str, Any], None]
Done = Callable[[tuple[str, ...]], None]


class Jobs:
    """The jobs of one workspace. Safe to share between threads; close it at the end.

    Args:
        root: The workspace.
        folder: Where the records are kept.
        publish: Hears ``job`` with each change of a job, and ``workspace`` with what a finished one changed.
        reads: What a job may read, as ``Settings`` says; goes to the job's process.
        environment: Variables of its process (default: those of this one).
        running: How many run at a time.
        grace: Seconds between the word to stop and the end by force.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        publish: Publish,
        *,
        reads: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        running: int = RUNNING,
        grace: float = GRACE,
    ) -> None:
        self._root, self._records, self._publish = root, JobRecords(folder), publish
        self._reads, self._limit, self._grace = dict(reads or {}), running, grace
        self._environment = environment
        self._lock = threading.RLock()
        self._processes: dict[str, JobProcess] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._written: dict[str, float] = {}
        self._closed = False
        self._jobs: dict[str, Job] = {}
        self._held: int | None = None
        self._hold()

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self._lock:
            jobs = self._jobs.values() if self._hold() else self._records.all()
            return sorted(jobs, key=lambda job: (job.created, job.id), reverse=True)

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            MissingError: There is none of this id.
        """
        job = next((job for job in self.all() if job.id == job_id), None)
        if job is None:
            raise MissingError("there is no such job", asked=job_id, hint="GET /api/jobs lists them")
        return job

    def submit(self, verb: Verb, options: Mapping[str, Any], *, actor: str) -> Job:
        """Put a job into the queue; it starts as soon as there is room, and no other job of its verb runs."""
        job = Job(
            id=str(uuid4()), verb=verb, options=dict(options), actor=actor, state="queued", steps=[], summary=None,
            problem=None, result=None, created=_now(), started=None, ended=None, resumable=False,
        )  # fmt: skip
        with self._lock:
            self._must_hold()
            self._records.trim(self._jobs)
            self._records.put(job)  # what cannot be written down is not begun
            self._jobs[job.id] = job
            self._change(job.id, keep=False)
            self._start_next()
            return self._jobs[job.id]

    def stop(self, job_id: str) -> Job:
        """Take a job from the queue, or ask it to stop; what it finished is kept.

        Raises:
            ConflictError: It has ended.
        """
        with self._lock:
            job = self.get(job_id)
            self._must_hold()
            if job.state == "queued":
                self._change(job_id, state="stopped", ended=_now())
            elif job.state == "running":
                self._change(job_id, state="stopping")
                if job_id in self._processes:
                    self._processes[job_id].stop(self._grace)
            elif job.state != "stopping":
                raise ConflictError("this job has ended", asked=job_id, found=job.state)
            return self._jobs[job_id]

    def resume(self, job_id: str) -> Job:
        """Run a job that did not finish again, with the same options; it goes on where it stopped.

        Raises:
            ConflictError: It is under way, or done.
        """
        with self._lock:
            job = self.get(job_id)
            self._must_hold()
            if job.state not in RESUMABLE:
                raise ConflictError(
                    "only a job that stopped or failed can be taken up again", asked=job_id, found=job.state
                )
            if not _resumable(job):
                raise ConflictError(
                    "this job would fail again",
                    asked=job_id,
                    found=None if job.problem is None else job.problem.title,
                    hint="mend what was wrong, and begin a new one",
                )
            self._change(
                job_id, state="queued", steps=[], problem=None, summary=None, result=None, started=None, ended=None
            )
            self._start_next()
            return self._jobs[job_id]

    def close(self) -> None:
        """End what runs; it is ``interrupted`` then, and can be taken up by the next server."""
        with self._lock:
            self._closed = True
            for process in self._processes.values():
                process.stop(CLOSE_GRACE)
            threads = list(self._threads.values())
            for job in [j for j in self._jobs.values() if j.state == "queued"]:
                self._change(job.id, state="interrupted", ended=_now())
        for thread in threads:
            thread.join()
        with self._lock:
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _hold(self) -> bool:
        """Whether this server runs the jobs of the workspace: the first one does, until it ends."""
        if self._held is None and not self._closed:
            self._held = self._records.hold()
            if self._held is not None:
                self._jobs = {job.id: job for job in reversed(self._records.all())}
                for job in [j for j in self._jobs.values() if j.state in ACTIVE]:
                    self._change(job.id, state="interrupted", ended=_now())
        return self._held is not None

    def _must_hold(self) -> None:
        if not self._hold():
            raise ConflictError(
                "another server runs the jobs of this workspace", asked=self._root, hint="ask that one, or stop it"
            )

    def _start_next(self) -> None:
        busy = {self._jobs[i].verb for i in self._threads}
        for job in [j for j in self._jobs.values() if j.state == "queued"]:
            if self._closed or len(self._threads) >= self._limit:
                return
            if job.verb in busy:
                continue
            busy.add(job.verb)
            self._change(job.id, state="running", started=_now())
            self._threads[job.id] = threading.Thread(target=self._run, args=(job.id,), name=f"job-{job.id}")
            self._threads[job.id].start()

    def _run(self, job_id: str) -> None:
        ending: dict[str, Any] = {}
        try:
            ending = self._follow(job_id)
        except Exception as error:
            LOG.exception("job %s", job_id)
            ending = _failed(ServiceError("the job could not be run", found=type(error).__name__))
        with self._lock:
            self._processes.pop(job_id, None)
            self._threads.pop(job_id, None)
            changed = ending.pop("changed", ())
            self._change(job_id, ended=_now(), **ending)
            self._start_next()
        for what in changed:
            self._tell("workspace", {"what": what})

    def _follow(self, job_id: str) -> dict[str, Any]:
        """Run a job's process to its end; how it ended."""
        job = self.get(job_id)
        asked = {"root": str(self._root), "verb": job.verb, "options": job.options, "reads": self._reads}
        asked["actor"] = job.actor
        environment = dict(os.environ if self._environment is None else self._environment)
        if job.verb in ("ingest", "attach"):
            environment |= gdal_without_others()
        process = JobProcess(asked, self._records.log(job_id), environment)
        with self._lock:
            self._processes[job_id] = process
            if self._closed or self._jobs[job_id].state == "stopping":
                process.stop(self._grace)
        last: dict[str, Any] = {}
        for message in process.messages():
            if "step" in message:
                self._step(job_id, JobStep.model_validate(message["step"]))
            else:
                last = message
        code = process.wait()
        return self._ending(job_id, last, code)

    def _ending(self, job_id: str, last: Mapping[str, Any], code: int) -> dict[str, Any]:
        asked_to = self._jobs[job_id].state == "stopping"
        if "done" in last:
            done = last["done"]
            return {"state": "done", **{k: done[k] for k in ("summary", "result", "changed")}}
        if "problem" in last:
            return _failed(_error(last["problem"], self._records.log(job_id)))
        if asked_to or self._closed:
            return {"state": "stopped" if asked_to else "interrupted"}
        return _failed(
            ServiceError(
                "the job's process died",
                found=f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}",
                hint="perhaps memory ran out; resume it: it goes on where it stopped",
            )
        )

    def _step(self, job_id: str, step: JobStep) -> None:
        with self._lock:
            steps = self._jobs[job_id].steps
            known = [s.what for s in steps]
            steps = [step if s.what == step.what else s for s in steps] if step.what in known else [*steps, step]
            self._change(job_id, keep=time.monotonic() - self._written.get(job_id, 0) > RECORD_EVERY, steps=steps)

    def _change(self, job_id: str, *, keep: bool = True, **fields: Any) -> None:
        with self._lock:
            job = self._jobs[job_id].model_copy(update=fields)
            job.resumable = _resumable(job)
            self._jobs[job_id] = job
            if keep:
                self._written[job_id] = time.monotonic()
                self._keep(job)
            self._tell("job", job.model_dump(mode="json"))

    def _keep(self, job: Job) -> None:
        """Write down how far it is; work goes on where that cannot be written."""
        try:
            self._records.put(job)
        except (GroundsetError, OSError) as error:
            LOG.warning("job %s: %s", job.id, error)

    def _tell(self, name: str, data: Any) -> None:
        try:
            self._publish(name, data)
        except Exception:  # whoever listens, the job goes on
            LOG.exception("event %s", name)


def _resumable(job: Job) -> bool:
    """Whether going on can succeed: not where what was asked for is wrong, unless it stood in the way of something."""
    mistake = job.problem is not None and 400 <= job.problem.status < 500 and job.problem.status != CONFLICT
    return job.state in RESUMABLE and not (job.state == "failed" and mistake)


def _failed(error: GroundsetError) -> dict[str, Any]:
    return {"state": "failed", "problem": problem(error)}


def _error(told: Mapping[str, Any], log: Path) -> GroundsetError:
    """The error that a job's process told of."""
    kind = getattr(core, told["kind"], None) or getattr(problems, told["kind"], None) if told["kind"] else None
    words = {k: told[k] for k in ("asked", "found", "hint")}
    if isinstance(kind, type) and issubclass(kind, GroundsetError):
        return kind(told["message"], **words)
    LOG.error("a job failed: %s; see %s", words["found"], log)
    return GroundsetError(told["message"], found=words["found"], hint=f"the server's admin finds more in {log.name}")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
