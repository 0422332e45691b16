"""Which parcel is meant: by id, identifier, numbers, point, address or polygon; never the first of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from gis.errors import AmbiguousParcel, Forbidden, InvalidParameter, NotFound, Unauthenticated
from gis.model.access import Decision
from gis.model.actor import Role
from gis.model.filter import ID, OR, Call, Node, Property, Value, among, conjunction
from gis.model.layer import Layer, Text
from gis.model.notation import spellings
from gis.model.query import CRS84
from gis.store.parcels import Matching, Wanted, matching, point_of
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.ogc.parameters import served_crs
from services.permits.communes import Communes, communes_named
from services.permits.postal import house_of, read_address
from services.processes.outlines import CRS, POLYGON, polygon_of
from services.processes.process import Call as Run
from services.processes.process import Json

PARCELS = "parcels"
MOST_CANDIDATES = 20
_LISTED = ("sheet", "parcel", "document_series", "commune", "commune_old", "sheet_former", "parcel_former", "street")

_TEXT: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 200}
_NUMBER: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 20}
_COORDINATE: dict[str, Json] = {"type": "number", "minimum": -1e8, "maximum": 1e8}


def _only(required: Sequence[str], properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": False, "required": [*required], "properties": {**properties}}


POINT: dict[str, Json] = {
    "oneOf": [
        _only(["lon", "lat"], {"lon": _COORDINATE, "lat": _COORDINATE}),
        _only(["x", "y", "crs"], {"x": _COORDINATE, "y": _COORDINATE, "crs": CRS}),
    ]
}
"""JSON Schema of a point: `x` is the easting and `y` the northing, whatever its CRS has first."""

_NUMBERS: dict[str, Json] = {"sheet": _NUMBER, "number": _NUMBER, "document_series": _NUMBER}

SELECTOR: Mapping[str, Json] = {
    "oneOf": [
        _only(["id"], {"id": {"type": "string", "format": "uuid"}}),
        _only(["identifier"], {"identifier": {"type": "string", "minLength": 12, "maxLength": 12}}),
        _only(["commune", "sheet", "number"], {"commune": _TEXT, **_NUMBERS}),
        _only(["commune_old", "sheet", "number"], {"commune_old": _TEXT, **_NUMBERS}),
        _only(["point"], {"point": POINT}),
        _only(["address"], {"address": _TEXT}),
        _only(["polygon"], {"polygon": POLYGON, "crs": CRS}),
    ]
}
"""JSON Schema of a selector. A polygon has the axis order of its CRS (longitude, latitude without one). `commune` is a code or name of today or of before 1 July 2025."""


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """One parcel. `properties`: the fields that the caller may see, with `valid_from`, `valid_to`, `valid_from_known` and
    `changeset`; None where missing or not shown. `lot`: its outline in the storage CRS, easting first.

    `changeset` and `known_at` are of the layer. `notes` tell what was assumed to find it.
    """

    id: str
    properties: Mapping[str, Any]
    lot: BaseGeometry
    changeset: int
    known_at: datetime | None
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a selector comes to, and what to tell of it."""

    wanted: Wanted
    notes: tuple[Text, ...] = ()
    house: str | None = None


async def find_parcel(call: Run, source: Snapshot, selector: Mapping[str, Json], moment: Moment) -> Parcel:
    """The parcel that a selector (see SELECTOR) names, as the caller may see it at the moment.

    NotFound; AmbiguousParcel with the candidates where several match; InvalidParameter and InvalidCrs for what cannot
    be read; Forbidden or Unauthenticated where it asks by a field that is not the caller's.
    """
    layer = call.catalog.layers[PARCELS]
    decision = decide(call.actor, Action.READ, layer)
    asked = await _read(call, source, selector, moment, decision)
    found = await matching(source, layer, decision, asked.wanted, moment)
    if not len(found.table):
        raise _none(selector)
    rows = _of_house(found, asked.house)
    if len(rows) > 1:
        raise _several(call, found, rows)
    told, lot = found.table.record(rows[0]), found.table.geometry[rows[0]]
    if lot is None:
        raise _none(selector)
    return Parcel(str(told["id"]), told, lot, found.changeset, found.known_at, asked.notes)


