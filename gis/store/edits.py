"""Edits of single features by the service → SQL: what holds now, the edit through `land.<layer>`, and what it leads to.

The service reads what holds, checks, and then writes in one transaction. Each edit names the changeset of the version that
it replaces, so that one which somebody else has replaced meanwhile is refused by the view (gis/store/edit_view.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, exists, func, literal_column, select, true

from gis.model.access import Decision
from gis.model.layer import GeometryType, Layer, Reference, Role, TimeModel
from gis.model.query import ItemQuery
from gis.store import levels, snapshot, statements
from gis.store.item_version import shown_version
from gis.store.question import QueryShape, asked
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.tables import HISTORY, SHOWN, history_table

MOST_OVERLAPS = 100
_SLIVER = 0.05  # m2; boundaries that were transformed differ by nanometres along metres

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_NOW = func.clock_timestamp()


def current_sql(layer: Layer, ids: Sequence[UUID], decision: Decision) -> Sql:
    """What holds now of the features: `version`, `id`, `changeset`, `starts`, `ends`, `level` (see gis.store.levels),
    `shape` (WKB in the storage CRS) and the columns of the layer; no row for one that does not hold.

    `told_changeset`, `told_starts` and `told_ends` are what answers tell the caller of it (see gis.store.statements).
    """
    return _current(layer, levels.kind(decision)).bind({"ids": list(ids), **levels.values(decision)})


@lru_cache(maxsize=128)
def _current(layer: Layer, decision: Decision) -> Statement:
    h = history_table(layer).alias("h")
    stored = (
        *(h.c[name] for name in ("version", "fid", "id", "valid", "valid_from_known", "from_changeset")),
        h.c.from_changeset.label("stored_changeset"),
        func.lower(h.c.valid).label("starts"),
        func.upper(h.c.valid).label("ends"),
        levels.level(decision, h).label("level"),
        func.ST_AsBinary(h.c.geom).label("shape"),
        *(h.c[f.name] for f in layer.columns),
    )
    held = (h.c.id == func.any(_IDS), h.c.to_changeset.is_(None), h.c.valid.op("@>")(_NOW))
    row = statements.told(layer, decision, select(*stored).where(*held), statements.NOW)
    columns = (
        *(row.c[name] for name in ("version", "id", "starts", "ends", "level", "shape")),
        row.c.stored_changeset.label("changeset"),
        row.c.from_changeset.label("told_changeset"),
        func.lower(row.c.valid).label("told_starts"),
        func.upper(row.c.valid).label("told_ends"),
        *(row.c[f.name] for f in layer.columns),
    )
    return compiled(select(*columns))


def outside_sql(layer: Layer, shapes: Sequence[bytes | None], agency: str) -> Sql:
    """Positions `n` (from 1) of the shapes (WKB in the storage CRS) that do not lie within the agency's area."""
    text = f"""SELECT n FROM unnest($1::bytea[]) WITH ORDINALITY AS s(shape, n)
               WHERE landmap.lies_within(ST_GeomFromWKB(shape, {layer.storage_crs}), landmap.agency_area($2)) IS NOT TRUE"""
    return Sql(text, (list(shapes), agency))


def named_sql(layer: Layer, reference: Reference, names: Sequence[str]) -> Sql | None:
    """Features of `layer` that hold now and are called so: `n` (position from 1), `value` of the reference's field, `label`.

    By its label without case and accents, alone or after the title of one of its codes (`Phường Bến Thành`); of what the
    public sees. None where references are no single field, or the layer has no such label.
    """
    label = layer.with_role(Role.LABEL)
    if len(reference.fields) != 1 or label is None or layer.time is TimeModel.NONE:
        return None
    public = {f.name for f in layer.public}
    if not {label.name, *reference.fields} <= public:
        return None
    name, value = quoted(label.name), quoted(reference.fields[0])
    ways = [f"landmap.folded(h.{name}) = landmap.folded(t.name)"]
    ways += [
        f"""EXISTS (SELECT FROM landmap.code c WHERE c.list = '{f.codelist}' AND c.code = h.{quoted(f.name)} AND c.to_changeset IS NULL
            AND landmap.folded(c.vi || ' ' || h.{name}) = landmap.folded(t.name))"""
        for f in layer.public
        if f.codelist is not None
    ]
    text = f"""SELECT DISTINCT t.n, h.{value}::text AS value, h.{name}::text AS label
               FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n) JOIN {HISTORY}.{quoted(layer.id)} h
               ON h.to_changeset IS NULL AND h.valid @> clock_timestamp() AND h.shown >= {SHOWN} AND ({" OR ".join(ways)})
               ORDER BY t.n, value"""
    return Sql(text, (list(names),))


