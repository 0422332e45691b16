"""The layer `permits`: applications and permits in every state, with what was written on them when it was otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.demo.buildings import Buildings
from gis.demo.city import DAY, City
from gis.demo.columns import dates, days_of, ids, instants, integers, lists, numbers, only, pick, text, whole_geometry
from gis.demo.names import PEOPLE
from gis.demo.network import Ints
from gis.demo.parcels import Parcels
from gis.demo.wards import REFORM, Wards
from gis.store.stage import Records

Bools = NDArray[np.bool_]

STATES = (
    "DRAFT", "SUBMITTED", "RECEIVED", "NEED_MORE", "IN_REVIEW", "CONSULT", "ISSUED", "REJECTED", "ADJUSTED", "EXTENDED", "REISSUED",
    "REVOKED", "CANCELLED", "EXPIRED",
)  # fmt: skip
"""Every state a permit can be in."""

_SHARES = (0.02, 0.02, 0.02, 0.02, 0.03, 0.01, 0.64, 0.04, 0.05, 0.04, 0.01, 0.01, 0.02, 0.07)
_ISSUED, _REJECTED = STATES.index("ISSUED"), STATES.index("REJECTED")
_TYPES = ("MOI", "SCCT", "CTH", "GD", "DA", "DC", "GH", "CL")
_WORKS = ("NEW", "ADDITION", "RENOVATION", "REPAIR", "CHANGE_OF_USE", "DEMOLITION")
_TITLES = (
    "Xây dựng mới nhà ở riêng lẻ", "Nâng tầng, mở rộng nhà ở", "Cải tạo nhà ở", "Sửa chữa nhà ở", "Chuyển công năng, cải tạo", "Phá dỡ công trình",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cases:
    """Cases (n,): days since 1970 of receipt, issue and present state; `later`: the state followed an issue."""

    building: Ints
    state: Ints
    received: Ints
    issued: Ints
    since: Ints

    @property
    def later(self) -> Bools:
        """Permits that were issued first and are in another state now."""
        result: Bools = self.state > _REJECTED
        return result

    @property
    def granted(self) -> Bools:
        """Permits that were issued."""
        result: Bools = (self.state == _ISSUED) | self.later
        return result


def records(city: City, wards: Wards, parcels: Parcels, buildings: Buildings) -> Iterator[Records]:
    """The layer `permits`: the present state of all, and for those that were issued first also that."""
    rng = city.rng(100)
    cases = _draw(city, buildings, rng)
    identifier = ids(len(cases.building), city.rng(101))
    described = _describe(wards, parcels, buildings, cases, rng)
    shapes = _places(buildings, cases, rng)
    day = days_of(DAY)
    now = {
        **described, "id": identifier, "valid_from": instants(cases.since), "status": pick(STATES, cases.state),
        "status_since": dates(cases.since), "expires_on": dates(_expiry(cases), cases.granted),
    }  # fmt: skip
    yield Records(shapes, now)
    first = pa.array(np.flatnonzero(cases.later))
    if len(first):
        chosen = np.asarray(first)
        before = {name: column.take(first) for name, column in now.items()}
        before |= {
            "valid_from": instants(cases.issued[chosen]), "valid_to": instants(cases.since[chosen]),
            "status": pa.array(["ISSUED"] * len(first)), "status_since": dates(cases.issued[chosen]),
            "expires_on": dates(np.minimum(cases.issued[chosen] + 365, day + 365)),
        }  # fmt: skip
        yield Records(shapes[chosen], before)


def _draw(city: City, buildings: Buildings, rng: np.random.Generator) -> _Cases:
    """About one case for 25 parcels; every state at least twice."""
    available = len(buildings.lot)
    n = min(max(3 * len(STATES), city.parcels // 25), available)
    building = np.sort(rng.permutation(available)[:n])
    state = rng.choice(len(STATES), n, p=_SHARES)
    some = rng.permutation(n)[: 2 * len(STATES)]
    state[some] = np.arange(len(some)) % len(STATES)
    day = days_of(DAY)
    issued = day - rng.integers(400, 3600, n)
    fresh = state == _ISSUED
    issued[fresh] = day - rng.integers(3, 3600, int(fresh.sum()))
    since = np.where(state > _REJECTED, np.minimum(issued + rng.integers(40, 390, n), day - 2), issued)
    since = np.where(state == STATES.index("EXPIRED"), issued + 365, since)
    open_ = state < _ISSUED
    since[open_] = day - rng.integers(1, 12, int(open_.sum()))
    refused = state == _REJECTED
    since[refused] = day - rng.integers(5, 2500, int(refused.sum()))
    start = np.where(open_ | refused, since, issued)
    return _Cases(building, state, start - rng.integers(2, 20, n), np.where(state >= _ISSUED, issued, since), since)


def _expiry(cases: _Cases) -> Ints:
    """Twelve months to start; extended permits have twelve more."""
    extended = cases.state == STATES.index("EXTENDED")
    return np.where(extended, cases.issued + 730, cases.issued + 365)


def _describe(
    wards: Wards, parcels: Parcels, buildings: Buildings, cases: _Cases, rng: np.random.Generator
) -> dict[str, pa.Array]:
    n, lot = len(cases.building), buildings.lot[cases.building]
    where, commune = pa.array(lot), parcels.register.commune[lot]
    reformed = cases.received >= days_of(REFORM)
    work = rng.choice(len(_WORKS), n, p=(0.6, 0.13, 0.1, 0.09, 0.05, 0.03))
    office = [
        "Ủy ban nhân dân " + ("Phường " if u else "Xã ") + m
        for u, m in zip(wards.ward_urban, wards.ward_name, strict=True)
    ]
    former = [f"Ủy ban nhân dân {d}" for d in wards.district]
    area, storeys = shapely.area(buildings.shape[cases.building]), buildings.storeys[cases.building]
    year = (1970 + cases.received / 365.2425).astype(np.int64)
    held = rng.random(n) < 0.5
    return {
        "survey_crs": pa.array(np.full(n, 9210, np.int32)),
        "number": text(np.arange(1, n + 1), "/", year, "/GPXD-MAU"),
        "office": pc.if_else(pa.array(reformed), pick(office, wards.ward_of[commune]), pick(former, commune)),
        "type_raw": pick(_TITLES, work),
        "permit_type": pick(_TYPES, _types(cases, work, rng)),
        "received_on": dates(cases.received),
        "issued_on": dates(cases.issued, cases.granted),
        "work_kind": pick(_WORKS, work),
        "works": pick(_TITLES, work),
        "storeys": integers(storeys),
        "storeys_below": integers((storeys > 6).astype(np.int64)),
        "height": numbers(buildings.height[cases.building], 1),
        "floor_area": numbers(area * storeys * 0.97, 1),
        "footprint_area": numbers(area, 1),
        "parcels": lists(parcels.key.take(where)),
        "cost": numbers(area * storeys * rng.uniform(6e6, 11e6, n), -6),
        "street": parcels.street.take(where),
        "address": parcels.address.take(where),
        "applicant_name": only(pick(PEOPLE, rng.integers(0, len(PEOPLE), n)), held),
        "applicant_number": only(
            text("000", pc.utf8_lpad(pa.array(rng.integers(0, 10**9, n)).cast(pa.string()), 9, "0")), held
        ),
    }


def _types(cases: _Cases, work: Ints, rng: np.random.Generator) -> Ints:
    """The type of each permit (number in _TYPES): it follows from the state, or from what is to be done."""
    follow = {STATES.index("ADJUSTED"): 5, STATES.index("EXTENDED"): 6, STATES.index("REISSUED"): 7}
    drawn = np.where(work == 0, rng.choice(5, len(work), p=(0.86, 0.0, 0.11, 0.02, 0.01)), 1)
    return np.select([cases.state == s for s in follow], list(follow.values()), drawn)


def _places(buildings: Buildings, cases: _Cases, rng: np.random.Generator) -> NDArray[np.object_]:
    """The footprint of what was permitted; for most others a point; a draft may have no place."""
    footprints = buildings.shape[cases.building]
    points = shapely.transform(shapely.point_on_surface(footprints), lambda xy: np.round(xy, 3))
    shapes = np.where(cases.granted & (rng.random(len(footprints)) < 0.92), whole_geometry(footprints), points)
    shapes[(cases.state == 0) & (rng.random(len(footprints)) < 0.5)] = None
    return shapes
