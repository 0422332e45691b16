"""The names that packs and cases may use: inputs of a case, and the facts that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from gis.model.layer import Text


class Domain(StrEnum):
    """What a fact is told of: the case, each zone that its lot meets, each road that it fronts."""

    CASE = "case"
    ZONE = "zone"
    FRONT = "front"


class Sort(StrEnum):
    """Whether a fact is a number, a text or yes and no."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Name:
    """One fact. `column`: it stands in the table of cases (or, for a zone or road, in that theme)."""

    title: Text
    sort: Sort = Sort.NUMBER
    unit: str | None = None
    domain: Domain = Domain.CASE
    column: bool = True


def _text(vi: str, en: str) -> Name:
    return Name(Text(vi, en), Sort.TEXT)


def _flag(vi: str, en: str) -> Name:
    return Name(Text(vi, en), Sort.FLAG)


def _number(vi: str, en: str, unit: str | None = "m") -> Name:
    return Name(Text(vi, en), unit=unit)


def _derived(vi: str, en: str, unit: str | None = "m", sort: Sort = Sort.NUMBER) -> Name:
    return Name(Text(vi, en), sort, unit, column=False)


def _zone(vi: str, en: str, unit: str | None = None, sort: Sort = Sort.NUMBER, *, column: bool = True) -> Name:
    return Name(Text(vi, en), sort, unit, Domain.ZONE, column)


def _front(vi: str, en: str, unit: str | None = "m", sort: Sort = Sort.NUMBER) -> Name:
    return Name(Text(vi, en), sort, unit, Domain.FRONT, column=False)


STOREYS = ("ham", "ban_ham", "tang", "lung", "ap_mai", "tum")
"""Kinds of storey; ground floor and three above it are tang = 4."""

ABOVE_GROUND = ("tang", "lung", "ap_mai", "tum")

COUNTED_FLOORS = ("main", "basement")
EXEMPT_FLOORS = ("technical", "fire", "refuge", "parking")
"""FAR counts all floors, basements too, but technical, fire, refuge and parking floors (QCVN 01:2021 1.4.20-25).

A case may tell the exempt ones; they only explain storeys and basements without other floors.
"""

