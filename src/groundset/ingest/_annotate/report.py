"""What an annotate run did, in numbers and in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class AnnotateReport:
    """What an annotation of many chips did.

    Attributes:
        source: Name of the file that was read, or what was answered.
        task: The task that was answered.
        kind: ``mask``, ``answer`` or ``shapes``.
        features: Rows or features read (0 for a raster).
        created: Chips that got a new annotation; of shapes, how many are new.
        known: Chips whose annotation from this very file was there already; of shapes, those that were.
        counts: Pixels (masks), chips (answers) or shapes per class name, new annotations only.
        overlaps: Pixels or chips where features of different classes met; the later one was taken.
        unmet: Features that meet no chip.
        unmatched: Dated features with no acquisition within the window.
        missed: Features that meet a chip but cover no pixel centre.
        repaired: Names of features whose broken geometry was repaired.
        crossing: Names of features that cross themselves and were kept so (shapes).
        cut: Values of attributes that were too long or too many and were shortened or left out (shapes).
        layer: Id of the import, which every shape of it carries (shapes).
        skipped: Rows or features without a class, or that the sheet says to ignore.
        bulk: Id of the one act that holds all new annotations; undo it to take them all back.
    """

    source: str
    task: str
    kind: str
    features: int = 0
    created: int = 0
    known: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    overlaps: int = 0
    unmet: int = 0
    unmatched: int = 0
    missed: int = 0
    repaired: list[str] = field(default_factory=list)
    crossing: list[str] = field(default_factory=list)
    cut: int = 0
    layer: str | None = None
    skipped: int = 0
    bulk: str | None = None

    @property
    def unit(self) -> str:
        """What ``counts`` and ``overlaps`` count."""
        return {"mask": "pixels", "shapes": "shapes"}.get(self.kind, "chips")

    def summary(self) -> str:
        """The report as one text, for a terminal."""
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """The report in sentences."""
        out = [self._first()]
        out += [f"{name}: {n:,} {self.unit}" for name, n in sorted(self.counts.items())]
        if self.overlaps:
            out.append(f"{self.overlaps:,} {self.unit} met features of different classes; the later feature was taken")
        for n, why in (
            (self.unmet, "meet no chip"),
            (self.unmatched, "have no acquisition within the window"),
            (self.missed, "cover no pixel centre"),
            (self.skipped, "have no class or are ignored by the sheet"),
        ):
            if n:
                out.append(f"{n:,} of {self.features:,} features {why}")
        if self.repaired:
            out.append(f"repaired the geometry of {len(self.repaired):,} features: {', '.join(self.repaired[:10])}")
        if self.layer and self.created:
            out.append(f"import {self.layer}")
        if self.crossing:
            some = ", ".join(self.crossing[:10])
            out.append(f"kept as they are, though their outlines are broken: {len(self.crossing):,} ({some})")
        if self.cut:
            out.append(
                f"{self.cut:,} attributes were shortened or left out: a shape has at most 64, of 1,000 characters"
            )
        return out

    def _first(self) -> str:
        things, done = ("shapes", "brought in") if self.kind == "shapes" else ("chips", "annotated")
        if not self.created and self.known:
            return f"{self.source} was annotated before: {self.known:,} {things}, nothing changed"
        again = f", {self.known:,} were there already" if self.known else ""
        return f"{self.source} -> task {self.task}: {self.created:,} {things} {done}{again}"
