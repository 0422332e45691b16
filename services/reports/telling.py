"""How a report is told: in the words of GeoReport v2 to everybody, and whole to the agency that answers it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request

from gis.errors import InvalidParameter
from gis.model.layer import Text
from gis.model.report import Category, Contact, Report, State
from services.ogc.datetimes import instant_text

REPORTS = Text("Phản ánh của người dân", "Reports of citizens")
GEOREPORT = "/open311/v2"

NOTICE = Text(
    "Phản ánh đã được chuyển đến {agency}. Mã tra cứu: {number}. Nội dung, ảnh và liên hệ chỉ cơ quan xử lý xem được.",
    "Your report has gone to {agency}. Its number is {number}. Text, photo and contact are for that agency only.",
)

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER = re.compile(rf"PA-[{_DIGITS}]{{8}}")
_MISREAD = str.maketrans("OIL", "011")
_CURSOR = re.compile(r"4e90([0-9a-f]{16})([0-9a-f]{32})")


def new_number() -> str:
    """A number that people can read out: no letters that look like digits, none that follows from another."""
    return "PA-" + "".join(secrets.choice(_DIGITS) for _ in range(8))


def number_of(text: str) -> str | None:
    """The number as it is kept, however it was typed; None where it is none."""
    bare = text.strip().upper()[:20].removeprefix("PA").lstrip("-")
    number = "PA-" + bare.translate(_MISREAD)
    return number if _NUMBER.fullmatch(number) else None


def categories_of(request: Request) -> Mapping[str, Category]:
    """What may be reported here, by id."""
    found: Mapping[str, Category] = request.app.state.report_categories
    return found


def service_json(one: Category, language: str) -> dict[str, object]:
    """A category as a service of GeoReport v2."""
    return {
        "service_code": one.id,
        "service_name": one.title[language],
        "description": one.description[language],
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": one.agency_title,
    }


def request_json(one: Report, category: Category | None, language: str, base: str) -> dict[str, object]:
    """What everybody may see of the report, as a service request of GeoReport v2. No text and no contact is in it; the
    place is rounded."""
    return {
        "service_request_id": one.number,
        "status": "closed" if one.state.closed else "open",
        "status_notes": one.answer,
        "service_name": one.category if category is None else category.title[language],
        "service_code": one.category,
        "description": None,
        "agency_responsible": one.agency_title,
        "service_notice": None,
        "requested_datetime": instant_text(one.requested),
        "updated_datetime": instant_text(one.updated),
        "expected_datetime": None,
        "address": None,
        "address_id": None,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lon,
        "media_url": f"{base}/reports/{one.number}/photo" if one.photo else None,
        "extended_attributes": {"state": one.state.value, "state_name": one.state.word[language]},
    }


def officer_json(
    one: Report, row: Mapping[str, Any], category: Category | None, language: str, *, whole: bool
) -> dict[str, object]:
    """The report as officers read it; `whole`: with what was told, for the agency that answers it."""
    told: dict[str, object] = {
        "number": one.number,
        "category": one.category,
        "categoryTitle": one.category if category is None else category.title[language],
        "agency": one.agency,
        "agencyTitle": one.agency_title,
        "state": one.state.value,
        "stateName": one.state.word[language],
        "following": [state.value for state in one.state.following],
        "requested": instant_text(one.requested),
        "updated": instant_text(one.updated),
        "answer": one.answer,
        "version": one.version,
        "place": {"lon": one.lon, "lat": one.lat},
        "photo": "released" if one.photo else "withheld" if row["photo_kept"] else None,
    }
    if whole:
        told |= {
            "description": row["description"],
            "address": row["address"],
            "place": {"lon": row["exact_lon"], "lat": row["exact_lat"]},
        }
    return told


def contact_json(contact: Contact | None) -> dict[str, object] | None:
    """None where nobody said, or it was erased."""
    return None if contact is None else {"name": contact.name, "phone": contact.phone, "email": contact.email}


def event_json(row: Mapping[str, Any]) -> dict[str, object]:
    """What happened, as officers read it."""
    names = ("version", "kind", "actor", "role", "agency", "state", "reason", "answer")
    return {"at": instant_text(row["at"]), **{name: row[name] for name in names}}


def cursor_after(one: Report) -> str:
    """Names the last report that was told; addresses carry it encrypted."""
    return f"4e90{round(one.requested.timestamp() * 1_000_000):016x}{one.id.hex}"


def before(cursor: str | None) -> tuple[int, UUID] | None:
    """What the cursor names: microseconds since 1970, and an id."""
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidParameter(
            "cursor: follow a 'next' link unchanged.", "cursor: hãy dùng nguyên liên kết 'next'.", where="cursor"
        )
    return int(found[1], 16), UUID(found[2])


def listed(parameters: Mapping[str, str], name: str, known: Sequence[str] | None = None) -> tuple[str, ...] | None:
    """The values of a parameter, joined by commas; None where it is not given. InvalidParameter for one not known."""
    text = parameters.get(name)
    if text is None:
        return None
    values = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if len(values) > 100:
        raise InvalidParameter(f"{name}: at most 100 values.", f"{name}: nhiều nhất 100 giá trị.", where=name)
    for value in values:
        if known is not None and value not in known:
            shown = ", ".join(known)
            raise InvalidParameter(
                f"{name}: '{value[:40]}' is none of {shown}.",
                f"{name}: '{value[:40]}' không thuộc: {shown}.",
                where=name,
            )
    return values


STATES = [state.value for state in State]
