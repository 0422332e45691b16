from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pyogrio
import pytest
import shapely

from gis.errors import InvalidParameter, StoreError
from gis.formats import spool
from gis.formats.spool import Spool, sweep
from tests.gis.formats.conftest import batch

DATA = batch([{"id": str(i), "name": "Bình Thạnh", "geometry": shapely.Point(i, i)} for i in range(500)])


def left(root: Path) -> list[str]:
    return [path.name for path in root.glob("landmap-export-*")]


def _fill(made: Spool) -> None:
    for _ in range(200):
        made.write(DATA)
    made.finish()


def test_a_file_is_complete_and_leaves_nothing_behind(tmp_path: Path) -> None:
    made = Spool("gpkg", DATA.schema, tmp_path, 1 << 30)
    for _ in range(3):
        made.write(DATA)
    with made.finish() as file:
        assert left(tmp_path)
        made.close()
        assert left(tmp_path) == []
        (tmp_path / "copy.gpkg").write_bytes(file.read())  # nameless, and still there for who reads it
    assert pyogrio.read_info(tmp_path / "copy.gpkg")["features"] == 1500


def test_a_file_that_is_given_up_goes_with_its_process(tmp_path: Path) -> None:
    made = Spool("fgb", DATA.schema, tmp_path, 1 << 30)
    made.write(DATA)
    made.close()
    assert left(tmp_path) == []
    assert made._process.returncode == -signal.SIGKILL


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    made = Spool("gpkg", DATA.schema, tmp_path, 300_000)
    with pytest.raises(InvalidParameter, match="smaller selection"):
        _fill(made)
    made.close()
    assert left(tmp_path) == []


def test_a_writer_that_fails_is_told(tmp_path: Path) -> None:
    made = Spool("gpkg", DATA.schema, tmp_path, 1 << 30)
    made._process.kill()
    with pytest.raises(StoreError, match="could not be written"):
        _fill(made)
    made.close()


def test_what_a_killed_service_left_is_swept_and_what_is_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from gis.formats.spool import Spool
        from tests.gis.formats.test_spool import DATA
        made = Spool("gpkg", DATA.schema, Path({str(tmp_path)!r}), 1 << 30)
        made.write(DATA)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    (old,) = left(tmp_path)
    used = Spool("gpkg", DATA.schema, tmp_path, 1 << 30)
    monkeypatch.setattr(spool, "_NEW", -1.0)
    for _ in range(50):  # its child ends by itself, for its input has ended
        sweep(tmp_path)
        if old not in left(tmp_path):
            break
        time.sleep(0.1)
    assert left(tmp_path) == [used._directory.name]
    used.close()
