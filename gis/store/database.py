"""Make a database ready: extension, roles, reference systems, system tables, layers, territory."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import numpy as np
import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from gis.crs.registry import is_vn2000, proj4_text, srtext
from gis.crs.transform import transform
from gis.errors import DatabaseUnavailable, ForeignDatabase
from gis.model.layer import Catalog, Territory
from gis.store import codes, layers, regulations, roles
from gis.store.patience import briefly, patiently
from gis.store.sql import Lock

Connection = psycopg.Connection
DatabaseError = psycopg.Error
"""A synchronous connection and what it raises, by names that other packages may use."""


def connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A synchronous connection; DatabaseUnavailable if there is none to be had."""
    try:
        connection = psycopg.connect(dsn, autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached ({' '.join(str(error).split())}). "
            "Check LANDMAP_DATABASE_URL; where it is not set: landmap db start"
        ) from error
    connection.execute("SET search_path = public")
    return connection


def prepare(dsn: str, catalog: Catalog) -> layers.Plan:
    """Migrate, check the territory, and create what the layers lack, which is returned; quick when nothing is to be done.

    Others may read and write meanwhile. Killed anywhere, the next one goes on from there.

    Raises ForeignDatabase if the database belongs to another territory, to something else or to a later version, and
    DatabaseUnavailable if others use a table that has to be changed, and go on doing so.
    """
    with connect(dsn, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (Lock.PREPARE,))  # one at a time; it goes with the connection
        return _prepare(dsn, catalog)


def _prepare(dsn: str, catalog: Catalog) -> layers.Plan:
    with connect(dsn) as connection:
        _extension(connection)
        refuse_foreign(connection, catalog.territory)
        _refuse_later(schema_version(connection))
        roles.make(connection)
        _reference_systems(connection, catalog.territory)
        connection.commit()
    roles.admit(dsn)
    _migrate(dsn)
    with connect(dsn, autocommit=True) as connection:
        _claim(connection, catalog.territory)
        made = layers.apply(connection, catalog)
        with connection.transaction():
            number = codes.publish(connection, catalog)
            regulations.publish(connection, catalog.regulations, number)
    return made


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


def refuse_unprepared(connection: psycopg.Connection, catalog: Catalog | None = None) -> None:
    """ForeignDatabase unless the schema is of this very version, and has all that `catalog` says; names what brings it up."""
    version = schema_version(connection)
    _refuse_later(version)
    current = version == _scripts().get_current_head()
    if current and (catalog is None or not layers.plan(connection, catalog).statements):
        return
    what = ("the schema of an earlier version", "có cấu trúc của bản cũ")
    if version is None:
        what = ("nothing yet", "chưa có gì")
    elif current:
        what = ("less than layers/ says", "chưa có đủ những gì layers/ nêu")
    raise ForeignDatabase(
        f"The database holds {what[0]}, and this command does not change it. Bring it up to this version first: "
        "landmap layer apply (landmap serve and landmap ingest do so too).",
        f"Cơ sở dữ liệu {what[1]}, và lệnh này không thay đổi nó. Hãy nâng cấp trước: landmap layer apply (landmap serve và "
        "landmap ingest cũng làm việc này).",
    )


def schema_version(connection: psycopg.Connection) -> str | None:
    """The last migration that was run; None in a database that has none of ours."""
    if not _scalar(connection, "SELECT to_regclass('landmap.schema_version')::text"):
        return None
    version = _scalar(connection, "SELECT version_num FROM landmap.schema_version")
    return None if version is None else str(version)


def _refuse_later(version: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if version is not None and version not in known:
        raise ForeignDatabase(
            f"The database was made by a later version of Landmap (schema {version}), which this one does not know: "
            "use that version, or restore a backup made with this one.",
            f"Cơ sở dữ liệu do một bản Landmap mới hơn tạo ra (cấu trúc {version}), bản này không đọc được: hãy dùng bản đó, "
            "hoặc khôi phục bản sao lưu của bản này.",
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
    """Each migration is a transaction: what it locks is free again before the next one waits for a lock."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(dsn), poolclass=StaticPool)
    try:
        with connect(dsn, autocommit=True) as connection:
            for revision in _missing(schema_version(connection)):
                patiently(connection, partial(_upgrade, engine, revision))
    finally:
        engine.dispose()


def _missing(version: str | None) -> list[str]:
    known = [script.revision for script in reversed(list(_scripts().walk_revisions()))]
    return known if version is None else known[known.index(version) + 1 :]


def _upgrade(engine: Engine, revision: str) -> None:
    config = _migrations()
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(briefly())
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS landmap")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        raise error.orig or error from error


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_migrations())


def _claim(connection: psycopg.Connection, territory: Territory) -> None:
    connection.execute(
        "INSERT INTO landmap.meta VALUES ('territory', %s) ON CONFLICT (key) DO NOTHING", (territory.id,)
    )


def _scalar(connection: psycopg.Connection, query: str, *params: object) -> str | int | None:
    row = connection.execute(query, params).fetchone()
    return row[0] if row else None
