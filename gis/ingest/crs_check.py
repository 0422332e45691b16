"""In which CRS a file's coordinates are: what it declares, held against where they come to lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.crs.identify import Declared, identify
from gis.crs.registry import VN2000_GEOGRAPHIC, WEB_MERCATOR, WGS84, ZONES, Crs, crs, parse
from gis.crs.transform import Bounds, bounds_to_84, transform
from gis.errors import IngestError, InvalidCrs, Undecided
from gis.model.layer import Territory, Text
from gis.model.query import CRS84

_SAMPLE = 20_000
_MOST = 0.5  # of the points must lie inside the territory
_NEARLY_ALL = 0.95
_MARGIN = 0.02  # degrees round the territory's bounds, 2 km


@dataclass(frozen=True, slots=True)
class Sample:
    """One point (n, 2) of each of some records, x first, finite."""

    points: NDArray[np.float64]

    @classmethod
    def of(cls, points: NDArray[np.float64]) -> Sample:
        """An even sample of representative points; those that are not finite are left out."""
        sound = points[np.isfinite(points).all(axis=1)]
        return cls(sound[:: max(1, len(sound) // _SAMPLE)])


class OutsideTerritory(Undecided):
    """Nothing puts the file into the territory. `sample` of it, and `code` of the CRS that it is said to be in."""

    def __init__(self, text: Text, sample: Sample, code: int | None) -> None:
        super().__init__(text.en, text.vi)
        self.sample = sample
        self.code = code


def inside(points: NDArray[np.float64], code: int, territory: Territory) -> NDArray[np.bool_]:
    """Which points (n, 2) of CRS `code` lie within the territory's bounds; those that are not finite do not."""
    west, south, east, north = territory.bounds
    if _box_inside(points, code, territory.bounds):
        return np.ones(len(points), dtype=bool)
    lonlat = transform(points, code, CRS84)
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (lonlat[:, 0] >= west - _MARGIN)
            & (lonlat[:, 0] <= east + _MARGIN)
            & (lonlat[:, 1] >= south - _MARGIN)
            & (lonlat[:, 1] <= north + _MARGIN)
        )


def _box_inside(points: NDArray[np.float64], code: int, bounds: Bounds) -> bool:
    """The box round all points lies in the territory; where a point is not finite it does not."""
    if not len(points) or not np.isfinite(points).all():
        return False
    try:
        west, south, east, north = bounds_to_84((*points.min(axis=0), *points.max(axis=0)), code)
    except InvalidCrs:
        return False
    return west >= bounds[0] and south >= bounds[1] and east <= bounds[2] and north <= bounds[3]


def settle(declared: str | None, chosen: str | None, sample: Sample, territory: Territory) -> Crs:
    """The CRS of the source: `chosen` (--crs) before `declared` (in the file).

    It must put most of the points inside the territory. Otherwise, and where nothing is declared, the error names
    the CRSs (and the swapped axes) that would. Raises IngestError or Undecided; never guesses.
    """
    if chosen is not None:
        return _chosen(chosen, sample, territory)
    if declared is None:
        raise _undeclared(sample, territory)
    meant = identify(declared)
    if meant.lost_shift is not None:
        raise _lost_shift(meant)
    if meant.crs is None:
        claim = Text(
            f"Tệp khai báo một hệ toạ độ không rõ: '{meant.name}'.",
            f"The file declares a CRS that is not known: '{meant.name}'.",
        )
        raise _asking(claim, sample, territory)
    claim = _named(Text("Tệp khai báo", "The file declares"), meant.crs)
    if len(sample.points) and inside(sample.points, meant.crs.code, territory).mean() <= _MOST:
        raise _misplaced(claim, meant.crs, sample, territory)
    if meant.crs.code in ZONES and meant.crs.code not in _usual(territory):
        advice = _advice(sample, territory)
        raise Undecided(
            f"{claim.en}, a zone in which files of {territory.title.en} do not come; a neighbouring zone is off by "
            f"whole kilometres. {advice.en} If the file is right, say --crs {meant.crs.curie}.",
            f"{claim.vi}, múi chiếu không dùng cho dữ liệu của {territory.title.vi}; nhầm múi chiếu là lệch hàng ki-lô-mét. "
            f"{advice.vi} Nếu tệp đúng, hãy ghi --crs {meant.crs.curie}.",
        )
    return meant.crs


def _chosen(text: str, sample: Sample, territory: Territory) -> Crs:
    try:
        found = parse(text if ":" in text else f"EPSG:{text}")
    except InvalidCrs as error:
        raise IngestError(f"--crs {text}: {error.en}", f"--crs {text}: {error.vi}") from error
    if len(sample.points) and inside(sample.points, found.code, territory).mean() <= _MOST:
        raise _misplaced(_named(Text("--crs là", "--crs says"), found), found, sample, territory)
    return found


def _named(says: Text, found: Crs) -> Text:
    return Text(f"{says.vi} {found.curie} ({found.title})", f"{says.en} {found.curie} ({found.title})")


def _lost_shift(meant: Declared) -> Undecided:
    zone = crs(meant.lost_shift or 0)
    return Undecided(
        f"The file declares '{meant.name}': the projection of {zone.title}, but on the datum WGS 84, without the "
        f"shift. If the coordinates are VN-2000, as they nearly always are, say --crs {zone.curie}; read as declared "
        "they would lie 226 m off. If they really are WGS 84, have them exported in EPSG:4326.",
        f"Tệp khai báo '{meant.name}': phép chiếu của {zone.title} nhưng trên hệ WGS 84, thiếu tham số chuyển đổi. Nếu toạ "
        f"độ là VN-2000, như hầu hết các tệp loại này, hãy ghi --crs {zone.curie}; đọc như khai báo sẽ lệch 226 m. Nếu "
        "đúng là WGS 84, hãy xuất lại ở EPSG:4326.",
    )


