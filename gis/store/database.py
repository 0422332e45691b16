"""Make a database ready: extension, roles, reference systems, system tables, layers, territory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from gis.crs.registry import is_vn2000, proj4_text, srtext
from gis.crs.transform import transform
from gis.errors import DatabaseUnavailable, ForeignDatabase
from gis.model.layer import Catalog, Territory
from gis.store import codes, layers, roles

Connection = psycopg.Connection
DatabaseError = psycopg.Error
"""A synchronous connection and what it raises, by names that other packages may use."""


def connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A synchronous connection; DatabaseUnavailable if there is none to be had."""
    try:
        connection = psycopg.connect(dsn, autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached: {error}. Is it running (landmap db start)?"
        ) from error
    connection.execute("SET search_path = public")
    return connection


def prepare(dsn: str, catalog: Catalog) -> None:
    """Migrate, check the territory, and create what the layers lack; quick when nothing is to be done.

    Raises ForeignDatabase if the database belongs to another territory or to something else.
    """
    with connect(dsn, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(7305473)")  # one at a time; it goes with the connection
        _prepare(dsn, catalog)


def _prepare(dsn: str, catalog: Catalog) -> None:
    with connect(dsn) as connection:
        _extension(connection)
        refuse_foreign(connection, catalog.territory)
        roles.make(connection)
        _reference_systems(connection, catalog.territory)
        connection.commit()
    roles.admit(dsn)
    _migrate(dsn)
    with connect(dsn) as connection:
        _claim(connection, catalog.territory)
        layers.apply(connection, catalog)
        codes.publish(connection, catalog)
        connection.commit()


def _extension(connection: psycopg.Connection) -> None:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    except psycopg.Error as error:
        raise DatabaseUnavailable(f"PostGIS cannot be set up in this database: {error}") from error


def refuse_foreign(connection: psycopg.Connection, territory: Territory) -> None:
    """ForeignDatabase if the database belongs to another territory, or to somebody else."""
    ours = _scalar(connection, "SELECT to_regclass('landmap.meta')::text")
    if ours:
        found = _scalar(connection, "SELECT value FROM landmap.meta WHERE key = 'territory'")
        if found and found != territory.id:
            raise ForeignDatabase(
                f"This database holds the territory '{found}', not '{territory.id}': set LANDMAP_TERRITORY={found} "
                "or use another database."
            )
    elif _scalar(connection, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('land', 'land_history', 'landmap')"):
        raise ForeignDatabase(
            "This database has schemas named like Landmap's that Landmap did not make: use an empty database."
        )


def _reference_systems(connection: psycopg.Connection, territory: Territory) -> None:
    """Pin VN-2000: PostGIS prefers an EPSG name over the row's own text and would pick another datum shift."""
    for code in {territory.storage_crs, 9210, 5899, 3405, *territory.source_crs}:
        if is_vn2000(code):
            connection.execute(
                """INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES (%s, 'landmap', %s, %s, %s)
                   ON CONFLICT (srid) DO UPDATE SET auth_name = excluded.auth_name, auth_srid = excluded.auth_srid,
                   srtext = excluded.srtext, proj4text = excluded.proj4text""",
                (code, code, srtext(code), proj4_text(code)),
            )
    check_reference_systems(connection, territory)


def check_reference_systems(connection: psycopg.Connection, territory: Territory) -> None:
    """PostGIS and the pinned pipeline agree within 1 mm at the territory's corners and centre, or ForeignDatabase."""
    west, south, east, north = territory.bounds
    points = np.array([(west, south), (east, north), ((west + east) / 2, (south + north) / 2)])
    ours = transform(points, 4326, territory.storage_crs)
    for (lon, lat), (x, y) in zip(points, ours, strict=True):
        row = connection.execute(
            "SELECT ST_X(p), ST_Y(p) FROM ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s::int) AS p",
            (float(lon), float(lat), territory.storage_crs),
        ).fetchone()
        if row is None or max(abs(row[0] - x), abs(row[1] - y)) > 0.001:
            raise ForeignDatabase(
                f"PostGIS transforms to EPSG:{territory.storage_crs} otherwise than the pinned operation ({row} against {(x, y)}): "
                "spatial_ref_sys was changed; run landmap db start again or restore the row."
            )


def _migrate(dsn: str) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(dsn), poolclass=StaticPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS landmap")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def _claim(connection: psycopg.Connection, territory: Territory) -> None:
    connection.execute(
        "INSERT INTO landmap.meta VALUES ('territory', %s) ON CONFLICT (key) DO NOTHING", (territory.id,)
    )


def _scalar(connection: psycopg.Connection, query: str, *params: object) -> str | int | None:
    row = connection.execute(query, params).fetchone()
    return row[0] if row else None
