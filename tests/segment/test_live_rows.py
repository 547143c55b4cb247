"""Training pixels that are followed stroke by stroke, also where a scene cannot be read for a while."""

from __future__ import annotations

import numpy as np
import pytest
from madelake import paint

from groundset.chips.chip import Chip
from groundset.core import ServiceError
from groundset.lake import Lake
from groundset.segment.live import Assistant
from groundset.segment.live.planes import PlaneCache


def test_a_stroke_whose_pixels_could_not_be_read_is_learned_from_later(
    made: tuple[Lake, list[Chip], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, chips, truth = made
    assistant = Assistant(lake)
    paint(lake, chips[5], truth[chips[5].window.slices])
    assistant.propose("pixels", str(chips[10].id))
    paint(lake, chips[6], truth[chips[6].window.slices])

    def away(*_: object) -> None:
        raise ServiceError("the bucket does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(PlaneCache, "get", away)
        with pytest.raises(ServiceError):
            assistant.propose("pixels", str(chips[10].id))
    found, fresh = (one.propose("pixels", str(chips[10].id)) for one in (assistant, Assistant(lake)))
    np.testing.assert_array_equal(found.stack(), fresh.stack())
    assert assistant.state("pixels").classes[0].chips == 2