FACTS = MappingProxyType(
    {
        # what the applicant and the officer say
        "city": _text("tỉnh, thành phố", "city"),
        "district": _text("quận, huyện cũ", "former district"),
        "township": _flag("thuộc thị trấn cũ", "in a former township"),
        "use": _text("công năng", "use"),
        "works": _text("loại công việc", "kind of works"),
        "house_form": _text("dạng nhà ở", "form of house"),
        "area_kind": _text("khu hiện hữu hay khu mới", "existing or new area"),
        "land_use": _text("loại đất", "land use"),
        "centre_district": _flag("khu vực quận trung tâm", "in a centre district"),
        "commercial_axis": _flag("trục thương mại - dịch vụ", "on a commercial axis"),
        "lot_area": _number("diện tích lô đất", "lot area", "m2"),
        "height_m": _number("chiều cao công trình", "height"),
        "height_front_m": _number("chiều cao tại chỉ giới xây dựng", "height at the building line"),
        "ground_floor_height_m": _number("chiều cao tầng trệt (cả lửng)", "height of ground floor with mezzanine"),
        "podium_height_m": _number("chiều cao khối đế", "height of the podium"),
        "green_m2": _number("diện tích cây xanh trong lô", "green area of the lot", "m2"),
        "extra_storey_setback_m": _number("khoảng lùi của tầng tăng thêm", "setback of the extra storey"),
        "small_road_setback_m": _number(
            "khoảng lùi phía đường nhỏ của phần cao hơn mức theo đường nhỏ",
            "setback from the smaller road of what is above its limits",
        ),
        "rear_setback_m": _number("khoảng lùi phía sau", "rear setback"),
        "ground_setback_m": _number("khoảng lùi tầng trệt", "setback of the ground floor"),
        "balcony_m": _number("độ vươn ban công", "reach of balconies"),
        "balcony_clear_m": _number("khoảng thông thủy dưới ban công", "clear height under balconies"),
        "sidewalk_m": _number("bề rộng vỉa hè", "width of the sidewalk"),
        "ramp_to_road_m": _number("khoảng cách từ ram dốc đến lộ giới", "distance of the ramp from the road line"),
        "storeys_ham": _number("số tầng hầm", "basement storeys", "1"),
        "storeys_ban_ham": _number("số tầng bán hầm", "half basements", "1"),
        "storeys_tang": _number("số tầng (kể cả trệt)", "storeys with the ground floor", "1"),
        "storeys_lung": _number("số tầng lửng", "mezzanines", "1"),
        "storeys_ap_mai": _number("số tầng áp mái", "attics", "1"),
        "storeys_tum": _number("số tum", "stair housings", "1"),
        "floor_main_m2": _number("diện tích sàn chính", "floor area of main floors", "m2"),
        "floor_basement_m2": _number("diện tích sàn hầm", "floor area of basements", "m2"),
        # what follows from lot, footprint and roads
        "composite": _derived("có khối đế và khối tháp", "podium and tower", None, Sort.FLAG),
        "in_road_m2": _derived("phần trong lộ giới", "part inside the road line", "m2"),
        "area_conforming": _derived("diện tích phù hợp quy hoạch", "area conforming to plan", "m2"),
        "footprint_m2": _derived("diện tích xây dựng", "footprint area", "m2"),
        "footprint_outside_m2": _derived("phần xây dựng ngoài lô", "footprint outside the lot", "m2"),
        "footprint_in_road_m2": _derived("phần xây dựng trong lộ giới", "footprint inside the road line", "m2"),
        "density_pct": _derived("mật độ xây dựng", "net density", "%"),
        "floor_area_m2": _derived("diện tích sàn tính hệ số", "floor area that counts", "m2"),
        "far": _derived("hệ số sử dụng đất", "floor area ratio", "1"),
        "green_pct": _derived("tỷ lệ cây xanh trong lô", "green share of the lot", "%"),
        "basements": _derived("số tầng hầm và bán hầm", "basements", "1"),
        # what stands there already
        "kept_m2": _derived("diện tích công trình giữ lại", "ground of buildings that stay", "m2"),
        "kept_floor_m2": _derived("diện tích sàn công trình giữ lại", "floor area of buildings that stay", "m2"),
        "over_kept_m2": _derived("phần chồng lên công trình giữ lại", "footprint over buildings that stay", "m2"),
        "included_m2": _derived("công trình hiện hữu được xây thêm", "standing building that is added to", "m2"),
        "included_outside_m2": _derived(
            "phần công trình hiện hữu ngoài hình công trình", "standing building outside the footprint", "m2"
        ),
        "included_floor_short_m2": _derived("diện tích sàn ít hơn hiện trạng", "floor area below what stands", "m2"),
        "included_storeys_short": _derived("số tầng ít hơn hiện trạng", "storeys below what stands", "1"),
        # what is stated, held against itself
        "storeys_stated": _derived("đã khai số tầng", "storeys are stated", None, Sort.FLAG),
        "height_stated": _derived("đã khai chiều cao và số tầng", "height and storeys are stated", None, Sort.FLAG),
        "floors_stated": _derived("đã khai diện tích sàn và số tầng", "floors and storeys are stated", None, Sort.FLAG),
        "green_stated": _derived("đã khai cây xanh", "green area is stated", None, Sort.FLAG),
        "height_per_storey_m": _derived("chiều cao mỗi tầng", "height of a storey"),
        "height_per_level_m": _derived("chiều cao mỗi tầng, kể cả lửng, áp mái, tum", "height of a level"),
        "main_floor_least_pct": _derived("diện tích sàn so với số tầng", "floor area against storeys", "%"),
        "main_floor_most_pct": _derived("diện tích sàn so với mọi tầng", "floor area against all levels", "%"),
        "basement_floor_pct": _derived("diện tích sàn so với số tầng hầm", "floor area against basements", "%"),
        "part_over_height_m": _derived("phần cao hơn công trình", "height of a part above the whole"),
        "green_over_m2": _derived("cây xanh vượt phần đất trống", "green beyond the open ground", "m2"),
        "area_difference_pct": _derived("chênh lệch diện tích", "difference of areas", "%"),
        # what a pack makes of them
        "storeys": _derived("số tầng", "storeys", "1"),
        "road_width": _derived("lộ giới của đường áp dụng", "width of the governing road"),
        "frontage_m": _derived("bề rộng mặt tiền", "frontage"),
        "depth_m": _derived("chiều sâu lô đất", "depth of the lot"),
        "side_min_m": _derived("cạnh nhỏ nhất của lô", "lesser of frontage and depth"),
        "corner": _derived("lô góc", "corner lot", None, Sort.FLAG),
        "through": _derived("lô có hai mặt đường đối nhau", "lot between two roads", None, Sort.FLAG),
        "small_road_width": _derived("lộ giới đường nhỏ của lô hai mặt đường", "width of the smaller of two roads"),
        # zones
        "zone.function": _zone("chức năng ô quy hoạch", "function of the zone", sort=Sort.TEXT),
        "zone.coverage_max": _zone("mật độ tối đa của ô", "coverage limit of the zone", "%"),
        "zone.far_max": _zone("hệ số sử dụng đất tối đa của ô", "FAR limit of the zone", "1"),
        "zone.storeys_max": _zone("tầng cao tối đa của ô", "storey limit of the zone", "1"),
        "zone.height_max": _zone("chiều cao tối đa của ô", "height limit of the zone", "m"),
        "zone.area_m2": _zone("phần lô trong ô", "part of the lot in the zone", "m2", column=False),
        "zone.footprint_m2": _zone("phần xây dựng trong ô", "footprint in the zone", "m2", column=False),
        "zone.density_pct": _zone("mật độ trong ô", "density in the zone", "%", column=False),
        "zone.far": _zone("hệ số sử dụng đất trong ô", "FAR in the zone", "1", column=False),
        # fronting roads
        "front.width_m": _front("lộ giới của đường", "width of the road"),
        "front.length_m": _front("mặt tiền trên đường", "frontage on the road"),
        "front.depth_m": _front("chiều sâu từ đường", "depth from the road"),
        "front.setback_m": _front("khoảng lùi của công trình", "setback of the building"),
        "front.tower_setback_m": _front("khoảng lùi của khối tháp", "setback of the tower"),
        "front.building_line": _front("có chỉ giới xây dựng", "has a building line", None, Sort.FLAG),
        "front.line_setback_m": _front("khoảng lùi quy định", "setback of the building line"),
    }
)

