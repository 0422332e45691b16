"""The tables of a layer, built from its definition with GeoAlchemy2."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    case,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

from gis.model.layer import Access, Field, FieldType, Layer, Role, RowRule, Show
from gis.store.sql import quoted

HISTORY, STAGING, RESTRICTED = "land_history", "land_staging", "land_restricted"

HIDDEN, REDUCED, REDUCED_WITH_PLACE, SHOWN = 0, 1, 2, 3
"""Values of the column `shown`: what the public sees of a row."""

SYSTEM_COLUMNS = (
    "version", "id", "fid", "valid", "valid_from_known", "from_changeset", "to_changeset", "sort_key", "shown", "geom", "geom_84", "survey_crs",
)  # fmt: skip

type Columns = ReadOnlyColumnCollection[str, Any]

_SEARCHED = 300
"""Characters of a text in which `q` looks."""

_TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.NUMBER: Double(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.TIMESTAMP: DateTime(timezone=True),
    FieldType.TEXT_LIST: ARRAY(Text()),
}


def field_column(field: Field) -> Column[Any]:
    """The column of one field."""
    return Column(field.name, _TYPES[field.type], comment=field.title.en)


@cache
def history_table(layer: Layer) -> Table:
    """`land_history.<layer>`: every version of every feature."""
    table = Table(
        layer.id,
        MetaData(schema=HISTORY),
        Column("version", BigInteger, Identity(always=False), primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("fid", BigInteger, nullable=False, comment="the number of the feature's first version: its id in tiles"),
        Column("valid", TSTZRANGE, nullable=False, comment="when this holds in law"),
        Column("valid_from_known", Boolean, nullable=False, comment="false: the lower bound is the date of recording"),
        Column("from_changeset", Integer, nullable=False),
        Column("to_changeset", Integer, comment="null while this is what the database knows"),
        Column("sort_key", BigInteger, nullable=False),
        Column("shown", SmallInteger, Computed(shown_expression(layer), persisted=True), nullable=False),
        Column("geom", _geometry(layer, layer.storage_crs)),
        Column("geom_84", _geometry(layer, 4326)),
        Column("survey_crs", Integer),
        *(field_column(f) for f in layer.columns),
    )
    _add_indexes(layer, table)
    return table


def restricted_tables(layer: Layer) -> dict[str, Table]:
    """`land_restricted.<layer>_<table>`: one row a version for each group of restricted fields, by group name."""
    groups: dict[str, list[Field]] = {}
    for field in layer.fields:
        if field.access is Access.RESTRICTED:
            groups.setdefault(field.group, []).append(field)
    return {
        name: Table(
            f"{layer.id}_{name}",
            MetaData(schema=RESTRICTED),
            Column("version", BigInteger, primary_key=True, autoincrement=False),
            *(field_column(f) for f in fields),
        )
        for name, fields in groups.items()
    }


def staging_table(layer: Layer, stage: int) -> Table:
    """`land_staging.s<stage>`: records on their way, unlogged; dropped when the stage is published or refused."""
    return Table(
        f"s{stage}",
        MetaData(schema=STAGING),
        Column("row", BigInteger, Identity(always=True), primary_key=True),
        Column("operation", Text, server_default="insert"),
        Column("replaces", BigInteger),
        Column("id", Uuid),
        Column("valid_from", DateTime(timezone=True)),
        Column("valid_to", DateTime(timezone=True)),
        Column("sort_key", BigInteger),
        Column("geom", _geometry(layer, layer.storage_crs)),
        Column("geom_84", _geometry(layer, 4326)),
        Column("survey_crs", Integer),
        Column("source_row", BigInteger),
        *(field_column(f) for f in layer.fields),
        prefixes=["UNLOGGED"],
    )


def shown_expression(layer: Layer, prefix: str = "") -> str:
    """SQL of the column `shown`: the layer's row rules, the first that matches wins; NULL matches no rule."""
    cases = "".join(f" WHEN {_rule_condition(layer, r, prefix)} THEN {_shown(r)}" for r in layer.rows.rules)
    default = SHOWN if layer.rows.default is Show.ALL else HIDDEN
    return f"CASE{cases} ELSE {default} END" if cases else str(default)


def identity(layer: Layer, prefix: str = "") -> str:
    """SQL of a feature's identity as one text; null where its last part, the number, is missing. Other parts may be; what
    stands in for one (see `Layer.stand_ins`) is marked, for it is not the same."""
    parts = [_part(layer, name, prefix) for name in layer.identity[:-1]]
    return "(" + " || chr(31) || ".join([*parts, f"{prefix}{quoted(layer.identity[-1])}::text"]) + ")"


def _part(layer: Layer, name: str, prefix: str) -> str:
    instead = layer.stand_ins.get(name)
    other = "" if instead is None else f" chr(30) || {prefix}{quoted(instead)}::text,"
    return f"coalesce({prefix}{quoted(name)}::text,{other} '')"


def _rule_condition(layer: Layer, rule: RowRule, prefix: str) -> str:
    values = ", ".join("'" + v.replace("'", "''") + "'" for v in rule.values)
    operator = "&&" if layer.field(rule.field).type is FieldType.TEXT_LIST else "= ANY"
    return f"{prefix}{quoted(rule.field)} {operator} (ARRAY[{values}]::text[])"


