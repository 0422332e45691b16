"""Which communes a code or a name means: of today, and as they were before 1 July 2025, whose codes are used again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gis.errors import NotFound
from gis.model.filter import ACCENTI, CASEI, LIKE, OR, Call, Node, Property, Value
from gis.model.layer import Text
from gis.store.parcels import Matching, Wanted, matching
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.processes.process import Call as Run

WARDS = "wards"
REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
"""00:00 on 1 July 2025 in Việt Nam: from here on the 168 wards, communes and the special zone of Resolution 1685/NQ-UBTVQH15."""

_BEFORE = REFORM - timedelta(microseconds=1)
_CODE = re.compile(r"[0-9]{5}")
_MOST = 100


@dataclass(frozen=True, slots=True)
class Communes:
    """Codes of communes of today and of former ones; `notes` say what a code that was used twice was read as."""

    today: tuple[str, ...]
    former: tuple[str, ...]
    notes: tuple[Text, ...] = ()


async def communes_named(call: Run, source: Snapshot, said: str, moment: Moment) -> Communes:
    """What `said`, a code or a name, means. NotFound for a name that no commune has or had.

    A code stands for itself in both meanings even where the wards are not in the data.
    """
    text = " ".join(said.split())
    code = _CODE.fullmatch(text) is not None
    condition = Call("=", (Property("code"), Value(text))) if code else _named(text)
    today, former = await _wards(call, source, condition, moment)
    if code:
        return Communes((text,), (text,), _reused(text, today, former))
    if not today and not former:
        raise NotFound(
            f"There is no commune named '{text[:60]}', nor was there before 1 July 2025.",
            f"Không có xã, phường nào tên '{text[:60]}', cả hiện nay và trước 01/7/2025.",
            where="commune",
        )
    return Communes(tuple(today), tuple(former))


async def _wards(call: Run, source: Snapshot, condition: Node, moment: Moment) -> tuple[dict[str, str], dict[str, str]]:
    """Codes with names: of communes that hold at the moment, if that is after the reform, and of those just before it."""
    layer = call.catalog.layers[WARDS]
    decision = decide(call.actor, Action.READ, layer)
    before = Moment(_BEFORE, moment.known)
    after = moment if moment.at is None or moment.at >= REFORM else Moment(REFORM, moment.known)
    found = [await matching(source, layer, decision, Wanted(condition), then, most=_MOST) for then in (after, before)]
    today, former = (_names(one) for one in found)
    return today, former


async def former_name(call: Run, source: Snapshot, code: str, known: int | datetime | None) -> str | None:
    """The full name of a commune just before 1 July 2025, with the former district behind a comma; None where the wards of
    then are not in the data."""
    layer = call.catalog.layers[WARDS]
    then = Moment(_BEFORE, known)
    condition = Call("=", (Property("code"), Value(code)))
    found = await matching(source, layer, decide(call.actor, Action.READ, layer), Wanted(condition), then, most=_MOST)
    return _names(found).get(code)


def _names(found: Matching) -> dict[str, str]:
    table = found.table
    pairs = zip(table.column("code"), table.column("full_name"), table.column("name"), strict=True)
    return {str(code): str(full or name) for code, full, name in pairs}


def _named(text: str) -> Node:
    """By its name, with or without its kind before it and the former district behind it; no matter case and accents."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Call(
        OR,
        (
            Call("=", (_folded(Property("name")), _folded(Value(text)))),
            Call("=", (_folded(Property("full_name")), _folded(Value(text)))),
            Call(LIKE, (_folded(Property("full_name")), _folded(Value(f"{escaped},%")))),
        ),
    )


def _folded(node: Node) -> Node:
    return Call(CASEI, (Call(ACCENTI, (node,)),))


def _reused(code: str, today: dict[str, str], former: dict[str, str]) -> tuple[Text, ...]:
    now, then = today.get(code), former.get(code)
    if now is None or then is None or now == then:
        return ()
    return (
        Text(
            f"Mã {code} nay là {now}, trước 01/7/2025 là {then}; đã tìm theo cả hai nghĩa.",
            f"The code {code} is {now} today and was {then} before 1 July 2025; both meanings were looked for.",
        ),
    )
