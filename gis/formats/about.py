"""What an Arrow schema of an export says about itself."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa

from gis.model.layer import Text

GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class About:
    """The layer and the CRS of an export. `crs` is an EPSG code or CRS84; `title` is by language."""

    layer: str
    title: dict[str, str]
    description: dict[str, str]
    geometry_type: str
    crs: int
    owner: str
    licence: str


def about(schema: pa.Schema) -> About:
    """What `gis.store.columns.schema` has written into the schema."""
    return About(**json.loads(schema.metadata[b"landmap"]))


def retold(schema: pa.Schema, description: Text) -> pa.Schema:
    """The schema with another description of the layer."""
    told = json.loads(schema.metadata[b"landmap"]) | {"description": {"vi": description.vi, "en": description.en}}
    return schema.with_metadata({**schema.metadata, b"landmap": json.dumps(told, ensure_ascii=False).encode()})


def text_of(field: pa.Field, name: str) -> str:
    """One of the texts of a field (`title.vi`, `description.en`, `unit` …), empty where it has none."""
    found: bytes = (field.metadata or {}).get(name.encode(), b"")
    return found.decode()


def explained(field: pa.Field) -> str:
    """Titles, description and unit of a field in one line, for formats that keep one text for each."""
    unit = text_of(field, "unit")
    parts = [
        text_of(field, "title.vi") + (f" ({unit})" if unit else ""),
        text_of(field, "description.vi"),
        text_of(field, "title.en"),
    ]
    return " – ".join(part for part in parts if part)
