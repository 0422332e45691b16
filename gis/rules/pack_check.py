"""Whether the rules of a pack fit together: facts that exist, tables that are whole, everything said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from gis.catalog.names import name_problem
from gis.catalog.problems import Place, nearest
from gis.rules.pack import Axis, Beyond, Condition, Grid, Kind, Pack, Rule
from gis.rules.pack import Place as Meant
from gis.rules.vocabulary import ASPECTS, FACTS, STOREYS, Domain, Sort

SHAPES = {Kind.OVERLAP: ("lot", "footprint"), Kind.DISTANCE: ("lot", "footprint", "tower")}
_BOUNDS = ("at_least", "above", "at_most", "below")


def check_pack(pack: Pack, place: Place) -> None:
    """Note every mistake in the pack."""
    _validity(pack, place)
    for key, kinds in (("counts", pack.counts), ("unclear", pack.unclear)):
        for kind in kinds:
            if kind not in STOREYS:
                place.within(f"storeys.{key}").add(f"'{kind}' is no kind of storey; {nearest(kind, STOREYS)}")
    _conditions(pack.when, place, "when")
    for condition in pack.when:
        if condition.fact in FACTS and FACTS[condition.fact].domain is not Domain.CASE:
            place.within("when").add(f"{condition.fact} is not told of the case; put it into the rules")
    if not pack.rules:
        place.add("a pack needs at least one rule; add [[rules]]")
    seen: set[str] = set()
    for i, rule in enumerate(pack.rules, 1):
        here = place.within(f"rules[{i}]")
        if problem := name_problem(rule.id.replace("-", "_"), frozenset()):
            here.within("id").add(f"'{rule.id}' is {problem}")
        if rule.id in seen:
            here.within("id").add(f"'{rule.id}' is another rule of this pack; choose another id")
        seen.add(rule.id)
        _rule(rule, here)
    _counting(pack, place)


def _validity(pack: Pack, place: Place) -> None:
    start, end = pack.validity.start, pack.validity.end
    if start and end and start >= end:
        place.within("validity.to").add(f"{end} is not after from {start}; mend one of them")


def _counting(pack: Pack, place: Place) -> None:
    if any("storeys" in _names(rule) for rule in pack.rules) and not pack.counts:
        place.within("storeys.counts").add("missing, but a rule asks for storeys; say which kinds this pack counts")


def _names(rule: Rule) -> Iterator[str]:
    yield rule.measure
    yield from (c.fact for c in (*rule.when, *rule.unless))
    yield from (a.fact for a in (rule.grid.axes if rule.grid else ()))
    yield from (c.fact for e in (rule.grid.extras if rule.grid else ()) for c in e.when)


def _rule(rule: Rule, place: Place) -> None:
    for key, aspects in (("aspect", (rule.aspect,)), ("aspects", rule.aspects)):
        for aspect in aspects:
            if aspect not in ASPECTS:
                place.within(key).add(f"'{aspect}' is no aspect; {nearest(aspect, ASPECTS)}")
    _conditions(rule.when, place, "when")
    _conditions(rule.unless, place, "unless")
    domains = {FACTS[n].domain for n in (*_names(rule), rule.limit_from or "") if n in FACTS} - {Domain.CASE}
    if len(domains) > 1:
        place.add("speaks of zones and of roads; make two rules of it")
    if rule.kind is Kind.COMPLETENESS:
        _needs(rule, place)
    elif rule.kind in (Kind.OVERLAP, Kind.DISTANCE):
        _placed(rule, place)
    else:
        _fact(rule.measure, place.within("measure"), Sort.TEXT if rule.kind is Kind.ATTRIBUTE else Sort.NUMBER)
        if rule.kind is Kind.ATTRIBUTE and not rule.among:
            place.within("among").add("missing; list the values that are right")
    if rule.kind is Kind.LIMIT:
        _limit(rule, place)
    if rule.grid is not None:
        _grid(rule, rule.grid, place)


def _limit(rule: Rule, place: Place) -> None:
    given = sum(v is not None for v in (rule.limit, rule.limit_from, rule.unknown))
    if given != 1:
        place.add(
            "needs exactly one of limit, limit_from and unknown; give the number, the fact that holds it, or why it is not known"
        )
    if rule.limit_from is not None:
        _fact(rule.limit_from, place.within("limit_from"), Sort.NUMBER)


def _needs(rule: Rule, place: Place) -> None:
    if not rule.needs and not rule.aspects:
        place.add("needs facts or aspects; name what must be there")
    for name in rule.needs:
        if name not in FACTS or FACTS[name].domain is not Domain.CASE:
            place.within("needs").add(f"'{name}' is no fact of a case; {nearest(name, FACTS)}")


def _placed(rule: Rule, place: Place) -> None:
    if rule.measure not in SHAPES[rule.kind]:
        place.within("measure").add(f"'{rule.measure}' has no outline; write {' or '.join(SHAPES[rule.kind])}")
    if rule.place is None:
        place.within("place").add('missing; name the theme, place = { theme = "…" }')
    else:
        _meant(rule, rule.place, place.within("place"))
    if rule.limit is None:
        place.within("limit").add("missing; give the number")
    if rule.unit != ("m2" if rule.kind is Kind.OVERLAP else "m"):
        place.within("unit").add("an overlap is told in m2, a distance in m; write that unit")


def _meant(rule: Rule, meant: Meant, place: Place) -> None:
    said = bool(meant.values) + (meant.at_least is not None)
    if said != (meant.field is not None):
        place.add("a field belongs together with values or at_least; give the field with one of them, or none")
    if meant.at_least is not None and rule.kind is Kind.OVERLAP:
        place.within("at_least").add("is for distances only; name values")


def _conditions(conditions: Sequence[Condition], place: Place, key: str) -> None:
    for i, condition in enumerate(conditions, 1):
        here = place.within(f"{key}[{i}]")
        sort = FACTS[condition.fact].sort if condition.fact in FACTS else None
        _fact(condition.fact, here.within("fact"), None)
        bounds = any(getattr(condition, key) is not None for key in _BOUNDS)
        said = {Sort.TEXT: bool(condition.among), Sort.FLAG: condition.flag is not None, Sort.NUMBER: bounds}
        if sort and (not said[sort] or sum(said.values()) != 1):
            wanted = {Sort.TEXT: "among", Sort.FLAG: "is", Sort.NUMBER: "at_least, above, at_most or below"}[sort]
            here.add(f"{condition.fact} is a {sort}; compare it with {wanted}, and with nothing else")


def _fact(name: str, place: Place, sort: Sort | None) -> None:
    if name not in FACTS:
        place.add(f"'{name}' is no fact; {nearest(name, FACTS)}")
    elif sort is not None and FACTS[name].sort is not sort:
        place.add(f"{name} is a {FACTS[name].sort}, must be a {sort}; choose another fact")


def _grid(rule: Rule, grid: Grid, place: Place) -> None:
    if len(grid.axes) not in (1, 2):
        place.within("axes").add(f"has {len(grid.axes)} axes, must have 1 or 2")
        return
    before = len(place.lines)
    for i, axis in enumerate(grid.axes, 1):
        _axis(axis, place.within(f"axes[{i}]"))
    if any(a.beyond is Beyond.NO_DATA for a in grid.axes) and rule.unknown is None:
        place.within("unknown").add("missing; say why there is no value beyond the table")
    if len(place.lines) > before:
        return
    rows, columns = grid.axes[0].rows, grid.axes[1].rows if len(grid.axes) == 2 else 1
    if len(grid.values) != rows or any(len(row) != columns for row in grid.values):
        place.within("values").add(f"must have {rows} rows of {columns}; the axes have so many values")
        return
    if not all(_monotone(line) for line in (*grid.values, *zip(*grid.values, strict=True))):
        place.within("values").add(
            "rises and falls along an axis; values between could pass the ends, mend or split it"
        )
    for i, extra in enumerate(grid.extras, 1):
        _conditions(extra.when, place.within(f"extras[{i}]"), "when")
        if len(extra.values) != rows:
            place.within(f"extras[{i}].values").add(f"must have {rows} values, one for each of the first axis")
    _conditions(grid.extras_unless, place, "extras_unless")
    _ceiling(grid, rows, place.within("ceiling"))


def _ceiling(grid: Grid, rows: int, place: Place) -> None:
    if bool(grid.ceiling) != bool(grid.extras):
        place.add("extras and their ceiling belong together; give both or neither")
    elif grid.ceiling and len(grid.ceiling) != rows:
        place.add(f"must have {rows} values, one for each of the first axis")
    elif any(top < max(line) for top, line in zip(grid.ceiling, grid.values, strict=False)):
        place.add("is below a value of the table; the ceiling holds for value and extras together")


def _axis(axis: Axis, place: Place) -> None:
    _fact(axis.fact, place.within("fact"), Sort.NUMBER)
    if not axis.at or any(b <= a for a, b in pairwise(axis.at)):
        place.within("at").add("must rise from value to value; mend the order")


def _monotone(line: Sequence[float]) -> bool:
    return all(a <= b for a, b in pairwise(line)) or all(a >= b for a, b in pairwise(line))
