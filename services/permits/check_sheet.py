"""The answer of a permit check as a sheet of paper: `Phiếu kiểm tra hồ sơ`, as HTML that stands by itself, with its map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from markupsafe import Markup

from gis.crs.registry import crs as crs_of
from gis.model.layer import Catalog, Text
from gis.model.verdict import STATUS_TITLES, Finding, Status
from gis.rules.sentences import english_number, vietnamese_number
from services.ogc.figures import unit, when
from services.ogc.templates import environment
from services.permits.answer import Object
from services.permits.check_facts import stated_facts
from services.permits.extract_words import WORDS as EXTRACT_WORDS
from services.permits.lot_map import Scene, lot_map
from services.permits.sheet import style

_ORDER = ("fail", "error", "warning", "no-data", "attested", "pass", "not-applicable")
"""Of findings on paper: first what decides."""

WORDS = MappingProxyType(
    {
        "title": Text("PHIẾU KIỂM TRA HỒ SƠ", "DOSSIER CHECK SHEET"),
        "verdict": Text("Kết quả", "Result"),
        "application": Text("Nội dung hồ sơ", "The application"),
        "on_record": Text("theo dữ liệu", "by the data"),
        "contradicted": Text(
            "Hồ sơ ghi khác dữ liệu ở các dòng in đậm; kết quả tính theo dữ liệu, riêng đường tiếp giáp theo đính chính của hồ sơ.",
            "Lines in bold differ from the data; the result goes by the data, but for fronting roads, which the application corrects.",
        ),
        "unrecorded": Text("theo lời khai, chưa có trong dữ liệu", "as stated, not on record"),
        "map": Text("Sơ đồ", "Map"),
        "numbers": Text(
            "Số (n) trong bảng là số trên sơ đồ.",
            "Numbers (n) in the table are those of the map.",
        ),
        "margin": Text("Còn lại", "Margin"),
        "over": Text("vượt", "over by"),
        "short": Text("thiếu", "short by"),
        "replay": Text("Lập lại đúng kết quả này", "To get this very result again"),
        "replay_help": Text(
            "Gửi lại hồ sơ này tới tiến trình permit-check với hai giá trị sau; câu trả lời phải có đúng mã băm dưới đây, kể cả khi "
            "dữ liệu đã thay đổi về sau.",
            "Send this application to the process permit-check again with these two values; the answer must have the hash below, "
            "also after the data have changed.",
        ),
        "moment": Text("Áp dụng tại", "As of"),
        "known": Text("Theo dữ liệu biết đến", "By what was known on"),
        "findings": Text("Đối chiếu quy định", "Compared with the rules"),
        "rule": Text("Nội dung", "Rule"),
        "status": Text("Kết quả", "Result"),
        "measured": Text("Hồ sơ", "Measured"),
        "limit": Text("Quy định", "Limit"),
        "at_least": Text("tối thiểu", "at least"),
        "at_most": Text("tối đa", "at most"),
        "clause": Text("Căn cứ", "Clause"),
        "nothing_judged": Text("Không có quy tắc nào áp dụng.", "No rule applies."),
        "attested": Text("Nội dung do cán bộ xác nhận", "Attested by an officer"),
        "missing": Text("Còn thiếu để kết luận", "Missing for a conclusion"),
        "undecided": Text("Chưa kết luận được vì còn thiếu", "Not to be concluded without"),
        "dossier": Text("Thành phần hồ sơ còn thiếu", "Parts of the dossier still missing"),
        "dossier_whole": Text("Đủ các nội dung mà việc kiểm tra này cần.", "All that this check needs is there."),
        "unseen": Text("Không kiểm tra bằng máy", "Not seen by this check"),
        "office": Text("Cơ quan có thẩm quyền", "Competent office"),
        "unclear": Text("chưa rõ vì thiếu", "not certain without"),
        "deadline": Text("Thời hạn giải quyết", "Time limit"),
        "working": Text("ngày làm việc", "working days"),
        "calendar": Text("ngày", "days"),
        "sources": Text("Dữ liệu đã dùng", "Data used"),
        "layer": Text("Lớp dữ liệu", "Layer"),
        "coverage": Text("Mức đầy đủ tại đây", "Completeness here"),
        "complete": Text("Đầy đủ", "complete"),
        "as_of": Text("Tính đến", "As of"),
        "partial": Text("Một phần", "partial"),
        "none": Text("Chưa có", "none"),
        "undeclared": Text("Chưa công bố", "not declared"),
        "data_version": Text("Phiên bản dữ liệu", "Data version"),
        "rules_version": Text("Phiên bản quy tắc", "Rules version"),
        "hash": Text("Mã băm", "Hash"),
    }
)


def sheet(check: Object, drawing: str, scene: Scene, language: str, catalog: Catalog) -> str:
    """The sheet in the language, from the answer document and the map that was drawn of the scene."""
    zone = ZoneInfo(catalog.territory.time_zone)
    findings = _in_order(check)
    stated = stated_facts(cast("dict[str, Any]", check["stated"]), catalog, language)
    return (
        environment()
        .get_template("check_sheet.html")
        .render(
            check=check,
            told={name: text[language] for name, text in WORDS.items()},
            decided=[one for one in findings if one["status"] not in ("no-data", "not-applicable")],
            undecided=[one for one in findings if one["status"] == "no-data"],
            counts=_counts(findings, language),
            stated=stated,
            contradicted=any(one.record is not None for one in stated),
            map=Markup(drawing),  # noqa: S704  made here, texts in it are escaped
            crowded=EXTRACT_WORDS["crowded"][language] if scene.crowded else "",
            map_help=EXTRACT_WORDS["map_help"][language].format(crs=crs_of(scene.around.crs).title),
            attested=[one for one in findings if one["status"] == "attested"],
            place=_place(cast("dict[str, Any]", check["place"]), language),
            sources=_sources(check),
            language=language,
            style=style(),
            say=lambda text: text[language],
            number=lambda value: _number(value, language),
            value=lambda value, code=None: _measured(value, code, language),
            when=lambda value: when(value, language, zone),
        )
    )


def check_map(scene: Scene, check: Object, findings: Sequence[Finding], catalog: Catalog, language: str) -> str:
    """The map as SVG, with the ground where rules are broken, numbered as on the sheet. `findings` are those of the answer
    `check`, in its order."""
    told = cast("list[dict[str, Any]]", check["findings"])
    shapes = {str(one["conflict"]): found.conflict for one, found in zip(told, findings, strict=True) if found.conflict}
    grounds = dict.fromkeys(str(one["conflict"]) for one in _in_order(check) if "conflict" in one)
    drawn = [shapes[key].geometry for key in grounds]
    return lot_map(replace(scene, conflicts=drawn), catalog, language)


def _sources(check: Object) -> list[list[dict[str, Any]]]:
    """The layers that were read, those of one completeness and day together."""
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for layer in cast("list[dict[str, Any]]", check["layers"]):
        alike.setdefault((layer["coverage"], layer["asOf"] or ""), []).append(layer)
    return list(alike.values())


def _in_order(check: Object) -> list[dict[str, Any]]:
    """The findings, what decides first; those that are broken somewhere on the ground with its `number` from 1."""
    found = sorted(cast("list[dict[str, Any]]", check["findings"]), key=lambda one: _ORDER.index(one["status"]))
    numbers: dict[str, int] = {}
    return [
        {**one, "number": numbers.setdefault(str(one["conflict"]), len(numbers) + 1)} if "conflict" in one else one
        for one in found
    ]


def _counts(findings: Sequence[dict[str, Any]], language: str) -> list[str]:
    """How many findings there are of each status, in words."""
    seen = [one["status"] for one in findings]
    return [f"{STATUS_TITLES[Status(one)][language]}: {seen.count(one)}" for one in _ORDER if one in seen]


_PLACE = MappingProxyType(
    {
        "parcel": Text("Thửa", "Parcel"),
        "sheet": Text("tờ bản đồ", "sheet"),
        "commune": Text("xã", "commune"),
        "drawn_m2": Text("Diện tích theo ranh giới", "Area as drawn"),
        "in_road_m2": Text("phần trong lộ giới", "inside the road line"),
        "conforming_m2": Text("phù hợp quy hoạch", "conforming to plan"),
    }
)


_FATES = MappingProxyType(
    {
        "kept": Text("giữ lại", "stays"),
        "demolished": Text("phá dỡ", "is pulled down"),
        "included": Text("thuộc công trình xin phép", "part of what is applied for"),
        None: Text("chưa ghi giữ lại hay phá dỡ", "not told whether it stays"),
    }
)
_STANDING = Text("Công trình hiện hữu", "Standing buildings")
_NONE_STANDING = Text("không có trong dữ liệu", "none in the data")
_FLOORS_UP = Text("tầng", "storeys")


def _place(place: dict[str, Any], language: str) -> list[str]:
    """The lot in a few lines: which it is, how large, and what stands there."""
    named = place.get("parcel", {})
    which = [f"{_PLACE[key][language]} {named[key]}" for key in ("parcel", "sheet") if named.get(key)]
    if place.get("commune"):
        which.append(place["commune"][language])
    sizes = [
        f"{_PLACE[key][language]}: {_measured(place[key], 'm2', language)}"
        for key in ("drawn_m2", "in_road_m2", "conforming_m2")
        if place.get(key) is not None
    ]
    lines = [", ".join(line) for line in (which, sizes) if line]
    if "buildings" in place:
        lines.append(f"{_STANDING[language]}: {_buildings(place['buildings'], language)}")
    return lines


def _buildings(buildings: Sequence[dict[str, Any]], language: str) -> str:
    return "; ".join(_building(one, language) for one in buildings) or _NONE_STANDING[language]


def _building(one: dict[str, Any], language: str) -> str:
    told = [one["code"]] if one.get("code") else []
    told += [f"{one['storeys']} {_FLOORS_UP[language]}"] if one.get("storeys") is not None else []
    told.append(_measured(one["on_lot_m2"], "m2", language))
    return f"{', '.join(told)} ({_FATES[one['fate']][language]})"


def _number(value: float, language: str) -> str:
    return vietnamese_number(value) if language == "vi" else english_number(value)


def _measured(value: object, code: str | None, language: str) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{_number(value, language)} {'' if code in (None, '1') else unit(code)}".rstrip()
