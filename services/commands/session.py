"""What a command works with: settings, catalogue and a database that is running and up to date."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gis.model.layer import Catalog
    from gis.store.database import Connection
    from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """`connection` commits each statement unless a transaction is opened."""

    settings: Settings
    catalog: Catalog
    dsn: str
    connection: Connection

    @property
    def actor(self) -> str:
        """Who runs the command, for the changesets it makes."""
        return getpass.getuser()


@contextmanager
def session(*, prepared: bool = True) -> Iterator[Session]:
    """Open the database of the settings; the embedded one is started for the while if it is not running.

    `prepared`: migrate it and make what the layers lack first.
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import connect, prepare, refuse_foreign
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        if prepared:
            prepare(dsn, catalog)
        with connect(dsn, autocommit=True) as connection:
            refuse_foreign(connection, catalog.territory)
            yield Session(settings, catalog, dsn, connection)


def external(settings: Settings) -> str | None:
    """The URL of a database that is not the embedded one, where LANDMAP_DATABASE_URL names one."""
    return settings.database_url.get_secret_value() if settings.database_url else None
