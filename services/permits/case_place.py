"""Where an application lies: the parcel that it names, or the lot that it draws."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

from gis.model.case import Asked
from gis.store.vicinity import Moment
from services.auth.policy import pool_for
from services.ogc.ask import Ask
from services.permits.application import read_application
from services.permits.selector import find_parcel
from services.processes.calls import call_of
from services.processes.process import Json


async def asked_of(asked: Ask, inputs: Mapping[str, Json]) -> Asked:
    """What is applied for, with its place now. Raises what a permit check would say against the inputs.

    However the parcel was named, it is its id that is kept: an address with the number of a house tells of who lives there.
    """
    application = await asyncio.to_thread(read_application, inputs, asked.services.catalog.territory)
    if application.lot is not None:
        return Asked(inputs, None, application.lot)
    selector = application.selector or {}
    pool = pool_for(asked.actor, asked.services.catalog.layers.values())
    async with asked.services.pools.reading(pool) as source:
        parcel = await find_parcel(call_of(asked), source, selector, Moment())
    return Asked({**inputs, "parcel": {"id": parcel.id}}, UUID(parcel.id), parcel.lot)
