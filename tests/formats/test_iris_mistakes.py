"""What is wrong in an IRIS project is told by file and line, and nothing is written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundset.core import InputError, MissingError
from groundset.formats import get_format, import_project

Change = Callable[[dict[str, Any]], object]


def put(*path: str | int, value: object) -> Change:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("images", "shape", value=[50, 40]), ("another size than images.shape says", "48 x 40 pixels", "50 x 40")),
        (put("images", "shape", value="48x40"), ("images.shape is [width, height]", "line 6: images.shape")),
        (put("images", "path", value="images/a.npy"), ("placeholder {id} once", "line 5")),
        (put("images", "path", value={"a b": "{id}"}), ("one word", "images.path.a b")),
        (put("images", "path", value="pictures/{id}.npy"), ("no image where", "pictures/{id}.npy")),
        (put("images", "path", value={"S1": "images/{id}.npy", "S2": "s2/{id}.tif"}), ("S2", "missing", "coast")),
        (put("segmentation", "mask_area", value=[0, 0, 49, 40]), ("within the image", "mask_area", "48 x 40")),
        (put("segmentation", "mask_area", value=[0, 0, 48]), ("4 whole numbers", "segmentation.mask_area")),
        (put("segmentation", "mask_area", value=[0, 0, 48, 40]), ("another shape", "1_final.npy", "(40, 48, 3)")),
        (put("segmentation", "mask_encoding", value="zip"), ("integer or rgb or rgba", "mask_encoding")),
        (put("segmentation", "path", value="masks/{id}.bmp"), ("masks are npy", "segmentation.path")),
        (put("classes", value=[]), ("list of classes",)),
        (put("classes", 1, "colour", value=[0, 0, 300, 1]), ("a colour is", "classes[1].colour")),
        (put("classes", 1, "name", value="Land"), ("name of its own", "classes[1]")),
        (put("classes", 0, value={"name": "Land"}), ("colour is missing", "classes[0]")),
        (put("views", "RGB", "data", value=["$B1", "$B2"]), ("list of three", "views.RGB.data")),
        (put("name", value="../up"), ("can name a folder", "name")),
    ],
)
def test_mistakes_in_the_project_file(
    edit: Callable[..., Path], tmp_path: Path, change: Change, words: tuple[str, ...]
):
    file = edit(change)
    with pytest.raises(InputError) as error:
        import_project(tmp_path / "lake", "iris", file, actor="me")
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not (tmp_path / "lake").exists()


def test_unknown_keys_and_missing_views_are_told(edit: Callable[..., Path]):
    edit(put("segmentation", "mask_encodings", value="rgb"))
    file = edit(put("view_groups", "default", value=["RGB", "RBG"]))
    told = " ".join(get_format("iris").open(file).told)  # type: ignore[attr-defined]
    assert "segmentation.mask_encodings: IRIS has no such key; did you mean mask_encoding?" in told
    assert "there is no view 'RBG'" in told


def test_files_that_are_broken_or_do_not_fit(project: Path):
    form = get_format("iris")
    folder = project / "lakes.iris" / "segmentation" / "coast"
    whole = (folder / "2_final.npy").read_bytes()
    (folder / "2_final.npy").write_bytes(whole[:200])
    with pytest.raises(InputError, match=r"2_final\.npy"):
        form.open(project)
    head = b"(24, 40, 3), }".ljust(40)
    assert head in whole
    (folder / "2_final.npy").write_bytes(whole.replace(head, b"(99999999, 99999999), }".ljust(40)))
    with pytest.raises(InputError, match=r"2_final\.npy"):  # its head claims more than any memory holds
        form.open(project)
    (folder / "2_final.npy").write_bytes(whole)
    np.save(folder / "2_user.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"cannot be read.*2_user.npy"):
        form.open(project)
    (folder / "2_user.npy").unlink()
    with pytest.raises(InputError, match=r"missing.*2_user.npy"):
        form.open(project)
    (project / "lakes.iris" / "iris.db").write_bytes(b"not a database at all, really")
    with pytest.raises(InputError, match="not a database of IRIS"):
        form.open(project)


def test_without_a_database_users_go_by_their_number(project: Path, tmp_path: Path):
    (project / "lakes.iris" / "iris.db").unlink()
    report = import_project(tmp_path / "lake", "iris", project, actor="me")
    assert "users go by their number" in report.summary()
    assert report.counts.numbers["people"] == 2


def test_a_user_cannot_pass_for_a_model(project: Path):
    with sqlite3.connect(project / "lakes.iris" / "iris.db") as db:
        db.execute("UPDATE user SET name = 'model:forest' WHERE id = 1")
    opened: Any = get_format("iris").open(project)
    assert opened.actors[1] == "iris-model-forest"


def test_formats_and_projects_that_are_not_there(tmp_path: Path):
    with pytest.raises(MissingError, match="did you mean iris"):
        get_format("irs")
    with pytest.raises(MissingError, match="no such file"):
        get_format("iris").open(tmp_path / "none.json")
    with pytest.raises(MissingError, match="no IRIS project file"):
        get_format("iris").open(tmp_path)
    (tmp_path / "p.yaml").write_text("name: x")
    with pytest.raises(InputError, match="JSON project files only"):
        get_format("iris").open(tmp_path / "p.yaml")


def test_the_command_line_takes_and_gives(project: Path, tmp_path: Path):
    def groundset(*args: object) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-m", "groundset", *map(str, args)]
        return subprocess.run(call, capture_output=True, text=True, check=False)

    done = groundset("import", tmp_path / "lake", "iris", project)
    assert (done.returncode, "3 scenes" in done.stdout) == (0, True), done.stderr
    done = groundset("export", tmp_path / "lake", "iris", tmp_path / "out", "--task", "chips")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert not (tmp_path / "out").exists()
    done = groundset("export", tmp_path / "lake", "iris", tmp_path / "out", "--labelled")
    assert (done.returncode, "2 images, 3 masks, 2 people" in done.stdout) == (0, True), done.stderr
