"""The fixtures of the service's tests: the small city and a client; a database to write to and its editor."""

from __future__ import annotations

from tests.services.conftest import app, city, client, settings_for_fixture
from tests.services.ogc.conftest import anybody, land, land_app, receiver, writer
from tests.services.ogc.pygeoapi.conftest import land_worker, worker

__all__ = [
    "anybody",
    "app",
    "city",
    "client",
    "land",
    "land_app",
    "land_worker",
    "receiver",
    "settings_for_fixture",
    "worker",
    "writer",
]
