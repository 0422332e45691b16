from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gis.errors import InvalidParameter
from gis.formats.private import filled, write_private


def test_a_folder_gets_its_name_when_it_is_full(tmp_path: Path) -> None:
    place = tmp_path / "deeper" / "full"
    with filled(place) as making:
        write_private(making / "a", b"1")
        assert not place.exists()
    assert (place / "a").read_bytes() == b"1"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (place, place / "a")] == [0o700, 0o600]
    assert list(place.parent.iterdir()) == [place]


def fail(place: Path) -> None:
    with filled(place) as making:
        write_private(making / "a", b"1")
        raise KeyError


def test_if_an_error_passes_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        fail(tmp_path / "full")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with filled(tmp_path / "empty") as making:
        write_private(making / "a", b"1")
    write_private(tmp_path / "file", b"2")
    for name in ("empty", "file"):
        with pytest.raises(InvalidParameter, match=name), filled(tmp_path / name):
            pass
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "file", b"3")
    assert (tmp_path / "file").read_bytes() == b"2"


KILLED = """
import os, signal, sys
from pathlib import Path
from gis.formats.private import filled, write_private

with filled(Path(sys.argv[1])) as making:
    write_private(making / "a", b"1")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_one_that_was_killed_left_is_gone_with_the_next_of_this_name(tmp_path: Path) -> None:
    for name in ("full", "fuller", "f*ll"):
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / name)], check=False)
    assert len(list(tmp_path.iterdir())) == 3
    for name in ("f*ll", "full"):
        before = len(list(tmp_path.iterdir()))
        with filled(tmp_path / name):
            assert len(list(tmp_path.iterdir())) == before
    left, *made = sorted(path.name for path in tmp_path.iterdir())
    assert left.startswith(".fuller-") and made == ["f*ll", "full"]


def test_what_another_one_fills_meanwhile_stays(tmp_path: Path) -> None:
    with filled(tmp_path / "full") as first:
        write_private(first / "a", b"1")
        with pytest.raises(KeyError):
            fail(tmp_path / "full")
        assert (first / "a").read_bytes() == b"1"
    assert (tmp_path / "full" / "a").exists() and list(tmp_path.iterdir()) == [tmp_path / "full"]