SHAPES = MappingProxyType(
    {
        "lot": Text("ranh giới lô đất", "outline of the lot"),
        "footprint": Text("hình công trình", "footprint"),
        "tower": Text("hình khối tháp", "outline of the tower"),
    }
)

DAYS = MappingProxyType({"plan_on": Text("ngày phê duyệt quy hoạch", "day of the plan's approval")})

COUNTING = "storeys_counting"
"""The input that stands for storeys of a kind on which a pack is silent."""

OTHERS = MappingProxyType(
    {
        COUNTING: Text("cách tính tầng (bán hầm, áp mái…)", "how storeys of this kind count"),
        "zones": Text("dữ liệu quy hoạch", "planning zones"),
        "road_lines": Text("dữ liệu lộ giới", "road lines"),
        "front_place": Text("vị trí đường tiếp giáp đã khai", "place of the fronting road that was given"),
        "frontages": Text("đường tiếp giáp", "fronting roads"),
        "buildings": Text("dữ liệu công trình hiện hữu", "data of standing buildings"),
        "existing": Text("công trình hiện hữu giữ lại hay phá dỡ", "whether standing buildings stay or go"),
        "building_floors": Text("diện tích sàn công trình giữ lại", "floor area of buildings that stay"),
        "building_storeys": Text("số tầng công trình hiện hữu", "storeys of the standing building"),
        "buildings.height": Text("chiều cao công trình xung quanh", "height of the buildings around"),
    }
)


