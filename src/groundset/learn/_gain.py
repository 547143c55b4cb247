"""How much an answer would take of the doubt about all chips, and which answers together take the most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.learn.classifier import STRENGTH

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]


def greedy(
    known: tuple[Float32, Float32],
    candidates: tuple[Float32, Float32],
    targets: tuple[Float32, Float32],
    n: int,
    *,
    kinds: Int64,
    worth: Float32,
    strength: float = STRENGTH,
) -> Int64:
    """Candidates in the order of their gain, each judged with those before it taken as answered.

    What the model may still be wrong about is Laplace's approximation around it, V = (Z' H Z + strength)^-1, where H is
    how undecided each labelled row is, p (1 - p). An answer about x takes cov(x, t)^2 / (1 / h(x) + var(x)) of the
    variance at each target t; the gain is its sum over targets, weighted by how undecided they are. This is
    transductive experimental design (Yu, Bi and Tresp 2006) for logistic regression. With the update after each choice,
    two candidates that tell the same are not both chosen.

    Args:
        known: Labelled rows: features (m, D) and how undecided the model is about them, p (1 - p), (m,).
        candidates: Rows to choose from, alike.
        targets: A sample of all rows, alike.
        n: How many to choose.
        kinds: Cluster of each candidate; of each only one is chosen.
        worth: What each candidate's gain is multiplied with, (candidates,).
        strength: The prior's, as in :func:`groundset.learn.classifier.fit_classifier`.

    Returns:
        Positions among the candidates, int64, at most n and at most one of each kind.
    """
    C, reach, to_targets = _covariances(known, candidates[0], targets[0], strength)
    h, weight = np.maximum(candidates[1], 1e-6), targets[1]
    variance = np.einsum("ij,ij->i", C, reach)
    free = np.ones(len(C), bool)
    chosen: list[int] = []
    told: list[Float32] = []
    while len(chosen) < n and free.any():
        gain = (to_targets**2 @ weight) * worth / (1 / h + variance)
        i = int(np.where(free, gain, -1).argmax())
        chosen.append(i)
        free &= kinds != kinds[i]
        # what is known once i is answered: its share of all covariances goes
        size = np.sqrt(1 / h[i] + variance[i])
        row = np.asarray((reach @ C[i] - sum(t * t[i] for t in told)) / size, np.float32)
        to_targets -= np.outer(row, to_targets[i] / size)
        variance -= row**2
        told.append(row)
    return np.array(chosen, np.int64)


def _covariances(
    known: tuple[Float32, Float32], candidates: Float32, targets: Float32, strength: float
) -> tuple[Float32, Float32, Float32]:
    """The candidates as the model sees them (c, D), times V (c, D), and their covariances with the targets (c, t)."""
    Z, h = known
    centre = Z.mean(axis=0)
    A = Z - centre
    size = np.float32(np.sqrt(np.einsum("ij,ij->i", A, A).mean()) or 1.0)
    A *= np.sqrt(h)[:, None] / size
    H = (A.T @ A).astype(np.float64)
    H[np.diag_indices_from(H)] += strength
    C, T = (candidates - centre) / size, (targets - centre) / size
    reach = C @ np.linalg.inv(H).astype(np.float32)
    return C, reach, reach @ T.T
