"""layers/calendars/<year>.toml: days off and weekend days worked, with the decisions that say so."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from gis.catalog.problems import Place
from gis.catalog.table import Table, bilingual, day, days, integer, parse_toml, text, texts
from gis.model.calendar import Year
from gis.model.layer import Text

_SATURDAY = 5
_EMPTY = Text("", "")
_NO_DAY = date.min


def read_calendar(name: str, content: str, place: Place) -> Year | None:
    """The year that the file `<name>.toml` describes, with fallbacks in the place of what is wrong; None where it is not
    TOML."""
    table = parse_toml(content, place)
    if table is None:
        return None
    year = table.required("year", integer, 0)
    if str(year) != name:
        place.within("year").add(f"is not the file's name; write year = {name} or rename the file")
    sources: tuple[str, ...] = table.required("sources", texts, ())
    settled_to = table.optional("settled_to", day, date.max)
    days_off = _Days(year)
    worked = _Days(year)
    doubts = _Days(year)
    for part in table.tables("off"):
        title = part.required("title", bilingual, _EMPTY)
        several: tuple[date, ...] = part.required("days", days, ())
        for one in several:
            days_off.add(part.place.within("days"), one, title, weekend=False)
        part.close()
    for part in table.tables("swaps"):
        _read_swap(part, days_off, worked)
    for part in table.tables("doubts"):
        doubts.add(part.place, part.required("day", day, _NO_DAY), part.required("text", bilingual, _EMPTY))
        part.close()
    table.close()
    return Year(year, sources, days_off.kept, worked.kept, doubts.kept, settled_to)


class _Days:
    """Days of one year with what is said of each."""

    def __init__(self, year: int) -> None:
        self._year = year
        self._found: dict[date, Text] = {}

    def add(self, place: Place, one: date, said: Text, *, weekend: bool | None = None) -> None:
        """Takes the day, noting what is wrong with it; `weekend`: whether it must be one, None for whatever it is."""
        if one == _NO_DAY:
            return
        if one.year != self._year:
            place.add(f"{one} is not a day of {self._year}; put it into layers/calendars/{one.year}.toml")
        elif one in self._found:
            place.add(f"{one} stands twice; remove one")
        elif weekend is not None and (one.weekday() >= _SATURDAY) is not weekend:
            place.add(_mend(one, weekend))
        self._found[one] = said

    @property
    def kept(self) -> MappingProxyType[date, Text]:
        return MappingProxyType(dict(sorted(self._found.items())))


def _read_swap(part: Table, days_off: _Days, worked: _Days) -> None:
    """A working day that is off and a weekend day that is worked for it; either may be of another year, whose file has
    that half."""
    off, instead = part.optional("off", day, _NO_DAY), part.optional("worked", day, _NO_DAY)
    part.required("source", text, "")
    if off == instead == _NO_DAY:
        part.place.add("names no day; give off, worked or both")
    said = Text("Hoán đổi ngày làm việc", "Swapped working day")
    days_off.add(part.place.within("off"), off, said, weekend=False)
    worked.add(part.place.within("worked"), instead, said, weekend=True)
    part.close()


def _mend(one: date, weekend: bool) -> str:
    if weekend:
        return f"{one} is a {one:%A}; only a Saturday or Sunday is worked in exchange"
    return f"{one} is a {one:%A}, which is off anyway; give the day off in lieu of it"
