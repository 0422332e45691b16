"""Which names are the same, and which a layer may not use."""

from __future__ import annotations

import re
import unicodedata

COLUMNS = (
    *("version", "id", "fid", "valid", "from_changeset", "to_changeset", "sort_key", "shown", "geom", "geom_84"),
    *("survey_crs", "valid_from", "valid_to", "changeset", "source_row", "valid_from_known", "closed_by_changeset"),
)
MEMBERS = ("type", "geometry", "properties", "bbox")
PARAMETERS = (
    *("bbox", "datetime", "limit", "crs", "known_at", "knownAt", "f", "filter", "offset", "cursor", "lang", "profile"),
    *("q", "names", "sortby", "collections"),
)

RESERVED = frozenset((*COLUMNS, *MEMBERS, *PARAMETERS))
"""Columns of every layer table, members of a GeoJSON feature, and parameters of every request."""

MAX_NAME = 31
"""Longest layer, field and table name: `land_restricted.<layer>_<table>` must fit PostgreSQL's 63 bytes."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def fold(name: str) -> str:
    """The name without case, accents and separators: `Số tờ`, `SO_TO` and `SoTo` are all `soto`."""
    plain = unicodedata.normalize("NFKD", name).casefold().replace("đ", "d")
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if c.isalnum())


def ascii_name(title: str) -> str:
    """A Vietnamese title as a name: `Số tờ` is `so_to`. Empty where nothing of it can stand in a name."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in plain if not unicodedata.combining(c))).strip("_")


def name_problem(name: str, reserved: frozenset[str] = RESERVED) -> str | None:
    """What is wrong with `name` as the name of a layer, field or table; None if nothing is."""
    if not _NAME.fullmatch(name):
        return "not a name; use a-z, 0-9 and _, beginning with a letter"
    if len(name) > MAX_NAME:
        return f"longer than {MAX_NAME} characters; shorten it"
    if name in reserved:
        return "reserved by Landmap; choose another name"
    return None
