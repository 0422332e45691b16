"""Codes as of a day, and what became of a code when the law changed."""

from __future__ import annotations

from datetime import date

from gis.model.layer import Code, Codelist


def holds(code: Code, day: date) -> bool:
    """The code is in force on that day."""
    return (code.valid_from is None or code.valid_from <= day) and (code.valid_to is None or day < code.valid_to)


def find(codelist: Codelist, code: str, day: date) -> Code | None:
    """The row of `code` that is in force on that day, group rows included."""
    return next((c for c in codelist.codes if c.code == code and holds(c, day)), None)


def on_features(codelist: Codelist, day: date) -> tuple[Code, ...]:
    """The codes that may stand on a feature on that day: all in force but the group rows."""
    return tuple(c for c in codelist.codes if not c.group and holds(c, day))


def successor(codelist: Codelist, code: str, day: date) -> str | None:
    """What `code` is called on `day`: itself where it is in force, else the code that replaced it.

    None where the list does not know the code, where it is a group row on that day, or where it ended without a single
    successor (DCK of 2014): then a person decides.
    """
    seen = set[str]()
    name: str | None = code
    while name is not None and name not in seen:
        seen.add(name)
        if row := find(codelist, name, day):
            return None if row.group else row.code
        name = next((c.replaced_by for c in codelist.codes if c.code == name and c.replaced_by), None)
    return None
