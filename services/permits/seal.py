"""The seal of an extract: signatures with Ed25519 that anybody can check with the public keys (RFC 7515, RFC 9864).

A seal is a compact JWS of a statement: which parcel, about which moment and as known when, for whom, in which language,
and the SHA-256 of the extract's content. The content is not in it, so that one short text serves every form of an extract: it
is a member of the JSON, and the address behind the QR code of the page and of the PDF. A PDF also ends with a JWS over all
bytes before it, whose payload is left out (RFC 7515, appendix F).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from gis.store.signing import SigningKey

ALGORITHM = "Ed25519"
EXTRACT, FILE = "extract", "file"
"""Types of what is signed (`typ`), so that a signature of one kind never passes for another."""

PUBLIC = "public"
"""The view of everybody. It, and Vietnamese, go without saying: the shorter the text, the better its QR code can be read."""

LONGEST = 2_000
"""Characters of a seal."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_SEAL_LINE, _SIGNATURE_LINE = b"%landmap-seal ", b"%landmap-signature "


@dataclass(frozen=True, slots=True)
class Statement:
    """What a seal states. `view` is `public`, or tells apart what agencies see; `digest` is of the content, see `digest_of`."""

    parcel: UUID
    at: datetime
    known: datetime
    view: str
    language: str
    digest: str


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content as base64url: of its JSON with sorted names, without spaces, whole numbers without a point."""
    return _base64(hashlib.sha256(canonical(content)).digest())


def canonical(content: Mapping[str, Any]) -> bytes:
    """The content as the bytes that are hashed, however the JSON was laid out (in the manner of RFC 8785)."""
    return orjson.dumps(_plain(content), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def sealed(statement: Statement, keys: Sequence[SigningKey]) -> str:
    """The seal, made with the key in use."""
    claims: dict[str, str | int] = {
        "sub": str(statement.parcel),
        "at": _micros(statement.at),
        "known": _micros(statement.known),
        "sha256": statement.digest,
    }
    if statement.view != PUBLIC:
        claims["view"] = statement.view
    if statement.language != "vi":
        claims["lang"] = statement.language
    return _signed(EXTRACT, orjson.dumps(claims), keys)


def opened(seal: str, keys: Sequence[SigningKey]) -> tuple[Statement, str] | None:
    """What a genuine seal states, and the id of its key; None for everything else."""
    if len(seal) > LONGEST:
        return None
    found = _verified(seal, EXTRACT, keys, None)
    if found is None:
        return None
    claims = orjson.loads(found.payload)
    statement = Statement(
        UUID(claims["sub"]),
        _EPOCH + claims["at"] * _TICK,
        _EPOCH + claims["known"] * _TICK,
        claims.get("view", PUBLIC),
        claims.get("lang", "vi"),
        claims["sha256"],
    )
    return statement, str(found.headers()["kid"])


def sealed_file(content: bytes, seal: str, keys: Sequence[SigningKey]) -> bytes:
    """The PDF with its seal and the signature over all before it, in two lines that viewers pass over."""
    stated = content + b"\n" * (not content.endswith(b"\n")) + _SEAL_LINE + seal.encode() + b"\n"
    signature = jws.detach_content(_signed(FILE, stated, keys))
    return stated + _SIGNATURE_LINE + signature.encode() + b"\n"


def seal_of_file(content: bytes, keys: Sequence[SigningKey]) -> str | None:
    """The seal of a PDF of which no byte was changed; None for everything else."""
    stated, _, signature = content.rpartition(_SIGNATURE_LINE)
    if not stated or not signature.endswith(b"\n") or len(signature) > LONGEST:
        return None
    if _verified(signature[:-1].decode("latin-1"), FILE, keys, stated) is None:
        return None
    _, _, seal = stated.rpartition(_SEAL_LINE)
    return seal[:-1].decode("latin-1")


def content_of(text: bytes) -> dict[str, Any] | None:
    """The JSON object that `text` is; None where it is none, or where a name stands in it twice, which readers take differently."""
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def public_key(key: SigningKey) -> dict[str, str]:
    """The public part as a JWK (RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64(key.public), "kid": key.kid, "alg": ALGORITHM, "use": "sig"}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _signed(kind: str, payload: bytes, keys: Sequence[SigningKey]) -> str:
    key = keys[0]
    pair = _pair(key)
    return jws.serialize_compact({"alg": ALGORITHM, "kid": key.kid, "typ": kind}, payload, pair, algorithms=[ALGORITHM])


def _pair(key: SigningKey) -> OKPKey:
    private = {} if key.private is None else {"d": _base64(key.private)}
    parts: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519", "x": _base64(key.public), **private}
    return OKPKey.import_key(parts)


def _verified(text: str, kind: str, keys: Sequence[SigningKey], payload: bytes | None) -> jws.CompactSignature | None:
    """The signature if it is a genuine one of that kind: its bytes are those that we would write, and no others that decode
    to the same."""
    try:
        found = jws.extract_compact(text.encode("ascii"), payload)
        header = found.headers()
        key = next((key for key in keys if key.kid == header.get("kid")), None)
        if key is None or header != {"alg": ALGORITHM, "kid": key.kid, "typ": kind}:
            return None
        genuine = jws.validate_compact(found, _pair(key), [ALGORITHM])
    except (JoseError, ValueError):
        return None
    return found if genuine and all(_is_canonical(part) for part in text.split(".")) else None


def _is_canonical(part: str) -> bool:
    """The last character of base64url has spare bits: another one could stand there and decode to the same bytes."""
    return _base64(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) == part


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _TICK