def _undeclared(sample: Sample, territory: Territory) -> Undecided:
    claim = Text(
        "Tệp không ghi hệ toạ độ (với Shapefile, nó nằm trong tệp .prj).",
        "The file does not say in which CRS it is (a Shapefile says so in .prj).",
    )
    return _asking(claim, sample, territory)


def _asking(claim: Text, sample: Sample, territory: Territory) -> Undecided:
    """The question which CRS it is, with what would fit; OutsideTerritory where nothing does."""
    text = _joined(claim, _advice(sample, territory))
    if len(sample.points) and not any(candidates(sample, territory)):
        return OutsideTerritory(text, sample, None)
    return Undecided(text.en, text.vi)


def _advice(sample: Sample, territory: Territory) -> Text:
    fits, swapped = candidates(sample, territory)
    if fits:
        options = ", ".join(_option(code) for code in fits)
        return Text(
            f"Các hệ sau đưa tệp vào đúng địa bàn; hãy chọn một: {options}.",
            f"These would put it inside the territory; say which: {options}.",
        )
    if swapped:
        return _swapped_text(swapped)
    return Text(
        f"Không hệ toạ độ nào đã biết đưa tệp vào {territory.title.vi}: đây có phải là tệp của nơi khác?",
        f"No CRS that is known here puts it inside {territory.title.en}: is it a file of another place?",
    )


def _misplaced(claim: Text, claimed: Crs, sample: Sample, territory: Territory) -> IngestError:
    share = 100.0 * inside(sample.points, claimed.code, territory).mean()
    x, y = np.median(sample.points, axis=0)
    text = Text(
        f"{claim.vi}, nhưng khi đó chỉ {share:.0f} % nằm trong {territory.title.vi} (điển hình: x {x:.9g}, y {y:.9g}).",
        f"{claim.en}, but only {share:.0f} % of it then lies in {territory.title.en} (typical: x {x:.9g}, y {y:.9g}).",
    )
    if claimed.geographic and max(abs(x), abs(y)) > 360:
        text = _joined(text, Text("Toạ độ là mét, không phải độ.", "The coordinates are metres, not degrees."))
    elif not claimed.geographic and abs(x) <= 180 and abs(y) <= 90:
        text = _joined(text, Text("Toạ độ là độ, không phải mét.", "The coordinates are degrees, not metres."))
    fits, swapped = candidates(sample, territory)
    fits = [code for code in fits if code != claimed.code]
    if fits:
        options = [_option(code) for code in fits]
        fit = Text(f"Sẽ đúng nếu là {' hoặc '.join(options)}.", f"It would fit as {' or '.join(options)}.")
    elif swapped:
        fit = _swapped_text(swapped)
    else:
        nowhere = Text(
            "Không hệ toạ độ nào đã biết đưa nó vào đó: cơ sở dữ liệu này chỉ nhận dữ liệu của địa bàn mình.",
            "No CRS that is known here puts it there: this database takes only data of its own territory.",
        )
        return OutsideTerritory(_joined(text, nowhere), sample, claimed.code)
    text = _joined(text, fit)
    return IngestError(text.en, text.vi)


def _swapped_text(swapped: list[int]) -> Text:
    names = [crs(code).curie for code in swapped]
    return Text(
        f"X và Y bị đổi chỗ: nếu đổi lại thì đúng là {' hoặc '.join(names)}. Trắc địa Việt Nam ghi X là hướng bắc. Hãy sửa "
        "lại trục, với CSV dùng --map CỘT=geometry.x --map CỘT=geometry.y.",
        f"Its X and Y are swapped: with them exchanged it would fit as {' or '.join(names)}. Vietnamese surveyors write X "
        "for the northing. Have the axes put right, for CSV with --map COLUMN=geometry.x --map COLUMN=geometry.y.",
    )


def _joined(first: Text, second: Text) -> Text:
    return Text(f"{first.vi} {second.vi}", f"{first.en} {second.en}")


def _option(code: int) -> str:
    found = crs(code)
    return f"--crs {found.curie} ({found.title})"


def homes(lost: OutsideTerritory, territories: Iterable[Territory]) -> list[Territory]:
    """The territories that hold the data which were refused: in the CRS that they are said to be in, else in any."""
    return [
        territory
        for territory in territories
        if (
            any(candidates(lost.sample, territory)[0])
            if lost.code is None
            else inside(lost.sample.points, lost.code, territory).mean() > _MOST
        )
    ]


def _usual(territory: Territory) -> tuple[int, ...]:
    """CRSs in which files of the territory come."""
    return tuple(dict.fromkeys((territory.storage_crs, *territory.source_crs, WGS84, WEB_MERCATOR, VN2000_GEOGRAPHIC)))


def candidates(sample: Sample, territory: Territory) -> tuple[list[int], list[int]]:
    """CRSs that put nearly all of the sample inside the territory: as it stands, and with x and y exchanged.

    Those in which the territory's files come; only where none of them fits, any zone of VN-2000 and UTM 48N, 49N.
    """
    if not len(sample.points):
        return [], []
    turned = np.ascontiguousarray(sample.points[:, ::-1])
    for asked in (_usual(territory), (*ZONES, 32648, 32649)):
        as_it_is = [code for code in asked if inside(sample.points, code, territory).mean() > _NEARLY_ALL]
        swapped = [code for code in asked if inside(turned, code, territory).mean() > _NEARLY_ALL]
        if as_it_is or swapped:
            return as_it_is, swapped
    return [], []
