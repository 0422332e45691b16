"""What is sent to be reported: the form of GeoReport v2, urlencoded or multipart, read within bounds and checked."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gis.errors import InvalidParameter, UnknownMediaType
from gis.model.layer import Territory
from gis.model.report import Category, Contact, Told
from services.ogc.bodies import read_bytes
from services.ogc.boxes import NUMBER
from services.ogc.names import meant, unknown
from services.reports.photo import MOST_BYTES, cleaned

MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
LONGEST: Mapping[str, int] = {
    "description": 4_000,
    "address_string": 300,
    "first_name": 100,
    "last_name": 100,
    "phone": 30,
    "email": 200,
    "callback": 2_000,
}
"""Characters of each text."""

IGNORED = ("jurisdiction_id", "api_key", "account_id", "device_id")
"""Fields of the standard that are taken and not kept: one city, no accounts, and nobody is followed."""

PLACED = ("service_code", "lat", "long")
FIELDS = (*PLACED, "media", *LONGEST, *IGNORED)
TRIES = 10
"""Forms that one address may send for each report that is taken of it: whoever mistypes comes again."""

_MOST_TEXT = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufffe\uffff]")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{5,28}")
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,120}\.[^\s@<>\".]{2,24}")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, and the bytes of its photo."""

    fields: Mapping[str, str]
    media: bytes | None


async def read_form(request: Request) -> Form:
    """The form that is sent. InvalidParameter, UnknownMediaType, TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (MULTIPART, URLENCODED):
        raise UnknownMediaType(
            f"Send {MULTIPART}, or {URLENCODED} without a photo.",
            f"Hãy gửi {MULTIPART}, hoặc {URLENCODED} nếu không có ảnh.",
            where="Content-Type",
        )
    body = await read_bytes(request, MOST_BYTES + _MOST_TEXT if kind == MULTIPART else _MOST_TEXT)
    try:
        return await _form(request, kind, body)
    except (MultiPartException, ValueError, KeyError) as error:  # a header without boundary is a KeyError
        raise InvalidParameter("The form cannot be read.", "Không đọc được biểu mẫu.", where="Content-Type") from error


async def _form(request: Request, kind: str, body: bytes) -> Form:
    if kind == MULTIPART:
        parser = MultiPartParser(
            request.headers, _once(body), max_files=1, max_fields=len(FIELDS) + 4, max_part_size=_MOST_TEXT
        )
        parser.spool_max_size = len(body) + 1  # what was told is not to lie on a disk
        form = await parser.parse()
    else:
        # As UTF-8, also what was sent without percent signs; another encoding is refused, never guessed.
        pairs: list[tuple[str, str | UploadFile]] = [
            *parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=len(FIELDS) + 4)
        ]
        form = FormData(pairs)
    return await _read(form)


async def _read(form: FormData) -> Form:
    fields: dict[str, str] = {}
    media: bytes | None = None
    for name, value in form.multi_items():
        if name not in FIELDS:
            raise unknown(name[:60], FIELDS)
        if name in fields or (name == "media" and media is not None):
            raise _wrong(name, "chỉ ghi một lần.", "give it once.")
        if isinstance(value, UploadFile):
            if name != "media":
                raise _wrong(name, "không phải là tệp.", "is no file.")
            media = await value.read() or None
        else:
            fields[name] = value
    await form.close()
    if fields.pop("media", ""):
        raise _wrong("media", "hãy gửi ảnh dưới dạng tệp.", "send the photo as a file.")
    return Form(fields, media)


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body
    yield b""


async def told_of(form: Form, categories: Mapping[str, Category], territory: Territory) -> Told:
    """What the form tells. InvalidParameter for what is missing or cannot be; the photo is written anew."""
    fields = {name: _text(name, value) for name, value in form.fields.items() if name not in IGNORED}
    description = fields.get("description") or None
    if description is None and form.media is None:
        raise _wrong("description", "hãy mô tả sự việc, hoặc gửi ảnh.", "say what it is, or send a photo.")
    category = _category(fields.get("service_code", ""), categories)
    lon, lat = _place(fields, territory)
    name = " ".join(part for part in (fields.get("last_name"), fields.get("first_name")) if part)
    contact = Contact(name or None, _phone(fields.get("phone")), _email(fields.get("email")))
    photo = None if form.media is None else await cleaned(form.media)
    return Told(category, lon, lat, description, fields.get("address_string") or None, contact, photo)


def plain(name: str, value: str, most: int) -> str:
    """The text without space around it. InvalidParameter where it is longer or has control characters."""
    text = value.replace("\r\n", "\n").strip()
    if _CONTROL.search(text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _wrong(name, "có ký tự điều khiển; hãy bỏ các ký tự này.", "has control characters; remove them.")
    if len(text) > most:
        raise _wrong(name, f"dài hơn {most} ký tự.", f"is longer than {most} characters.")
    return text


def _text(name: str, value: str) -> str:
    return plain(name, value, LONGEST.get(name, 100))


def _category(code: str, categories: Mapping[str, Category]) -> Category:
    if not code:
        raise _wrong("service_code", "hãy chọn một loại phản ánh.", "choose a category.")
    if code not in categories:
        en, vi = meant(code, _known(categories))
        raise _wrong("service_code", f"không có loại '{code[:60]}'; {vi}", f"there is no category '{code[:60]}'; {en}")
    return categories[code]


def _known(categories: Mapping[str, Category]) -> Collection[str]:
    return list(categories)


def _place(fields: Mapping[str, str], territory: Territory) -> tuple[float, float]:
    lat, lon = (_number(name, fields.get(name, "")) for name in ("lat", "long"))
    west, south, east, north = territory.bounds
    if west <= lon <= east and south <= lat <= north:
        return lon, lat
    if west <= lat <= east and south <= lon <= north:
        raise _wrong("lat", "lat và long bị đổi chỗ.", "lat and long are exchanged.")
    raise _wrong("lat", f"vị trí nằm ngoài {territory.title.vi}.", f"the place lies outside {territory.title.en}.")


def _number(name: str, text: str) -> float:
    number = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise _wrong(name, "hãy ghi vị trí bằng độ (WGS 84).", "give the place in degrees (WGS 84).")
    return number


def _phone(text: str | None) -> str | None:
    if text and not _PHONE.fullmatch(text):
        raise _wrong("phone", "không phải số điện thoại.", "is no telephone number.")
    return text or None


def _email(text: str | None) -> str | None:
    if text and not _EMAIL.fullmatch(text):
        raise _wrong("email", "không phải địa chỉ email.", "is no email address.")
    return text or None


def _wrong(name: str, vi: str, en: str) -> InvalidParameter:
    return InvalidParameter(f"{name}: {en}", f"{name}: {vi}", where=name)
