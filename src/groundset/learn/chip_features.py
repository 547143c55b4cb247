"""Features of one encoder, part by part, that mean the same: encoders of other band sets give other numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundset.core import GroundsetError
from groundset.features import FeatureStore, band_key
from groundset.features.fused import block_weights
from groundset.learn.space import SAMPLE, WIDE, Space, usable

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Spoken:
    """Parts whose features mean the same.

    Args:
        key: SHA-256 of the encoder's ``spec.json``.
        spec: What it says.
        parts: Names of the parts.
    """

    key: str
    spec: dict[str, Any]
    parts: tuple[str, ...]


class ChipFeatures:
    """The features of all chips by one encoder, as they are on disk now.

    Args:
        store: Where they are.
        chips: The chips.
        weights: Weight by sensor, of encoders that have a block of features for each.
    """

    def __init__(self, store: FeatureStore, chips: Chips, weights: Mapping[str, float] | None = None) -> None:
        self.store, self.chips, self.weights = store, chips, dict(weights or {})
        there = set(store.parts())
        groups: dict[str, tuple[dict[str, Any], list[str]]] = {}
        specs: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
        for part in chips.parts:
            if part in there and chips.size(part):
                bands = chips.bands.values[int(chips.bands.codes[chips.positions(part)[0]])]
                key, spec = specs.setdefault(bands, _spec(store, bands))
                groups.setdefault(key, (spec, []))[1].append(part)
        self.groups = {key: Spoken(key, spec, tuple(parts)) for key, (spec, parts) in groups.items()}

    def stamps(self, group: Spoken) -> list[tuple[str, int, int]]:
        """Name, size and time of each part: tells whether any was written again."""
        told = [(p, self.store.path(p).stat()) for p in group.parts]
        return [(p, s.st_size, s.st_mtime_ns) for p, s in told]

    def each(self, group: Spoken, dim: int | None = None) -> Iterator[tuple[Positions, Float32]]:
        """Position and features of the chips whose features are whole and finite, part by part.

        Args:
            group: Which parts.
            dim: Only features of this length.
        """
        for part in group.parts:
            found = self.part(group, part, dim)
            if found is not None:
                yield found

    def part(self, group: Spoken, part: str, dim: int | None = None) -> tuple[Positions, Float32] | None:  # noqa: ARG002
        """The same of one part; None where it cannot be read, or has features of another length."""
        try:
            X = self.store.read_part(part)
        except (GroundsetError, OSError, ValueError):
            return None
        if X.ndim != 2 or len(X) != self.chips.size(part) or X.shape[1] != (dim or X.shape[1]):
            return None
        good = usable(X)
        return self.chips.positions(part)[good], X if good.all() else X[good]

    def rows(self, group: Spoken, wanted: npt.NDArray[np.bool_]) -> tuple[Positions, Float32]:
        """Positions and features of the chips that are ``wanted``, bool (chips,)."""
        at: list[Positions] = []
        rows: list[Float32] = []
        for positions, X in self.each(group):
            some = wanted[positions]
            if some.any() and (not rows or X.shape[1] == rows[0].shape[1]):
                at.append(positions[some])
                rows.append(np.asarray(X[some], np.float32))
        if not rows:
            return np.empty(0, np.int64), np.empty((0, 1), np.float32)
        return np.concatenate(at), np.concatenate(rows)

    def space(self, group: Spoken, dim: int, *, seed: int = 0) -> Space:
        """The space of the models, fitted to at most :data:`SAMPLE` chips spread over all parts."""
        if dim >= WIDE:
            weights = block_weights(group.spec, self.weights)
            return Space(dim, weights=weights if weights is not None and len(weights) == dim else None)
        step = max(1, sum(self.chips.size(p) for p in group.parts) // SAMPLE)
        return Space.fit(np.concatenate([X[::step] for _, X in self.each(group, dim)]), seed=seed)


def _spec(store: FeatureStore, bands: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    name = f"bands-{band_key(bands)}"
    with suppress(OSError, ValueError):
        text = (store.folder / name / "spec.json").read_bytes()
        return hashlib.sha256(text).hexdigest(), json.loads(text)
    return name, {"name": store.encoder, "bands": list(bands)}