def _shown(rule: RowRule) -> int:
    if rule.show is Show.ALL:
        return SHOWN
    if rule.show is Show.NONE:
        return HIDDEN
    return REDUCED_WITH_PLACE if rule.geometry else REDUCED


def _geometry(layer: Layer, srid: int) -> Geometry:
    name = "GEOMETRY" if str(layer.geometry.type) == "Geometry" else str(layer.geometry.type).upper()
    return Geometry(geometry_type=name, srid=srid, spatial_index=False)


def _add_indexes(layer: Layer, table: Table) -> None:
    """Open and closed versions are indexed apart, so that "now" is as fast as a plain table."""
    open_: ColumnElement[bool] = literal_column("to_changeset IS NULL")
    closed: ColumnElement[bool] = literal_column("to_changeset IS NOT NULL")
    columns = table.c
    # The changesets in the keys let a walk pass what was not known then without reading it.
    Index(f"{layer.id}_key_open", columns.sort_key, columns.id, columns.from_changeset, postgresql_where=open_)
    Index(
        f"{layer.id}_key_closed",
        columns.sort_key,
        columns.id,
        columns.to_changeset,
        columns.from_changeset,
        postgresql_where=closed,
    )
    for suffix, where in (("open", open_), ("closed", closed)):
        Index(f"{layer.id}_geom_{suffix}", columns.geom_84, postgresql_using="gist", postgresql_where=where)
    Index(f"{layer.id}_id", columns.id)
    Index(f"{layer.id}_from", columns.from_changeset)
    Index(f"{layer.id}_to", columns.to_changeset, postgresql_where=closed)
    # What begins or ceases to hold between two instants (gis/store/changes.py).
    begins, ends = func.lower(columns.valid), func.upper(columns.valid)
    Index(f"{layer.id}_begins", begins)
    Index(f"{layer.id}_ends", ends, postgresql_where=ends.is_not(None))
    identity = [columns[name] for name in reversed(layer.identity)]
    # Numbers are also looked for by their beginning.
    begins_with = {identity[0].name: "text_pattern_ops"} if isinstance(identity[0].type, Text) else {}
    Index(f"{layer.id}_identity", *identity, postgresql_ops=begins_with, postgresql_where=open_)
    for field in layer.columns:
        if field.indexed and field.name != identity[0].name:
            method = "gin" if field.type is FieldType.TEXT_LIST else "btree"
            Index(f"{layer.id}_{field.name}_open", columns[field.name], postgresql_using=method, postgresql_where=open_)
    _add_text_indexes(layer, table, open_)


def _add_text_indexes(layer: Layer, table: Table, open_: ColumnElement[bool]) -> None:
    """By what features are searched for, and by the label they are sorted by."""
    columns = table.c
    name = _name(layer)
    if name is not None:
        folded = func.landmap.folded(columns[name.name]).label("folded")
        Index(
            f"{layer.id}_{name.name}_folded",
            folded,
            postgresql_ops={"folded": "text_pattern_ops"},
            postgresql_where=open_,
        )
    if layer.searchable:
        words = func.landmap.word_set(searched_text(layer, columns))
        # Another choice of fields is another index: by its name it is missed, and made.
        digest = sha256(" ".join(f.name for f in layer.searchable).encode()).hexdigest()[:6]
        Index(f"{layer.id}_words_{digest}", words, postgresql_using="gin", postgresql_where=open_)
    label = sorted_label(layer)
    if label is not None:
        Index(f"{layer.id}_{label.name}_sorted", sort_text(layer, label, columns), columns.id, postgresql_where=open_)


def searched_text(layer: Layer, columns: Columns) -> ColumnElement[str]:
    """The text in which `q` looks: the searchable fields, parted so that no phrase goes from one into the next.

    Of each the beginning, so that an index takes every word.
    """
    parts: list[Any] = [
        func.left(func.coalesce(columns[f.name], text("''")), text(str(_SEARCHED))) for f in layer.searchable
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.op("||")(text("E' \\x1f '")).op("||")(part)
    found: ColumnElement[str] = joined
    return found


def sorted_label(layer: Layer) -> Field | None:
    """The label, where an index keeps its order: a text that everybody may see."""
    label = layer.with_role(Role.LABEL)
    return label if label and label.type is FieldType.TEXT and label.access is Access.PUBLIC else None


def sort_text(layer: Layer, field: Field, columns: Columns) -> ColumnElement[str]:
    """A public text in the order of the alphabet; null in rows that do not show it to everybody."""
    value: Any = columns[field.name]
    if layer.rows.rules:
        value = case((columns.shown >= literal_column(str(SHOWN)), value))
    return in_alphabet(value)


def in_alphabet(value: Any) -> ColumnElement[str]:
    """The text to sort by: as in a Vietnamese dictionary, numbers by their value."""
    found: ColumnElement[str] = value.op("COLLATE")(literal_column("landmap.alphabet"))
    return found


def _name(layer: Layer) -> Field | None:
    """The label by which features are looked for without case and accents; none where it is a number of their identity."""
    label = layer.with_role(Role.LABEL)
    if label is None or label.type is not FieldType.TEXT or label.access is Access.RESTRICTED:
        return None
    return None if label.name in layer.identity else label
