"""The advice on a case: a permit check of its application, run here and kept with what replays it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from gis.model.case import Advice
from gis.model.verdict import Verdict
from services.ogc.ask import Ask
from services.ogc.datetimes import parse_instant
from services.permits.check_process import PERMIT_CHECK
from services.processes.calls import call_of
from services.processes.process import Json

_ANSWER = "answer"


async def checked_now(asked: Ask, application: Mapping[str, Json], at: str | None) -> Advice:
    """The verdict on the application by the data and rules of `at` (None: now), as known now.

    Raises what the permit check raises.
    """
    inputs = {**application} if at is None else {**application, "datetime": at}
    outputs = await PERMIT_CHECK.run(call_of(asked, frozenset({_ANSWER})), inputs)
    told = cast("dict[str, Any]", outputs[_ANSWER])
    return Advice(
        verdict=Verdict(told["verdict"]),
        hash=told["hash"],
        at=parse_instant(told["datetime"], "datetime"),
        known=parse_instant(told["knownAt"], "knownAt"),
        data_version=told["data_version"],
        rules_version=told["rules_version"],
    )
