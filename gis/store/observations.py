"""Observations of wards into their layer, by the one way in which anything is published; only what differs is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pyarrow as pa

from gis.model.change import DataSource, Provenance
from gis.model.indicator import INDICATORS, Observation
from gis.model.layer import Catalog
from gis.store.indicators import Ward
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, refuse, stage

LAYER = "indicators"


def keep(
    connection: psycopg.Connection,
    catalog: Catalog,
    found: Sequence[tuple[Observation, Ward]],
    who: tuple[str, int],
) -> int | None:
    """Publish what is new or differs from what is there; the number of the changeset, None where there is nothing.

    `who`: the actor, and the last changeset that was read and that everybody may know of. All in one transaction: what is
    not published, after a ConflictError as of `publish` or where it is killed, does not wait as a staged changeset either.
    """
    actor, changeset = who
    layer = catalog.layers[LAYER]
    title = f"Chỉ số theo phường, xã, dữ liệu đến lần cập nhật {changeset}"
    provenance = Provenance(actor, title, DataSource(f"landmap indicators compute, changeset {changeset}"))
    with connection.transaction():
        stage_id = stage(connection, layer, provenance, [_records(found, ZoneInfo(catalog.territory.time_zone))])
        matched = match(connection, stage_id, layer)
        if matched.inserted + matched.updated:
            return publish(connection, stage_id, layer)
        refuse(connection, stage_id)
        return None


def _records(found: Sequence[tuple[Observation, Ward]], zone: ZoneInfo) -> Records:
    rows = [one for one, _ in found]
    columns: Mapping[str, pa.Array] = {
        "valid_from": pa.array([datetime.combine(one.on, time(), zone) for one in rows], pa.timestamp("us", tz="UTC")),
        "ward_set": pa.array([one.ward_set for one in rows]),
        "ward": pa.array([one.ward for one in rows]),
        "ward_name": pa.array([ward.name for _, ward in found]),
        "indicator": pa.array([one.indicator for one in rows]),
        "observed_on": pa.array([one.on for one in rows], pa.date32()),
        "value": pa.array([one.value for one in rows], pa.float64()),
        "unit": pa.array([INDICATORS[one.indicator].unit for one in rows]),
        "state": pa.array([one.state for one in rows]),
        "basis": pa.array([one.basis for one in rows]),
        "complete": pa.array([one.complete for one in rows]),
        "exact": pa.array([one.exact for one in rows], pa.float64()),
        "cases": pa.array([one.cases for one in rows], pa.int64()),
    }
    return Records(np.array([ward.place for _, ward in found], dtype=object), columns)
