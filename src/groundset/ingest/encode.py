"""Features of a further encoder: computed once for all chips, and from then on by every ingest."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from groundset.core import InputError, Listener
from groundset.core.layout import DEFAULT_ENCODER
from groundset.features import EncoderKind, FeatureStore, encoder_name, get_encoder, kept_encoders
from groundset.features.onnx_encoder import MODEL_FILE, OnnxKind
from groundset.features.onnx_graph import open_graph
from groundset.features.text import TextFiles, keep_text, open_text
from groundset.ingest._encode import Filler, Unfit
from groundset.ingest._settings import ingesting
from groundset.lake import Lake


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What :func:`encode` did.

    Args:
        encoder: Name of the encoder's folder in ``features/``.
        chips: Chips encoded now.
        skipped: Chips that had its features already.
        seconds: How long it took.
        notes: Chips that it cannot encode, and why.
    """

    encoder: str
    chips: int
    skipped: int
    seconds: float
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """Lines for people."""
        there = f"{self.skipped:,} chips already there" if self.skipped else ""
        if not self.chips:
            return "\n".join((f"Nothing new with {self.encoder}: {there or 'no chips'}", *self.notes))
        rate = self.chips / self.seconds if self.seconds > 0 else 0.0
        line = f"{self.chips:,} chips encoded with {self.encoder}, {rate:.1f} chips/s"
        return "\n".join((line + (f"; {there}" if there else ""), *self.notes))


def check_request(lake: Lake, encoder: str, text: TextFiles | None = None) -> str:
    """Refuse what :func:`encode` cannot do, before any pixel is read.

    Args:
        lake: The workspace.
        encoder: Name of an encoder, or ``onnx:FILE``.
        text: The text half of a pair.

    Returns:
        Name of the encoder's folder.

    Raises:
        MissingError: No such encoder or file.
        InputError: No chips; or an ONNX model that is not whole or not as its card says.
        ConflictError: Features of this name were made by another file.
    """
    name = encoder_name(encoder)
    kind = get_encoder(encoder, lake.features(name).folder)
    if isinstance(kind, OnnxKind):
        kind.check_kept(lake.features(name).folder)
    half = text_half(kind, text)
    if half is not None:
        open_text(half, dim_of(kind))
    if not len(lake.chips):
        raise InputError(
            "there are no chips to encode", found=f"none in {lake.root}", hint="run groundset ingest first"
        )
    return name


def encode(
    lake: Lake,
    encoder: str,
    *,
    text: TextFiles | None = None,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> EncodeReport:
    """Compute the features of an encoder for every chip that has none of it; run again it goes on where it stopped.

    The workspace's own encoder (``[features] encoder``) is the default of ranking and prediction; further ones are the
    other folders in ``features/``. An ONNX model is copied there with its card, so that later scenes can be encoded.

    Args:
        lake: The workspace.
        encoder: Name of an encoder, or ``onnx:FILE``.
        text: The text half of a pair such as CLIP's, kept with the features, so that images are found by words;
            default what the card names.
        executor: Runs strips of chips wide: threads, processes or Dask.
        progress: Hears each step; a StoppedError raised in it stops the work cleanly.

    Raises:
        InputError: No chips; no scene that fits the encoder (a band is missing, another unit or scale).
        MissingError: No such encoder or file.
        ConflictError: An ingest is running, or features of this name were made by another file.
    """
    start = time.monotonic()
    name = check_request(lake, encoder, text)
    with ingesting(lake):
        store = lake.features(name)
        half = text_half(get_encoder(encoder, store.folder), text)
        kind = keep(encoder, store.folder)
        try:
            filler = _fill(lake, store, kind, executor, progress)
        except InputError:
            forget_unused(store)
            raise
    skipped = len(lake.chips) - filler.chips - sum(u.chips for u in filler.unfit)
    if filler.unfit and not filler.chips and not skipped:
        forget_unused(store)
        raise filler.unfit[0].error
    if half is not None:
        keep_text(half, store.folder, dim_of(kind))
    notes = (f"Images are found by words: {half.model.name}",) if half is not None else ()
    return EncodeReport(name, filler.chips, skipped, time.monotonic() - start, (*notes, *notes_of(filler.unfit)))


def text_half(kind: EncoderKind, text: TextFiles | None) -> TextFiles | None:
    """The text half that is asked for, or that the card of a model file names beside it; None where there is none.

    Raises:
        InputError: A text half is asked for of an encoder that is no model file.
    """
    if not isinstance(kind, OnnxKind):
        if text is not None:
            raise InputError(
                "only an ONNX encoder has a text half", asked=kind.name, hint="name its image half as onnx:FILE"
            )
        return None
    said = kind.card.text
    if text is not None or not said or kind.model.name == MODEL_FILE:  # kept already, with its text half
        return text
    folder = kind.model.parent
    return TextFiles(folder / said["model"], folder / said["tokenizer"], said.get("prompt", "{}"))


def dim_of(kind: EncoderKind) -> int:
    """Length of the vectors of an ONNX encoder."""
    assert isinstance(kind, OnnxKind)
    return open_graph(kind.model, kind.card).dim


def keep(encoder: str, folder: Path) -> EncoderKind:
    """The encoder of this name; a model file is copied into its feature folder."""
    kind = get_encoder(encoder, folder)
    return kind.keep(folder) if isinstance(kind, OnnxKind) and kind.model.parent != folder else kind


def forget_unused(store: FeatureStore) -> None:
    """Remove the folder of an encoder that has encoded nothing."""
    if not store.parts():
        shutil.rmtree(store.folder, ignore_errors=True)


def fill_others(lake: Lake, executor: Executor | None, progress: Listener | None) -> tuple[str, ...]:
    """Compute what is missing of the workspace's further encoders; the caller holds the lock.

    Returns:
        What could not be encoded, and why: it does not keep scenes from coming in.
    """
    own = lake.config.encoder or DEFAULT_ENCODER
    notes: list[str] = []
    for name in kept_encoders(lake.layout.features):
        if name == own:
            continue
        store = lake.features(name)
        try:
            unfit = _fill(lake, store, get_encoder(name, store.folder), executor, progress).unfit
        except InputError as error:
            notes.append(f"No features of {name}: {error}")
        else:
            notes += notes_of(unfit)
    return tuple(notes)


def notes_of(unfit: Sequence[Unfit]) -> tuple[str, ...]:
    """A line for each reason why chips cannot be encoded."""
    by_reason: dict[str, list[Unfit]] = {}
    for one in unfit:
        by_reason.setdefault(str(one.error), []).append(one)
    out = []
    for reason, some in by_reason.items():
        named = ", ".join(u.part for u in some[:3]) + (" ..." if len(some) > 3 else "")
        out.append(f"{sum(u.chips for u in some):,} chips were not encoded ({named}): {reason}")
    return tuple(out)


def _fill(
    lake: Lake, store: FeatureStore, kind: EncoderKind, executor: Executor | None, progress: Listener | None
) -> Filler:
    filler = Filler(lake, store, kind, wide=executor is not None)
    filler.prepare()
    filler.fill(executor, progress)
    return filler
