"""Products of rows with a few directions are what numpy says, however rows are cut."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.learn import _product
from groundset.learn._product import products


@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("lengths", [(0,), (1,), (5, 0, 90), (700, 1_300)])
@pytest.mark.parametrize("dim", [3, 64, 512])
def test_products_of_rows(count: int, lengths: tuple[int, ...], dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_product, "PIECE", 600)
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((n, dim), np.float32) for n in lengths]
    directions = rng.standard_normal((count, dim), np.float32)
    out = products(blocks, directions)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, directions @ np.concatenate(blocks).T, atol=1e-3)


def test_threads_share_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, directions = np.arange(40, dtype=np.float32).reshape(20, 2), np.ones((3, 2), np.float32)
    monkeypatch.setattr(_product, "PIECE", 3)
    monkeypatch.setattr(_product, "ALONE", 1)
    assert np.array_equal(products([rows[:7], rows[7:]], directions), directions @ rows.T)
