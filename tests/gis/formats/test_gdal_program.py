"""The program that writes one file: as the service would itself, and in less time."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest
import shapely

from gis.formats.gdal_file import WRITERS
from tests.gis.formats.conftest import batch

BEFORE_1970 = datetime(1965, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
DATA = batch([
    {"id": "a", "name": "Bình Thạnh", "uses": ["ODT", None], "moment": BEFORE_1970, "geometry": shapely.Point(1, 2)},
    {"id": "b", "name": None, "uses": None, "geometry": shapely.Point(3, 4)},
])  # fmt: skip


def ran(format_: str, path: Path) -> str:
    """What the program says of its imports while it writes the sample."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, DATA.schema) as sink:
        sink.write_batch(DATA)
    command = [sys.executable, "-X", "importtime", "-m", "gis.formats.gdal_program", format_, str(path), str(1 << 30)]
    done = subprocess.run(command, input=stream.getvalue(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stderr.decode()


@pytest.mark.parametrize("format_", list(WRITERS))
def test_it_writes_what_the_service_would_write(format_: str, tmp_path: Path) -> None:
    own, made = tmp_path / f"own.{format_}", tmp_path / f"made.{format_}"
    WRITERS[format_](pa.RecordBatchReader.from_batches(DATA.schema, [DATA]), own)
    ran(format_, made)
    told, rows = pyogrio.read_arrow(made)
    assert rows.equals(pyogrio.read_arrow(own)[1])
    assert told["crs"] == pyogrio.read_info(own)["crs"] == "EPSG:4326"


@pytest.mark.parametrize("format_", list(WRITERS))
def test_it_does_without_what_takes_longer_than_the_file(format_: str, tmp_path: Path) -> None:
    imported = re.findall(r"\|\s+([\w.]+)$", ran(format_, tmp_path / f"x.{format_}"), re.MULTILINE)
    assert {"pyarrow", "pyogrio", "shapely"} <= set(imported)
    assert not [
        name for name in imported if name.startswith(("pandas.", "geopandas."))
    ]  # the names alone: they were looked for
