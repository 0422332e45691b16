"""layers/rules/<id>.toml: one rule pack, read into its frozen value and run on its own worked examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from gis.catalog.problems import Place
from gis.catalog.table import BadValueError, Table, bilingual, day, kind, number, one_of, parse_toml, text, texts
from gis.model.verdict import Status
from gis.rules.pack import Basis, Condition, Example, Expected, Pack, Validity
from gis.rules.rule_file import NO_TEXT, conditions, read_rule


def read_pack(name: str, content: str, place: Place) -> Pack | None:
    """The pack that the file `<name>.toml` describes, with fallbacks in the place of what is wrong; None where it is
    not TOML."""
    table = parse_toml(content, place)
    if table is None:
        return None
    cities, districts = _territory(table)
    storeys = table.table("storeys")
    pack = Pack(
        id=_id(table, name),
        title=table.required("title", bilingual, NO_TEXT),
        version=table.required("version", text, ""),
        document=table.required("document", text, ""),
        validity=_validity(table),
        cities=cities,
        districts=districts,
        when=(*_places(cities, districts), *conditions(table, "when")),
        counts=storeys.optional("counts", texts, ()),
        unclear=storeys.optional("unclear", texts, ()),
        least_frontage=table.optional("least_frontage", number, 0.0),
        note=table.optional("note", bilingual, None),
        rules=tuple(read_rule(rule) for rule in table.tables("rules")),
        examples=tuple(_example(example) for example in table.tables("examples")),
    )
    storeys.close()
    table.close()
    return pack


def _id(table: Table, stem: str) -> str:
    if table.required("id", text, stem) != stem:
        table.place.within("id").add(f'is not the file\'s name; write id = "{stem}" or rename the file')
    return stem


def _territory(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    part = table.table("territory")
    found = part.optional("cities", texts, ()), part.optional("districts", texts, ())
    part.close()
    return found


def _places(cities: tuple[str, ...], districts: tuple[str, ...]) -> list[Condition]:
    given = (("city", cities), ("district", districts))
    return [Condition(fact, among=codes) for fact, codes in given if codes]


def _validity(table: Table) -> Validity:
    part = table.table("validity")
    validity = Validity(
        start=part.optional("from", day, None),
        end=part.optional("to", day, None),
        start_by=part.optional("from_by", one_of(Basis), Basis.DATE),
        end_by=part.optional("to_by", one_of(Basis), Basis.DATE),
    )
    part.close()
    return validity


def _example(part: Table) -> Example:
    example = Example(
        title=part.required("title", text, ""),
        at=part.required("at", day, date.min),
        case=part.optional("case", _facts, {}),
        zones=tuple(part.optional("zones", _many, ())),
        fronts=tuple(part.optional("fronts", _many, ())),
        measured=part.optional("measured", _measured, {}),
        expect=tuple(_expected(item) for item in part.tables("expect")),
    )
    if not example.expect:
        part.place.within("expect").add("missing; say what the rules must find")
    part.close()
    return example


def _expected(part: Table) -> Expected:
    expected = Expected(
        rule=part.required("rule", text, ""),
        status=part.required("status", one_of(Status), Status.PASS),
        subject=part.optional("subject", text, None),
        measured=part.optional("measured", number, None),
        limit=part.optional("limit", number, None),
    )
    part.close()
    return expected


def _facts(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadValueError(f'is {kind(value)}, must be a table of facts; write {{ use = "HOUSE" }}')
    return value


def _many(value: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list):
        raise BadValueError(f"is {kind(value)}, must be an array of tables; write [{{ width_m = 6 }}]")
    return tuple(_facts(item) for item in value)


def _measured(value: object) -> Mapping[str, float]:
    return {rule: number(item) for rule, item in _facts(value).items()}