def since_sql(since: datetime | None) -> Sql:
    """Edits that follow in the transaction hold from then on; None: from the moment of their changeset."""
    return Sql("SELECT set_config('landmap.valid_from', $1, true)", (since.isoformat() if since else "",))


def insert_sql(
    layer: Layer, id: UUID, values: Mapping[str, object], shape: bytes | None, since: datetime | None
) -> Sql:
    """A new feature. `values` of columns of the layer and `survey_crs`; `shape` is WKB in the storage CRS."""
    names = ", ".join(map(quoted, values))
    marks = ", ".join(f"${i}" for i in range(4, 4 + len(values)))
    text = f"""INSERT INTO land.{quoted(layer.id)} (id, geom, valid_from, {names})
               VALUES ($1, ST_GeomFromWKB($2, {layer.storage_crs}), $3, {marks})"""
    return Sql(text, (id, shape, since, *values.values()))


def update_sql(layer: Layer, id: UUID, changeset: int, values: Mapping[str, object], shape: bytes | None) -> Sql:
    """Another version of the feature, of which the version of `changeset` holds: `id` if it still does.

    `values` of the columns that differ, `survey_crs` among them where the geometry does; then `shape` is it.
    """
    sets = [f"{quoted(name)} = ${i}" for i, name in enumerate(values, 3)]
    params: list[object] = [id, changeset, *values.values()]
    if "survey_crs" in values:
        params.append(shape)
        sets.append(f"geom = ST_GeomFromWKB(${len(params)}, {layer.storage_crs})")
    text = f"""UPDATE land.{quoted(layer.id)} SET {", ".join(sets) or "id = id"}
               WHERE id = $1 AND changeset = $2 RETURNING id"""
    return Sql(text, tuple(params))


def delete_sql(layer: Layer, id: UUID, changeset: int) -> Sql:
    """The end of the feature, of which the version of `changeset` holds: `id` if it still does."""
    return Sql(f"DELETE FROM land.{quoted(layer.id)} WHERE id = $1 AND changeset = $2 RETURNING id", (id, changeset))


def written_sql(layer: Layer, ids: Sequence[UUID]) -> Sql:
    """After the edits: `changeset` of the transaction, and of each feature that holds now its `id` and `version`."""
    text = f"""SELECT e.changeset, h.id, h.version FROM (SELECT current_setting('landmap.edit')::integer AS changeset) e
               LEFT JOIN {HISTORY}.{quoted(layer.id)} h
               ON h.id = ANY($1) AND h.to_changeset IS NULL AND h.from_changeset = e.changeset AND h.valid @> clock_timestamp()"""
    return Sql(text, (list(ids),))


def reached_sql(layer: Layer, ids: Sequence[UUID], decision: Decision) -> Sql:
    """After the edits: `id` of features of which they ended versions that lie outside the area of the decision."""
    return _reached(layer, levels.kind(decision)).bind({"ids": list(ids), **levels.values(decision)})


@lru_cache(maxsize=128)
def _reached(layer: Layer, decision: Decision) -> Statement:
    h = history_table(layer).alias("h")
    ended = (h.c.id == func.any(_IDS), h.c.to_changeset == _changeset())
    return compiled(select(h.c.id).where(*ended, levels.level(decision, h) < levels.AGENCY).distinct())


