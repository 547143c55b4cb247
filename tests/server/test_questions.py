"""Questions of the assistant over HTTP: before there is a label, after answers, and what is refused."""

from __future__ import annotations

import numpy as np
from fastapi.testclient import TestClient
from madelake import lake_like_image, paint

from groundset.core.rle import Rle
from groundset.workspace import Workspace

_, TRUTH = lake_like_image()
CHIP = "s_0_1_2"
ROUTE = "/api/assistant/questions"


def ask(client: TestClient, **params: object) -> dict:
    answer = client.get(ROUTE, params={"chip_id": CHIP, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def answer(ws: Workspace, found: dict) -> None:
    """Say of each question what most of its pixels are."""
    chip = ws.lake.chips.get(found["chip_id"])
    truth = TRUTH[chip.window.slices]
    codes = np.full(truth.shape, 255, np.uint8)
    for one in found["questions"]:
        inside = Rle.from_dict(one["runs"]).mask()
        codes[inside] = np.bincount(truth[inside]).argmax()
    paint(ws.lake, chip, codes)


def test_asked_answered_and_asked_anew(client: TestClient, workspace: Workspace) -> None:
    first = ask(client, n=4)
    assert (first["learned"], first["wrong"], len(first["questions"])) == (False, None, 4)
    taken = np.zeros((32, 32), bool)
    for one in first["questions"]:
        inside = Rle.from_dict(one["runs"]).mask()
        assert inside.sum() == one["pixels"]
        assert inside[tuple(one["at"])]
        top, left, height, width = one["window"]
        assert inside[top : top + height, left : left + width].sum() == one["pixels"]
        assert one["code"] is None
        assert [c["code"] for c in one["shortlist"]] == [0, 1, 2]
        assert not (taken & inside).any()
        taken |= inside
    answer(workspace, first)
    answer(workspace, ask(client, chip_id="s_0_2_2"))  # what is learned on one chip is asked about on another
    second = client.get(ROUTE, params={"chip_id": CHIP})
    found = second.json()
    assert second.headers["ETag"] == f'"{found["mark"]}"'
    assert int(second.headers["Groundset-Labels"]) == found["head"] == workspace.lake.journal.head()
    again = client.get(ROUTE, params={"chip_id": CHIP}, headers={"If-None-Match": second.headers["ETag"]})
    assert again.status_code == 304
    assert found["learned"]
    assert 0 <= found["wrong"] < 0.5
    for one in found["questions"]:
        assert not (Rle.from_dict(one["runs"]).mask() & taken).any()
        assert one["chance"] == one["shortlist"][0]["chance"] >= one["shortlist"][-1]["chance"]


def test_what_was_skipped_is_asked_in_smaller_pieces_or_not_at_all(client: TestClient) -> None:
    skips: list[str] = []
    for _ in range(200):
        found = ask(client, n=1, skip=skips)["questions"]
        if not found:
            break
        row, col = found[0]["at"]
        skips.append(f"{row},{col},{found[0]['pixels']}")
    else:
        raise AssertionError("it asks without end")
    assert len(set(skips)) == len(skips)


def test_bad_asking(client: TestClient) -> None:
    for params, status, word in (
        ({"skip": "1,2"}, 422, "ROW,COLUMN,PIXELS"),
        ({"skip": "99,2,3"}, 422, "lies in the chip"),
        ({"n": 0}, 422, "n"),
        ({"chip_id": "s_0_9_9"}, 404, "s_0_9_9"),
        ({"model": "nix"}, 404, "nix"),
        ({"task": "nix"}, 422, "nix"),
    ):
        answer = client.get(ROUTE, params={"chip_id": CHIP, **params})
        assert answer.status_code == status, answer.text
        assert word in answer.text
    assert client.get(ROUTE).status_code == 200  # the server chooses the chip
