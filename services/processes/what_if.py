"""The process `what-if`: who would gain and who would lose by a staged plan. For those who may publish it; nothing is."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import pandas as pd

from gis.errors import Forbidden, NotFound, Unauthenticated
from gis.model.change import Stage, stage_name
from gis.model.layer import Text
from gis.rules.what_if import foremost, tally
from gis.store.audit import Entry, Kind, append_sql
from gis.store.changesets import read_stage
from gis.store.database import connect
from services.auth.policy import Action, decide, may
from services.ogc.datetimes import instant_text
from services.permits.answer import ADVICE
from services.processes.moments import moment_of
from services.processes.process import Call, Document, Input, Json, Output, Process, Value
from services.processes.trial import KINDS, Trial, trial, zones_of

PARQUET = "application/vnd.apache.parquet"
MOST_TOLD = 1_000
"""Open permits that are told one by one; of more, how many there are."""

_TOP = 10
_TRYING = Text("Đang thử phương án trên các thửa đất", "Trying the plan on the parcels")


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    _allow(call, inputs)
    seen = decide(call.actor, Action.READ, call.catalog.layers["permits"])
    permits = seen.pool != "public" and seen.everywhere
    at = moment_of(inputs, call.catalog.territory).at
    await call.progress(1, _TRYING)
    stage, found = await asyncio.to_thread(_tried, call, int(str(inputs["stage"])[1:]), at, permits=permits)
    await _record(call, stage, len(found.lots))
    answers: dict[str, Value] = {"summary": _summary(call, stage, found)}
    if call.wants("lots"):
        answers["lots"] = Document(PARQUET, await asyncio.to_thread(_file, found))
    return answers


def _allow(call: Call, _: Mapping[str, Json]) -> None:
    """Unauthenticated or Forbidden where the caller may publish nothing, or has not the whole layer of parcels: before any
    stage is looked up, so that nobody learns which there are."""
    actor, layers = call.actor, call.catalog.layers
    publishes = any(may(actor, Action.PUBLISH, layer) for layer in layers.values())
    parcels = decide(actor, Action.READ, layers["parcels"])
    if not (publishes and parcels.pool != "public" and parcels.everywhere):
        raise (Forbidden if actor.role.of_agency else Unauthenticated)(
            "what-if: only for publishers of the plan's layer whose agency has the whole layer of parcels.",
            "what-if: chỉ dành cho người công bố lớp quy hoạch, thuộc cơ quan có toàn bộ lớp thửa đất.",
        )


def _tried(call: Call, number: int, at: datetime | None, *, permits: bool) -> tuple[Stage, Trial]:
    if call.dsn is None:
        raise RuntimeError("what-if runs as a job")
    with connect(call.dsn, autocommit=True) as connection:
        try:
            stage = read_stage(connection, number)
        except NotFound as error:
            raise _unknown(stage_name(number)) from error
        layer = call.catalog.layers.get(stage.layer)
        if layer is None or not may(call.actor, Action.PUBLISH, layer):
            raise _unknown(stage.name)
        if not decide(call.actor, Action.PUBLISH, zones_of(call.catalog, stage.layer)).everywhere:
            raise Forbidden(
                "what-if: only for agencies that are not bounded to an area.",
                "what-if: chỉ dành cho cơ quan không bị giới hạn trong một khu vực.",
            )
        return stage, trial(connection, call.catalog, stage, at, permits=permits)


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"There is no staged changeset {name} that you may publish.",
        f"Không có lần cập nhật đang chờ {name} thuộc quyền công bố của bạn.",
        where="inputs.stage",
    )


async def _record(call: Call, stage: Stage, rows: int) -> None:
    entry = Entry(
        datetime.now(UTC),
        Kind.READ,
        call.actor.id,
        "plan tried",
        role=call.actor.role,
        agency=call.actor.agency,
        layer=stage.layer,
        subject=stage.name,
        rows=rows,
    )
    async with call.keeper.transaction() as work:
        await work.rows(append_sql([entry]))


def _summary(call: Call, stage: Stage, found: Trial) -> Json:
    kinds = tally(found.lots)
    return {
        "stage": stage.name,
        "layer": stage.layer,
        "datetime": instant_text(found.at),
        "lots": {
            kind: {"lots": one.lots, "before_m2": round(one.before, 2), "after_m2": round(one.after, 2)}
            for kind, one in kinds.items()
        },
        "foremost": _rows(foremost(found.lots, _TOP), _LOT),
        "permits": None if found.permits is None else _permits(found.permits),
        "words": {kind: text[call.language] for kind, text in KINDS.items() if kind in kinds},
        "advice": f"{_ADVICE[call.language]} {ADVICE[call.language]}",
    }


def _permits(permits: pd.DataFrame) -> Json:
    each = permits.drop_duplicates(["number", "office"]).sort_values(["number", "office"])
    return {"count": len(each), "listed": _rows(each.head(MOST_TOLD), _PERMIT)}


_LOT = ("id", "commune", "sheet", "parcel", "land_use", "change", "floor_before", "floor_after", "floor_difference")
_PERMIT = ("number", "office", "status", "floor_area", "lot", "change", "exceeds")


def _rows(frame: pd.DataFrame, names: tuple[str, ...]) -> list[Json]:
    return [{name: _plain(row[name]) for name in names} for row in frame.to_dict("records")]


def _plain(value: object) -> Json:
    if value is None or value is pd.NA or value != value:  # NaN
        return None
    return round(value, 2) if isinstance(value, float) else cast("Json", value)


def _file(found: Trial) -> bytes:
    sink = io.BytesIO()
    found.lots.to_parquet(sink)
    return sink.getvalue()


_ADVICE = Text(
    "Chỉ so chỉ tiêu của ô quy hoạch; lộ giới và quy chuẩn còn làm giảm thêm. Chưa công bố gì.",
    "Limits of zones alone are compared: road lines and regulations take away from them. Nothing is published.",
)

WHAT_IF = Process(
    id="what-if",
    version="1.0.0",
    title=Text("Thử phương án quy hoạch", "What a plan would change"),
    description=Text(
        "Thử một phương án quy hoạch đang chờ công bố trên mọi thửa đất và giấy phép đang mở: thửa nào tăng, thửa nào giảm, bao "
        f"nhiêu m² sàn. Chỉ dành cho người công bố lớp quy hoạch; không công bố gì. {_ADVICE.vi}",
        "Tries a plan that waits to be published on all parcels and open permits: which gain, which lose, how much floor "
        f"area. For publishers of the plan's layer only. {_ADVICE.en}",
    ),
    keywords=("quy hoạch", "what-if", "zones"),
    inputs={
        "stage": Input(
            Text("Lần cập nhật đang chờ", "Staged changeset"),
            Text("Tên, ví dụ s12.", "Its name, such as s12."),
            {"type": "string", "pattern": "^s[1-9][0-9]{0,8}$"},
        ),
        "datetime": Input(
            Text("Thời điểm", "Instant"),
            Text(
                "Tình trạng tại thời điểm này hoặc đầu ngày này; bỏ trống là khi toàn bộ phương án có hiệu lực.",
                "As of this instant or the beginning of this day; when all of the plan is in force if left out.",
            ),
            {"type": "string", "minLength": 1, "maxLength": 60},
            required=False,
        ),
    },
    outputs={
        "summary": Output(
            Text("Tổng hợp", "Summary"),
            Text(
                "Số thửa và diện tích sàn trước, sau theo từng loại thay đổi; thửa thay đổi nhiều nhất; giấy phép đang mở.",
                "How many lots and how much floor area before and after by kind of change; those that change most; open permits.",
            ),
            {"type": "object"},
        ),
        "lots": Output(
            Text("Các thửa đất", "The lots"),
            Text("GeoParquet, mỗi thửa một dòng.", "GeoParquet, a row for each lot."),
            {"type": "string", "contentMediaType": PARQUET, "contentEncoding": "binary"},
        ),
    },
    run=_run,
    allow=_allow,
    modes=frozenset({"async"}),
    example={"inputs": {"stage": "s12"}},
)
