"""How far a cascade is, in a few lines for people."""

from __future__ import annotations

from groundset.cascade.state import LevelState, State

_COLUMNS = ("level", "chip", "looked at", "kept", "rejected", "undecided", "yes", "no", "")


def summary(state: State, title: str) -> str:
    """A table of the levels, and what they come to; ``title`` is that of the class."""
    record = state.record
    lines = [f"cascade {record.id}: {title}, task {record.task}, in {', '.join(record.scenes)}"]
    rows = [_COLUMNS, *(_row(level) for level in state.levels)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    lines += ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    now = next(level for level in state.levels if level.level == record.level)
    if now.drawn is not None and not record.done:
        lines.append(f"threshold for {record.recall:.1%}: {now.drawn.threshold.says()}")
    if state.share_looked_at is not None:
        lines.append(
            f"looked at {state.looked_at:,} of {state.finest:,} chips of the finest level ({state.share_looked_at:.1%})"
        )
    if state.recall is not None:
        value, low, high = state.recall
        lines.append(f"recall of the levels left about {value:.1%} ({low:.1%} to {high:.1%})")
    lines += [state.saved.says()] if state.saved.chips else []
    lines += state.problems
    if state.stuck is not None:
        lines.append(state.stuck)
    return "\n".join(lines)


def _row(level: LevelState) -> tuple[str, ...]:
    told = (level.candidates, level.kept, level.rejected, level.undecided)
    counts = [f"{n:,}" if n is not None else "-" for n in told]
    counts[0] += "" if level.candidates is None else f" of {level.cells:,}"
    mark = {"done": "done", "current": "now", "ahead": ""}[level.state]
    missing = f"{level.missing:,} to make" if level.missing else ""
    note = ", ".join(word for word in (mark, missing) if word)
    return (str(level.level), f"{level.chip_size} px", *counts, f"{level.positive:,}", f"{level.negative:,}", note)