def same_identity_sql(layer: Layer, ids: Sequence[UUID], lacking: frozenset[str], decision: Decision) -> Sql:
    """After the edits: others of the same identity for the same time, as far as the caller may know: `id`, `other`.

    `lacking`: the fields of the identity, or that stand in for one, which these features lack; so written, its index serves.
    """
    return _same_identity(layer, lacking, levels.kind(decision)).bind({"ids": list(ids), **levels.values(decision)})


@lru_cache(maxsize=128)
def _same_identity(layer: Layer, lacking: frozenset[str], decision: Decision) -> Statement:
    n, h = history_table(layer).alias("n"), history_table(layer).alias("h")
    instead = [stand_in for name, stand_in in layer.stand_ins.items() if name in lacking]
    names = (*layer.identity, *instead)
    same = [h.c[name].is_(None) if name in lacking else h.c[name] == n.c[name] for name in names]
    seen = levels.reaches(decision, h, levels.least(layer, decision, names))
    others = (
        select(h.c.id.label("other"))
        .where(h.c.to_changeset.is_(None), h.c.id != n.c.id, h.c.valid.op("&&")(n.c.valid), *same, *seen)
        .limit(5)
        .lateral("others")
    )
    own = _just_written(layer, n)
    return compiled(select(n.c.id, others.c.other).select_from(n.join(others, true())).where(*own).distinct())


def overlaps_sql(layer: Layer, ids: Sequence[UUID], decision: Decision) -> Sql | None:
    """After the edits: others that these overlap for the same time: `id`, `other` and the `area` in m2; at most
    MOST_OVERLAPS. None where the features of the layer may overlap."""
    if not layer.quality.coverage or layer.geometry.type is not GeometryType.MULTIPOLYGON:
        return None
    return _overlaps(layer, levels.kind(decision)).bind({"ids": list(ids), **levels.values(decision)})


@lru_cache(maxsize=128)
def _overlaps(layer: Layer, decision: Decision) -> Statement:
    n, h = history_table(layer).alias("n"), history_table(layer).alias("h")
    seen = levels.reaches(decision, h, levels.least(layer, decision, place=True))
    area = func.ST_Area(func.ST_Intersection(n.c.geom, h.c.geom))
    met = (
        select(n.c.id, h.c.id.label("other"), area.label("area"))
        .where(
            *_just_written(layer, n),
            h.c.to_changeset.is_(None),
            h.c.geom_84.op("&&")(n.c.geom_84),
            h.c.id != n.c.id,
            h.c.valid.op("&&")(n.c.valid),
            func.ST_Intersects(n.c.geom, h.c.geom),
            *seen,
        )
        .subquery("met")
    )
    large = met.c.area > literal_column(str(_SLIVER))
    return compiled(select(met).where(large).distinct().order_by(met.c.area.desc()).limit(MOST_OVERLAPS))


def _just_written(layer: Layer, n: Any) -> list[Any]:
    """The new versions of the features: of what a changeset writes of one, the latest; the rest is what is left of old ones."""
    later = history_table(layer).alias("later")
    same = (later.c.id == n.c.id, later.c.from_changeset == n.c.from_changeset, later.c.to_changeset.is_(None))
    newer = exists(select(true()).where(*same, func.lower(later.c.valid) > func.lower(n.c.valid)))
    return [n.c.id == func.any(_IDS), n.c.to_changeset.is_(None), n.c.from_changeset == _changeset(), ~newer]


def _changeset() -> Any:
    """The one of the transaction."""
    return func.current_setting(literal_column("'landmap.edit'"), type_=Text).cast(Integer)


def item_state_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """The state of the layer (see `items.state_sql`), and `version`: the number of the version that the item shows.

    Null where there is none, and where the caller sees it in part only: what happens to the rest is not told.
    """
    shape, values = asked(layer, query, decision)
    return _item_state(layer, shape).bind(values | {"id": id})


@lru_cache(maxsize=512)
def _item_state(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    return compiled(select(*state.c, shown_version(layer, shape, state).label("version")).select_from(state))
