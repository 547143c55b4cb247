"""The second half of a release: all that needs to know every chip."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundset._files import write_text
from groundset.chips import Chip
from groundset.core import Listener, Progress, Scheme
from groundset.imagery import Scene
from groundset.ingest.sampled import SampleStore
from groundset.release import _json
from groundset.release.bands import check_bands
from groundset.release.blocks import Place
from groundset.release.changes import changelog, former_labels, labels_of, licence
from groundset.release.collection import collection_base, copy_model, item_file, write_collection, write_scene
from groundset.release.documents import write_documents
from groundset.release.facts import (
    BandStatistics,
    ChipFacts,
    FileFacts,
    ModelFacts,
    Provenance,
    ReleaseFacts,
    SourceFacts,
)
from groundset.release.items import chip_item, extensions, outlines_of, public_hrefs
from groundset.release.kinds.base import ChipOf, Labels
from groundset.release.kinds.of import KINDS
from groundset.release.moments import statistics
from groundset.release.plan import places_of
from groundset.release.rasters import image_bands
from groundset.release.recipe import Recipe
from groundset.release.series import Dates
from groundset.release.shape_changes import former_shapes, shape_changes, shapes_of
from groundset.release.splits import Splits, assign_splits
from groundset.release.table import write_table
from groundset.release.written import MODEL_ACTOR, Written
from groundset.taxonomy import write_scheme

if TYPE_CHECKING:
    from groundset.ingest.sampled import SampleStore
from groundset.lake import Lake


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the parts come from that may have changed in the workspace since: the workspace, or the first release."""

    scheme: Scheme
    sheets: Path
    models: Path
    changes: str | None = None


