"""Loads the demo city into a database, through staging and publishing like any other data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gis.crs.transform import transform_geometries
from gis.demo.city import DAY
from gis.demo.content import LAYERS, Content, draw, records
from gis.demo.covered import Cover, coverage
from gis.demo.parcels import lineage
from gis.errors import ConflictError, ForeignDatabase
from gis.model.change import DataSource, Provenance
from gis.model.invented import ACTOR, DOCUMENT
from gis.model.layer import Catalog
from gis.store import changesets
from gis.store import coverage as coverage_store
from gis.store import lineage as lineage_store
from gis.store.publish import publish
from gis.store.stage import refuse, stage

if TYPE_CHECKING:
    import psycopg

TERRITORY = "hcmc"
"""The demo city lies around the centre of Ho Chi Minh City."""

Progress = Callable[[str, int], object]
"""Called with what is being done (a layer, or "draw") and the number of records sent so far."""


@dataclass(slots=True)
class Summary:
    """What was loaded: changeset number and versions written by layer, lineage and coverage rows."""

    parcels: int
    seed: int
    changesets: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    lineage: int = 0
    coverage: int = 0


def source_name(parcels: int, seed: int) -> str:
    """What every changeset of the demo city names as its source."""
    return f"Demo city (seed {seed}, {parcels} parcels)"


def load(
    connection: psycopg.Connection,
    catalog: Catalog,
    parcels: int,
    seed: int,
    progress: Progress = lambda what, done: None,
) -> Summary:
    """Draw the city and publish it, one changeset a layer; a load that was broken off is taken up where it ended.

    `connection` is in autocommit mode: every layer is a transaction of its own. Raises ConflictError if the demo city, or
    anything else, is there already; ForeignDatabase in another territory; InvalidParameter for `parcels` and `seed`.
    """
    if catalog.territory.id != TERRITORY:
        raise ForeignDatabase(
            f"The demo city lies in the territory {TERRITORY}, this database is for {catalog.territory.id}: "
            f"set LANDMAP_TERRITORY={TERRITORY} and use a database of its own."
        )
    source = source_name(parcels, seed)
    there = _published(connection)
    _refuse_others(there, source)
    _give_up_staged(connection, source)
    progress("draw", 0)
    content = draw(parcels, seed)
    summary = Summary(parcels, seed)
    for name in LAYERS:
        if name in there:
            continue
        if name == LAYERS[-1]:  # before the last layer, so that all layers there means all of the city there
            with connection.transaction():
                summary.coverage = _declare(connection, catalog, content)
        _load_layer(connection, catalog, content, name, summary, progress)
    return summary


def _published(connection: psycopg.Connection) -> dict[str, str]:
    """By layer, the source of the newest changeset of each of our layers that has one."""
    found: dict[str, str] = {}
    for changeset in changesets.newest(connection, 10_000):
        who = changeset.provenance
        for layer in changeset.layers:
            if layer in LAYERS:
                found.setdefault(layer, who.source.name if who.source else who.title)
    return found


def _refuse_others(there: dict[str, str], source: str) -> None:
    """ConflictError unless nothing is there, or the beginning of this very load."""
    begun = len(there) < len(LAYERS) and all(name == source for name in there.values())
    if begun:
        return
    said = "; ".join(f"{layer}: {name}" for layer, name in sorted(there.items()))
    raise ConflictError(
        f"This database holds data already ({said}). Nothing was loaded; use an empty database for another demo city.",
        f"Cơ sở dữ liệu đã có dữ liệu ({said}). Không nạp gì thêm; hãy dùng cơ sở dữ liệu trống cho thành phố mẫu khác.",
    )


def _give_up_staged(connection: psycopg.Connection, source: str) -> None:
    """Drop what an earlier load of this city staged and did not come to publish."""
    for waiting in changesets.staged(connection):
        if waiting.provenance.source and waiting.provenance.source.name == source:
            refuse(connection, waiting.id)


def _load_layer(
    connection: psycopg.Connection, catalog: Catalog, content: Content, name: str, summary: Summary, progress: Progress
) -> None:
    """Stage and publish one layer, with lineage where it has any."""
    layer = catalog.layers[name]
    city = content.city
    provenance = Provenance(
        ACTOR,
        f"Thành phố mẫu: {layer.title.vi}",
        DataSource(source_name(city.parcels, city.seed)),
        document=DOCUMENT,
        document_date=DAY,
    )
    sent = 0

    def count(done: int) -> None:
        nonlocal sent
        sent = done
        progress(name, done)

    stage_id = stage(connection, layer, provenance, records(content, name), count)
    if name == "parcels":
        with connection.transaction():
            summary.lineage = lineage_store.stage(connection, stage_id, _descents(content))
    number = publish(connection, stage_id, layer)
    if number is not None:
        summary.changesets[name], summary.versions[name] = number, sent


def _descents(content: Content) -> Iterator[lineage_store.Descent]:
    parent, child, kind, at = lineage(content.city, content.parcels)
    micros = at.cast(pa.int64()).to_pylist()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for p, c, k, t in zip(parent.to_pylist(), child.to_pylist(), kind.to_pylist(), micros, strict=True):
        yield lineage_store.Descent(UUID(bytes=p), UUID(bytes=c), k, epoch + timedelta(microseconds=t))


def _declare(connection: psycopg.Connection, catalog: Catalog, content: Content) -> int:
    """Declare coverage of all layers."""
    covers: list[Cover] = list(coverage(content.city, content.wards, content.plans))
    areas: NDArray[np.object_] = np.array([c.area for c in covers], dtype=object)
    degrees = transform_geometries(areas, catalog.territory.storage_crs, 4326)
    for name in LAYERS:
        coverage_store.declare(
            connection,
            catalog.layers[name],
            [
                coverage_store.Declaration(area, c.level, c.as_of, c.agency, c.commune)
                for c, area in zip(covers, degrees, strict=True)
                if c.layer == name
            ],
        )
    return len(covers)
