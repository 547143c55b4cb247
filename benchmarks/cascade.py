"""Cascade labelling of a scene: what share of it must be looked at to find a class, and what that costs.

The scene is ``itaipu`` (Landsat 8, three bands) in chips of 256, 128, 64 and 32 pixels. A person who knows a dense map
answers the panels that the cascade suggests, 50 chips each: "is the class in this chip?". The map is made once by the
product's ``forest`` from all reference polygons and points of the scene, one class against the rest, and frozen; a chip
of 32 pixels has the class from 5 % of its pixels on, a larger one where a chip of 32 pixels in it has. Classes:
``water``, and ``crop``, which covers under 5 % of the area.

- ``share_looked_at``: share of the chips of 32 pixels that were made, mean over seeds; ``recall``: share of the chips
  of 32 pixels with the class that the cascade keeps in the end, mean over seeds. Of both the worse of the two classes.
- ``floor``: the least share that any cascade must look at for a recall of 0.95, with every answer known: chips of 32
  pixels are made four at a time, so that it lies above the share of chips that have the class.
- ``cpu_ratio_vs_all_levels``: CPU of making the levels and learning in the cascade, over making all chips of all levels
  and the same learning. What a chip of each level costs is measured in this run, on a fixed part of the scene (median
  of three times). ``cpu_floor`` is what making alone takes of it for the chips that ``floor`` needs, all coarser ones
  known too, and no learning at all.
- The cascade is asked for a recall of 0.97, 0.95, 0.92 and 0.99 on its levels: what is lost saves most at the level
  before the finest, and nothing at the finest. Answered chips are right for certain and lost chips hold few of the
  finest, so that more is kept in the end than the product of these.
- Beside it: plain inheritance (children take the answer of their parent, no bags), and brute force: all chips of 32
  pixels made, the same number of answers given there, the same threshold.

``--finest 16`` and ``--finest 8`` go on to finer chips, with the same oracle.

Settings were chosen on ``developed`` and ``tree`` (``--on developed tree``), never on the classes that are reported.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from _bench import cache_dir, finish, table
from groundset.cascade import Cascade, Cascades, annotation
from groundset.cascade.steps import Record, start_event
from groundset.core import ChipId, Grid, Scheme, SchemeClass, whole
from groundset.demo.fetch import cache_folder
from groundset.demo.samples import ITAIPU
from groundset.imagery import Scene, SceneReader
from groundset.ingest import ingest, make_level
from groundset.segment.features import default_spec, pixel_features
from groundset.segment.forest import Forest
from groundset.workspace import Workspace
from groundset.workspace import create as create_workspace
from groundset.workspace import open as open_workspace

CLASSES = ("water", "crop")
NAMES = ("water", "crop", "tree", "developed")
SHARE = 0.05
"""A chip has a class from this share of its pixels on."""
PANEL = 50
WANTED = 0.95
SAMPLE = 6
"""Chips of the coarsest level on which the cost of a chip of each level is measured."""
WAYS = ("cascade", "inheritance", "brute force")


@dataclass(frozen=True)
class Levels:
    """Chips of several sizes, and what the person does on each level."""

    sizes: tuple[int, ...]
    panels: tuple[int, ...]
    """Panels that the person answers; the coarsest level has 64 chips, so that its second panel is short."""
    recalls: tuple[float, ...]
    """What is asked for; chosen on ``developed`` and ``tree``."""

    @property
    def finest(self) -> int:
        """Side of a chip of the finest level."""
        return self.sizes[-1]


LEVELS = {
    32: Levels((256, 128, 64, 32), (2, 3, 4, 3), (0.97, 0.95, 0.92, 0.99)),
    16: Levels((256, 128, 64, 32, 16), (2, 3, 4, 4, 3), (0.97, 0.95, 0.95, 0.92, 0.99)),
    8: Levels((256, 128, 64, 32, 16, 8), (2, 3, 4, 4, 4, 3), (0.97, 0.96, 0.96, 0.96, 0.93, 0.99)),
}
"""By the side of the finest chips."""


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    looked: float
    recall: float
    precision: float
    answers: int
    made: tuple[int, ...]
    learning: float


def main() -> None:
    """Run it."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--on", nargs="*", default=list(CLASSES), choices=NAMES)
    asked.add_argument("--seeds", type=int)
    asked.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    asked.add_argument("--finest", type=int, default=32, choices=LEVELS)
    said = asked.parse_args()
    levels = LEVELS[said.finest]
    seeds = said.seeds or (1 if said.quick else 10)
    master = _master(levels)
    cost = [statistics.median(some) for some in zip(*(_cost(levels) for _ in range(3)), strict=True)]
    total = [_count(size) for size in levels.sizes]
    everything = sum(n * c for n, c in zip(total, cost, strict=True))
    print("a chip costs " + ", ".join(f"{1000 * c:.1f} ms at {s} px" for s, c in zip(levels.sizes, cost, strict=True)))
    rows: list[tuple[object, ...]] = []
    metrics: dict[str, object] = {"seeds": seeds}
    worst: dict[str, list[float]] = {
        "share_looked_at": [], "recall": [], "cpu_ratio_vs_all_levels": [], "floor": [], "cpu_floor": [],
    }  # fmt: skip
    for name in said.on:
        truth = oracle(name, levels.finest)
        least = _floor(truth, levels)
        floor = least[-1] / truth.size
        cpu_floor = sum(n * c for n, c in zip(least, cost, strict=True)) / everything
        metrics |= {f"floor_{name}": floor, f"cpu_floor_{name}": cpu_floor,
                    f"positive_share_{name}": float(truth.mean()),
                    f"map_sha256_{name}": sha256(np.packbits(truth).tobytes()).hexdigest()[:12]}  # fmt: skip
        for way in said.ways:
            some = [_run(master, levels, name, way, seed) for seed in range(seeds)]
            making = [sum(n * c for n, c in zip(o.made, cost, strict=True)) for o in some]
            ratio = [(m + o.learning) / (everything + o.learning) for m, o in zip(making, some, strict=True)]
            told = {
                "share_looked_at": _mean([o.looked for o in some]), "recall": _mean([o.recall for o in some]),
                "precision": _mean([o.precision for o in some]), "cpu_ratio": _mean(ratio),
            }  # fmt: skip
            each = [o.looked for o in some], [o.recall for o in some], ratio
            spread = [f"{statistics.pstdev(values):.3f}" for values in each]
            learning = _mean([o.learning for o in some])
            rows.append((name, way, *(f"{told[k]:.3f}" for k in told), *spread, some[0].answers, f"{learning:.1f}",
                         f"{floor:.3f}", f"{cpu_floor:.3f}", f"{truth.mean():.3f}"))  # fmt: skip
            metrics["answers"] = some[0].answers
            short = {"cascade": name, "inheritance": f"{name}_inherit", "brute force": f"{name}_brute"}[way]
            metrics |= {f"{k}_{short}": v for k, v in told.items()}
            if way == "cascade":
                reached = (told["share_looked_at"], told["recall"], told["cpu_ratio"], floor, cpu_floor)
                for key, value in zip(worst, reached, strict=True):
                    worst[key].append(value)
                kinds = ("share_looked_at", "recall", "cpu_ratio")
                metrics |= {f"{k}_sd_{name}": float(sd) for k, sd in zip(kinds, spread, strict=True)}
    table(rows, ("class", "way", "looked at", "recall", "precision", "cpu ratio", "looked sd", "recall sd", "cpu sd",
                 "answers", "learning s", "floor", "cpu floor", "positive"))  # fmt: skip
    if worst["recall"]:
        metrics |= {k: (min if k == "recall" else max)(v) for k, v in worst.items()}
    wanted = {"share_looked_at": ("<=", 0.2), "recall": (">=", WANTED), "cpu_ratio_vs_all_levels": ("<=", 0.4)}
    finish("cascade", metrics, said.quick, wanted=wanted if worst["recall"] else None, packages=("scikit-learn",))


