"""Parts of a survey put together: the same bytes however the rows were parted and in whatever order they came."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.formats.survey_output import BUILDINGS_FILE, DIGEST, FINDINGS_FILE, Heaps
from gis.formats.survey_tables import BUILDINGS, FINDINGS, Surveyed

ids = st.lists(st.uuids(version=4), unique=True, max_size=12)


def part(buildings: list[UUID]) -> Surveyed:
    """Buildings with two findings each, one of no zone."""
    rows = [
        dict.fromkeys(BUILDINGS.names)
        | {"building": str(one), "geometry": shapely.to_wkb(shapely.box(0, 0, 1, 1 + one.int % 97))}
        for one in buildings
    ]
    found = [
        dict.fromkeys(FINDINGS.names)
        | {"building": str(one), "zone": zone, "measured": (one.int % 1_000) / 7, "lacking": ""}
        for one in buildings
        for zone in ('Z, "1"', None)
    ]
    return Surveyed(pa.Table.from_pylist(rows, BUILDINGS), pa.Table.from_pylist(found, FINDINGS))


def together(parts: list[list[UUID]]) -> tuple[dict[str, bytes], dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        with Heaps(Path(aside)) as heaps:
            for one in parts:
                heaps.add(part(one))
            digests = heaps.write(Path(folder), 9210, {"data_version": "7"})
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}, digests


@settings(deadline=None, max_examples=25)
@given(ids, st.data())
def test_however_it_is_parted_the_files_are_the_same(buildings: list[UUID], data: st.DataObject) -> None:
    order = data.draw(st.permutations(buildings))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=4)))
    parts = [order[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    assert together(parts) == together([buildings])


@settings(deadline=None, max_examples=25)
@given(ids)
def test_each_row_is_there_once_in_order_and_the_digest_is_of_the_rows(buildings: list[UUID]) -> None:
    files, digests = together([buildings])
    names = sorted(str(one) for one in buildings)
    assert pq.read_table(pa.BufferReader(files[BUILDINGS_FILE]))["building"].to_pylist() == names
    found = pq.read_table(pa.BufferReader(files[FINDINGS_FILE]))
    assert found["building"].to_pylist() == [name for name in names for _ in range(2)]
    for name, content in files.items():
        notes = pq.read_metadata(pa.BufferReader(content)).metadata
        assert notes[DIGEST.encode()].decode() == digests[name] and notes[b"data_version"] == b"7"
    if buildings:
        assert together([buildings[1:]])[1] != digests
