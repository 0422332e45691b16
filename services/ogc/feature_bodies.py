"""GeoJSON and JSON-FG features, merge patches and transaction documents as the changes that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson

from gis.cql2.json import parse_json
from gis.cql2.text import parse_text
from gis.errors import InvalidParameter, NotFound
from gis.model.edit import ABSENT, Act, Edit, EditProblem
from gis.model.filter import ID, Call, Items, Node, Property, Value
from gis.model.layer import Layer, Territory, Text, TimeModel
from services.ogc.bodies import MAX_FEATURES, refuse_many
from services.ogc.item_tags import versions_of
from services.ogc.parameters import served_crs

type Object = dict[str, object]

_MAX_FILTER = 60_000
_MAX_PROPERTIES = 500
_ALL = ("geometry", "properties")


@dataclass(slots=True)
class Reading:
    """A body at work: the CRS that its coordinates are in unless it says otherwise, and what is wrong with it.

    What cannot be read is unread in its change, and a problem says so: the rest of it is looked at all the same.
    """

    territory: Territory
    crs: int
    problems: list[EditProblem] = field(default_factory=list)

    def inserts(self, layer: Layer, body: object) -> tuple[Edit, ...]:
        """New features: a Feature, or a FeatureCollection."""
        if not isinstance(body, dict) or body.get("type") != "FeatureCollection":
            return (self.feature(Edit(0, layer, Act.INSERT), body),)
        listed, crs = body.get("features"), body.get("coordRefSys")
        if not isinstance(listed, list) or not listed:
            raise _malformed("a FeatureCollection with features", "FeatureCollection có đối tượng")
        refuse_many(len(listed))
        blank = (Edit(i, layer, Act.INSERT, pointer=f"/features/{i}") for i in range(len(listed)))
        return tuple(self.feature(wanted, one, crs) for wanted, one in zip(blank, listed, strict=True))

    def feature(self, wanted: Edit, body: object, crs: object = None) -> Edit:
        """One Feature, as what `wanted`, which says nothing yet, is to say. `crs`: of the collection that it stands in."""
        if not isinstance(body, dict) or body.get("type") != "Feature":
            return self._wrong(wanted, "type", "là GeoJSON Feature", "a GeoJSON Feature", *_ALL)
        if "geometry" not in body and body.get("place") is None:
            wanted = self._wrong(wanted, "geometry", "có 'geometry' (có thể null)", "a 'geometry', or null", "geometry")
        return self._members(wanted, body, crs)

    def patch(self, wanted: Edit, body: object) -> Edit:
        """A merge patch (RFC 7396) of a GeoJSON Feature, as what `wanted` is to say."""
        if not isinstance(body, dict) or body.get("type", "Feature") != "Feature":
            return self._wrong(wanted, "type", "là đối tượng JSON", "a JSON object", *_ALL)
        return self._members(wanted, body, None)

    def _members(self, wanted: Edit, body: Object, crs: object) -> Edit:
        properties = body.get("properties", {})
        if properties is None and wanted.act is not Act.UPDATE:
            properties = {}
        if not isinstance(properties, dict) or len(properties) > _MAX_PROPERTIES:
            vi, en = "là đối tượng JSON gồm các trường của lớp", "a JSON object of its fields"
            wanted, properties = self._wrong(wanted, "properties", vi, en, "properties"), {}
        if wanted.id is not None and body.get("id", str(wanted.id)) != str(wanted.id):
            wanted = self._wrong(wanted, "id", "giống mã trong địa chỉ", "the one of the address, or none")
        geometry, code, pointers = body.get("geometry", ABSENT), self.crs, wanted.pointers
        place = body.get("place")
        if place is not None:
            own = place.get("coordRefSys") if isinstance(place, dict) else None
            named = own or body.get("coordRefSys") or crs
            geometry, code, pointers = place, self._crs_of(named), {"geometry": f"{wanted.pointer}/place"}
        return replace(wanted, properties=properties, geometry=geometry, crs=code, pointers=pointers)

    def _crs_of(self, named: object) -> int:
        """The CRS that a coordRefSys names: its URI, or a Reference to that; else that of the body."""
        if named is None:
            return self.crs
        uri = named.get("href") if isinstance(named, dict) and named.get("type") == "Reference" else named
        return served_crs("coordRefSys", uri, self.territory).code

    def _wrong(self, wanted: Edit, name: str, vi: str, en: str, *unread: str) -> Edit:
        """The change without what is `unread`, as the member `name` is not what it has to be."""
        text = Text(f"'{name}': phải {vi}.", f"'{name}': has to be {en}.")
        self.problems.append(EditProblem(wanted.index, name, "type", text, pointer=f"{wanted.pointer}/{name}"))
        return replace(wanted, unread=wanted.unread.union(unread))


def transaction(body: object, layers: Mapping[str, Layer], reading: Reading) -> tuple[Edit, ...]:
    """The actions of a transaction document (OGC API - Features - Part 11, draft), in order.

    An action that changes features names them in its `filter` (`id = '…'`, `id IN (…)`), and in `if-match` the ETags of
    the versions that were seen. Only all or nothing is offered.
    """
    if not isinstance(body, dict) or not isinstance(body.get("transaction"), list):
        raise _malformed("an object with the list 'transaction'", "đối tượng có danh sách 'transaction'")
    if body.get("semantic", "atomic") != "atomic":
        raise InvalidParameter(
            "semantic: only 'atomic' is offered: all actions or none.",
            "semantic: chỉ hỗ trợ 'atomic': làm tất cả hoặc không làm gì.",
            where="semantic",
        )
    actions: list[object] = body["transaction"]
    refuse_many(len(actions))
    wanted: list[Edit] = []
    for number, action in enumerate(actions):
        if not isinstance(action, dict):
            raise _malformed(f"transaction[{number}] as an object", f"transaction[{number}] là đối tượng")
        wanted += _action(action, number, _layer(action, number, layers), reading, len(wanted))
        refuse_many(len(wanted))
    return tuple(wanted)


def _layer(action: Object, number: int, layers: Mapping[str, Layer]) -> Layer:
    name = action.get("collection")
    layer = layers.get(name) if isinstance(name, str) else None
    if layer is None:
        raise NotFound(
            f"transaction[{number}]: there is no collection '{str(name)[:60]}'.",
            f"transaction[{number}]: không có bộ dữ liệu '{str(name)[:60]}'.",
            where="collection",
        )
    if layer.time is not TimeModel.VERSIONED:
        raise InvalidParameter(
            f"transaction[{number}]: the features of the collection '{layer.id}' cannot be changed here.",
            f"transaction[{number}]: không sửa được đối tượng của bộ dữ liệu '{layer.id}' tại đây.",
            where="collection",
        )
    return layer


def _action(action: Object, number: int, layer: Layer, reading: Reading, at: int) -> list[Edit]:
    kind, place = action.get("action"), f"/transaction/{number}"
    if kind == Act.INSERT:
        items = action.get("items")
        if not isinstance(items, list) or not items:
            raise _malformed(f"transaction[{number}].items as a list", f"transaction[{number}].items là danh sách")
        refuse_many(len(items))
        places = (f"{place}/items/{i}" for i in range(len(items)))
        blank = (Edit(at + i, layer, Act.INSERT, pointer=told) for i, told in enumerate(places))
        return [reading.feature(wanted, one) for wanted, one in zip(blank, items, strict=True)]
    if kind == Act.REPLACE:
        body = action.get("feature")
        (only,) = _ids(action, number, one=True, body=body)
        blank_one = Edit(at, layer, Act.REPLACE, only, seen=_seen(action), pointer=f"{place}/feature")
        return [reading.feature(blank_one, body)]
    if kind in (Act.UPDATE, Act.DELETE):
        ids = enumerate(_ids(action, number))
        named = [Edit(at + i, layer, Act(str(kind)), one, seen=_seen(action), pointer=place) for i, one in ids]
        if kind == Act.DELETE:
            return named
        patch, pointers = _patch(action.get("properties"), number)
        return [reading.patch(replace(wanted, pointers=pointers), patch) for wanted in named]
    raise _malformed(
        f"transaction[{number}].action as insert, replace, update or delete",
        f"transaction[{number}].action là insert, replace, update hoặc delete",
    )


def _seen(action: Object) -> frozenset[str] | None:
    header = action.get("if-match")
    return versions_of(header) if isinstance(header, str) else None


def _patch(properties: object, number: int) -> tuple[Object, Mapping[str, str]]:
    """What an update adds, modifies and deletes, as a merge patch, and where each of it stands; the name `geometry` is the
    geometry."""
    if not isinstance(properties, dict):
        raise _malformed(
            f"transaction[{number}].properties as an object", f"transaction[{number}].properties là đối tượng"
        )
    patch: Object = {}
    pointers: dict[str, str] = {}
    for part in ("add", "modify"):
        for place, entry in enumerate(_listed(properties, part, number)):
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise _malformed(
                    f"transaction[{number}].properties.{part} as a list of names and values",
                    f"transaction[{number}].properties.{part} là danh sách tên và giá trị",
                )
            patch[entry["name"]] = entry.get("value")
            pointers[entry["name"]] = f"/transaction/{number}/properties/{part}/{place}"
    names = [str(name) for name in _listed(properties, "delete", number)]
    patch |= dict.fromkeys(names)
    pointers |= {name: f"/transaction/{number}/properties/delete/{place}" for place, name in enumerate(names)}
    geometry = {"geometry": patch.pop("geometry")} if "geometry" in patch else {}
    return {**geometry, "properties": patch}, pointers


def _listed(properties: Object, part: str, number: int) -> list[object]:
    found = properties.get(part)
    if found is not None and not isinstance(found, list):
        raise _malformed(
            f"transaction[{number}].properties.{part} as a list",
            f"transaction[{number}].properties.{part} là danh sách",
        )
    return found or []


def _ids(action: Object, number: int, *, one: bool = False, body: object = None) -> list[UUID]:
    """The features that the filter names by their ids; a replaced feature may name itself."""
    condition = action.get("filter")
    found: list[str] = []
    if condition is not None:
        found = _named(_condition(condition, number))
    elif isinstance(body, dict) and isinstance(body.get("id"), str):
        found = [str(body["id"])]
    try:
        ids = [UUID(text) for text in found]
    except ValueError:
        ids = []
    if not ids or (one and len(ids) != 1) or len(ids) > MAX_FEATURES:
        raise _malformed(
            f"transaction[{number}].filter that names features by id, such as id = '…'",
            f"transaction[{number}].filter nêu mã đối tượng, ví dụ id = '…'",
        )
    return ids


def _condition(condition: object, number: int) -> Node:
    text = condition if isinstance(condition, str) else orjson.dumps(condition).decode()
    if len(text) > _MAX_FILTER:
        raise _malformed(f"transaction[{number}].filter shorter", f"transaction[{number}].filter ngắn hơn")
    return parse_text(text) if isinstance(condition, str) else parse_json(text)


def _named(condition: Node) -> list[str]:
    """The ids of `id = '…'` and `id IN ('…', …)`; none for any other condition."""
    if not isinstance(condition, Call) or condition.op not in ("=", "in") or condition.args[0] != Property(ID):
        return []
    values = condition.args[1].items if isinstance(condition.args[1], Items) else (condition.args[1],)
    return [str(value.value) if isinstance(value, Value) else "" for value in values]


def _malformed(en: str, vi: str) -> InvalidParameter:
    return InvalidParameter(f"The body: send {en}.", f"Nội dung gửi lên: cần {vi}.")
