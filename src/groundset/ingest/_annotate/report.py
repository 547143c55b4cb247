"""What an annotate run did, in numbers and in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class AnnotateReport:
    """What an annotation of many chips did.

    Attributes:
        source: Name of the file that was read, or what was answered.
        task: The task that was answered.
        kind: ``mask`` or ``answer``.
        features: Rows or features read (0 for a raster).
        created: Chips that got a new annotation.
        known: Chips whose annotation from this very file was there already.
        counts: Pixels (masks) or chips (answers) per class name, new annotations only.
        overlaps: Pixels or chips where features of different classes met; the later one was taken.
        unmet: Features that meet no chip.
        unmatched: Dated features with no acquisition within the window.
        missed: Features that meet a chip but cover no pixel centre.
        repaired: Names of features whose broken geometry was repaired.
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
    skipped: int = 0
    bulk: str | None = None

    @property
    def unit(self) -> str:
        """What ``counts`` and ``overlaps`` count."""
        return "pixels" if self.kind == "mask" else "chips"

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
        return out

    def _first(self) -> str:
        if not self.created and self.known:
            return f"{self.source} was annotated before: {self.known:,} chips, nothing changed"
        again = f", {self.known:,} were there already" if self.known else ""
        return f"{self.source} -> task {self.task}: {self.created:,} chips annotated{again}"
