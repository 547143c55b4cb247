"""What the route of fusion asks of the rooms."""

from __future__ import annotations

from groundset.fusion import fuse_labels
from groundset.server.answers import check_there
from groundset.server.context import Context
from groundset.server.models.fusion import DisagreementRow, FusedLabels, FuseLabels

SHOWN = 1000
"""Disagreements that are listed."""


def fused(ctx: Context, actor: str, said: FuseLabels) -> FusedLabels:
    """Bring labels together; what is written goes through the server's one writer."""
    check_there(ctx.lake)
    report = fuse_labels(
        ctx.lake, said.scenes, task=said.task, rule=said.rule, onto=said.onto, level=said.level, actor=actor,
        append=ctx.append,
    )  # fmt: skip
    told = [
        DisagreementRow(chip_id=d.chip_id, said=list(d.said), pixels=d.pixels) for d in report.disagreements[:SHOWN]
    ]
    return FusedLabels(
        **{k: v for k, v in report.to_dict().items() if k != "disagreements"},
        disagreed=len(report.disagreements), disagreements=told, summary=report.summary(),
    )  # fmt: skip
