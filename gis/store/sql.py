"""SQL as a value: text with `$n` placeholders and the values bound to them.

Statements are built with SQLAlchemy Core once for each shape of question and compiled once; a request only binds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement
from sqlalchemy.types import TypeEngine

_ASYNCPG = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_PSYCOPG = PGDialect_psycopg()  # type: ignore[no-untyped-call]


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


def ddl(element: ExecutableDDLElement | CreateColumn) -> str:
    """DDL as text."""
    return str(element.compile(dialect=_PSYCOPG)).strip().replace("%%", "%")


def type_name(type_: TypeEngine[Any]) -> str:
    """PostgreSQL's name of a column type."""
    return type_.compile(dialect=_PSYCOPG).lower()


def quoted(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'
