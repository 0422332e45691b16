"""The processes that there are, by id, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gis.errors import NoSuchProcess
from services.indicators.process import INDICATORS_BY_WARD
from services.permits.batch import PERMIT_CHECK_BATCH
from services.permits.check_process import PERMIT_CHECK
from services.permits.extract_process import PARCEL_EXTRACT
from services.permits.survey import CONFORMITY_SURVEY
from services.processes.intersect_layers import INTERSECT_LAYERS
from services.processes.parcel_at_point import PARCEL_AT_POINT
from services.processes.plan_diff import PLAN_DIFF
from services.processes.process import Process
from services.processes.transform_coordinates import TRANSFORM_COORDINATES
from services.processes.what_if import WHAT_IF

PROCESSES: Mapping[str, Process] = MappingProxyType(
    {
        process.id: process
        for process in (
            PARCEL_EXTRACT,
            PERMIT_CHECK,
            PERMIT_CHECK_BATCH,
            CONFORMITY_SURVEY,
            INDICATORS_BY_WARD,
            PLAN_DIFF,
            WHAT_IF,
            PARCEL_AT_POINT,
            INTERSECT_LAYERS,
            TRANSFORM_COORDINATES,
        )
    }
)


def process(id: str) -> Process:
    """The process with this id. NoSuchProcess names those that there are."""
    found = PROCESSES.get(id)
    if found is None:
        known = ", ".join(PROCESSES)
        raise NoSuchProcess(
            f"There is no process '{id[:60]}'. There are: {known}.",
            f"Không có tiến trình '{id[:60]}'. Hiện có: {known}.",
            where="processId",
        )
    return found
