"""The layer `parcels`: today's lots, the lots they came from, and lots as they were before their use changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, integers, numbers, only, pick, text
from gis.demo.geohash import geohash
from gis.demo.history import LINEAGE
from gis.demo.kinds import Kind
from gis.demo.names import PEOPLE
from gis.demo.network import Ints
from gis.demo.registry import RECODED, Register
from gis.demo.streets import Streets, house_numbers
from gis.demo.uses import LIST, NAMES
from gis.demo.wards import Wards
from gis.store.stage import Records

Bools = NDArray[np.bool_]

_AGRICULTURE = np.array([u.codes[0] in {"CLN", "LUC", "LUK", "HNK", "NTS"} for u in LIST])
_WORKS = np.array([u.codes[0] in {"SKK", "SKC", "TMD"} for u in LIST])
_PUBLIC = np.array([u.title is not None for u in LIST])
_GUARDED = np.isin(np.array(NAMES), ("defence", "police"))


@dataclass(frozen=True, slots=True)
class Parcels:
    """`records` of the layer; `id` of each entry of the register; and texts that other layers repeat."""

    id: pa.Array
    key: pa.Array
    street: pa.Array
    address: pa.Array
    register: Register


def describe(city: City, wards: Wards, streets: Streets, entries: Register) -> Parcels:
    """Identifiers and addresses of all entries."""
    rng = city.rng(50)
    line = np.concatenate((city.today.line, city.before.line))
    settled = entries.kind != Kind.PADDY
    street = only(pick(streets.label, line), settled)
    number = pa.concat_arrays([house_numbers(city), pa.nulls(len(city.before), pa.string())])
    address = text(pick(streets.path, line), number, " ", pick(streets.street, line))
    key = text(pick(wards.code, entries.commune), "/", entries.sheet, "/", entries.number)
    return Parcels(ids(len(entries), rng), key, street, only(address, settled), entries)


def records(city: City, wards: Wards, parcels: Parcels, batch: int = 100_000) -> Iterator[Records]:
    """The layer `parcels`, entry by entry, then the versions before a change of use."""
    entries = parcels.register
    changed = np.flatnonzero(entries.changed >= 0)
    row = np.concatenate((np.arange(len(entries)), changed))
    earlier = np.arange(len(row)) >= len(entries)
    for low in range(0, len(row), batch):
        part = slice(low, low + batch)
        yield _batch(city, wards, parcels, row[part], earlier[part])


def lineage(city: City, parcels: Parcels) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Parent id, child id, kind and instant of everything that happened to lots."""
    today, before = city.today, city.before
    child = np.flatnonzero(today.event >= 0)
    child = child[np.argsort(today.event[child], kind="stable")]
    per_event = np.bincount(today.event[child], minlength=len(city.events))
    first = np.cumsum(per_event) - per_event
    count = per_event[before.event]
    parent = np.repeat(np.arange(len(before)), count)
    inside = np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count)
    event = before.event[parent]
    children, parents = child[first[event] + inside], parent + len(today)
    since = parcels.register.since[children]
    return (
        parcels.id.take(pa.array(parents)),
        parcels.id.take(pa.array(children)),
        pick(LINEAGE, city.events.kind[event]),
        instants(since),
    )


def _batch(city: City, wards: Wards, parcels: Parcels, row: Ints, earlier: Bools) -> Records:
    entries = parcels.register.take(row)
    rng = np.random.default_rng([city.seed, 51, int(row[0]), len(row)])
    switched = entries.changed >= 0
    since = np.where(switched & ~earlier, entries.changed, entries.since)
    until = np.where(earlier, entries.changed, entries.until)
    use = np.where(earlier, entries.earlier, entries.use)
    columns = {
        "id": parcels.id.take(pa.array(row)),
        "valid_from": instants(since),
        "valid_to": instants(until, until >= 0),
        "survey_crs": pa.array(np.full(len(row), 9210, np.int32)),
        "registered_on": dates(since),
        **_filing(wards, entries, rng),
        **_use(wards, entries, use, since),
        **_areas(entries, rng),
        **_addresses(wards, parcels, row, entries),
        **_rights(use, since, rng),
        "parcel_identifier": _identifiers(entries.geometry, (since >= RECODED) | (rng.random(len(row)) < 0.1)),
    }
    return Records(entries.geometry, columns)