def allow_selector(call: Run, selector: Mapping[str, Json]) -> None:
    """Forbidden or Unauthenticated where the selector asks by a field that is not the caller's, whatever its value."""
    if "identifier" in selector and "id" not in selector:
        _refuse_hidden(call, decide(call.actor, Action.READ, call.catalog.layers[PARCELS]), "parcel_identifier")


async def _read(
    call: Run, source: Snapshot, selector: Mapping[str, Json], moment: Moment, decision: Decision
) -> _Asked:
    if "id" in selector:
        return _Asked(Wanted(Call("=", (Property(ID), Value(_uuid(selector["id"]))))))
    if "identifier" in selector:
        _refuse_hidden(call, decision, "parcel_identifier")
        return _Asked(Wanted(Call("=", (Property("parcel_identifier"), Value(str(selector["identifier"]))))))
    if "sheet" in selector:
        return await _by_number(call, source, selector, moment)
    if "point" in selector:
        return _Asked(Wanted(place=read_point(call, selector["point"])))
    if "address" in selector:
        return await _by_address(call, source, str(selector["address"]), moment, decision)
    if "polygon" in selector:
        return _Asked(Wanted(place=await polygon_of(selector, call.catalog.territory)))
    raise InvalidParameter(
        "parcel: give one of id, identifier, commune with sheet and number, point, address or polygon.",
        "parcel: hãy gửi một trong các cách: id, identifier, commune kèm sheet và number, point, address hoặc polygon.",
        where="parcel",
    )


def _uuid(text: Json) -> str:
    try:
        return str(UUID(str(text)))
    except ValueError as error:
        raise InvalidParameter(
            "parcel.id: is not the id of a feature (a UUID).",
            "parcel.id: không phải mã đối tượng (UUID).",
            where="id",
        ) from error


def _refuse_hidden(call: Run, decision: Decision, name: str) -> None:
    """Whoever may not see a field may not ask by it; the refusal is the same whatever the value."""
    if name in decision.columns:
        return
    en = "Only agencies with this field may look for a parcel by its identifier; use commune, sheet and number."
    vi = "Chỉ cơ quan được xem trường này mới tra được bằng mã định danh; hãy dùng xã, số tờ và số thửa."
    raise (Unauthenticated if call.actor.role is Role.PUBLIC else Forbidden)(en, vi, where="identifier")


def read_point(call: Run, sent: Json) -> BaseGeometry:
    """The point (see POINT) in the storage CRS. InvalidCrs where it does not lie in the territory."""
    point, territory = cast("Mapping[str, Json]", sent), call.catalog.territory
    if "lon" in point:
        return point_of(_number(point["lon"]), _number(point["lat"]), CRS84, territory)
    crs = served_crs("crs", point["crs"], territory).code
    return point_of(_number(point["x"]), _number(point["y"]), crs, territory)


def _number(value: Json) -> float:
    return float(cast("float", value))


async def _by_number(call: Run, source: Snapshot, selector: Mapping[str, Json], moment: Moment) -> _Asked:
    former = "commune_old" in selector
    said = str(selector["commune_old" if former else "commune"])
    communes = await communes_named(call, source, said, moment)
    notes = () if former else communes.notes
    return _Asked(Wanted(conjunction(in_commune(communes, former=former), *numbers_of(selector))), notes)


def in_commune(communes: Communes, *, former: bool) -> Node:
    """The same code may be that of a commune of today and of another one before: both are asked about."""
    parts: list[Node] = [among("commune_old", communes.former)] if communes.former else []
    if communes.today and not former:
        parts.append(among("commune", communes.today))
    if not parts:
        raise InvalidParameter(
            "commune_old: there was no such commune before 1 July 2025.",
            "commune_old: không có xã, phường này trước 01/7/2025.",
            where="commune_old",
        )
    return Call(OR, tuple(parts)) if len(parts) > 1 else parts[0]


