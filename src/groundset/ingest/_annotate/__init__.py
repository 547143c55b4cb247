"""The parts of ``annotate``: reading files of labels, putting them on chips, writing one act."""
