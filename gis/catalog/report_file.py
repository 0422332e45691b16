"""layers/reports/categories.toml: what citizens may report, and who answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gis.catalog.problems import Place
from gis.catalog.table import BadValueError, Table, bilingual, read_toml, text
from gis.errors import DefinitionError
from gis.model.layer import Text
from gis.model.report import Category

FILE = "reports/categories.toml"
_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")
_EMPTY = Text("", "")


def read_categories(root: Path) -> Mapping[str, Category]:
    """The categories of the folder `root` by id, in their order; none where it has no such file.

    Raises DefinitionError with one line for every mistake.
    """
    path, problems = root / FILE, list[str]()
    if not path.exists():
        return MappingProxyType({})
    place = Place(f"{root.name}/{FILE}", problems)
    table = read_toml(path, place)
    found: dict[str, Category] = {}
    for part in table.tables("categories") if table is not None else ():
        one = _category(part)
        if one.id in found:
            part.place.within("id").add(f"'{one.id}' stands twice; choose another")
        found[one.id] = one
    if table is not None:
        table.close()
    if problems:
        raise DefinitionError(problems)
    return MappingProxyType(found)


def _category(part: Table) -> Category:
    one = Category(
        id=part.required("id", _code, ""),
        title=part.required("title", bilingual, _EMPTY),
        description=part.required("description", bilingual, _EMPTY),
        agency=part.required("agency", _code, ""),
        agency_title=part.required("agency_title", text, ""),
    )
    part.close()
    return one


def _code(value: object) -> str:
    found = text(value)
    if not _CODE.fullmatch(found):
        raise BadValueError(f"'{found}' is no short name; write small letters, digits and '-'")
    return found
