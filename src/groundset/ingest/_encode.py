"""Features of one encoder for the chip parts that lack them: strips go out to workers, whole parts appear."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundset._files import atomic
from groundset.chips import Chip
from groundset.core import InputError, Listener, Progress, Window
from groundset.features import Encoder, EncoderKind, FeatureStore
from groundset.imagery import Scene, SceneReader, read_ahead, scene_item
from groundset.ingest._encoders import Encoders
from groundset.ingest._part import files_of
from groundset.ingest._run import run
from groundset.lake import Lake

Features = npt.NDArray[np.float32]

STRIP_CHIPS = 256
SERIAL_THREADS = 2


@dataclass(frozen=True)
class Strip:
    """Some chips of a scene, for one worker."""

    scene: Scene
    windows: tuple[Window, ...]
    encoder: Encoder
    cache: Path | None
    threads: int = 1


def work(strip: Strip) -> Features:
    """Read and encode the chips of a strip: float32 (chips, dim), row i for window i."""
    at = {w: i for i, w in enumerate(strip.windows)}
    out = np.zeros((len(strip.windows), strip.encoder.dim), np.float32)
    with SceneReader(strip.scene, strip.cache) as reader:
        for window, pixels in read_ahead(reader, strip.windows, threads=strip.threads):
            out[at[window]] = strip.encoder.encode(pixels.physical()[None], pixels.bands)[0]
    return out


@dataclass(frozen=True)
class Unfit:
    """A part that the encoder cannot encode, and why."""

    part: str
    chips: int
    error: InputError


class Filler:
    """Computes the features of one encoder where they are missing; the caller holds the ingest's lock.

    Args:
        lake: The workspace.
        store: Where the features belong.
        kind: The encoder.
        wide: Whether strips go to an executor.
    """

    def __init__(self, lake: Lake, store: FeatureStore, kind: EncoderKind, *, wide: bool) -> None:
        self.lake, self.store = lake, store
        self.threads = 1 if wide else SERIAL_THREADS
        self.cache = lake.layout.cache
        self.encoders = Encoders(store, self.cache, kind)
        self.unfit: list[Unfit] = []
        self.parts: dict[str, _Part] = {}
        self.chips = 0

    def prepare(self) -> None:
        """Look at the parts that have no features yet: which can be encoded, and what is finished of them."""
        chips = {p: list(self.lake.chips.chips(p)) for p in self.lake.chips.parts() if not self.store.path(p).exists()}
        scenes = {p: self.lake.scenes.get(c[0].id.scene) for p, c in chips.items()}
        others = [(scenes[p], [c.window for c in some]) for p, some in chips.items()]
        for name, some in chips.items():
            try:
                encoder = self.encoders.get(scenes[name], others)
            except InputError as error:
                self.unfit.append(Unfit(name, len(some), error))
            else:
                folder = self.cache / "encode" / self.store.encoder / name
                self.parts[name] = _Part(scenes[name], some, encoder, folder)

    @property
    def wanted(self) -> int:
        """Chips to encode."""
        return sum(len(p.chips) for p in self.parts.values())

    def fill(self, executor: Executor | None, progress: Listener | None) -> None:
        """Encode all parts that can be."""
        told = Progress(f"encoding with {self.store.encoder}", self.wanted, "chips", progress)
        for (name, i), features in run(work, self._jobs(told), executor):
            part = self.parts[name]
            part.add(i, features)
            self._count(name, len(part.strips[i]), told)

    def _jobs(self, told: Progress) -> Iterator[tuple[tuple[str, int], Strip]]:
        for name, part in self.parts.items():
            todo = part.todo()
            for i, strip in enumerate(part.strips):
                if i not in todo:
                    self._count(name, len(strip), told)
            for i in todo:
                windows = tuple(c.window for c in part.strips[i])
                yield (name, i), Strip(part.scene, windows, part.encoder, self.cache, self.threads)

    def _count(self, name: str, chips: int, told: Progress) -> None:
        part = self.parts[name]
        part.left -= 1
        if not part.left:
            self.encoders.save(part.encoder)
            self.store.write_part(name, part.features())
            part.forget()
            self.chips += len(part.chips)
        told.advance(chips)


class _Part:
    """A part in the making; finished strips of a long one are kept, so that a stopped run goes on."""

    def __init__(self, scene: Scene, chips: Sequence[Chip], encoder: Encoder, folder: Path) -> None:
        self.scene, self.chips, self.encoder = scene, chips, encoder
        self.strips = [chips[i : i + STRIP_CHIPS] for i in range(0, len(chips), STRIP_CHIPS)]
        self.left = len(self.strips)
        mark = _fingerprint(scene, chips, encoder)
        if folder.is_dir():
            for old in folder.iterdir():
                if old.name != mark:
                    shutil.rmtree(old)
        self.folder = folder / mark
        self._only: Features | None = None

    def todo(self) -> list[int]:
        """Strips that are not finished."""
        return [i for i in range(len(self.strips)) if not self._file(i).exists()]

    def add(self, i: int, features: Features) -> None:
        """Take the features of a strip."""
        if len(self.strips) == 1:
            self._only = features
            return
        with atomic(self._file(i)) as beside, beside.open("wb") as f:
            np.save(f, features, allow_pickle=False)

    def features(self) -> Features:
        """Of all chips."""
        if self._only is not None:
            return self._only
        return np.concatenate([np.load(self._file(i), allow_pickle=False) for i in range(len(self.strips))])

    def forget(self) -> None:
        """Remove what was kept."""
        self._only = None
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _file(self, i: int) -> Path:
        return self.folder / f"{i:06d}.npy"


def _fingerprint(scene: Scene, chips: Sequence[Chip], encoder: Encoder) -> str:
    item = scene_item.scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
    said = [item, [str(c.window) for c in chips], encoder.spec(), files_of(scene)]
    return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()[:16]
