"""`subscriber` of an execute request: the addresses that a job calls (OGC 18-062r2, conformance class callback)."""

from __future__ import annotations

from typing import Any

from gis.errors import InvalidParameter, Unauthenticated
from gis.model.actor import PUBLIC
from gis.store.job_calls import EVENTS, SUCCESS
from services.ogc.ask import Ask
from services.ogc.names import meant
from services.subscriptions.callbacks import Callbacks

URIS = {f"{event}Uri": event for event in EVENTS}

_FIRST = f"{SUCCESS}Uri"


def read_subscriber(asked: Ask, said: Any, *, later: bool) -> dict[str, str]:
    """Whom the job calls, by its event. InvalidParameter names the address that is not called by this service; Unauthenticated
    where nobody signed in, whose calls nobody could tell from those of others."""
    if not isinstance(said, dict):
        raise _wrong("subscriber", "has to be an object with successUri", "phải là đối tượng JSON có successUri")
    for name in said:
        if name not in URIS:
            en, vi = meant(name, tuple(URIS))
            raise _wrong(f"subscriber.{name[:60]}", f"is not known here; {en}", f"không có ở đây; {vi}")
    if _FIRST not in said:
        raise _wrong(f"subscriber.{_FIRST}", "is missing", "còn thiếu")
    callbacks = Callbacks(asked.services.settings.callback_hosts)
    found = {URIS[name]: _checked(callbacks, f"subscriber.{name}", url) for name, url in said.items()}
    if asked.actor == PUBLIC:
        raise Unauthenticated(
            "subscriber: only for callers who sign in.",
            "subscriber: chỉ dành cho người đã đăng nhập.",
            where="subscriber",
        )
    if not later:
        raise _wrong(
            "subscriber",
            "is for jobs; send 'Prefer: respond-async' too",
            "chỉ dùng khi không chờ kết quả; hãy gửi kèm 'Prefer: respond-async'",
        )
    return found


def _checked(callbacks: Callbacks, where: str, url: Any) -> str:
    if not isinstance(url, str):
        raise _wrong(where, "has to be a text", "phải là một văn bản")
    try:
        return callbacks.checked(url)
    except InvalidParameter as error:
        en, vi = (text.split(": ", 1)[1] for text in (error.en, error.vi))
        raise InvalidParameter(f"{where}: {en}", f"{where}: {vi}", where=where) from error


def _wrong(where: str, en: str, vi: str) -> InvalidParameter:
    ended = ["" if text.endswith(("?", ".")) else "." for text in (en, vi)]
    return InvalidParameter(f"{where}: {en}{ended[0]}", f"{where}: {vi}{ended[1]}", where=where)