def numbers_of(selector: Mapping[str, Json]) -> list[Node]:
    """What the numbers of a selector ask of a parcel."""
    told = [among(field, spellings(str(selector[name]))) for name, field in (("sheet", "sheet"), ("number", "parcel"))]
    if "document_series" in selector:
        told.append(among("document_series", (str(selector["document_series"]),)))
    return told


async def _by_address(call: Run, source: Snapshot, text: str, moment: Moment, decision: Decision) -> _Asked:
    """The street by the words that everybody may search for; the number of the house only against what the caller sees."""
    address = read_address(text, call.catalog.territory)
    named = [await communes_named(call, source, commune, moment) for commune in address.communes]
    condition = conjunction(*(in_commune(communes, former=False) for communes in named))
    seen = "address" in decision.columns
    notes = (_NO_HOUSE,) if address.house and not seen else ()
    return _Asked(Wanted(condition, words=address.street), notes, address.house if seen else None)


_NO_HOUSE = Text(
    "Số nhà không được đối chiếu: địa chỉ có số nhà không phải dữ liệu công khai.",
    "The house number was not compared: addresses with it are not public.",
)


def _of_house(found: Matching, house: str | None) -> list[int]:
    """The rows whose address has the number; all where none was asked for.

    NotFound where the street is there without the number: another house of it is not what was asked for.
    """
    rows = list(range(len(found.table)))
    if house is None:
        return rows
    columns = [found.table.column(name) for name in ("address", "address_old") if name in found.table]
    same = [row for row in rows if any(_has(column[row], house) for column in columns)]
    if not same:
        raise _no_such_house(house, len(rows))
    return same


def _has(address: object, house: str) -> bool:
    return isinstance(address, str) and house_of(address) == house


def _no_such_house(house: str, parcels: int) -> NotFound:
    return NotFound(
        f"The street was found, but none of the addresses of its {parcels} parcels that you may see has the house number "
        f"'{house[:20]}'. Ask by the street alone to have its parcels listed, or by commune, sheet and number.",
        f"Tìm thấy đường, nhưng trong {parcels} thửa đất trên đường đó mà bạn được xem không có địa chỉ nào mang số nhà "
        f"'{house[:20]}'. Hãy hỏi theo tên đường để xem danh sách thửa, hoặc theo xã, số tờ và số thửa.",
        where="address",
    )


def _several(call: Run, found: Matching, rows: Sequence[int]) -> AmbiguousParcel:
    layer = call.catalog.layers[PARCELS]
    listed = [_candidate(call, layer, found.table.record(row)) for row in rows[:MOST_CANDIDATES]]
    return AmbiguousParcel(
        f"{len(rows)} parcels match; choose one of the candidates and ask by its id.",
        f"Có {len(rows)} thửa đất khớp; hãy chọn một thửa trong danh sách và hỏi lại bằng id của thửa đó.",
        matched=len(rows),
        candidates=listed,
    )


def _candidate(call: Run, layer: Layer, told: Mapping[str, Any]) -> dict[str, object]:
    numbers = [f"{title} {told[name]}" for name, title in (("parcel", "thửa"), ("sheet", "tờ")) if told.get(name)]
    return {
        "id": str(told["id"]),
        "label": ", ".join(numbers) or str(told["id"]),
        **{name: told[name] for name in _LISTED if told.get(name) is not None},
        "href": f"{call.base}/collections/{layer.id}/items/{told['id']}",
    }


def _none(selector: Mapping[str, Json]) -> NotFound:
    by = ", ".join(name for name in selector if name != "crs")
    return NotFound(
        f"No parcel matches ({by}) among those that you may see at that time. It may be there without being in the data: "
        "see the coverage of the layer.",
        f"Không có thửa đất nào khớp ({by}) trong dữ liệu bạn được xem tại thời điểm đó. Thửa đất có thể chưa có trong dữ liệu: "
        "hãy xem phạm vi dữ liệu của lớp.",
        where=by.split(", ")[0],
    )