THEMES = MappingProxyType(
    {
        "corridors": Text("dữ liệu hành lang an toàn", "data of safety corridors"),
        "heritage": Text("dữ liệu khu vực bảo vệ di sản", "data of protected heritage areas"),
        "flood": Text("dữ liệu vùng ngập", "data of flood zones"),
    }
)
"""What people call the data that only packs name; another theme goes by its own name."""

ASPECTS = MappingProxyType(
    {
        "density": Text("mật độ xây dựng", "net density"),
        "far": Text("hệ số sử dụng đất", "floor area ratio"),
        "storeys": Text("số tầng", "storeys"),
        "height": Text("chiều cao", "height"),
        "height-front": Text("chiều cao tại chỉ giới xây dựng", "height at the building line"),
        "ground-floor-height": Text("chiều cao tầng trệt", "height of the ground floor"),
        "setback": Text("khoảng lùi", "setback"),
        "extra-storey-setback": Text("khoảng lùi tầng tăng thêm", "setback of extra storeys"),
        "small-road-setback": Text("khoảng lùi phía đường nhỏ", "setback from the smaller road"),
        "rear-setback": Text("khoảng lùi phía sau", "rear setback"),
        "ground-setback": Text("khoảng lùi tầng trệt", "setback of the ground floor"),
        "building-line": Text("chỉ giới xây dựng", "building line"),
        "road-line": Text("lộ giới", "road line"),
        "balcony": Text("ban công", "balconies"),
        "balcony-clear": Text("khoảng thông thủy dưới ban công", "clear height under balconies"),
        "ramp": Text("ram dốc", "ramp"),
        "frontage": Text("mặt tiền", "frontage"),
        "green": Text("cây xanh", "green space"),
        "function": Text("chức năng sử dụng đất", "function of the land"),
        "land-use": Text("loại đất", "land use"),
        "lot": Text("ranh giới lô đất", "outline of the lot"),
        "standing": Text("công trình hiện hữu", "standing buildings"),
        "lot-area": Text("diện tích lô đất", "area of the lot"),
        "corridors": Text("hành lang an toàn", "safety corridors"),
        "heritage": Text("di sản", "heritage"),
        "flood": Text("ngập", "flooding"),
        "distance": Text("khoảng cách", "distance"),
        "spacing": Text("khoảng cách giữa các công trình", "spacing of buildings"),
        "split-area": Text("diện tích tách thửa", "area after a split"),
        "split-width": Text("mặt tiền tách thửa", "frontage after a split"),
        "split-depth": Text("chiều sâu tách thửa", "depth after a split"),
        "stated-storeys": Text("số tầng đã khai", "storeys as stated"),
        "stated-height": Text("chiều cao đã khai", "height as stated"),
        "stated-floors": Text("diện tích sàn đã khai", "floor area as stated"),
        "stated-basements": Text("tầng hầm đã khai", "basements as stated"),
        "stated-green": Text("cây xanh đã khai", "green area as stated"),
        "dossier": Text("hồ sơ", "dossier"),
        "grounds": Text("căn cứ", "grounds"),
    }
)
"""The questions that rules answer; limits on the same one are compared, and the stricter binds."""


@cache
def columns(domain: Domain) -> Mapping[str, Name]:
    """The facts that a caller gives of that domain, by name."""
    return MappingProxyType({name: fact for name, fact in FACTS.items() if fact.domain is domain and fact.column})