class Maker:
    """A release in the making whose chips are written; ``root`` is its folder."""

    def __init__(
        self,
        lake: Lake,
        recipe: Recipe,
        origin: Origin,
        labels: Labels,
        root: Path,
        chips: Mapping[str, Chip],
        scenes: Mapping[str, Scene],
        written: list[Written],
        splits: Splits | None = None,
    ) -> None:
        self._given = splits
        self.lake, self.recipe, self.origin, self.labels, self.root = lake, recipe, origin, labels, root
        self.written, self.scenes = written, scenes
        self.kind = KINDS[recipe.kind]
        self.chips = [chips[w.id] for w in written]
        self.outlines = outlines_of(self.chips)
        used = {c.id.scene for c in self.chips}
        self.dates = Dates(recipe, frozenset(w.id for w in written))
        self.bands = image_bands(check_bands(s for i, s in scenes.items() if i in used))

    def finish(self, progress: Listener | None) -> None:
        """Write all the rest."""
        root, recipe, scheme = self.root, self.recipe, self.origin.scheme
        splits = self._splits()
        stats = self._statistics(splits)
        items, files = self._items(splits, progress)
        used = {c.id.scene for c in self.chips}
        scenes = [write_scene(root, s) for i, s in sorted(self.scenes.items()) if i in used]
        names = sorted({m for w in self.written for m in w.models})
        models = tuple(copy_model(self.origin.models, root, m) for m in names)
        base = collection_base(recipe, scheme, self.bands, items, stats)
        write_table(root / "chips.parquet", items, base)
        of = self._chips_of(splits)
        self.kind.finish(root, scheme, of)
        write_scheme(root / "scheme.csv", scheme)
        (root / "sheets").mkdir()
        for sheet in sorted(self.origin.sheets.glob("*.csv")):
            shutil.copyfile(sheet, root / "sheets" / sheet.name)
        changes = self._changes(items, of)
        write_text(root / "CHANGELOG.md", changes)
        write_text(root / "LICENSE", licence(recipe))
        facts = self._facts(splits, stats, models, changes, of)
        _json.write(root, "release.json", _record(facts, recipe))
        write_documents(root, facts)
        write_collection(root, base, files, scenes, names, self.kind.documents())

    def _chips_of(self, splits: Splits) -> list[ChipOf]:
        pairs = zip(self.chips, self.written, strict=True)
        return [ChipOf(chip, w, splits.splits[w.id], _time(chip)) for chip, w in pairs]

    def _splits(self) -> Splits:
        if self._given is not None:
            return self._given
        return split(self.recipe, places_written(self.recipe, self.origin.scheme, self.chips, self.written))

    def _statistics(self, splits: Splits) -> tuple[BandStatistics, ...]:
        return statistics((w.moments for w in self.written if splits.splits[w.id] == "train"), self.bands.names)

    def _items(self, splits: Splits, progress: Listener | None) -> tuple[list[dict[str, Any]], list[FileFacts]]:
        count = Progress("describing chips", len(self.written), "chips", progress)
        items, files = [], []
        said, sampled = self._attributes(), self._sampled()
        named: dict[tuple[str, ...], list[str]] = {}  # items with the same fields use the same extensions
        for chip, outline, written in zip(self.chips, self.outlines, self.written, strict=True):
            scene = self.scenes[chip.id.scene]
            actors = self._people(written.id)
            split = splits.splits[written.id]
            item = chip_item(
                self.recipe, self.origin.scheme, self.bands, scene, chip, outline, written, split, actors,
                said.get(written.id),
            )  # fmt: skip
            item["properties"] |= self.dates.fields(written.id) | sampled.get(written.id, {})
            item["links"] += self.dates.links(written.id)
            fields = (*item["properties"], *item["assets"])
            if fields not in named:
                named[fields] = extensions(item)
            item["stac_extensions"] = list(named[fields])
            items.append(item)
            files.append(item_file(self.root, item))
            count.advance()
        return items, files

    def _sampled(self) -> dict[str, dict[str, float | str]]:
        """Probability and stratum of chips that a sample chose, by chip id: weights of area estimates."""
        rows = SampleStore(self.lake.root).rows()
        return {i: {"groundset:inclusion": p, "groundset:stratum": stratum} for i, (p, stratum) in rows.items()}

    def _attributes(self) -> dict[str, dict[str, bool | float | str]]:
        """What stood of the chips' situation; text where an attribute has values of several kinds."""
        here = {chip_id: dict(told) for chip_id, told in self.lake.journal.attributes(as_of=self.recipe.seq).items()}
        kinds: dict[str, set[type]] = {}
        for told in here.values():
            for name, value in told.items():
                if isinstance(value, int) and not isinstance(value, bool):
                    told[name] = float(value)
                kinds.setdefault(name, set()).add(type(told[name]))
        mixed = {name for name, found in kinds.items() if len(found) > 1}
        return {i: {n: str(v) if n in mixed else v for n, v in sorted(told.items())} for i, told in here.items()}

    def _changes(self, items: Iterable[Mapping[str, Any]], of: Sequence[ChipOf]) -> str:
        former = self.recipe.former
        if self.origin.changes is not None and not (self.lake.layout.releases / str(former)).is_dir():
            return self.origin.changes  # the former release is gone: what was said of it stands
        folder = None if former is None else self.lake.layout.releases / former
        before = None if folder is None else former_labels(folder)
        shapes = None if folder is None else shape_changes(former_shapes(folder), shapes_of(of))
        return changelog(self.recipe, labels_of(items), before, shapes)

    def _facts(
        self,
        splits: Splits,
        stats: tuple[BandStatistics, ...],
        models: tuple[ModelFacts, ...],
        changes: str,
        of: Sequence[ChipOf],
    ) -> ReleaseFacts:
        recipe = self.recipe
        return ReleaseFacts(
            name=recipe.name,
            title=recipe.title,
            description=recipe.description,
            license=recipe.license,
            license_stated=recipe.license_stated,
            created=datetime.fromisoformat(recipe.created),
            task=recipe.task,
            kind=recipe.kind,
            scheme=self.origin.scheme,
            bands=self.bands,
            chips=[
                self._chip_facts(c, o[0], w, splits)
                for c, o, w in zip(self.chips, self.outlines, self.written, strict=True)
            ],
            split=splits.report,
            statistics=stats,
            sources=self._sources(),
            provenance=Provenance(recipe.seq, recipe.seed, recipe.call, recipe.versions),
            models=models,
            providers=recipe.providers,
            doi=recipe.doi,
            former=recipe.former,
            changes=changes,
            warnings=splits.report.warnings,
            notes=(*self.kind.notes(self.labels, of), *self.dates.notes()),
            sizes=self.kind.sizes(self.origin.scheme, of),
            negatives=sum(w.on_chip is not None and w.on_chip.complete and not w.on_chip.parts for w in self.written),
        )

    def _chip_facts(
        self, chip: Chip, footprint: Mapping[str, Any] | None, written: Written, splits: Splits
    ) -> ChipFacts:
        rows, cols = chip.geobox.shape
        crs = chip.geobox.crs
        return ChipFacts(
            id=written.id,
            scene_id=chip.id.scene,
            split=splits.splits[written.id],
            datetime=_time(chip),
            shape=(int(rows), int(cols)),
            crs=None if crs is None else f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt(),
            footprint=footprint,
            group=chip.group,
            class_counts=written.class_counts,
            origin_counts=written.origin_counts,
            methods=written.methods,
            actors=self._people(written.id),
            valid_fraction=written.valid_fraction,
            files=written.files,
        )

    def _people(self, chip_id: str) -> int:
        """How many people have a current answer about a chip; models are none."""
        return sum(not actor.startswith(MODEL_ACTOR) for actor in self.labels.actors(chip_id))

    def _sources(self) -> tuple[SourceFacts, ...]:
        counts: dict[str, int] = {}
        for chip in self.chips:
            counts[chip.id.scene] = counts.get(chip.id.scene, 0) + 1
        out = []
        for scene_id, n in sorted(counts.items()):
            scene = self.scenes[scene_id]
            assert scene.datetime is not None
            hrefs = (f"scenes/{scene_id}.json", *public_hrefs(scene))
            out.append(SourceFacts(scene_id, scene.sensor, scene.datetime, hrefs, n))
        return tuple(out)


