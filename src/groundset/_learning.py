"""The verbs of a workspace that learn from answers; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from groundset.core import Listener
    from groundset.ingest import EncodeReport
    from groundset.lake import Lake
    from groundset.learn.predict_report import PredictReport


class Learning:
    """What a workspace can do with labels and features."""

    lake: Lake

    def encode(
        self,
        encoder: str,
        *,
        text: str | Path | None = None,
        tokenizer: str | Path | None = None,
        prompt: str = "{}",
        executor: Executor | None = None,
        progress: Listener | None = None,
    ) -> EncodeReport:
        """Compute the features of a further encoder for every chip; from then on each ingest does.

        Args:
            encoder: Name of an encoder (``efficientnet-lite0``), or ``onnx:FILE`` with its card ``STEM.json``.
            text: ONNX file of the text half of a pair such as CLIP's: images are then found by words.
            tokenizer: Its ``tokenizer.json``, or ``vocab.json`` with ``merges.txt`` beside it.
            prompt: What words are put into, at ``{}``: ``"a satellite photo of {}"``.
            executor: Runs the work wide; threads, processes or Dask.
            progress: Hears each step.
        """
        from groundset.core import InputError
        from groundset.features.text import TextFiles
        from groundset.ingest import encode

        if (text is None) != (tokenizer is None):
            raise InputError(
                "a text encoder is two files: its model and its tokenizer", asked=text or tokenizer,
                hint="give both text and tokenizer",
            )  # fmt: skip
        half = None if text is None or tokenizer is None else TextFiles(Path(text), Path(tokenizer), prompt)
        return encode(self.lake, encoder, text=half, executor=executor, progress=progress)

    def predict(
        self,
        *,
        task: str | None = None,
        encoder: str | None = None,
        threshold: float = 0.5,
        model: str | None = None,
        seed: int = 0,
        out: str | Path | None = None,
        progress: Listener | None = None,
    ) -> PredictReport:
        """Train the chip classifier of a task and write its answers, with their confidence, for all chips.

        People's answers always win. The model is kept in ``models/TASK-chips``. Run it again after more labels.

        Args:
            task: A ``classify`` task; may be left out where there is one.
            encoder: Whose features it reads (default: the workspace's).
            threshold: Smallest confidence of an answer that is written.
            model: Name of a kept model to answer with as it is, without training.
            seed: Of all that is random.
            out: A .csv or .geojson file to write the answers to, one row a chip.
            progress: Hears each step.
        """
        from groundset.learn.predict import predict
        from groundset.learn.predictions import check_out, write_predictions

        path = None if out is None else check_out(Path(out))
        report = predict(
            self.lake, task=task, encoder=encoder, threshold=threshold, model=model, seed=seed, progress=progress
        )
        if path is not None:
            write_predictions(self.lake, path, task=report.task)
        return report

    def labels(self, task: str | None = None) -> pa.Table:
        """The labels of a task now, one row a labelled chip, as an Arrow table (``.to_pandas()`` makes a data frame).

        Columns: chip_id, class (text; of several classes a list), absent (a list), value, by (``people`` or ``model``),
        confidence, actor, answered_at.

        Args:
            task: Task name; may be left out where there is one classify task.
        """
        from groundset.query.labelled import labelled

        return labelled(self.lake, task)
