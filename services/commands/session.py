"""What a command works with: settings, catalogue and a database that is running and of this version."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.errors import InvalidParameter
from services.commands import words
from services.commands.speech import read_day, written

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

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the territory, in which people are told of times."""
        return ZoneInfo(self.catalog.territory.time_zone)


@contextmanager
def session(*, publishing: bool = False) -> Iterator[Session]:
    """Open the database of the settings; the embedded one is started for the while if it is not running.

    It is taken as it is: ForeignDatabase names what brings one of an earlier version up to this one and, for
    `publishing`, tables that lack what layers/ says.
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import connect, refuse_foreign, refuse_unprepared
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn, connect(dsn, autocommit=True) as connection:
        refuse_foreign(connection, catalog.territory)
        refuse_unprepared(connection, catalog if publishing else None)
        yield Session(settings, catalog, dsn, connection)


def external(settings: Settings) -> str | None:
    """The URL of a database that is not the embedded one, where LANDMAP_DATABASE_URL names one."""
    return settings.database_url.get_secret_value() if settings.database_url else None


def issuer_of(said: str | None, work: Session) -> str:
    """Who signs people in: as said, else as set."""
    found = said or work.settings.oidc_issuer
    if found is None:
        raise InvalidParameter(words.NO_ISSUER.en, words.NO_ISSUER.vi)
    return found


def end_of(text: str, option: str, work: Session) -> datetime:
    """The end of that day in the territory."""
    return datetime.combine(read_day(text, option) + timedelta(days=1), time(), work.zone)


def day_of(moment: datetime, work: Session) -> str:
    """The day of the territory as people write it."""
    return written(moment.astimezone(work.zone).date())