@cache
def oracle(name: str, finest: int) -> np.ndarray:
    """Which chips of a size have a class: bool (rows, columns)."""
    kept = cache_dir("cascade") / f"map-{name}.npy"
    if not kept.exists():
        np.save(kept, _dense(name))
    there = np.load(kept)
    rows, cols = (-(-side // finest) for side in there.shape)
    padded = np.zeros((rows * finest, cols * finest), bool)
    padded[: there.shape[0], : there.shape[1]] = there
    return padded.reshape(rows, finest, cols, finest).mean(axis=(1, 3)) >= SHARE


def _dense(name: str) -> np.ndarray:
    """The map: the forest's answer for each pixel, trained on every reference pixel."""
    import pyogrio
    import rasterio.features

    scene = _scenes()[0]
    ITAIPU.reference(scene.geobox)  # unpacks polygons and points
    burn = []
    for file, reach in (("polygons", 0), ("points", 45)):
        shapes = pyogrio.read_dataframe(cache_folder() / "samples" / "itaipu" / f"{file}.gpkg")
        shapes = shapes.to_crs(str(scene.geobox.crs))
        geometry = shapes.geometry.buffer(reach, cap_style="square") if reach else shapes.geometry
        burn += list(zip(geometry, (1 if n == name else 2 for n in shapes["name"]), strict=True))
    reference = rasterio.features.rasterize(
        burn, out_shape=scene.geobox.shape, transform=scene.geobox.transform, fill=0, dtype="uint8"
    ).ravel()
    with SceneReader(scene) as reader:
        pixels = reader.read(whole(scene.width, scene.height))
    spec = default_spec([pixels.bands])
    features = np.nan_to_num(pixel_features(pixels.physical(), pixels.bands, spec)).reshape(len(spec.names), -1).T
    forest = Forest(0).fit(np.ascontiguousarray(features[reference > 0]), reference[reference > 0])
    found = forest.predict_proba(features).argmax(axis=1) == 0
    return found.reshape(scene.geobox.shape) & ~pixels.nodata


def _master(levels: Levels) -> Path:
    """A workspace with all chips of all levels, made once."""
    root = cache_dir("cascade") / f"all-levels-{levels.finest}"
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        print("making all levels, once", file=sys.stderr)
        with _begun(root, levels) as ws:
            for level in range(len(levels.sizes)):
                make_level(ws.lake, _scenes()[0].id, level)
        (root / "done").touch()
    return root


@contextmanager
def _begun(root: Path, levels: Levels) -> Iterator[Workspace]:
    """A new workspace that knows the scene and the grid, with the coarsest level."""
    classes = (SchemeClass(i, name, name.title(), f"#{40 * i + 40:02x}8080") for i, name in enumerate(NAMES))
    scheme = Scheme("cover", tuple(classes))
    with create_workspace(root, scheme=scheme) as ws:
        ingest(ws.lake, _scenes(), grid=Grid(levels.sizes[0], levels=len(levels.sizes)))
        yield ws


@cache
def _scenes() -> list[Scene]:
    return ITAIPU.scenes()


def _cost(levels: Levels) -> list[float]:
    """CPU seconds of a chip of each level, measured on a fixed part of the scene."""
    out = []
    scene = _scenes()[0].id
    with tempfile.TemporaryDirectory() as folder, _begun(Path(folder) / "ws", levels) as ws:
        ids = ws.lake.chips.table(["chip_id", "valid_fraction"]).to_pylist()
        some = [row["chip_id"] for row in ids if row["valid_fraction"] == 1]
        some = [some[i] for i in np.linspace(0, len(some) - 1, SAMPLE).astype(int)]
        for level in range(1, len(levels.sizes)):
            began = time.process_time()
            made = make_level(ws.lake, scene, level, some).chips
            out.append((time.process_time() - began) / made)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        with _begun(Path(folder) / "ws", levels) as ws:
            out.insert(0, (time.process_time() - began) / len(ws.lake.chips))
    return out


def _run(master: Path, levels: Levels, name: str, way: str, seed: int) -> Outcome:
    """One person, one class, one way."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ws"
        shutil.copytree(master, root, copy_function=_linked)
        with open_workspace(root) as ws:
            if way == "brute force":
                return _brute(ws, levels, name, seed)
            return _cascade(ws, levels, name, way == "inheritance", seed)


def _cascade(ws: Workspace, levels: Levels, name: str, inherit: bool, seed: int) -> Outcome:
    room = Cascades(ws.lake, ws.ranker, inherit=inherit)
    cascade = Cascade(room, room.start(name, actor="person").id, "person")
    spent = _answered(room, cascade, oracle(name, levels.finest), levels, seed)
    view = room.view(cascade.record)
    made = tuple(int(view.candidate(level).sum()) for level in cascade.record.levels)
    return _outcome(ws, cascade, oracle(name, levels.finest), made, spent)


def _brute(ws: Workspace, levels: Levels, name: str, seed: int) -> Outcome:
    room = Cascades(ws.lake, ws.ranker)
    finest = len(levels.sizes) - 1
    recall = levels.recalls[-1]
    scene = ws.lake.scenes.ids()[0]
    record = Record("brute", "chips", NAMES.index(name), (scene,), (finest,), recall, "person", "", "")
    ws.lake.annotate([start_event(record)], actor="person")
    cascade = Cascade(room, "brute", "person")
    truth = oracle(name, levels.finest)
    spent = _answered(room, cascade, truth, Levels(levels.sizes[-1:], (sum(levels.panels),), (recall,)), seed)
    return _outcome(ws, cascade, truth, tuple(_count(size) for size in levels.sizes), spent)


def _answered(room: Cascades, cascade: Cascade, truth: np.ndarray, levels: Levels, seed: int) -> float:
    """Answer the panels of each level and go on; CPU seconds of what the product did meanwhile."""
    spent = 0.0
    deepest = cascade.record.levels[-1]
    for level, many, recall in zip(cascade.record.levels, levels.panels, levels.recalls, strict=True):
        cascade.choose(recall)
        for turn in range(many):
            began = time.process_time()
            ids = cascade.suggest(PANEL, seed=1000 * seed + 10 * level + turn)
            spent += time.process_time() - began
            yes = [chip for chip in ids if _has(truth, ChipId.parse(chip), 2 ** (deepest - level))]
            cascade.answer(yes, "positive")
            cascade.answer(sorted(set(ids) - set(yes)), "negative")
        began = time.process_time()
        if os.environ.get("CASCADE_TOLD"):
            print(cascade, file=sys.stderr)
        room.advance(cascade.record, actor="person")
        spent += time.process_time() - began
    return spent


def _has(truth: np.ndarray, chip: ChipId, n: int) -> bool:
    """Whether a chip, n times as wide as the finest, holds one of these with the class."""
    return bool(truth[chip.row * n : (chip.row + 1) * n, chip.col * n : (chip.col + 1) * n].any())


def _outcome(ws: Workspace, cascade: Cascade, truth: np.ndarray, made: tuple[int, ...], spent: float) -> Outcome:
    kept = annotation(ws.lake, ws.lake.scenes.ids()[0])[0]
    found = np.zeros(truth.shape, bool)
    found[kept.row, kept.col] = True
    right = int((found & truth).sum())
    answers = sum(cascade.state().answers)
    recall, precision = right / int(truth.sum()), right / max(int(found.sum()), 1)
    return Outcome(made[-1] / truth.size, recall, precision, answers, made, spent)


def _floor(truth: np.ndarray, levels: Levels) -> list[int]:
    """Fewest chips of each level, coarsest first, where the parents of the finest with most of the class are known."""
    fours = _fours(truth.astype(np.int64)).sum(axis=(1, 3))
    order = np.argsort(-fours, axis=None, kind="stable")
    parents = int(np.searchsorted(fours.ravel()[order].cumsum(), WANTED * truth.sum())) + 1
    there = np.zeros(fours.shape, bool)
    there.ravel()[order[:parents]] = True
    out = [4 * parents]
    for _ in levels.sizes[2:]:
        there = np.asarray(_fours(there).any(axis=(1, 3)))
        out.append(4 * int(there.sum()))
    return [_count(levels.sizes[0]), *out[::-1]]


def _fours(cells: np.ndarray) -> np.ndarray:
    """Cells as (rows, 2, columns, 2)."""
    even = np.pad(cells, [(0, side % 2) for side in cells.shape])
    return even.reshape(len(even) // 2, 2, -1, 2)


def _count(size: int) -> int:
    scene = _scenes()[0]
    return -(-scene.width // size) * -(-scene.height // size)


def _linked(source: str, target: str) -> None:
    """Parts are never written to again; the journal and settings are."""
    (shutil.copy2 if source.endswith((".db", ".toml")) else os.link)(source, target)


def _mean(values: list[float]) -> float:
    return statistics.fmean(values)


if __name__ == "__main__":
    main()
