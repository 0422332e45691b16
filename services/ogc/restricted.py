"""Holders and certificates of one feature: the only way to them over HTTP, and none is given before it is on record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter, StoreError
from gis.model.access import Decision, Purpose
from gis.model.layer import Layer, Text
from gis.model.query import ItemQuery
from gis.store.audit import Entry, Kind, append_sql
from gis.store.pools import Row as Record
from gis.store.restricted import restricted_sql
from services.auth.policy import Action, decide
from services.auth.trail import GROUND, RECORDED
from services.errors import request_id
from services.ogc.answers import PRIVATE, State
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.feature_answers import found, identifier_of, no_feature
from services.ogc.negotiation import JSON
from services.ogc.parameters import TIME, with_time

_GROUND = ("purpose", "case")
PARAMETERS = (*TIME, *_GROUND)

PURPOSES: Mapping[Purpose, Text] = MappingProxyType(
    {
        Purpose.REGISTRATION: Text("đăng ký đất đai, cấp giấy chứng nhận", "registration of land, certificates"),
        Purpose.CLEARANCE: Text(
            "thu hồi đất, bồi thường, hỗ trợ, tái định cư", "clearance, compensation, resettlement"
        ),
        Purpose.PERMIT: Text("cấp phép xây dựng, thủ tục quy hoạch", "building permits, planning procedures"),
        Purpose.FINANCE: Text("nghĩa vụ tài chính về đất đai", "taxes and fees on land"),
        Purpose.COMPLAINT: Text("giải quyết tranh chấp, khiếu nại, tố cáo", "disputes and complaints"),
        Purpose.INSPECTION: Text("thanh tra, kiểm tra", "inspection"),
        Purpose.PROCEEDINGS: Text(
            "theo yêu cầu của toà án, cơ quan điều tra, thi hành án",
            "at the request of a court or of those who investigate",
        ),
        Purpose.HOLDER: Text("theo yêu cầu của chính người sử dụng đất", "at the request of the holder"),
    }
)

CASE = r"(?=.*[0-9])[^\W_][\w./\-]{2,59}"
"""The number of a case or document. No spaces and at least one digit, so that nobody writes a name or a story here."""

_CASE = re.compile(CASE)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked of one feature, and on what ground."""

    layer: Layer
    feature: UUID
    query: ItemQuery
    decision: Decision
    purpose: Purpose
    case: str


async def restricted(request: Request) -> Response:
    """GET /collections/{layer}/items/{id}/restricted?purpose=…&case=…: for a key or person to whom they were opened."""
    layer, _ = layer_of(request)
    asked = ask(request, (JSON,), PARAMETERS)
    request.scope[GROUND] = {name: asked.parameters[name] for name in _GROUND if name in asked.parameters}
    decision = decide(asked.actor, Action.READ_RESTRICTED, layer)
    query = with_time(ItemQuery(layer.id), asked.parameters, asked.services.catalog.territory)
    wish = _Wish(layer, identifier_of(request, layer), query, decision, _purpose(asked), _case(asked))
    row, receipt = await _recorded(request, asked, wish)
    request.scope[RECORDED] = True
    if row["fields"] is None:
        raise no_feature(layer, str(wish.feature))
    return Response(_body(asked, wish, row, receipt), headers=PRIVATE, media_type=JSON.media_type)


async def _recorded(request: Request, asked: Ask, wish: _Wish) -> tuple[Record, int]:
    """What was found and the number under which that is on record: committed, or there is an error and no answer."""
    async with asked.services.keeper.transaction() as work:
        row = found(await work.row(restricted_sql(wish.layer, wish.feature, wish.query, wish.decision)))
        there = row["fields"] is not None
        detail = {
            "purpose": wish.purpose,
            "case": wish.case,
            "fields": list(wish.decision.columns) if there else [],
            "parameters": {name: asked.parameters[name] for name in TIME if name in asked.parameters},
        }
        entry = Entry(
            datetime.now(UTC),
            Kind.RESTRICTED,
            asked.actor.id,
            restricted.__name__,
            role=asked.actor.role,
            agency=asked.actor.agency,
            layer=wish.layer.id,
            feature=wish.feature,
            detail=detail,
            rows=int(there),
            status=200 if there else 404,
            request_id=request_id(request),
        )
        receipt = await work.row(append_sql([entry]))
        if receipt is None:
            raise StoreError("The reading was not recorded.")
    return row, receipt["number"]


def _body(asked: Ask, wish: _Wish, row: Record, receipt: int) -> bytes:
    """The fields are JSON already, as the database wrote them."""
    item = f"/collections/{wish.layer.id}/items/{wish.feature}"
    head = {
        "id": str(wish.feature),
        "collection": wish.layer.id,
        "dataVersion": State.of(row).changeset,
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "valid_from_known": row["valid_from_known"],
        "changeset": row["recorded"],
        "purpose": wish.purpose,
        "case": wish.case,
        "auditNumber": receipt,
        "links": [
            {"rel": "self", "type": JSON.media_type, "href": asked.url},
            {"rel": "item", "type": "application/geo+json", "href": asked.href(item)},
        ],
        "properties": orjson.Fragment(row["fields"]),
    }
    return orjson.dumps(head)


def _purpose(asked: Ask) -> Purpose:
    text = asked.parameters.get("purpose", "")
    try:
        return Purpose(text)
    except ValueError:
        listed = ", ".join(Purpose)
        listed_vi = ", ".join(f"{purpose} ({title.vi})" for purpose, title in PURPOSES.items())
        raise InvalidParameter(
            f"purpose: say for what the restricted fields are read: {listed}.",
            f"purpose: hãy ghi mục đích xem dữ liệu hạn chế: {listed_vi}.",
            where="purpose",
        ) from None


def _case(asked: Ask) -> str:
    text = asked.parameters.get("case", "")
    if not _CASE.fullmatch(text):
        raise InvalidParameter(
            "case: give the number of the case or document that the reading is for, such as H29.18-261122-0001 or 12/QD-UBND; "
            "at least 3 characters, a digit among them; letters, digits and . / - _, no spaces.",
            "case: hãy ghi mã hồ sơ hoặc số văn bản mà việc xem phục vụ, ví dụ H29.18-261122-0001 hoặc 12/QĐ-UBND; "
            "từ 3 ký tự, có chữ số, gồm chữ, chữ số và . / - _, không có dấu cách.",
            where="case",
        )
    return text
