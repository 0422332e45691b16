"""`landmap layer`: what the layer definitions ask of the database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer

from services.commands import words
from services.commands.session import external, session
from services.commands.speech import aside, out, say, word

app = typer.Typer(no_args_is_help=True, help="Compare layers/ with the database, and bring the database up to it.")


@app.command()
def plan(sql: Annotated[bool, typer.Option("--sql", help="The statements themselves.")] = False) -> None:
    """Show what `apply` would change; ends with status 1 if a table contradicts its definition.

    Example: landmap layer plan

    Example: landmap layer plan --sql
    """
    from gis.store import layers

    with session() as work:
        found = layers.plan(work.connection, work.catalog)
        names = tuple(work.catalog.layers)
    if sql:
        for statement in found.statements:
            typer.echo(statement + ";")
    elif found.statements:
        for name, change in changes(found.statements, names).items():
            out.print(f"{name}: {change.told()}", markup=False)
        say(words.PLAN_END, count=len(found.statements))
    for conflict in found.conflicts:
        aside.print(conflict, markup=False, soft_wrap=True)
    if found.conflicts:
        raise typer.Exit(1)
    if not found.statements:
        say(words.UP_TO_DATE)


@app.command()
def apply() -> None:
    """Change the tables as `plan` says; it adds and never drops a field or a row.

    A database of an earlier version is brought up to this one first.

    Example: landmap layer apply
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import prepare
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        found = prepare(dsn, catalog)
    say(words.APPLIED, count=len(found.statements))


@dataclass(slots=True)
class Change:
    """What the statements do to one layer. `fields` are names with their types in the database."""

    tables: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    indexes: int = 0
    rules: bool = False
    view: bool = False

    def told(self) -> str:
        """In words."""
        parts = [word(words.NEW_TABLE, name=name) for name in self.tables]
        parts += [word(words.NEW_FIELD, name=name, type=kind) for name, kind in self.fields]
        if self.indexes:
            parts.append(word(words.NEW_INDEXES, count=self.indexes))
        if self.rules:
            parts.append(word(words.NEW_RULES))
        if self.view:
            parts.append(word(words.NEW_VIEW))
        return "; ".join(parts)


_STATEMENT = re.compile(
    r"(?P<what>CREATE TABLE|CREATE INDEX \S+ ON|CREATE VIEW|ALTER TABLE) (?P<schema>\w+)\.(?P<name>[\w\"]+)(?P<rest>.*)",
    re.DOTALL,
)
_FIELD = re.compile(r" ADD COLUMN (?P<name>[\w\"]+) (?P<type>.+)", re.DOTALL)
_RULES = "shown"  # the column that follows from the row rules; it is made anew with them


def changes(statements: Iterable[str], layers: Sequence[str]) -> dict[str, Change]:
    """What the statements of a plan change, by layer. A restricted table is called `<layer>_<table>`."""
    found: dict[str, Change] = {}
    for statement in statements:
        match = _STATEMENT.match(statement)
        if match is None:
            continue  # rights, comments and triggers go with a view
        table = match["name"].strip('"')
        layer = max((name for name in layers if table == name or table.startswith(f"{name}_")), key=len, default=table)
        change = found.setdefault(layer, Change())
        if match["what"] == "CREATE TABLE":
            change.tables.append(f"{match['schema']}.{table}")
        elif match["what"] == "CREATE VIEW":
            change.view = True
        elif match["what"] == "ALTER TABLE":
            _altered(change, match["rest"])
        else:
            change.indexes += 1
    return found


def _altered(change: Change, rest: str) -> None:
    added = _FIELD.match(rest)
    if added is None or added["name"].strip('"') == _RULES:
        change.rules = True
    else:
        change.fields.append((added["name"].strip('"'), " ".join(added["type"].split()).lower()))
