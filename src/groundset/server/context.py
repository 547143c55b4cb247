"""What every route needs: the workspace, the chip index, the jobs, the events; one for each app, no module state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from anyio import from_thread, to_thread
from fastapi import Depends, Request

from groundset.cascade import Cascades
from groundset.journal import Appended, Batch, NewEvent
from groundset.lake import Lake
from groundset.learn.ranker import Ranker
from groundset.outlines import Shapes
from groundset.query import Index
from groundset.segment.live import Assistant
from groundset.segment.prompts import Prompters
from groundset.segment.regions import RegionStore
from groundset.server.addresses import Addresses
from groundset.server.feed import Feed
from groundset.server.history import Histories
from groundset.server.hub import Hub
from groundset.server.jobs import Jobs
from groundset.server.releases import Releases
from groundset.server.writer import Writer
from groundset.views import Views

if TYPE_CHECKING:
    from groundset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server was asked to run.

    Args:
        token: What the printed address carries; whoever knows it is the admin.
        ui: Folder of the built page (default: the one in the package).
        data_roots: Folders that an ingest from the page may read; the workspace's own is always one.
        allow_private_networks: Whether scene addresses may point to private networks.
        frame_ancestors: Origins whose pages may show ours in a frame (CSP).
        max_body: Largest body of a request, bytes.
        trusted_hosts: Names beside those of loopback that a Host header may have (of a proxy before us).
        root_path: Path under which a proxy shows us, where it does not say so itself in X-Forwarded-Prefix.
        environment: Variables of the processes of jobs (default: ours).
    """

    token: str
    ui: Path | None = None
    data_roots: tuple[Path, ...] = ()
    allow_private_networks: bool = False
    frame_ancestors: tuple[str, ...] = ()
    max_body: int = 64 << 20
    trusted_hosts: tuple[str, ...] = ()
    root_path: str = ""
    environment: Mapping[str, str] | None = None


@dataclass(slots=True)
class Context:
    """One workspace as the routes see it."""

    workspace: Workspace
    settings: Settings
    hub: Hub = field(default_factory=Hub)
    extras: dict[str, object] = field(default_factory=dict)
    closers: list[Callable[[], None]] = field(default_factory=list)
    """Called when the server stops, last one first: what a route's room has begun, it ends here."""

    writer: Writer = field(init=False)
    feed: Feed = field(init=False)
    addresses: Addresses = field(init=False)
    jobs: Jobs = field(init=False)
    releases: Releases = field(init=False)
    views: Views = field(init=False)
    index: Index = field(init=False)
    ranker: Ranker = field(init=False)
    cascades: Cascades = field(init=False)
    histories: Histories = field(init=False)
    assistant: Assistant = field(init=False)
    prompters: Prompters = field(init=False)
    regions: RegionStore = field(init=False)
    shapes: Shapes = field(init=False)

    def __post_init__(self) -> None:
        layout = self.lake.layout
        self.feed = Feed(self.lake, self.hub)
        self.writer = Writer(lambda: self.lake.journal, written=self.feed.stir)
        self.closers.append(self.writer.close)
        self.releases = Releases(layout)
        may = self.settings
        self.addresses = Addresses(layout.root, may.data_roots, allow_private_networks=may.allow_private_networks)
        reads = {
            "data_roots": [str(root) for root in may.data_roots],
            "allow_private_networks": may.allow_private_networks,
        }
        self.jobs = Jobs(layout.root, layout.cache / "jobs", self._tell, reads=reads, environment=may.environment)
        self.closers.append(self.jobs.close)
        self.views = Views(self.lake, self._commit)
        self.closers.append(self.views.close)
        self.index = Index(self.lake, self._counted)
        self.closers.append(self.index.close)
        self.histories = Histories(self.lake)
        self.shapes = Shapes(self.lake)
        self.ranker = Ranker(self.lake, self.index, self._ranked)
        self.closers.append(self.ranker.close)
        self.cascades = Cascades(self.lake, self.ranker, self.append)
        self.regions = RegionStore(self.lake)
        self.assistant, self.prompters = Assistant(self.lake, regions=self.regions), Prompters(self.lake)
        self.closers += [self.regions.close, self.assistant.close, self.prompters.close]

    def append(self, new: Sequence[NewEvent], actor: str) -> list[Appended]:
        """For a route in a thread of its own: through the same writer as all answers."""
        return from_thread.run(self.writer.append, Batch(new, actor, self.lake.check))

    def _commit(self, batch: Batch) -> list[Appended]:
        """For a route in a thread of its own: a batch that brings its own check."""
        return from_thread.run(self.writer.append, batch)

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        if name == "workspace":
            self.lake.refresh()
        self.hub.publish(name, data)

    def _ranked(self, task: str) -> None:
        """Something was worked out behind the requests."""
        self.hub.publish("ranking", {"task": task})

    def _counted(self, task: str, chips: list[str]) -> None:
        """Labels that came to be known are told as if somebody had given them now."""
        told = {"head": self.lake.journal.head(), "actor": None, "chips": chips[:500], "task": task}
        self.hub.publish("annotations", told)

    async def __aenter__(self) -> Self:
        self.index.warm()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hub.close()
        await self.feed.stop()
        async with AsyncExitStack() as stack:  # one that fails does not keep the others from ending
            for close in self.closers:
                stack.push_async_callback(to_thread.run_sync, close)
        self.closers.clear()

    @property
    def lake(self) -> Lake:
        """The workspace's lake."""
        return self.workspace.lake


async def _context(request: Request) -> Context:
    return cast("Context", request.app.state.context)


Here = Annotated[Context, Depends(_context)]
"""Parameter of a route: the context of its app."""
