"""SQL by which a staged record is compared with what is known: all that is said of a feature, and its place."""

from __future__ import annotations

from collections.abc import Collection

from gis.model.layer import Layer
from gis.store.sql import quoted
from gis.store.tables import RESTRICTED, restricted_tables


def content(layer: Layer, but: Collection[str] = ()) -> str:
    """SQL of a digest of all that is said of a feature, of fields and shape; for a history with `restricted_joins`.

    `but`: fields that do not count.
    """
    fields = ", ".join(quoted(f.name) for f in layer.fields if f.name not in but)
    return f"hash_record_extended(ROW({fields}, md5(geom::bytea)), 0)"


def restricted_joins(layer: Layer) -> str:
    """Joins of a history to the restricted tables: a change of holder is a change."""
    tables = restricted_tables(layer).values()
    return " ".join(f"LEFT JOIN {RESTRICTED}.{quoted(table.name)} USING (version)" for table in tables)


def overlap() -> str:
    """SQL of the share of the larger of `s.geom` and `h.geom`, both polygons, that they have in common."""
    return "ST_Area(ST_Intersection(s.geom, h.geom)) / nullif(greatest(ST_Area(s.geom), ST_Area(h.geom)), 0)"