def places_written(recipe: Recipe, scheme: Scheme, chips: Sequence[Chip], written: Sequence[Written]) -> list[Place]:
    """Written chips as the splits see them; the dates of a place belong together as a shape's chips do."""
    dates = Dates(recipe, frozenset())
    other = scheme.not_applicable
    classes = [{c: n for c, n in w.class_counts.items() if other is None or c != other.name} for w in written]
    ids = [() if w.on_chip is None else tuple(p.id for p in w.on_chip.parts) for w in written]
    chips_of = Counter(one for there in ids for one in set(there))
    most = recipe.ground or len(written)
    shapes = [frozenset(one for one in there if chips_of[one] <= most) for there in ids]
    own = [dates.place(w.id) for w in written]
    shapes = [s if place is None else s | {f"series:{place}"} for s, place in zip(shapes, own, strict=True)]
    return places_of(chips, classes, [w.fingerprint for w in written], shapes)


def _time(chip: Chip) -> datetime:
    assert chip.datetime is not None  # seen before any chip was written
    return chip.datetime


def split(recipe: Recipe, places: Sequence[Place]) -> Splits:
    """The splits that a recipe asks for."""
    return assign_splits(places, fractions=recipe.fractions, block=recipe.block, buffer=recipe.buffer, seed=recipe.seed)


def _record(facts: ReleaseFacts, recipe: Recipe) -> dict[str, Any]:
    """``release.json``."""
    shapes = {
        "shapes": {name: asdict(size) for name, size in facts.sizes.items()},
        "negatives": facts.negatives,
        "notes": list(facts.notes),
    }
    return {
        "recipe": recipe.as_json(),
        "chips": len(facts.chips),
        "class_counts": facts.class_counts,
        **(shapes if facts.sizes else {}),
        "split": asdict(facts.split),
        "statistics": [asdict(s) for s in facts.statistics],
        "models": [asdict(m) for m in facts.models],
    }
