"""Extracts and their verification in the OpenAPI document."""

from __future__ import annotations

from gis.model.layer import Text
from services.ogc.openapi_parts import (
    ANY_JSON,
    OF_DOCUMENTS,
    PAGE,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    reading,
    shared,
)
from services.permits.extract_words import TITLE

_PARCEL = Text("Mã đối tượng của thửa đất", "Id of the parcel")
_VERIFY = Text(
    "Niêm phong có thật không, và nội dung còn đúng với dữ liệu hiện nay không",
    "Whether a seal is genuine, and what was sealed still agrees with the data of today",
)
_SEAL = Text("Niêm phong: JWS dạng gọn", "The seal: a compact JWS")
_PASTED = Text("Niêm phong, hoặc địa chỉ của mã QR", "The seal, or the address of the QR code")
_SENT = Text(
    "Kiểm tra một tệp PDF hoặc JSON: mọi byte của PDF, mọi giá trị của JSON",
    "Verify a PDF or JSON that was sent: every byte of a PDF, every value of a JSON",
)
_OFTEN = Text("Địa chỉ này hỏi quá nhanh: xem Retry-After", "This address asks too often: see Retry-After")
_KEYS = Text("Khoá công khai của các niêm phong (RFC 7517)", "Public keys of the seals (RFC 7517)")

_BYTES: Object = {"schema": {"type": "string", "format": "binary"}}
_FOUND: Object = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["genuine"],
            "properties": {
                "genuine": {"type": "boolean"},
                "current": {"type": "boolean", "nullable": True},
                "superseded": {
                    "type": "object",
                    "properties": {
                        "changeset": {"type": "integer"},
                        "at": {"type": "string", "format": "date-time"},
                        "reason": {"type": "string"},
                    },
                },
                "reason": {"type": "string"},
            },
        }
    }
}


def extract_paths(language: str) -> Paths:
    """The three forms of an extract, its verification, and the public keys."""
    forms: dict[str, Object] = {"json": ANY_JSON, "html": PAGE, "pdf": {"application/pdf": _BYTES}}
    paths: Paths = {f"/parcels/{{id}}/extract.{form}": _extract(form, found, language) for form, found in forms.items()}
    # Whatever is no seal is answered as not genuine, however long it is.
    seal = parameter("seal", _SEAL[language], {"type": "string", "minLength": 1}, place="path")
    pasted = parameter("seal", _PASTED[language], {"type": "string", "minLength": 1}, required=True)
    told = answer(_VERIFY[language], _FOUND | PAGE)
    body: Object = {
        "requestBody": {"required": True, "content": {"application/pdf": _BYTES, "application/json": {"schema": {}}}},
        "tags": ["parcels"],
    }
    often: Object = {"429": problem(_OFTEN[language])}
    known: Object = {"200": told, **often, "default": problem()}
    of_json: Object = {
        "200": answer(_VERIFY[language], _FOUND),
        **often,
        "default": problem(),
    }  # the page without a seal is a form
    paths["/verify/{seal}"] = {"get": operation("verifySeal", _VERIFY[language], [seal, *shared(("f", "lang"))], known)}
    paths["/verify"] = {
        "get": operation("verifyPasted", _VERIFY[language], [pasted, *shared(("fJson", "lang"))], of_json),
        "post": operation("verifyFile", _SENT[language], shared(("f", "lang")), known, body),
    }
    keys = reading(answer(_KEYS[language], ANY_JSON, OF_DOCUMENTS))
    paths["/.well-known/jwks.json"] = {"get": operation("getSealKeys", _KEYS[language], shared(("fJson",)), keys)}
    return paths


def _extract(form: str, found: Object, language: str) -> dict[str, Object]:
    own = [
        parameter("id", _PARCEL[language], {"type": "string", "format": "uuid"}, place="path"),
    ]
    answers = reading(answer(TITLE[language], found, ("ETag", "Landmap-Data-Version")))
    if form == "pdf":
        answers = {**answers, "429": problem(_OFTEN[language])}
    title = f"{TITLE[language]} ({form.upper()})"
    return {
        "get": operation(
            f"getExtract{form.capitalize()}",
            title,
            [*own, *shared(("datetimeTile", "knownAt", "lang"))],
            answers,
            {"tags": ["parcels"]},
        )
    }