def _filing(wards: Wards, entries: Register, rng: np.random.Generator) -> dict[str, pa.Array]:
    n = len(entries)
    series = (entries.commune * 7 + entries.sheet) % 10
    scale = np.where(
        entries.kind == Kind.PADDY, 2000, np.where(np.isin(entries.kind, (Kind.SUBURB, Kind.INDUSTRY)), 1000, 500)
    )
    former = (entries.sheet + entries.commune) % 3 == 0
    dashed = pick(("", "-1", "-2"), np.minimum(rng.geometric(0.8, n) - 1, 2))
    return {
        "commune": pick(wards.ward_code, wards.ward_of[entries.commune]),
        "commune_old": pick(wards.code, entries.commune),
        "document_series": pick(("BDDC", "02CTUB", "299TTG"), np.select([series < 8, series < 9], [0, 1], 2)),
        "sheet": pa.array(entries.sheet).cast(pa.string()),
        "parcel": pa.array(entries.number).cast(pa.string()),
        "sheet_former": only(pa.array(entries.sheet // 4 + 1).cast(pa.string()), former),
        "parcel_former": only(text(entries.number + 40 * (entries.sheet % 4), dashed), former),
        "map_scale": integers(scale),
    }


def _use(wards: Wards, entries: Register, use: Ints, since: Ints) -> dict[str, pa.Array]:
    """Codes: in communes of the country homes are ONT, not ODT; before 1 August 2024 records have the old codes."""
    rural = ~wards.urban[entries.commune]
    index = use + len(LIST) * rural
    new = since >= RECODED
    raw = [u.raw for u in LIST] + [u.raw.replace("ODT", "ONT") for u in LIST]
    now = [u.text for u in LIST] + [u.text.replace("ODT", "ONT") for u in LIST]
    codes = [list(u.codes) for u in LIST]
    codes += [[c.replace("ODT", "ONT") for c in group] for group in codes]
    return {
        "land_use_raw": pick(raw + now, index + 2 * len(LIST) * new),
        "land_use_scheme": pick(("2014", "2024"), new),
        "land_use": pick([c[0] for c in codes], index),
        "land_uses": pa.array(codes, pa.list_(pa.string())).take(pa.array(index)),
    }


def _areas(entries: Register, rng: np.random.Generator) -> dict[str, pa.Array]:
    measured = shapely.area(entries.geometry).round(1)
    draw = rng.random(len(entries))
    legal = np.where(draw < 0.09, measured * rng.uniform(0.965, 1.02, len(entries)), measured)
    return {"measured_area": numbers(measured, 1), "legal_area": numbers(legal, 1, draw < 0.95)}


def _addresses(wards: Wards, parcels: Parcels, row: Ints, entries: Register) -> dict[str, pa.Array]:
    where = pa.array(row)
    street, house = parcels.street.take(where), parcels.address.take(where)
    title = np.where(wards.ward_urban, "Phường ", "Xã ")
    ward = [t + n for t, n in zip(title, wards.ward_name, strict=True)]
    old_title = np.where(wards.urban, "Phường ", "Xã ")
    commune = [f"{t}{n}, {d}" for t, n, d in zip(old_title, wards.name, wards.district, strict=True)]
    return {
        "street": street,
        "street_old": street,
        "address": text(house, ", ", pick(ward, wards.ward_of[entries.commune])),
        "address_old": text(house, ", ", pick(commune, entries.commune)),
    }


_ORIGINS = ("CNQ-CTT", "CNQ-KTT", "DG-CTT", "NCQ-8", "NCQ-9", "NCQ-10", "DG-KTT", "DT-KCN-TML", "DT-THN", "DG-QL")


def _rights(use: Ints, since: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Origin, form and term of the right; holders and certificates (restricted) for one lot in twelve."""
    n, draw = len(use), rng.random(len(use))
    works, public, farm = _WORKS[use], _PUBLIC[use], _AGRICULTURE[use]
    origin = np.select(
        [public, works, farm],
        [np.where(draw < 0.7, 6, 9), np.where(draw < 0.7, 7, 8), np.where(draw < 0.6, 6, 4)],
        np.searchsorted((0.3, 0.45, 0.55, 0.8, 0.92), draw),
    )
    term = np.where(farm, 1, np.where(works & ~public, 2, 0))
    held = (rng.random(n) < 1 / 12) & ~public & ~_GUARDED[use]
    serial = rng.integers(0, 1_000_000, n)
    recent = since >= RECODED
    return {
        "land_origin": only(pick(_ORIGINS, origin), ~_GUARDED[use]),
        "use_form": pick(("SDR", "SDC"), draw < 0.03),
        "use_term": pick(("Lâu dài", "01/07/2064", "31/12/2057"), term),
        "holder_name": only(pick(PEOPLE, rng.integers(0, len(PEOPLE), n)), held),
        "holder_kind": pick(("CNV", "TKT"), works, held),
        "holder_number": only(text("000", pc.utf8_lpad(pa.array(serial).cast(pa.string()), 9, "0")), held),
        "certificate_serial": only(text(pick(("DM ", "AA 00"), recent), pc.utf8_lpad(pa.array(serial).cast(pa.string()), 6, "0")), held),
        "certificate_issued_on": dates(since + 60, held),
    }  # fmt: skip


def _identifiers(geometry: NDArray[np.object_], assigned: Bools) -> pa.Array:
    """Identifiers (GeoHash of 12 characters) of parcels that have been given one."""
    found = np.full(len(geometry), None, dtype=object)
    found[assigned] = geohash(shapely.point_on_surface(geometry[assigned]))
    return pa.array(found, pa.string())
