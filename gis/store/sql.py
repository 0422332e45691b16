"""SQL as a value: text with `$n` placeholders and the values bound to them.

Statements are built with SQLAlchemy Core once for each shape of question and compiled once; a request only binds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement
from sqlalchemy.types import TypeEngine

_ASYNCPG = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_PSYCOPG = PGDialect_psycopg()  # type: ignore[no-untyped-call]


@unique
class Lock(IntEnum):
    """The advisory locks, each of one purpose; functions under ddl/ write their numbers out."""

    PUBLISH = 7305472  # ddl/edit.sql, coverage.py: changesets become visible in the order of their times
    PREPARE = 7305473  # database.py: one at a time migrates
    AUDIT = 7305474  # ddl/audit.sql: entries are numbered in the order of commits
    JOBS = 7305475  # jobs.py: whoever counts the jobs of a caller counts alone
    CASES = 7305476  # ddl/cases.sql: events are numbered in the order of commits
    SUBSCRIPTIONS = 7305477  # subscriptions.py: whoever counts those of a caller counts alone
    CELLS = 7305478  # cell_base.py, with the layer's name: one at a time brings up a layer
    REPORTS = 7305479  # reports.py: whoever counts those of an address counts alone
    INDICATORS = 7305480  # indicator_runs.py: one at a time computes them


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement for asyncpg: `text` with $1, $2 …, `params` in that order."""

    text: str
    params: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement whose values are bound by name."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, object]

    def bind(self, values: Mapping[str, object]) -> Sql:
        """The statement with `values` in the places of its named parameters; KeyError if one is missing."""
        constants = self.constants
        return Sql(self.text, tuple(values[n] if n in values else constants[n] for n in self.names))


def compiled(statement: Executable) -> Statement:
    """Compile for asyncpg; literal values inside the statement become constants bound each time."""
    result: Any = statement.compile(dialect=_ASYNCPG)  # type: ignore[attr-defined]
    names = tuple(result.positiontup or ())
    constants = {n: v for n, v in result.params.items() if v is not None}
    return Statement(str(result), names, constants)


def beside(statements: Sequence[Statement]) -> Statement:
    """One statement for several that have one row each: its only row has the columns of theirs, one after the other.

    It binds the names of the statement at place i as `i.name`.
    """
    texts: list[str] = []
    names: list[str] = []
    constants: dict[str, object] = {}
    for place, statement in enumerate(statements):
        before = len(names)
        text = _PLACE.sub(lambda match, before=before: f"${int(match[1]) + before}", statement.text)  # type: ignore[misc]
        texts.append(f"({text}) AS a{place}")
        names += [f"{place}.{name}" for name in statement.names]
        constants |= {f"{place}.{name}": value for name, value in statement.constants.items()}
    return Statement(f"SELECT * FROM {', '.join(texts)}", tuple(names), constants)


_PLACE = re.compile(r"\$([0-9]+)")


def ddl(element: ExecutableDDLElement | CreateColumn) -> str:
    """DDL as text."""
    return str(element.compile(dialect=_PSYCOPG)).strip().replace("%%", "%")


def type_name(type_: TypeEngine[Any]) -> str:
    """PostgreSQL's name of a column type."""
    return type_.compile(dialect=_PSYCOPG).lower()


def quoted(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'
